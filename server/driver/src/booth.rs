//! The voting booth within the device: credential, choice, ballot.

use std::sync::Arc;

use escrutinio_core::ballot::{Opening, PreparedBallot};
use escrutinio_core::credential::{Credential, IssuedHalf};
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::manifest::{ContestShape, ListKey};
use escrutinio_core::text::Text;
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::record::PublishedRecord;

/// A voter who holds both halves.
#[derive(Debug)]
pub struct Booth {
    record: Arc<PublishedRecord>,
    credential: Credential,
    list: ListKey,
}

/// A ballot that is ready to be sent, as often as need be.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The contest.
    pub contest: u32,
    /// A Cast.
    pub bytes: Vec<u8>,
    /// What the voter keeps.
    pub code: TrackingCode,
}

impl Booth {
    /// Checks both halves against the published record and adds them up.
    ///
    /// # Errors
    /// If they are not what was published.
    pub fn enter(record: Arc<PublishedRecord>, first: &IssuedHalf, second: &IssuedHalf) -> Result<Self> {
        let manifest = &record.election.manifest;
        let issuers = (&manifest.registrar.key, &manifest.server.key);
        let credential = Credential::combine(first, second, issuers, &record.roll.roll_id(), &record.lists)?;
        let list = usize::try_from(credential.list()).ok().and_then(|list| manifest.lists.get(list));
        let list = *list.ok_or_else(|| Error::Ballot("the credential's list is not in the manifest".to_owned()))?;
        Ok(Self { record, credential, list })
    }

    /// What was published.
    #[must_use]
    pub fn record(&self) -> &PublishedRecord {
        &self.record
    }

    /// The voter's credential list.
    #[must_use]
    pub fn list(&self) -> u32 {
        self.credential.list()
    }

    /// The contests of the voter's style.
    #[must_use]
    pub fn contests(&self) -> Vec<u32> {
        let styles = &self.record.election.manifest.styles;
        let style = usize::try_from(self.list.style).ok().and_then(|style| styles.get(style));
        style.map(|style| style.contests.clone()).unwrap_or_default()
    }

    /// The shape of a contest's ballots.
    ///
    /// # Errors
    /// If there is no such contest.
    pub fn shape(&self, contest: u32) -> Result<ContestShape> {
        let shapes = &self.record.election.shapes;
        let shape = usize::try_from(contest).ok().and_then(|contest| shapes.get(contest));
        shape.copied().ok_or_else(|| Error::Ballot(format!("there is no contest {contest}")))
    }

    /// Encrypts a choice and seals it with the credential.
    ///
    /// # Errors
    /// If the contest does not offer it.
    pub fn seal(&self, contest: u32, option: u32, text: Option<&Text>, rng: &mut impl CryptoRng) -> Result<Sealed> {
        let cast = self.prepare(contest, option, text, rng)?.cast(&self.credential.for_ballot(), rng);
        Ok(Sealed { contest, bytes: cast.to_bytes(), code: cast.body.tracking_code() })
    }

    /// Encrypts a choice and opens it again: the device is put to the test.
    ///
    /// # Errors
    /// If the contest does not offer it.
    pub fn audit(&self, contest: u32, option: u32, rng: &mut impl CryptoRng) -> Result<Opening> {
        Ok(self.prepare(contest, option, None, rng)?.audit())
    }

    fn prepare(
        &self,
        contest: u32,
        option: u32,
        text: Option<&Text>,
        rng: &mut impl CryptoRng,
    ) -> Result<PreparedBallot> {
        let bad = |why: &dyn core::fmt::Display| Error::Ballot(why.to_string());
        let parameters = usize::try_from(contest).ok().and_then(|at| self.record.election.parameters.get(at));
        let parameters = parameters.ok_or_else(|| bad(&"no such contest"))?;
        let key = self.credential.key();
        PreparedBallot::of_choice(parameters, &self.list, key, (option, text), rng).map_err(|why| bad(&why))
    }
}

//! Step 4: what was decided about a ballot, or about its voter, before.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::Receipt;
use escrutinio_core::ids::TrackingCode;

use super::ballots::Taken;
use super::check::Checked;
use super::tags::{self, Tags};
use super::{CastParts, ballots, intent};
use crate::refusal::Refusal;
use crate::store::roll::AccountNumber;

/// A ballot, and who brings it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    account: AccountNumber,
    contest: u32,
    code: TrackingCode,
    tags: &'a Tags,
}

impl<'a> Question<'a> {
    pub(super) fn new(account: AccountNumber, checked: &Checked, tags: &'a Tags) -> Self {
        let body = &checked.cast.body;
        Self { account, contest: body.contest, code: body.tracking_code(), tags }
    }

    /// The promise, if the ballot was taken before; `None` if the voter has not voted. Whether others have used what is
    /// in the ballot is no question yet: credentials are public, and who has not signed with one is not told
    /// when it voted.
    pub(super) async fn before(self, parts: &CastParts) -> Result<Option<Receipt>, Refusal> {
        // First the box, then the roll: the mark of what is in the box stands already.
        let taken = ballots::taken(&mut *parts.store.ballots.read().await?, self.tags).await?;
        let marked = intent::is_marked(&mut *parts.store.roll.read().await?, self.account, self.contest).await?;
        match (marked, taken) {
            (true, Some(Taken::Code)) => Ok(Some(parts.promise(self.contest, self.code))),
            (true, _) => self.marked(parts).await.map(Some),
            (false, _) => Ok(None),
        }
    }

    /// The answer to a voter whose mark stands: the promise, if this is the ballot that was taken; to
    /// come again, if that is being decided; otherwise that the voter has voted.
    pub(super) async fn marked(self, parts: &CastParts) -> Result<Receipt, Refusal> {
        // First the intents, then the box: what was finished in between is there.
        let undecided = self.is_undecided(parts).await?;
        let taken = ballots::taken(&mut *parts.store.ballots.read().await?, self.tags).await?;
        if taken == Some(Taken::Code) {
            return Ok(parts.promise(self.contest, self.code));
        }
        // The mark may have been taken back in between.
        let marked = intent::is_marked(&mut *parts.store.roll.read().await?, self.account, self.contest).await?;
        Err(if marked && !undecided { Refusal::AlreadyVoted } else { Refusal::BUSY })
    }

    /// Whether an unfinished act is about this voter and contest, and its ballot not in the box.
    async fn is_undecided(self, parts: &CastParts) -> Result<bool, Refusal> {
        let cipher = parts.cipher()?;
        let mut roll = parts.store.roll.read().await?;
        for id in intent::all(&mut roll).await? {
            let entries = intent::entries(&mut roll, &cipher, id).await?.unwrap_or_default();
            let own = entries.iter().find(|entry| (entry.account, entry.contest) == (self.account, self.contest));
            if let Some(entry) = own {
                let cast = CastBallot::decode(&entry.cast, &parts.election.election.shapes);
                let code = cast.map_err(|_| Refusal::Internal)?.body.tracking_code();
                let mut connection = parts.store.ballots.read().await?;
                return Ok(!ballots::is_recorded(&mut connection, &tags::code(&cipher, &code)).await?);
            }
        }
        Ok(false)
    }
}

//! Aggregates, partial decryptions, results and actas.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Rehearsal;
use crate::acta::{Acta, ActaContent};
use crate::ballot::CastBallot;
use crate::decrypt::{PartialDecryption, open, opened_counts};
use crate::dlog::DiscreteLog;
use crate::encoding::Encode;
use crate::ids::CustodianIndex;
use crate::record;
use crate::tally::{Aggregates, Participation, Results, Sum};
use crate::verify;

impl Rehearsal {
    /// The custodians of these numbers verify the closed board and decrypt, and everything else
    /// is published.
    pub fn publish(&mut self, quorum: &[u32], rng: &mut dyn CryptoRng) -> Results {
        let (report, closed) = verify::closed(&self.files, rng, &mut ()).unwrap();
        let closed = closed.unwrap_or_else(|| panic!("{:#?}", report.checks()));
        let results = self.count(&closed.aggregates, quorum, rng);
        let partials: Vec<_> = quorum.iter().map(|index| self.partial(&closed.aggregates, *index)).collect();
        assert_eq!(open(&closed.aggregates, closed.election.keys.threshold, &partials).unwrap(), results);
        results
    }

    /// The aggregates of whatever stands on the board.
    #[must_use]
    pub fn aggregates(&self) -> Aggregates {
        let election = self.election();
        let mut ballots = verify::Ballots::default();
        for body in self.entries.iter().filter_map(|entry| CastBallot::decode(entry, &election.shapes).ok()) {
            let body = body.body;
            let place = (body.contest, body.unit);
            ballots.sums.entry(place).or_insert_with(|| Sum::empty(body.b.len())).add(&body);
        }
        verify::aggregate(election, &ballots)
    }

    /// The custodians of these numbers decrypt these aggregates without looking, and everything
    /// else is published.
    pub fn count(&mut self, aggregates: &Aggregates, quorum: &[u32], rng: &mut dyn CryptoRng) -> Results {
        self.files.0.retain(|path, _| !path.starts_with("tally/partial-"));
        self.put(record::AGGREGATES, aggregates.to_bytes());
        let mut partials = Vec::new();
        for index in quorum {
            let share = self.shares.iter().find(|share| share.index().get() == *index).unwrap();
            let key = &self.keys.custodians[usize::try_from(*index).unwrap() - 1];
            let partial = PartialDecryption::decrypt(aggregates, share, key, rng);
            self.put(&record::partial(*index), partial.to_bytes());
            partials.push(partial);
        }
        let threshold = usize::try_from(self.manifest.threshold).unwrap();
        let bound = aggregates.groups.iter().map(|group| group.sum.ballots).max().unwrap_or(0);
        let logarithms = DiscreteLog::new(bound);
        let groups = opened_counts(aggregates, threshold, &partials)
            .unwrap()
            .iter()
            .map(|counts| counts.iter().map(|count| logarithms.solve(count).unwrap_or(0)).collect())
            .collect();
        let results = Results { election_id: aggregates.election_id, groups };
        self.write_ins(aggregates, &results, quorum, rng);
        self.actas(aggregates, &results, quorum);
        self.sums();
        results
    }

    /// A custodian's partial decryption, as it is published.
    ///
    /// # Panics
    /// If it is absent or does not decode.
    #[must_use]
    pub fn partial(&self, aggregates: &Aggregates, index: u32) -> PartialDecryption {
        PartialDecryption::decode(&self.files.0[&record::partial(index)], aggregates).unwrap()
    }

    /// Publishes results, and actas of them signed by the custodians of these numbers.
    pub fn actas(&mut self, aggregates: &Aggregates, results: &Results, quorum: &[u32]) {
        self.put(record::RESULTS, results.to_bytes());
        let participation: Participation = self.object(record::PARTICIPATION);
        for contest in 0..u32::try_from(self.expected.len()).unwrap() {
            let figures = verify::ActaFigures::of(contest, self.election(), aggregates, results, &participation);
            let content = ActaContent {
                election_id: aggregates.election_id,
                contest,
                results: results.hash(),
                place: self.manifest.sites.board.clone(),
                generated_at: self.manifest.reception_end(),
                total: figures.votes.iter().sum(),
                votes: figures.votes,
                voters_marked: figures.marked,
                incidents: Vec::new(),
                protests: Vec::new(),
            };
            self.sign_acta(content, quorum);
        }
    }

    /// Publishes an acta signed by the custodians of these numbers.
    pub fn sign_acta(&mut self, content: ActaContent, quorum: &[u32]) {
        let signatures = quorum
            .iter()
            .map(|index| {
                let key = &self.keys.custodians[usize::try_from(*index).unwrap() - 1];
                content.sign(CustodianIndex::new(*index).unwrap(), key)
            })
            .collect();
        self.put(&record::acta(content.contest), Acta { content, signatures }.to_bytes());
    }
}

//! Written-in texts: mixed, decrypted, reported.

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Rehearsal;
use crate::encoding::Encode;
use crate::ids::CustodianIndex;
use crate::keygen::KeyShare;
use crate::manifest::WriteIn;
use crate::proof::ballot::ContestParameters;
use crate::proof::shuffle::ShuffleGenerators;
use crate::record;
use crate::signature::SigningKey;
use crate::tally::{Aggregates, Results};
use crate::verify;
use crate::writein::{MixPlace, OrderContent, Rows, TextMix, TextOrder, TextPartial, opened, report};

impl Rehearsal {
    /// What ballots of a contest share.
    fn text_parameters(&self, contest: u32) -> &ContestParameters {
        &self.election().parameters[usize::try_from(contest).unwrap()]
    }

    /// A custodian's signing key and share.
    #[must_use]
    pub fn custodian(&self, index: u32) -> (&SigningKey, &KeyShare) {
        let key = &self.keys.custodians[usize::try_from(index).unwrap() - 1];
        (key, self.shares.iter().find(|share| share.index().get() == index).unwrap())
    }

    /// Publishes orders and texts of all contests: where the policy opens the texts, and where it
    /// seals them and [`Rehearsal::orders`] has an order that names no recipients.
    pub fn write_ins(&mut self, aggregates: &Aggregates, results: &Results, quorum: &[u32], rng: &mut dyn CryptoRng) {
        self.files.0.retain(|path, _| !path.starts_with(record::WRITE_INS));
        for contest in 0..u32::try_from(self.manifest.contests.len()).unwrap() {
            let order = self.orders.get(&contest).cloned();
            if let Some(recipients) = &order {
                self.order(contest, recipients, quorum);
            }
            let policy = self.manifest.contest(contest).unwrap().write_in;
            if policy == WriteIn::Disclose || order.is_some_and(|recipients| recipients.is_empty()) {
                self.open_texts(contest, aggregates, results, quorum, rng);
            }
        }
    }

    /// What an order for a contest says.
    #[must_use]
    pub fn order_content(&self, contest: u32, recipients: &str) -> OrderContent {
        OrderContent {
            election_id: self.election().election_id,
            contest,
            authority: String::from("Tribunal Electoral"),
            document: String::from("SUP-JIN-1/2021"),
            recipients: recipients.into(),
            at: self.manifest.reception_end(),
        }
    }

    /// Publishes an order signed by the custodians of these numbers.
    pub fn order(&mut self, contest: u32, recipients: &str, quorum: &[u32]) {
        let content = self.order_content(contest, recipients);
        self.sign_order(content, quorum);
    }

    /// Publishes an order of any content, signed by the custodians of these numbers.
    pub fn sign_order(&mut self, content: OrderContent, quorum: &[u32]) {
        let sign = |index: &u32| content.sign(CustodianIndex::new(*index).unwrap(), self.custodian(*index).0);
        let signatures = quorum.iter().map(sign).collect();
        self.put(&record::text_order(content.contest), TextOrder { content, signatures }.to_bytes());
    }

    /// The rows of the ballots of a contest.
    #[must_use]
    pub fn text_rows(&self, contest: u32) -> Rows {
        let length = |path: &str| self.files.0.get(path).map_or(0, |bytes| u64::try_from(bytes.len()).unwrap());
        let size = u64::try_from(self.entries.len()).unwrap();
        Rows::of_board(&self.files, length, size, contest, &self.text_parameters(contest).shape).unwrap()
    }

    /// The custodians of these numbers mix the texts of a contest and decrypt them, and they are
    /// reported. If the board does not hold what can be mixed, nothing is published.
    pub fn open_texts(
        &mut self,
        contest: u32,
        aggregates: &Aggregates,
        results: &Results,
        quorum: &[u32],
        rng: &mut dyn CryptoRng,
    ) {
        let length = |path: &str| self.files.0.get(path).map_or(0, |bytes| u64::try_from(bytes.len()).unwrap());
        let size = u64::try_from(self.entries.len()).unwrap();
        let shape = self.text_parameters(contest).shape;
        let Ok(mut rows) = Rows::of_board(&self.files, length, size, contest, &shape) else { return };
        let mut mixes = Vec::new();
        for (number, index) in (1u32..).zip(quorum) {
            let Some(mix) = self.mix_texts(contest, number, *index, &rows, rng) else { return };
            rows = mix.rows.clone();
            mixes.push(mix);
        }
        for mix in mixes {
            self.put(&record::text_mix(contest, mix.number), mix.to_bytes());
        }
        self.decrypt_texts(contest, &rows, (aggregates, results), quorum, rng);
    }

    /// A custodian's mix of any rows; none if two of them begin with the same point.
    #[must_use]
    pub fn mix_texts(
        &self,
        contest: u32,
        number: u32,
        index: u32,
        rows: &Rows,
        rng: &mut dyn CryptoRng,
    ) -> Option<TextMix> {
        let parameters = self.text_parameters(contest);
        let index = CustodianIndex::new(index).unwrap();
        let place = MixPlace { election_id: parameters.election_id, contest, number, index };
        let generators = ShuffleGenerators::new(u32::try_from(rows.len()).unwrap());
        let key = self.custodian(index.get()).0;
        TextMix::mix(&place, rows, &parameters.text_keys, &generators, key, rng).ok()
    }

    /// The custodians of these numbers decrypt any rows as the texts of a contest, and they are
    /// reported.
    pub fn decrypt_texts(
        &mut self,
        contest: u32,
        rows: &Rows,
        (aggregates, results): (&Aggregates, &Results),
        quorum: &[u32],
        rng: &mut dyn CryptoRng,
    ) {
        let election_id = self.text_parameters(contest).election_id;
        let first = self.manifest.slots().options;
        let mut partials = Vec::new();
        for index in quorum {
            let (key, share) = self.custodian(*index);
            let partial = TextPartial::decrypt(election_id, contest, rows, (share, first), key, rng);
            self.put(&record::text_partial(contest, *index), partial.to_bytes());
            partials.push(partial);
        }
        partials.sort_unstable_by_key(|partial| partial.index);
        let threshold = usize::try_from(self.manifest.threshold).unwrap();
        let Ok(points) = opened(rows, threshold, &partials) else { return };
        let (_, marked) = verify::write_in_figures(self.election(), aggregates, results, contest);
        let min_group = self.manifest.min_group.into();
        let texts = report(election_id, contest, marked, min_group, points.iter().map(Vec::as_slice));
        self.put(&record::texts(contest), texts.to_bytes());
    }
}

//! The board and what is published when it closes.

use alloc::format;
use alloc::vec::Vec;

use super::Rehearsal;
use crate::ballot::CastBallot;
use crate::board::checkpoint::{Checkpoint, LogKeys, SignedCheckpoint, origin};
use crate::board::epoch::Waiting;
use crate::board::receipt::ReceiptList;
use crate::board::{MerkleTree, bundle::BundleWriter, leaf_hash};
use crate::encoding::Encode;
use crate::ids::TrackingCode;
use crate::record;
use crate::tally::{Marked, Participation};

impl Rehearsal {
    /// Takes ballots as they arrive, closes the board and signs every checkpoint.
    pub fn close(&mut self, ballots: impl IntoIterator<Item = Vec<u8>>) {
        let mut epochs = Vec::new();
        let mut waiting = Waiting::new(self.manifest.min_group);
        // A server lets epochs leave by the clock: about a hundred of them, whatever the turnout.
        let ballots: Vec<Vec<u8>> = ballots.into_iter().collect();
        let arrivals = ballots.len() / 100 + 1;
        for (number, ballot) in ballots.into_iter().enumerate() {
            waiting.insert(leaf_hash(&ballot), ballot).expect("ballots differ");
            if number % arrivals == 0 {
                epochs.extend(waiting.release());
            }
        }
        epochs.extend(waiting.close());
        let epochs: Vec<Vec<Vec<u8>>> =
            epochs.into_iter().map(|epoch| epoch.into_iter().map(|(_, ballot)| ballot).collect()).collect();
        self.board(epochs);
        self.participation();
    }

    /// Writes a board of these epochs, whatever they hold, with bundles, checkpoints and receipts.
    pub fn board(&mut self, epochs: Vec<Vec<Vec<u8>>>) {
        self.files.0.retain(|path, _| !path.starts_with("board/"));
        let (mut tree, mut writer) = (MerkleTree::new(), BundleWriter::new());
        let mut bundles = Vec::new();
        self.heads = alloc::vec![(0, tree.root())];
        for epoch in &epochs {
            for ballot in epoch {
                tree.push_leaf_hash(leaf_hash(ballot));
                bundles.extend(writer.push(ballot).unwrap());
            }
            self.heads.push((tree.size(), tree.root()));
        }
        bundles.extend(writer.partial());
        for bundle in bundles {
            self.put(&format!("board/{}", bundle.path()), bundle.bytes);
        }
        self.entries = epochs.into_iter().flatten().collect();
        self.checkpoints();
        let election = self.election();
        let codes = self.entries.iter().map(|entry| {
            CastBallot::decode(entry, &election.shapes)
                .map_or_else(|_| TrackingCode(leaf_hash(entry)), |cast| cast.body.tracking_code())
        });
        // A body that stands twice has no list of receipts; whoever puts it there lists it once.
        let mut codes: Vec<TrackingCode> = codes.collect();
        codes.sort_unstable();
        codes.dedup();
        let receipts = ReceiptList::new(election.election_id, codes).unwrap();
        self.put(record::RECEIPTS, format!("{receipts}").into_bytes());
    }

    /// Signs checkpoints for [`Rehearsal::heads`]; every witness signs the first and the last.
    pub fn checkpoints(&mut self) {
        let last = self.heads.len() - 1;
        let (start, end) = (self.manifest.calendar.voting_start, self.manifest.reception_end());
        for number in 0..=last {
            let time = u64::try_from(if number == 0 { start } else { end }).unwrap();
            let cosigned = number == 0 || number == last;
            let witnesses: Vec<_> = (0..self.keys.witnesses.len()).filter(|_| cosigned).map(|w| (w, time)).collect();
            self.checkpoint(number, &witnesses);
        }
    }

    /// Signs the checkpoint of one of [`Rehearsal::heads`], with witnesses and their times.
    pub fn checkpoint(&mut self, number: usize, witnesses: &[(usize, u64)]) {
        let id = self.election().election_id;
        let manifest = &self.manifest;
        let keys = LogKeys::of_election(
            &id,
            (&manifest.log.name, manifest.log.key),
            manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key)),
        )
        .unwrap();
        let (size, root) = self.heads[number];
        let checkpoint = Checkpoint { origin: origin(&manifest.log.name, &id), size, root };
        let mut signed: SignedCheckpoint = checkpoint.sign(&self.keys.log).unwrap();
        for (witness, time) in witnesses {
            let name = &manifest.witnesses[*witness].name;
            let line = checkpoint.cosign(name, &self.keys.witnesses[*witness], *time).unwrap();
            signed.add_cosignature(line, &keys).unwrap();
        }
        self.put(&record::checkpoint(u64::try_from(number).unwrap()), format!("{signed}").into_bytes());
    }

    /// Publishes how many voters were marked.
    pub fn participation(&mut self) {
        let election = self.election();
        let marked = election.participation_lines().into_iter().map(|(contest, list)| Marked {
            contest,
            list,
            voters: self.marked.get(&(contest, list)).copied().unwrap_or(0),
        });
        let (id, end) = (election.election_id, self.manifest.reception_end());
        let participation = Participation::sign(id, end, marked.collect(), [7; 32], &self.keys.server);
        self.put(record::PARTICIPATION, participation.to_bytes());
    }
}

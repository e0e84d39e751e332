//! The small election that the vectors of whole objects are taken from: four contests, two styles,
//! three units, two custodians of three, fifteen ballots, of which three write a name.

use std::sync::OnceLock;

use escrutinio_core::ballot::TextBlock;
use escrutinio_core::encoding::Encode;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use rand_chacha::ChaCha20Rng;

/// Custodians who decrypt.
pub(super) const QUORUM: [u32; 2] = [1, 3];

/// List, place, contest and option of every ballot.
const VOTES: [(u32, u32, u32, u32); 15] = [
    (0, 0, 0, 0),
    (0, 1, 0, 3),
    (0, 2, 0, 15),
    (1, 0, 0, 3),
    (2, 0, 0, 16),
    (3, 0, 0, 2),
    (0, 1, 1, 0),
    (1, 1, 1, 7),
    (0, 2, 1, 8),
    (1, 0, 1, 8),
    (2, 0, 1, 8),
    (2, 0, 2, 4),
    (3, 1, 2, 1),
    (0, 0, 3, 0),
    (2, 1, 3, 1),
];

/// The election, made once.
pub(super) fn election() -> &'static Rehearsal {
    static ELECTION: OnceLock<Rehearsal> = OnceLock::new();
    ELECTION.get_or_init(make)
}

/// A generator of the length that core's interface asks for.
pub(super) fn rng(purpose: &str) -> ChaCha20Rng {
    super::rng(purpose)
}

fn make() -> Rehearsal {
    let keys = Keys::new(2, 3);
    let manifest = testing::several(&keys);
    let mut rehearsal = Rehearsal::sealed(manifest, keys, &[3, 2, 2, 2], &mut rng("election"));
    let mut ballots = Vec::new();
    for (list, place, contest, option) in VOTES {
        let shape = rehearsal.manifest.shape(contest).unwrap();
        let text: Option<Vec<TextBlock>> = (shape.texts > 0 && shape.write_in == Some(option))
            .then(|| [*b"Nombre escrito 1", [0; 16], [0; 16]][..shape.texts].to_vec());
        let mut rng = rng(&format!("vote {list} {place} {contest}"));
        ballots.push(rehearsal.cast((list, place), contest, option, text, &mut rng).to_bytes());
        rehearsal.mark(list, contest, option);
    }
    rehearsal.close(ballots);
    rehearsal.orders.insert(0, "Sala Superior".into());
    rehearsal.publish(&QUORUM, &mut rng("count"));
    rehearsal
}

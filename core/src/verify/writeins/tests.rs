use alloc::string::{String, ToString};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::ids::ElectionId;
use crate::testing::rehearsal::MemoryRecord;

fn texts(marked: u64, texts: u64) -> Texts {
    let (election_id, names) = (ElectionId([1; 32]), Vec::new());
    Texts { election_id, contest: 0, marked, texts, illegible: texts, names, few_names: 0, few_votes: 0 }
}

/// Ballots are proved to hold no text without its mark (V1.7), so no record is the first to fail
/// here: the check is given numbers that no ballots have.
#[test]
fn w4_2_a_text_more_than_votes() {
    let judged = |recomputed: &Texts, published: &Texts| {
        let (mut rng, record, mut silent) = (ChaCha20Rng::seed_from_u64(1), MemoryRecord::default(), ());
        let mut ctx = Context::new(&record, &mut rng, &mut silent).unwrap();
        let ended = judge(&mut ctx, "writein/texts-000.bin", recomputed, published).is_err();
        let failed = ctx.report.checks().into_iter().find(|result| result.figure == "failed");
        let failed = failed.map(|result| (result.check, result.culprit.unwrap_or_default()));
        assert_eq!(ended, failed.is_some());
        failed
    };
    let found = |check, why: &str| Some((check, String::from("writein/texts-000.bin: ") + why));
    assert_eq!(judged(&texts(3, 3), &texts(3, 3)), None);
    assert_eq!(judged(&texts(3, 4), &texts(3, 4)), found(Check::W4_2, "4 texts, 3 votes; ceremony"));
    // What is published does not matter for it.
    assert_eq!(judged(&texts(3, 4), &texts(3, 3)), found(Check::W4_2, "4 texts, 3 votes; ceremony"));
    assert_eq!(judged(&texts(3, 3), &texts(3, 2)), found(Check::W4_3, "not what was decrypted; publisher"));
    assert_eq!(judged(&texts(4, 3), &texts(3, 3)), found(Check::W4_3, "not what was decrypted; publisher"));
    assert_eq!(Check::W4_2.to_string(), "W4.2");
}

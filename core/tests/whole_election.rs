//! A whole election in memory, verified as anyone would.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "what the tests share; they fail where it panics"
)]

use escrutinio_core::encoding::Encode;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn run(manifest: impl Fn(&Keys) -> Manifest, keys: Keys, counts: &[u32], quorum: &[u32]) -> Rehearsal {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let manifest = manifest(&keys);
    let mut rehearsal = Rehearsal::sealed(manifest, keys, counts, &mut rng);
    let mut ballots = Vec::new();
    for (list, count) in (0u32..).zip(counts) {
        let style = rehearsal.manifest.lists[list as usize].style;
        for place in 0..*count {
            for contest in rehearsal.manifest.styles[style as usize].contests.clone() {
                let shape = rehearsal.manifest.shape(contest).unwrap();
                let option = (place * 7 + list) % u32::try_from(shape.options).unwrap();
                let written = shape.texts > 0 && shape.write_in == Some(option);
                let text = written.then(|| vec![*b"Nombre escrito 1"; shape.texts]);
                ballots.push(rehearsal.cast((list, place), contest, option, text, &mut rng).to_bytes());
                rehearsal.mark(list, contest, option);
            }
        }
    }
    rehearsal.close(ballots);
    let results = rehearsal.publish(quorum, &mut rng);
    let mut totals: Vec<Vec<u64>> = rehearsal.expected.iter().map(|votes| vec![0; votes.len()]).collect();
    let (report, closed) = verify::record(&rehearsal.files, &mut rng, &mut ()).unwrap();
    assert!(report.is_valid(), "{:#?}", report.checks());
    for (group, counts) in closed.unwrap().aggregates.groups.iter().zip(&results.groups) {
        for (sum, count) in totals[group.contest as usize].iter_mut().zip(counts) {
            *sum += count;
        }
    }
    assert_eq!(totals, rehearsal.expected);
    rehearsal
}

#[test]
fn nayarit_with_twenty_ballots() {
    run(testing::nayarit, Keys::new(3, 5), &[20], &[2, 3, 5]);
}

#[test]
fn several_contests_styles_and_units() {
    let lists = testing::several(&Keys::new(2, 3)).lists.len();
    run(testing::several, Keys::new(2, 3), &vec![10; lists], &[1, 3]);
}

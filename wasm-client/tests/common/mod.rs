//! A sealed election with voters, for the tests and for the example that scripts talk to.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use escrutinio_core::credential::{Buckets, CredentialLists};
use escrutinio_core::encoding::Encode;
use escrutinio_core::manifest::{ContestKind, Manifest};
use escrutinio_core::record;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{Keys, coalition, contest, finish, several};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What a device fetches.
pub(crate) const SEALED: [&str; 4] = [record::MANIFEST, record::ROLL, record::KEY_TRANSCRIPT, record::SEAL];

/// Number of the contest with 41 options.
pub(crate) const WIDE: u32 = 4;

/// Voters of each list.
pub(crate) const COUNTS: [u32; 4] = [7, 2, 45, 9];

/// The contests of [`several`], the first of which has 17 options, and one with 41.
pub(crate) fn manifest(keys: &Keys) -> Manifest {
    let mut manifest = several(keys);
    let mut wide = contest("Ayuntamiento", ContestKind::Other);
    wide.parties = (0..7).collect();
    wide.coalitions = vec![coalition("Cinco", &[0, 1, 2, 3, 4])];
    wide.independents = (1..=6).map(|n| format!("Independiente {n}")).collect();
    manifest.contests.push(wide);
    manifest.styles[1].contests.push(WIDE);
    finish(manifest)
}

/// A sealed election, always the same.
pub(crate) fn sealed() -> (Rehearsal, ChaCha20Rng) {
    sealed_with(|_| {})
}

/// The same under a manifest in which something is otherwise.
pub(crate) fn sealed_with(change: impl FnOnce(&mut Manifest)) -> (Rehearsal, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let keys = Keys::new(2, 3);
    let mut manifest = manifest(&keys);
    change(&mut manifest);
    (Rehearsal::sealed(manifest, keys, &COUNTS, &mut rng), rng)
}

/// What the server says of a list: number of keys, base, first key of every bucket.
pub(crate) fn list(rehearsal: &Rehearsal, list: u32) -> (u32, Vec<u8>, Vec<[u8; 32]>) {
    let lists: CredentialLists = rehearsal.object(record::LISTS);
    let keys = lists.list(list).unwrap();
    let buckets = Buckets::new(list, keys.keys(), rehearsal.election().manifest.min_group);
    let first = |bucket| buckets.keys(bucket, keys.keys()).unwrap()[0];
    let firsts = (0..buckets.shape().buckets()).map(first).collect();
    (u32::try_from(keys.keys().len()).unwrap(), keys.base().to_bytes(), firsts)
}

/// What the server says of a bucket: its keys, and the path.
pub(crate) fn bucket(rehearsal: &Rehearsal, list: u32, bucket: u64) -> (Vec<[u8; 32]>, Vec<[u8; 32]>) {
    let lists: CredentialLists = rehearsal.object(record::LISTS);
    let keys = lists.list(list).unwrap().keys();
    let buckets = Buckets::new(list, keys, rehearsal.election().manifest.min_group);
    (buckets.keys(bucket, keys).unwrap().to_vec(), buckets.path(bucket).unwrap())
}

/// The same election after a few ballots, closed, counted and published.
pub(crate) fn counted(rehearsal: &Rehearsal, rng: &mut ChaCha20Rng) -> Rehearsal {
    let mut rehearsal = rehearsal.clone();
    let mut ballots = Vec::new();
    for place in 0..6 {
        for contest in 0..=WIDE {
            let option = place % 2;
            ballots.push(rehearsal.cast((2, place), contest, option, None, rng).to_bytes());
            rehearsal.mark(2, contest, option);
        }
    }
    rehearsal.close(ballots);
    rehearsal.publish(&[1, 3], rng);
    rehearsal
}

//! What voters find, and what the export holds.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::board::leaf_hash;
use escrutinio_core::hash::Hash;
use escrutinio_driver::Api;

use crate::shell::{Failure, Outcome};

/// The server knows these tracking codes, as soon as it has found its databases again.
pub(crate) async fn recorded(api: &Api, codes: &[String], give_up: Instant) -> Outcome {
    for code in codes {
        loop {
            match api.recorded(code).await {
                Ok(true) => break,
                Ok(false) => return Err(Failure::new(format!("{code} was promised, and is not recorded"))),
                Err(why) if why.may_repeat() && Instant::now() < give_up => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(why) => return Err(why.into()),
            }
        }
    }
    Ok(())
}

/// Every entry of an exported board, in order.
pub(crate) fn entries(board: &Path, size: u64) -> Result<Vec<Vec<u8>>, Failure> {
    let mut entries = Vec::new();
    for id in BundleId::all(size) {
        let path = board.join(id.to_string());
        let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        let bundle = read_bundle(id, &bytes).map_err(|why| Failure::new(format!("{}: {why}", path.display())))?;
        entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
    }
    Ok(entries)
}

/// The board holds what was promised, each ballot once, and nothing else.
pub(crate) fn board(entries: &[Vec<u8>], promised: &[Hash]) -> Outcome {
    let mut leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    leaves.sort_unstable();
    if leaves == promised {
        return Ok(());
    }
    let missing = promised.iter().filter(|leaf| leaves.binary_search(leaf).is_err()).count();
    let more = leaves.len().saturating_add(missing).saturating_sub(promised.len());
    Err(Failure::new(format!("of {} promised ballots {missing} are absent, {more} too many", promised.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_that_forgets_or_repeats_is_told() {
        let entries: Vec<Vec<u8>> = (0..9u8).map(|n| vec![n; 5]).collect();
        let mut promised: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        promised.sort_unstable();
        let told = |entries: &[Vec<u8>]| board(entries, &promised).map_err(|why| why.to_string());
        assert_eq!(told(&entries), Ok(()));
        assert_eq!(told(&entries[..8]), Err("of 9 promised ballots 1 are absent, 0 too many".to_owned()));
        let twice = [entries.clone(), vec![vec![1; 5]]].concat();
        assert_eq!(told(&twice), Err("of 9 promised ballots 0 are absent, 1 too many".to_owned()));
    }
}

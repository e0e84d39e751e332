//! The log of acts, as somebody who follows it fetches it: whatever a server sends, nobody is made to believe that
//! it fits.

#![no_main]

use std::cell::Cell;
use std::sync::{Mutex, OnceLock};

use escrutinio_core::board::Checkpoint;
use escrutinio_witness::Election;
use escrutinio_witness::follow::acts::Acts;
use escrutinio_witness::follow::fetch::{Fetch, FetchError};
use libfuzzer_sys::fuzz_target;

/// Hands out pieces of the input, each with its length before it.
struct Pieces(Mutex<Cell<Vec<u8>>>);

impl Fetch for Pieces {
    fn get(&self, path: &str, most: u64) -> Result<Vec<u8>, FetchError> {
        let rest = self.0.lock().expect("one thread");
        let bytes = rest.take();
        let Some((length, bytes)) = bytes.split_first_chunk::<2>() else { return Err(FetchError::Absent(path.into())) };
        let length = usize::from(u16::from_le_bytes(*length)).min(bytes.len()).min(usize::try_from(most).unwrap_or(0));
        let (piece, after) = bytes.split_at(length);
        rest.set(after.to_vec());
        Ok(piece.to_vec())
    }
}

fn election() -> &'static Election {
    static ELECTION: OnceLock<Election> = OnceLock::new();
    ELECTION.get_or_init(|| Election::of(escrutinio_fuzz::election().election()).expect("the names are keys' names"))
}

fuzz_target!(|data: &[u8]| {
    let Some((size, data)) = data.split_first_chunk::<2>() else { return };
    let size = u64::from(u16::from_le_bytes(*size)) % 600 + 1;
    let nowhere = std::path::Path::new("/nonexistent/acts");
    let checkpoint = Checkpoint { origin: "acts.example".into(), size, root: [7; 32] };
    let pieces = Pieces(Mutex::new(Cell::new(data.to_vec())));
    let fits = Acts::of(nowhere, election()).fit(&pieces, &checkpoint, core::iter::empty());
    assert!(!matches!(fits, Ok(None)), "entries of a root that nobody knows any of");
});

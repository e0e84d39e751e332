//! A small election from key ceremony to verified record, written to a folder.
//!
//! `cargo run --example election -- FOLDER`

use core::error::Error;
use std::path::PathBuf;

use escrutinio_core::encoding::Encode;
use escrutinio_core::testing::rehearsal::Rehearsal;
use escrutinio_core::testing::{self, Keys};
use escrutinio_core::verify;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder to write the record to")?);
    let mut rng = ChaCha20Rng::seed_from_u64(2021);

    // Two of three custodians open the box; twelve people vote over the 13 options of Nayarit.
    let keys = Keys::new(2, 3);
    let manifest = testing::nayarit(&keys);
    let mut election = Rehearsal::sealed(manifest, keys, &[12], &mut rng);
    let mut ballots = Vec::new();
    for voter in 0..12 {
        let option = voter % 13;
        let text = (option == 11).then(|| vec![*b"Nombre escrito 1"; 3]);
        ballots.push(election.cast((0, voter), 0, option, text, &mut rng).to_bytes());
        election.mark(0, 0, option);
    }
    election.close(ballots);
    let results = election.publish(&[1, 3], &mut rng);

    let (report, _) = verify::record(&election.files, &mut rng, &mut ())?;
    assert!(report.is_valid());
    assert_eq!(results.groups, election.expected);
    for (path, bytes) in &election.files.0 {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

//! The verifier over a record of which one file was exchanged, with its line of hashes set right. Checkpoints and
//! actas may lose a signature and stand; any other file may not change at all.

#![no_main]

use escrutinio_core::record;
use escrutinio_core::verify;
use escrutinio_fuzz::{election, rng, set_sums};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((number, data)) = data.split_first() else { return };
    let original = &election().files.0;
    let Some((path, bytes)) = original.iter().nth(usize::from(*number) % original.len()) else { return };
    let mut files = election().files.clone();
    files.0.insert(path.clone(), data.to_vec());
    if path != record::SUMS {
        set_sums(&mut files);
    }
    let (report, _) = verify::record(&files, &mut rng(), &mut ()).expect("memory does not fail");
    let signatures_may_go = path.starts_with(record::CHECKPOINTS) || path.starts_with("acta/");
    assert!(
        signatures_may_go || report.is_valid() == (data == bytes.as_slice()),
        "{path}: {:?}",
        report.first_failure()
    );
});

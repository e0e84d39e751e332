//! A bundle of entries: what is read is framed to the same bytes.

#![no_main]

use escrutinio_core::board::bundle::{BundleId, BundleWriter, read_bundle};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((width, data)) = data.split_first() else { return };
    let Some(id) = BundleId::all(u64::from(*width)).next() else { return };
    if let Ok(entries) = read_bundle(id, data) {
        let mut writer = BundleWriter::new();
        for entry in &entries {
            assert!(writer.push(entry).expect("it was read").is_none());
        }
        assert_eq!(writer.partial().expect("not empty").bytes, data);
    }
});

//! The list of a build's files, as a server sends it.

#![no_main]

use escrutinio_core::client_list::{ClientList, LIST, is_path};
use escrutinio_core::hash::sha256;
use escrutinio_fuzz::same_text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(list) = same_text(data, ClientList::parse(data)) {
        assert_eq!(list.hash(), sha256(&[data]), "the build's hash is that of the text");
        for (path, _) in list.files() {
            assert!(is_path(path) && path != LIST, "{path}");
            assert!(!path.split('/').any(|part| part.is_empty() || part.starts_with('.')), "{path} leads elsewhere");
        }
    }
});

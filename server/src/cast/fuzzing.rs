//! What the cast reads of its own, for a fuzzer (`fuzz/README.md`).

use escrutinio_core::encoding::Encode;

use super::intent::{Entry, parse};

/// The content of an intent, once it is opened.
pub fn intent(data: &[u8]) {
    let Ok(entries) = parse(data) else { return };
    let mut bytes = Vec::new();
    for Entry { account, contest, cast } in entries {
        account.encode(&mut bytes);
        contest.encode(&mut bytes);
        cast.encode(&mut bytes);
    }
    assert_eq!(bytes, data, "two encodings of one intent");
}

//! What a log sends to a witness.

#![no_main]

use escrutinio_core::board::Submission;
use escrutinio_fuzz::{log_keys, same_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(submission) = same_text(data, Submission::parse(data)) {
        let _ = submission.checkpoint.verify_log(&log_keys());
        let size = submission.checkpoint.claimed().size;
        let _ = submission.proof.verify(submission.old, &[1; 32], size, &[2; 32]);
    }
});

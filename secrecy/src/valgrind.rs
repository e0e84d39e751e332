//! Requests to Valgrind: an instruction sequence that does nothing, and that Valgrind, when it
//! runs the program, takes for a question.

use std::arch::asm;

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_UNDEFINED: usize = 0x4d43_0001;

fn request(code: usize, first: usize, second: usize) -> usize {
    let arguments = [code, first, second, 0, 0, 0];
    let mut answer = 0usize;
    // SAFETY: four rotations by 128 bits in all and an exchange of a register with itself change
    // nothing; Valgrind reads the six words and writes rdx.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            inout("rdi") 0usize => _,
        );
    }
    answer
}

/// Whether Valgrind runs the program.
pub fn runs() -> bool {
    request(RUNNING_ON_VALGRIND, 0, 0) != 0
}

/// How many errors Valgrind has found.
pub fn errors() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

/// From now on Valgrind takes these bytes, and everything computed from them, for undefined: it
/// reports every branch and every index that depends on them. Their values stay.
pub fn mark_secret(bytes: &mut [u8]) {
    request(MAKE_UNDEFINED, bytes.as_mut_ptr().addr(), bytes.len());
}

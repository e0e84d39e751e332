//! The one source of randomness of the server: the operating system's.

use rand_core::{CryptoRng, UnwrapErr};

/// The operating system's generator.
#[must_use]
pub fn system() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

/// `N` random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    use rand_core::Rng;
    let mut bytes = [0u8; N];
    system().fill_bytes(&mut bytes);
    bytes
}

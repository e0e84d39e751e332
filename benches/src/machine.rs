//! On what the figures were taken: without it they mean nothing.

use escrutinio_core::group::{compress, decompress, hash_to_element};

use crate::timing::{self, ROUNDS, Samples};

/// The processor's name, as the system gives it.
#[must_use]
pub fn processor() -> String {
    let unknown = || std::env::consts::ARCH.to_owned();
    std::fs::read_to_string("/proc/cpuinfo").map_or_else(
        |_| unknown(),
        |info| {
            let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
            name.map_or_else(unknown, |(_, name)| name.trim().to_owned())
        },
    )
}

/// The curve arithmetic that runs here: what was compiled in, and what this processor can do.
#[must_use]
pub fn backend() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        let compiled_in = cfg!(curve25519_dalek_backend = "avx512");
        if compiled_in && is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512vl") {
            return "AVX-512 IFMA";
        }
        let refused = cfg!(any(curve25519_dalek_backend = "serial", curve25519_dalek_backend = "fiat"));
        if !refused && is_x86_feature_detected!("avx2") {
            return "AVX2";
        }
    }
    "serial"
}

/// Seconds of decoding one element, in which every verifier's time is counted.
#[must_use]
pub fn decompression() -> f64 {
    const REPEATS: u32 = 2000;
    let encodings: Vec<_> = (0u8..64).map(|i| compress(&hash_to_element(&[b"decompression", &[i]]))).collect();
    let mut samples = Samples::default();
    for _ in 0..ROUNDS {
        let mut next = encodings.iter().cycle();
        let decoded = timing::seconds_per_item(REPEATS, 1, || {
            let element = next.next().and_then(decompress).ok_or(())?;
            core::hint::black_box(element);
            Ok::<_, ()>(())
        });
        samples.add(decoded.unwrap_or(f64::NAN));
    }
    samples.median()
}

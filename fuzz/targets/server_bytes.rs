//! Bytes that the casting server reads: a balancer's word, what comes back sealed from a client or a database, sealed
//! files of others.

#![no_main]

use escrutinio_core::secret::SecretBytes;
use escrutinio_core::signature::SigningKey;
use escrutinio_sealed::updates::Update;
use escrutinio_sealed::{Kind, Person};
use escrutinio_server::fuzzing::{attempt, balancer, intent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else { return };
    match which % 5 {
        0 => balancer(data),
        1 => attempt(data),
        2 => intent(data),
        3 => {
            let _ = Kind::of(data);
            if let Some(person) = Person::from_sealed(data) {
                assert_eq!(*person.to_sealed(), data, "two files of one person");
            }
        }
        _ => {
            // Signed by nobody: what stands before the signature's check.
            let key = SigningKey::from_seed(&SecretBytes::new([7; 32])).verifying_key();
            let roll = escrutinio_core::ids::RollId([1; 32]);
            assert!(Update::read(data, &roll, &key).is_err(), "a forged update");
        }
    }
});

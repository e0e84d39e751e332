//! Times another system's shuffle and prints processor time, in microseconds per ciphertext:
//! `{"prove": .., "verify": ..}`, generators included in both. Arguments: ciphertexts, width.

use std::{array, fs};

use cryptography::context::{Context, RistrettoCtx};
use cryptography::cryptosystem::elgamal::{Ciphertext, KeyPair};
use cryptography::traits::groups::CryptographicGroup;
use cryptography::zkp::shuffle::Shuffler;

/// Processor time of this process in seconds, as Linux tells it: by the hundredth.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    // After the name in parentheses: user and system time are the 12th and 13th field.
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("ticks")).sum::<f64>() / 100.0
}

fn run<const W: usize>(count: usize) {
    type C = RistrettoCtx;
    let keypair: KeyPair<C> = KeyPair::generate();
    let message: [_; W] = array::from_fn(|_| C::random_element());
    let ciphertexts: Vec<Ciphertext<C, W>> = (0..count).map(|_| keypair.encrypt(&message)).collect();
    let start = processor_time();
    let generators = <C as Context>::G::ind_generators(count, &vec![]).expect("generators");
    let shuffler = Shuffler::<C, W>::new(generators, keypair.pkey);
    let made = processor_time();
    let (shuffled, proof) = shuffler.shuffle(&ciphertexts, &vec![]).expect("a shuffle");
    let proved = processor_time();
    assert!(shuffler.verify(&ciphertexts, &shuffled, &proof, &vec![]).expect("a verdict"));
    let verified = processor_time();
    let per = |seconds: f64| seconds * 1e6 / count as f64;
    let generators = made - start;
    println!("{{\"prove\": {:.1}, \"verify\": {:.1}}}", per(generators + proved - made), per(generators + verified - proved));
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("a number"));
    let (count, width) = (arguments.next().expect("ciphertexts"), arguments.next().expect("width"));
    match width {
        1 => run::<1>(count),
        3 => run::<3>(count),
        _ => panic!("width 1 or 3"),
    }
}

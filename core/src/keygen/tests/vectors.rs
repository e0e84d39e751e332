//! The published vectors of COCKTAIL-DKG and FROST: with one slot the keys are theirs.

use alloc::string::String;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::group::{self, Element, Scalar};
use crate::keygen::pair::evaluate;
use crate::point::Point;
use crate::proof::knowledge::Knowledge;
use crate::secret::SecretScalar;

/// A file of third-party vectors; `None`, with a notice, where they are not at hand.
fn vectors(name: &str) -> Option<Value> {
    let shared = std::env::var_os("ESCRUTINIO_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("vectors").join(name)) else {
        std::eprintln!("skipped: no {name}");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn bytes(value: &Value) -> [u8; 32] {
    let text = value.as_str().unwrap();
    assert_eq!(text.len(), 64);
    core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

fn element(value: &Value) -> Element {
    group::decompress(&bytes(value)).unwrap()
}

fn secret(value: &Value) -> SecretScalar {
    SecretScalar::from_bytes(&bytes(value)).unwrap()
}

fn keys_of(threshold: usize, commitments: &[Vec<Element>]) -> ElectionKeys {
    let count = u8::try_from(commitments.len()).unwrap();
    let threshold = u32::try_from(threshold).unwrap();
    let public = (1..=count).map(|number| signing_key(number).verifying_key()).collect();
    let ceremony = Ceremony::new(ManifestHash([0; 32]), 0, threshold, threshold, public, 1).unwrap();
    let possession = Knowledge { r: Point::new(group::GENERATOR), z: Scalar::ONE };
    let dealing = |(index, commitments): (_, &Vec<_>)| Round2 {
        index,
        table: [0; 32],
        commitments: commitments.iter().copied().map(Point::new).collect(),
        possession,
        shares: Vec::new(),
        signature: Signature([0; 64]),
    };
    let round2: Vec<_> = ceremony.everyone().zip(commitments).map(dealing).collect();
    ElectionKeys::derive(&ceremony, ceremony.everyone().collect(), &round2).unwrap()
}

/// `sum_l [lambda_l x_l]G` over the custodians from `first` on.
fn reconstruct(shares: &[SecretScalar], first: usize, threshold: usize) -> Element {
    let points: Vec<_> = (first..first + threshold).map(|place| u32::try_from(place + 1).unwrap()).collect();
    let coefficients = group::lagrange_at_zero(&points);
    let sum: Scalar = coefficients.iter().zip(&shares[first..]).map(|(l, x)| l * x.expose()).sum();
    group::mul_generator(&sum)
}

#[test]
fn cocktail_dkg() {
    let Some(file) = vectors("cocktail-dkg-ristretto255-sha512.json") else { return };
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 3);
    for vector in vectors {
        let threshold = usize::try_from(vector["t"].as_u64().unwrap()).unwrap();
        let commitments: Vec<Vec<_>> = vector["round1"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["vss_commitment"].as_array().unwrap().iter().map(element).collect())
            .collect();
        let keys = keys_of(threshold, &commitments);
        assert_eq!(keys.slot_keys, [element(&vector["group_public_key"])]);

        let round2 = vector["round2"].as_array().unwrap();
        assert_eq!(round2.len(), keys.qualified.len());
        let shares: Vec<_> = round2.iter().map(|message| secret(&message["secret_share"])).collect();
        for ((message, share), public) in round2.iter().zip(&shares).zip(&keys.public_shares) {
            assert_eq!(*public, [element(&message["verification_share"])]);
            assert_eq!(share.public(), public[0]);
        }
        for first in 0..=shares.len() - threshold {
            assert_eq!(reconstruct(&shares, first, threshold), keys.slot_keys[0]);
        }
        if threshold > 1 {
            assert_ne!(reconstruct(&shares, 0, threshold - 1), keys.slot_keys[0]);
        }
    }
}

#[test]
fn frost() {
    let Some(file) = vectors("frost-ristretto255-dkg.json") else { return };
    let inputs = &file["inputs"];
    let parties: Vec<_> = ["1", "2", "3"].iter().map(|name| &inputs[*name]).collect();
    let polynomials: Vec<_> =
        parties.iter().map(|party| [secret(&party["signing_key"]), secret(&party["coefficient"])]).collect();
    let commitments: Vec<Vec<_>> = parties
        .iter()
        .map(|party| party["vss_commitments"].as_array().unwrap().iter().map(element).collect())
        .collect();
    for (polynomial, commitments) in polynomials.iter().zip(&commitments) {
        assert!(polynomial.iter().map(SecretScalar::public).eq(commitments.iter().copied()));
    }
    let keys = keys_of(2, &commitments);
    assert_eq!(keys.slot_keys, [element(&inputs["verifying_key"])]);

    let mut shares = Vec::new();
    for (place, party) in parties.iter().enumerate() {
        let recipient = keys.qualified[place];
        let mut sum = Scalar::ZERO;
        for (dealer, polynomial) in keys.qualified.iter().zip(&polynomials) {
            let share = evaluate(polynomial, recipient);
            sum += share.expose();
            let name: String = alloc::format!("{dealer}");
            if let Some(published) = party["signing_shares"].get(&name) {
                assert_eq!(share.expose(), secret(published).expose());
            }
        }
        assert_eq!(sum, *secret(&party["signing_share"]).expose());
        assert_eq!(keys.public_shares[place], [element(&party["verifying_share"])]);
        assert_eq!(group::mul_generator(&sum), keys.public_shares[place][0]);
        shares.push(SecretScalar::new(sum));
    }
    assert_eq!(reconstruct(&shares, 1, 2), keys.slot_keys[0]);
}

//! Vectors of `ballots.md`: validity proofs and openings.

use escrutinio_core::ballot::{EncryptedBallot, Opening};
use escrutinio_core::encoding::Reader;
use escrutinio_core::group::Generators;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::ContestShape;
use escrutinio_core::proof::ballot::ContestParameters;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use crate::case::{Answer, Given, hex, nothing, one, unhex};

pub(crate) fn kind(name: &str) -> Option<fn(&Given) -> Answer> {
    Some(match name {
        "ballot-proof" => proof,
        "ballot-batch" => batch,
        "ballot-opening" => opening,
        _ => return None,
    })
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn parameters(t: &Given) -> ContestParameters {
    let count = |name| usize::try_from(t.number(name)).unwrap();
    let write_in = t.get("omega").map(|omega| u32::try_from(omega.as_u64().unwrap()).unwrap());
    ContestParameters {
        election_id: ElectionId(t.array("electionId")),
        contest: t.number("contest"),
        shape: ContestShape { options: count("N"), texts: count("m"), write_in },
        option_keys: t.points("K"),
        text_keys: t.points("L"),
        generators: Generators::new(),
    }
}

/// One shape for every contest up to that of the vectors.
fn shapes(parameters: &ContestParameters) -> Vec<ContestShape> {
    (0..=parameters.contest).map(|_| parameters.shape).collect()
}

fn body(parameters: &ContestParameters, bytes: &[u8]) -> Result<EncryptedBallot, &'static str> {
    let mut reader = Reader::new(bytes);
    let body = EncryptedBallot::decode(&mut reader, &shapes(parameters)).map_err(|_| "V1.1")?;
    reader.finish().map_err(|_| "V1.1")?;
    Ok(body)
}

fn proof(t: &Given) -> Answer {
    let parameters = parameters(t);
    let body = body(&parameters, &t.bytes("body"))?;
    body.verify_proof(&parameters, &mut rng()).map_err(|_| "V1.7")?;
    one("code", hex(body.tracking_code().as_bytes()))
}

/// The ballots one by one: a batch accepts what each of them does.
fn batch(t: &Given) -> Answer {
    let parameters = parameters(t);
    for text in t.value("bodies").as_array().unwrap() {
        let body = body(&parameters, &unhex(text.as_str().unwrap()))?;
        body.verify_proof(&parameters, &mut rng()).map_err(|_| "V1.7")?;
    }
    nothing()
}

fn opening(t: &Given) -> Answer {
    let parameters = parameters(t);
    let opening = Opening::decode(&t.bytes("opening"), &shapes(&parameters)).map_err(|_| "opening")?;
    opening.verify(&parameters, &mut rng()).map_err(|_| "opening")?;
    Ok(json!({ "option": opening.option, "code": hex(opening.body.tracking_code().as_bytes()) }))
}

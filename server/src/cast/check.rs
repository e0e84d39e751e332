//! Steps 2 and 3: what can be said of a ballot by looking at it and at the lists.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::verify::Election;

use crate::refusal::Refusal;

/// A ballot of which the signature and the proof are not verified yet.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) cast: CastBallot,
    pub(super) bytes: Vec<u8>,
}

/// The longest ballot of an election.
fn longest(election: &Election) -> usize {
    election.shapes.iter().map(CastBallot::encoded_length).max().unwrap_or(0)
}

/// V1.1 to V1.3 and V1.5, for a voter of a list.
pub(super) fn check(election: &Election, list: u32, bytes: Vec<u8>) -> Result<Checked, Refusal> {
    if bytes.len() > longest(election) {
        return Err(Refusal::BallotMalformed);
    }
    let cast = CastBallot::decode(&bytes, &election.shapes).map_err(|_| Refusal::BallotMalformed)?;
    let body = &cast.body;
    if body.election_id != election.election_id {
        return Err(Refusal::OtherElection);
    }
    let key = usize::try_from(list).ok().and_then(|list| election.manifest.lists.get(list));
    let key = key.ok_or(Refusal::Internal)?;
    if !election.manifest.style_has(key.style, body.contest) {
        return Err(Refusal::OtherContest);
    }
    if (body.style, body.unit) != (key.style, key.unit) {
        return Err(Refusal::OtherList);
    }
    election.credential(list, &cast.key.bytes).ok_or(Refusal::CredentialUnknown)?;
    if !cast.binding_holds() {
        return Err(Refusal::BallotBinding);
    }
    Ok(Checked { cast, bytes })
}

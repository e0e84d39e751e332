//! What somebody signs to be let do something.

use core::fmt;

use escrutinio_core::encoding::Encode;
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::ids::{ElectionId, hex};
use escrutinio_core::signature::{Signature, VerifyingKey};
use escrutinio_sealed::{Person, parse_hex};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{DeskAct, Member, Staff};
use crate::refusal::Refusal;

/// Seconds for which a request is good.
const FRESH: i64 = 60;

/// A request to the desk.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct DeskRequest {
    /// The name of the act.
    pub act: String,
    /// Its arguments, as the act wants them.
    pub arguments: String,
    /// When it was signed, in seconds since 1970 by the server's clock.
    pub at: i64,
    /// The key of who signed, hexadecimal.
    pub key: String,
    /// Signature over "desk", `election_id || string(act) || string(arguments) || i64(at)`, hexadecimal.
    pub signature: String,
    /// The password of `keys.sealed`, for the act that needs it; not signed and nowhere kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl fmt::Debug for DeskRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeskRequest({}, ..)", self.act)
    }
}

fn matter(election: &ElectionId, act: &str, arguments: &str) -> Vec<u8> {
    let mut out = Vec::new();
    election.encode(&mut out);
    act.to_owned().encode(&mut out);
    arguments.to_owned().encode(&mut out);
    out
}

fn message(election: &ElectionId, act: &str, arguments: &str, at: i64) -> Vec<u8> {
    let mut out = matter(election, act, arguments);
    at.encode(&mut out);
    out
}

/// The hash of what somebody is about to sign, whenever that is: TH("desk-matter", all but the time), hexadecimal.
#[must_use]
pub fn matter_hash(election: &ElectionId, act: DeskAct, arguments: &str) -> String {
    hex(&tagged_hash("desk-matter", &[&matter(election, act.name(), arguments)]))
}

impl DeskRequest {
    /// Signs one.
    #[must_use]
    pub fn sign(person: &Person, election: &ElectionId, act: DeskAct, arguments: &str, at: i64) -> Self {
        let signature = person.key.sign("desk", &[&message(election, act.name(), arguments, at)]);
        Self {
            act: act.name().to_owned(),
            arguments: arguments.to_owned(),
            at,
            key: hex(&person.key.verifying_key().to_bytes()),
            signature: hex(&signature.0),
            password: None,
        }
    }

    /// Whose it is, if it is staff's, for this election and fresh.
    ///
    /// # Errors
    /// [`Refusal::Staff`]; [`Refusal::BadRequest`] for an act that there is not.
    pub fn judge<'s>(
        &self,
        election: &ElectionId,
        staff: &'s Staff,
        now: i64,
    ) -> Result<(DeskAct, &'s Member), Refusal> {
        let key = parse_hex::<32>(&self.key).and_then(|bytes| VerifyingKey::from_bytes(&bytes));
        let member = key.and_then(|key| staff.member(&key)).ok_or(Refusal::Staff)?;
        let signature = parse_hex::<64>(&self.signature).map(Signature).ok_or(Refusal::Staff)?;
        let message = message(election, &self.act, &self.arguments, self.at);
        member.key.verify("desk", &[&message], &signature).map_err(|_| Refusal::Staff)?;
        // A clock that goes ahead is no reason to keep a request for later.
        if now.saturating_sub(self.at).saturating_abs() > FRESH {
            return Err(Refusal::Staff);
        }
        let act = DeskAct::parse(&self.act).ok_or(Refusal::BadRequest)?;
        Ok((act, member))
    }
}

//! By what a ballot is found again in the box, without telling what it is.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::ids::TrackingCode;

use crate::keys::BoxCipher;

/// The three tags of a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(super) credential: [u8; 32],
    pub(super) code: [u8; 32],
    pub(super) nonce: [u8; 32],
}

pub(super) fn code(cipher: &BoxCipher, code: &TrackingCode) -> [u8; 32] {
    cipher.mac("code-tag", code.as_bytes())
}

impl Tags {
    pub(super) fn of(cipher: &BoxCipher, cast: &CastBallot) -> Self {
        // A credential votes once per contest.
        let credential = [cast.body.contest.to_le_bytes().as_slice(), &cast.key.bytes].concat();
        Self {
            credential: cipher.mac("credential-tag", &credential),
            code: code(cipher, &cast.body.tracking_code()),
            nonce: cipher.mac("nonce-tag", &cast.body.a.bytes),
        }
    }
}

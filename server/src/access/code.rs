//! Codes of six digits that are sent. What is kept of one is a keyed hash, bound to the account, to
//! its generation and to the one use that the code was sent for.

use rand_core::Rng;
use subtle::ConstantTimeEq;

use super::attempt::Purpose;
use super::rows::Sent;
use super::secret::Secret;
use crate::keys::AccessCipher;
use crate::random;
use crate::store::roll::AccountRow;

/// Seconds for which a code is good.
pub(super) const LIFETIME: i64 = 300;

/// What a code was sent for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use<'a> {
    /// The second factor.
    Factor(Purpose),
    /// To confirm an authenticator.
    Enrolment(Purpose),
    /// The first factor of a recovery.
    Recovery,
    /// The second factor of a change of contact data.
    ContactFactor,
    /// To a new address or number.
    Contact(&'a str),
}

impl Use<'_> {
    fn bytes(self) -> Vec<u8> {
        let purpose = |purpose| match purpose {
            Purpose::FirstAccess => 0,
            Purpose::Login => 1,
            Purpose::Recovery => 2,
        };
        match self {
            Self::Factor(of) => vec![0, purpose(of)],
            Self::Enrolment(of) => vec![1, purpose(of)],
            Self::Recovery => vec![2],
            Self::ContactFactor => vec![3],
            // The code ends what is hashed and has one length: the two do not run together.
            Self::Contact(value) => [&[4], value.as_bytes()].concat(),
        }
    }
}

/// A new code, uniform.
pub(super) fn draw() -> Secret {
    const CODES: u32 = 1_000_000;
    let mut rng = random::system();
    loop {
        let drawn = rng.next_u32();
        // Every code comes from equally many of the numbers below.
        if drawn < u32::MAX - u32::MAX % CODES {
            return Secret::new(format!("{:06}", drawn % CODES));
        }
    }
}

/// What is kept of a code.
pub(super) fn hash(cipher: &AccessCipher, account: i64, generation: i64, purpose: Use<'_>, code: &Secret) -> [u8; 32] {
    let fixed = [account.to_le_bytes(), generation.to_le_bytes()].concat();
    cipher.mac("code", &[&fixed, purpose.bytes().as_slice(), code.expose().as_bytes()].concat())
}

/// Whether a code is the one that was sent for this, and not too old. Of an account that does
/// not exist the row is none, and as much is computed.
pub(super) fn matches(
    cipher: &AccessCipher,
    row: Option<&AccountRow>,
    sent: Option<&Sent>,
    purpose: Use<'_>,
    code: &Secret,
    now: i64,
) -> bool {
    let (account, generation) = row.map_or((0, 0), |row| (row.account, row.generation));
    let computed = hash(cipher, account, generation, purpose, code);
    let kept = sent.and_then(|sent| sent.code.as_deref()).unwrap_or(&[0; 32]);
    let same = bool::from(computed.ct_eq(kept));
    same && row.is_some() && sent.is_some_and(|sent| now < sent.expires)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_six_digits() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let code = draw();
            assert!(code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit()));
            seen.insert(code.expose().to_owned());
        }
        assert!(seen.len() > 990);
    }

    #[test]
    fn a_code_is_good_for_one_use_of_one_account() {
        let cipher = AccessCipher::new(&[7; 32]);
        let code = Secret::new("012345".into());
        let uses = [
            Use::Factor(Purpose::FirstAccess),
            Use::Factor(Purpose::Login),
            Use::Factor(Purpose::Recovery),
            Use::Enrolment(Purpose::FirstAccess),
            Use::Enrolment(Purpose::Login),
            Use::Enrolment(Purpose::Recovery),
            Use::Recovery,
            Use::ContactFactor,
            Use::Contact("a@b.example"),
            Use::Contact("a@b.example2"),
        ];
        let mut seen = std::collections::HashSet::new();
        for purpose in uses {
            for (account, generation) in [(1, 0), (1, 1), (2, 0)] {
                assert!(seen.insert(hash(&cipher, account, generation, purpose, &code)));
            }
        }
    }
}

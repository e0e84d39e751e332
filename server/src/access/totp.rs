//! Authenticators: codes that the voter's own telephone computes from a seed and the time
//! (RFC 6238 with SHA-1, 6 digits, 30 s: what every authenticator program knows).

use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::secret::Secret;

/// Bytes of a seed.
pub const SEED: usize = 20;
/// Seconds of a step.
const STEP: u64 = 30;
/// Steps before and after the present one that are accepted.
const TOLERANCE: u16 = 1;

/// What is shown to enrol an authenticator.
#[derive(Debug)]
pub struct Enrolment {
    /// The seed, base32.
    pub secret: Secret,
    /// The address that a QR code holds.
    pub uri: Secret,
}

/// What an authenticator is to be enrolled with. `None` if user name or issuer cannot stand in
/// such an address.
#[must_use]
pub fn enrolment(seed: &[u8; SEED], issuer: &str, user: &str) -> Option<Enrolment> {
    let totp = authenticator(seed, issuer, user)?;
    Some(Enrolment { secret: Secret::new(totp.secret().to_base32()), uri: Secret::new(totp.to_url().ok()?) })
}

/// The step of which this is the code at this time, if it comes after the last one accepted.
#[must_use]
pub fn accept(seed: &[u8], code: &str, now: i64, last: i64) -> Option<i64> {
    let seed = Zeroizing::new(<[u8; SEED]>::try_from(seed).ok()?);
    let step = authenticator(&seed, "", "")?.check(code, u64::try_from(now).ok()?)?;
    i64::try_from(step).ok().filter(|step| *step > last)
}

/// The code that an authenticator shows.
#[must_use]
pub fn code(seed: &[u8; SEED], now: i64) -> Option<Secret> {
    let totp = authenticator(seed, "", "")?;
    Some(Secret::new(totp.generate(u64::try_from(now).ok()?).to_string()))
}

fn authenticator(seed: &[u8; SEED], issuer: &str, user: &str) -> Option<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(TOLERANCE)
        .with_step_duration(STEP)
        .with_secret(seed.as_slice())
        // A colon parts issuer and account in the address.
        .with_issuer((!issuer.is_empty()).then(|| issuer.replace(':', " ")))
        .with_account_name(user)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed of RFC 6238, appendix B.
    const RFC: [u8; SEED] = *b"12345678901234567890";

    #[test]
    fn known_answers_of_the_rfc() {
        // The last six of the eight digits that appendix B prints.
        for (now, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(&RFC, now).unwrap().expose(), expected);
            assert_eq!(accept(&RFC, expected, now, 0), Some(now / 30));
        }
    }

    #[test]
    fn r_auth_05_a_step_is_accepted_once_and_only_about_its_time() {
        let now = 1_111_111_110;
        let shown = code(&RFC, now).unwrap();
        let step = now / 30;
        assert_eq!(accept(&RFC, shown.expose(), now, step - 1), Some(step));
        assert_eq!(accept(&RFC, shown.expose(), now, step), None, "used");
        let start = step * 30;
        for (at, accepted) in [(-31, false), (-30, true), (0, true), (29, true), (59, true), (60, false)] {
            assert_eq!(accept(&RFC, shown.expose(), start + at, 0).is_some(), accepted, "{at}");
        }
        // A later step that was accepted voids the earlier ones.
        assert_eq!(accept(&RFC, code(&RFC, start - 30).unwrap().expose(), now, step), None);
    }

    #[test]
    fn only_six_digits_are_a_code() {
        let now = 59;
        for other in ["", "28708", "2870822", "+87082", " 87082", "２８７０８２", "28708a"] {
            assert_eq!(accept(&RFC, other, now, 0), None, "{other:?}");
        }
        assert_eq!(accept(&RFC[..19], "287082", now, 0), None);
        assert_eq!(accept(&RFC, "287082", -1, 0), None);
    }

    #[test]
    fn an_enrolment_is_what_authenticators_read() {
        let shown = enrolment(&RFC, "INE: voto", "2345f-6789c-fhkmr").unwrap();
        assert_eq!(shown.secret.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = shown.uri.expose();
        assert!(uri.starts_with("otpauth://totp/INE%20%20voto:2345f-6789c-fhkmr?secret=GEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(Totp::from_url(uri).is_ok());
    }
}

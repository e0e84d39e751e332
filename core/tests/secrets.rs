//! What holds a secret can be neither copied nor compared nor printed by accident. A type for which that
//! is not so makes this file fail to compile.

use core::fmt::Display;

use escrutinio_core::ballot::{BallotCredential, PlaintextBallot, PreparedBallot};
use escrutinio_core::credential::{Credential, HalfSecrets, IssuedHalf};
use escrutinio_core::keygen::KeyShare;
use escrutinio_core::keygen::round1::SecretRound1;
use escrutinio_core::keygen::round3::ReceivedShares;
use escrutinio_core::secret::{SecretBytes, SecretScalar};
use escrutinio_core::signature::SigningKey;
use escrutinio_core::text::Text;

/// Every type has `Unless<()>`. One that has the trait would have `Unless<u8>` too, and then
/// `Unless<_>` is ambiguous, which is an error.
macro_rules! lack {
    ($trait:ident: $($type:ty),* $(,)?) => {{
        trait Unless<Marker> {
            fn lacks() {}
        }
        impl<T: ?Sized> Unless<()> for T {}
        impl<T: ?Sized + $trait> Unless<u8> for T {}
        $(<$type as Unless<_>>::lacks();)*
    }};
}

macro_rules! secrets_lack {
    ($($trait:ident),*) => {
        $(lack!($trait: SecretScalar, SecretBytes, SigningKey, SecretRound1, ReceivedShares, KeyShare, HalfSecrets,
            IssuedHalf, Credential, BallotCredential, PlaintextBallot, PreparedBallot, Text);)*
    };
}

#[test]
fn secrets_are_not_copied_compared_or_printed() {
    secrets_lack!(Clone, PartialEq, PartialOrd, Display);
}

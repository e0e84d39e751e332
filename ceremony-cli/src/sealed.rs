//! Secrets at rest, as a step of the ceremony writes and opens them: [`escrutinio_sealed`] with
//! the randomness and the messages of a session.

use std::path::Path;

pub use escrutinio_sealed::Kind;
use escrutinio_sealed::sealed;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::session::Session;

/// Seals bytes under a password.
///
/// # Errors
/// If the machine cannot give the memory that the key takes.
pub fn seal(session: &mut Session<'_>, kind: Kind, password: &str, content: &[u8]) -> Result<Vec<u8>> {
    Ok(sealed::seal(session.rng, kind, password, content)?)
}

/// The one answer to a wrong password, damage and another kind.
#[must_use]
pub fn bad() -> Error {
    escrutinio_sealed::Error::Open.into()
}

/// Seals into a new file that only its owner can read.
///
/// # Errors
/// If the file exists or cannot be written.
pub fn write(session: &mut Session<'_>, path: &Path, kind: Kind, password: &str, content: &[u8]) -> Result<()> {
    Ok(sealed::write(session.rng, path, kind, password, content)?)
}

/// Opens a sealed file.
///
/// # Errors
/// If it cannot be read, and [`bad`].
pub fn read(path: &Path, kind: Kind, password: &str) -> Result<Zeroizing<Vec<u8>>> {
    Ok(sealed::read(path, kind, password)?)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::session::FixedClock;
    use crate::text::Lang;
    use crate::ui::Scripted;

    #[test]
    fn every_failure_to_open_is_one_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("share");
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let mut ui = Scripted::quiet("").unwrap();
        let mut session = Session { rng: &mut rng, clock: &FixedClock(0), ui: &mut ui, lang: Lang::Es };
        write(&mut session, &path, Kind::Share, "diez letras", b"the share").unwrap();
        assert_eq!(*read(&path, Kind::Share, "diez letras").unwrap(), b"the share");
        let wrong = read(&path, Kind::Share, "diez letraz").unwrap_err();
        let other = read(&path, Kind::Round, "diez letras").unwrap_err();
        assert!(wrong == bad() && other == bad());
        assert_eq!((wrong.exit_code(), wrong.message().key), (4, "error.secret.open"));
        let again = write(&mut session, &path, Kind::Share, "diez letras", b"x").unwrap_err();
        assert_eq!((again.exit_code(), again.message().key), (3, "error.file.exists"));
    }
}

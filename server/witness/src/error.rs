//! Why the program cannot go on.

use core::fmt;
use std::io;
use std::path::{Path, PathBuf};

use escrutinio_core::verify::Check;

use crate::text::Lang;

/// Result of what can fail for good.
pub type Result<T> = core::result::Result<T, Error>;

/// Why the program cannot run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// A sealed file, or what is kept, cannot be read or written.
    Sealed(escrutinio_sealed::Error),
    /// The sealed record does not hold.
    Check {
        /// The first check that does not.
        check: Check,
        /// Where.
        culprit: String,
    },
    /// A name of the manifest cannot stand in a note.
    Names,
    /// The key is of no witness of the manifest.
    Stranger {
        /// Whose it is.
        name: String,
    },
    /// The witness has vouched for another election of this manifest.
    OtherElection {
        /// That one's id.
        before: String,
        /// This one's.
        now: String,
    },
    /// What is kept is damaged, or of another election.
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Another process works on the same folder.
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The address cannot be listened to.
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        why: io::Error,
    },
    /// The address is of no server that can be followed.
    Url {
        /// The address.
        url: String,
    },
}

impl Error {
    /// The file at `path` could not be read or written.
    #[must_use]
    pub fn file(path: &Path, why: io::Error) -> Self {
        Self::File { path: path.to_path_buf(), why }
    }

    /// In a language.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Check { check, culprit }, Lang::Es) => {
                format!("el expediente sellado no se sostiene: {} {}: {culprit}", check.code(), check.que())
            }
            (Self::Names, Lang::Es) => "un nombre del manifiesto no puede firmar un punto de control".to_owned(),
            (Self::Stranger { name }, Lang::Es) => {
                format!("la llave de «{name}» no es de ningún testigo del manifiesto")
            }
            (Self::OtherElection { before, now }, Lang::Es) => format!(
                "este testigo ya respondió por otra elección del mismo manifiesto: {before}; esta es {now}. No firme: llame a la autoridad"
            ),
            (Self::Kept { path, why }, Lang::Es) => {
                format!("{}: lo guardado está dañado o es de otra elección: {why}", path.display())
            }
            (Self::Busy { path }, Lang::Es) => format!("{}: otro proceso trabaja en esta carpeta", path.display()),
            (Self::Listen { address, why }, Lang::Es) => format!("no se puede escuchar en {address}: {why}"),
            (Self::Url { url }, Lang::Es) => {
                format!("{url}: se sigue un servidor por https, o por http en esta máquina")
            }
            (Self::Sealed(escrutinio_sealed::Error::Open), Lang::Es) => {
                "contraseña equivocada, archivo dañado, o archivo de otra clase".to_owned()
            }
            (Self::Sealed(escrutinio_sealed::Error::Prompt(why)), Lang::Es) => format!("sin contraseña: {why}"),
            (Self::Sealed(escrutinio_sealed::Error::Password), Lang::Es) => {
                "la contraseña está vacía, es demasiado larga o no es UTF-8".to_owned()
            }
            // What is left is the name of a file and what the system says.
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Sealed(error) => error.fmt(f),
            Self::Check { check, culprit } => {
                write!(f, "the sealed record does not hold: {} {}: {culprit}", check.code(), check.what())
            }
            Self::Names => f.write_str("a name of the manifest cannot sign a checkpoint"),
            Self::Stranger { name } => write!(f, "the key of \"{name}\" is of no witness of the manifest"),
            Self::OtherElection { before, now } => write!(
                f,
                "this witness has vouched for another election of the same manifest: {before}; this is {now}. Do not sign: call the authority"
            ),
            Self::Kept { path, why } => {
                write!(f, "{}: what is kept is damaged, or of another election: {why}", path.display())
            }
            Self::Busy { path } => write!(f, "{}: another process works on this folder", path.display()),
            Self::Listen { address, why } => write!(f, "cannot listen on {address}: {why}"),
            Self::Url { url } => write!(f, "{url}: a server is followed over https, or over http on this machine"),
        }
    }
}

impl core::error::Error for Error {}

impl From<escrutinio_sealed::Error> for Error {
    fn from(error: escrutinio_sealed::Error) -> Self {
        Self::Sealed(error)
    }
}

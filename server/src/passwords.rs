//! Where the program has its passwords from: a folder, the service manager's credentials, or whoever sits
//! before it. None comes from a command line or an environment variable.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A password that the program needs, by the name of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordName {
    /// Of the sealed signing key of the server.
    Server,
    /// Of the sealed signing key of the log.
    Log,
    /// Of `keys.sealed`.
    Keys,
    /// Of the server's file of accounts.
    Accounts,
    /// Of a package of the registrar, or of one for the registrar.
    Package,
}

impl PasswordName {
    /// The name of its file.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Server => "server-password",
            Self::Log => "log-password",
            Self::Keys => "keys-password",
            Self::Accounts => "accounts-password",
            Self::Package => "package-password",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Server => "Contraseña de la llave del servidor / password of the server's key:",
            Self::Log => "Contraseña de la llave de la bitácora / password of the log's key:",
            Self::Keys => "Contraseña de keys.sealed / password of keys.sealed:",
            Self::Accounts => "Contraseña de las cuentas / password of the accounts:",
            Self::Package => "Contraseña del paquete / password of the package:",
        }
    }
}

/// Finds passwords.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    folder: Option<PathBuf>,
}

impl Passwords {
    /// From the files of a folder; what it lacks, from the service manager or a prompt.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// A password.
    ///
    /// # Errors
    /// If it cannot be read, or nobody can be asked.
    pub fn get(&self, name: PasswordName) -> Result<Zeroizing<String>, escrutinio_sealed::Error> {
        let file = self.file(name.file());
        escrutinio_sealed::read_password(name.file(), file.as_deref(), name.question())
    }

    /// The same for one that is new: whoever types it types it twice.
    ///
    /// # Errors
    /// As [`Self::get`], and if the two differ.
    pub fn choose(&self, name: PasswordName) -> Result<Zeroizing<String>, escrutinio_sealed::Error> {
        let first = self.get(name)?;
        if self.file(name.file()).is_some() || self.credential(name.file()).is_some() {
            return Ok(first);
        }
        let again = escrutinio_sealed::read_password(name.file(), None, "Otra vez / again:")?;
        if *first == *again { Ok(first) } else { Err(escrutinio_sealed::Error::Password) }
    }

    /// A credential that nobody is asked for, such as that of a mail relay.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn credential_of(&self, name: &str) -> Result<Option<Zeroizing<String>>, escrutinio_sealed::Error> {
        let file = self.file(name).or_else(|| self.credential(name));
        file.map(|file| escrutinio_sealed::read_password(name, Some(&file), "")).transpose()
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name)).filter(|file| file.exists())
    }

    fn credential(&self, name: &str) -> Option<PathBuf> {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY")?;
        Some(Path::new(&folder).join(name)).filter(|file| file.exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("keys-password"), "una clave\n").unwrap();
        let passwords = Passwords::new(Some(folder.path().to_path_buf()));
        assert_eq!(*passwords.get(PasswordName::Keys).unwrap(), "una clave");
        assert_eq!(*passwords.choose(PasswordName::Keys).unwrap(), "una clave");
        assert_eq!(passwords.credential_of("smtp-password").unwrap(), None);
    }
}

//! Where a program that runs unattended has the password of its sealed file from: never from a
//! command line or an environment variable, which other programs of the machine can read.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Longest password, in bytes.
pub const LONGEST: usize = 1024;

/// Reads a password from the first of these that there is: the file that was asked for; the file
/// `name` ("password", where there is but one) in the folder `$CREDENTIALS_DIRECTORY`, which a service
/// manager fills; a prompt without echo. One line end is taken off.
///
/// # Errors
/// If a file cannot be read, there is no terminal, or what comes is no password.
pub fn read_password(name: &str, file: Option<&Path>, question: &str) -> Result<Zeroizing<String>> {
    match find(name, file, env::var_os("CREDENTIALS_DIRECTORY")) {
        Some(path) => from_file(&path),
        None => text(rpassword::prompt_password(format!("{question} ")).map_err(Error::Prompt)?.into_bytes().into()),
    }
}

fn find(name: &str, file: Option<&Path>, credentials: Option<OsString>) -> Option<PathBuf> {
    file.map(Path::to_path_buf)
        .or_else(|| credentials.map(|folder| Path::new(&folder).join(name)).filter(|path| path.exists()))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>> {
    // All the room at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST.saturating_add(64)));
    let read = |bytes: &mut Vec<u8>| -> io::Result<usize> {
        let most = u64::try_from(LONGEST.saturating_add(3)).unwrap_or(u64::MAX);
        File::open(path)?.take(most).read_to_end(bytes)
    };
    read(&mut bytes).map_err(|why| Error::file(path, why))?;
    text(bytes)
}

fn text(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>> {
    let text = core::str::from_utf8(&bytes).map_err(|_| Error::Password)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.len() > LONGEST { Err(Error::Password) } else { Ok(Zeroizing::new(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_secret;

    #[test]
    fn what_was_asked_for_comes_before_the_service_manager() {
        let folder = tempfile::tempdir().unwrap();
        let (asked, credentials) = (folder.path().join("asked"), folder.path().join("c"));
        let given = || Some(credentials.clone().into_os_string());
        assert_eq!(find("password", None, None), None);
        assert_eq!(find("password", None, given()), None, "a folder without this file");
        write_secret(&credentials.join("password"), b"x").unwrap();
        assert_eq!(find("password", None, given()), Some(credentials.join("password")));
        assert_eq!(find("smtp", None, given()), None);
        assert_eq!(find("password", Some(&asked), given()), Some(asked.clone()), "even if it is missing");
        assert!(matches!(read_password("password", Some(&asked), ""), Err(Error::File { .. })));
    }

    #[test]
    fn one_line_end_is_no_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let longest = "x".repeat(LONGEST);
        let longer = format!("{longest}x");
        let cases: [(&[u8], Option<&str>); 8] = [
            (b"clave", Some("clave")),
            (b" cl ave \r\n", Some(" cl ave ")),
            (b"clave\n\n", Some("clave\n")),
            (longest.as_bytes(), Some(&longest)),
            (longer.as_bytes(), None),
            (b"\n", None),
            (b"", None),
            (b"\xff\n", None),
        ];
        for (number, (content, expected)) in cases.into_iter().enumerate() {
            let path = folder.path().join(number.to_string());
            write_secret(&path, content).unwrap();
            let read = read_password("password", Some(&path), "");
            assert_eq!(read.as_ref().ok().map(|p| p.as_str()), expected, "case {number}");
            assert!(expected.is_some() || matches!(read, Err(Error::Password)));
        }
    }
}

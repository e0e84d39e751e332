//! A file outbox of the server, emptied as messages reach the voters' phones and mailboxes.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// How often the folder is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// A folder into which the server writes one file a message. Whoever reads one takes it away.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    patience: Duration,
    /// Addresses whose messages somebody else reads.
    others: Vec<String>,
    codes: Mutex<Codes>,
}

/// Codes that came, by where they went.
#[derive(Default)]
struct Codes(BTreeMap<String, String>);

impl core::fmt::Debug for Codes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Codes({})", self.0.len())
    }
}

impl Outbox {
    /// An outbox in which a message is waited for so long.
    #[must_use]
    pub fn new(folder: &Path, patience: Duration) -> Self {
        Self { folder: folder.to_owned(), patience, others: Vec::new(), codes: Mutex::default() }
    }

    /// The same, but what goes to these addresses stays where it is.
    #[must_use]
    pub fn leaving<'a>(mut self, others: impl IntoIterator<Item = &'a str>) -> Self {
        self.others = others.into_iter().map(key).collect();
        self
    }

    /// Forgets what came to an address before, as a new code is asked for.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn forget(&self, to: &str) -> Result<()> {
        self.take(to).map(drop)
    }

    /// The newest code sent to an address, which is waited for.
    ///
    /// # Errors
    /// [`Error::NoCode`] if none comes.
    pub async fn code(&self, to: &str) -> Result<String> {
        let end = tokio::time::Instant::now().checked_add(self.patience);
        loop {
            if let Some(code) = self.take(to)? {
                return Ok(code);
            }
            if end.is_none_or(|end| tokio::time::Instant::now() >= end) {
                return Err(Error::NoCode);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn take(&self, to: &str) -> Result<Option<String>> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        // Another voter's look at the folder may have found it.
        if let Some(code) = codes.0.remove(&key(to)) {
            return Ok(Some(code));
        }
        let mut names = Vec::new();
        match std::fs::read_dir(&self.folder) {
            Ok(entries) => {
                for entry in entries {
                    let name = entry?.file_name().to_string_lossy().into_owned();
                    // A file that is being written has another name.
                    if !name.starts_with('.') && !name.ends_with(".part") {
                        names.push(name);
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        names.sort();
        for name in names {
            let path = self.folder.join(&name);
            let text = std::fs::read_to_string(&path)?;
            if let Some((to, code)) = message(&text) {
                let to = key(to);
                if self.others.contains(&to) {
                    continue;
                }
                codes.0.insert(to, code.to_owned());
            }
            std::fs::remove_file(&path)?;
        }
        Ok(codes.0.remove(&key(to)))
    }
}

/// Addresses are compared without the spaces and brackets that people write.
fn key(to: &str) -> String {
    to.chars().filter(|c| !c.is_whitespace() && !"<>-+()".contains(*c)).collect::<String>().to_lowercase()
}

/// Recipient and code of a message: a header `To`, and six digits in what follows the headers.
fn message(text: &str) -> Option<(&str, &str)> {
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))?;
    let to = head.lines().find_map(|line| line.strip_prefix("To:").or_else(|| line.strip_prefix("to:")))?.trim();
    let code = body
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((to, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_recipient_and_code() {
        assert_eq!(message("To: +1 312 555\n\nTu codigo es 012345.\n"), Some(("+1 312 555", "012345")));
        assert_eq!(message("To: +1 312 555\r\n\r\n1234567 98765a"), None);
        assert_eq!(message("012345"), None);
    }

    #[tokio::test]
    async fn a_code_is_taken_once_and_the_newest_counts() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path(), Duration::ZERO);
        assert!(matches!(outbox.code("+1 2").await, Err(Error::NoCode)));
        for (name, code) in [("1", "111111"), ("2", "222222"), (".3", "333333"), ("4.part", "444444")] {
            std::fs::write(folder.path().join(name), format!("To: +1-2\n\n{code}\n")).unwrap();
        }
        assert_eq!(outbox.code("+1 2").await.unwrap(), "222222");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(matches!(outbox.code("+1 2").await, Err(Error::NoCode)));
    }

    #[tokio::test]
    async fn what_somebody_else_reads_stays() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path(), Duration::ZERO).leaving(["+1 (2)"]);
        for (name, to) in [("1", "12"), ("2", "13")] {
            std::fs::write(folder.path().join(name), format!("To: {to}\n\n111111\n")).unwrap();
        }
        assert_eq!(outbox.code("13").await.unwrap(), "111111");
        assert!(matches!(outbox.code("12").await, Err(Error::NoCode)));
        assert!(folder.path().join("1").exists() && !folder.path().join("2").exists());
    }
}

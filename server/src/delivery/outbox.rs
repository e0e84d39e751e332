//! Messages as files of a folder: the default, for demonstrations, rehearsals and tests, and for
//! an authority that carries them away itself.
//!
//! One file a message, numbered: a line `To:`, of an e-mail a line `Subject:`, an empty line, the text. It is
//! there whole or not at all; what is being written begins with a dot.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use escrutinio_core::ids::hex;

use super::carrier::{Carrier, DeliveryError, Letter, Sending};
use crate::access::secret::Secret;
use crate::random;

/// Writes messages to a folder.
#[derive(Clone, Debug)]
pub struct FileOutbox {
    folder: PathBuf,
    next: Arc<AtomicU64>,
}

impl FileOutbox {
    /// A folder, which is made if it is missing, for its owner only. Numbers go on where they ended.
    ///
    /// # Errors
    /// If it cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        let mut last = 0;
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".txt")?.parse().ok());
            last = last.max(number.unwrap_or(0));
        }
        Ok(Self { folder: folder.to_path_buf(), next: Arc::new(AtomicU64::new(last)) })
    }

    fn write(&self, content: &Secret) -> io::Result<()> {
        let part = self.folder.join(format!(".{}.part", hex(&random::bytes::<16>())));
        let mut options = fs::OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&part)?.write_all(content.expose().as_bytes()).and_then(|()| self.publish(&part));
        let removed = fs::remove_file(&part);
        written.and(removed)
    }

    /// Gives a file its number. Another program may have taken it; a link is never over another file.
    fn publish(&self, part: &Path) -> io::Result<()> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            match fs::hard_link(part, self.folder.join(format!("{number:010}.txt"))) {
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other,
            }
        }
    }
}

fn content(letter: &Letter) -> Secret {
    // Only what is one line can be a header.
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    let mut head = format!("To: {}\n", line(letter.to.expose()));
    if !letter.subject.is_empty() {
        head.push_str("Subject: ");
        head.push_str(&line(&letter.subject));
        head.push('\n');
    }
    Secret::new(format!("{head}\n{}\n", letter.text.expose()))
}

impl Carrier for FileOutbox {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        let (outbox, content) = (self.clone(), content(letter));
        Box::pin(async move {
            match tokio::task::spawn_blocking(move || outbox.write(&content)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(why)) => Err(DeliveryError::Outbox(why.kind())),
                Err(_) => Err(DeliveryError::Outbox(io::ErrorKind::Interrupted)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: &str, text: &str) -> Letter {
        Letter { to: Secret::new("15551234567".into()), subject: subject.into(), text: Secret::new(text.into()) }
    }

    #[tokio::test]
    async fn messages_are_numbered_files_that_only_the_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/sms");
        let outbox = FileOutbox::open(&path).unwrap();
        outbox.send(&letter("", "uno\ndos")).await.unwrap();
        // A second program over the same folder.
        let other = FileOutbox::open(&path).unwrap();
        outbox.send(&letter("Asunto", "tres")).await.unwrap();
        other.send(&letter("a\nb", "cuatro")).await.unwrap();
        let mut names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["0000000001.txt", "0000000002.txt", "0000000003.txt"]);
        let text = |number: u32| fs::read_to_string(path.join(format!("{number:010}.txt"))).unwrap();
        assert_eq!(text(1), "To: 15551234567\n\nuno\ndos\n");
        assert_eq!(text(2), "To: 15551234567\nSubject: Asunto\n\ntres\n");
        assert_eq!(text(3), "To: 15551234567\nSubject: a b\n\ncuatro\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&path.join("0000000001.txt"))), (0o700, 0o600));
        }
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sms");
        let outbox = FileOutbox::open(&path).unwrap();
        fs::remove_dir(&path).unwrap();
        let sent = outbox.send(&letter("", "x")).await;
        assert_eq!(sent, Err(DeliveryError::Outbox(io::ErrorKind::NotFound)));
        assert_eq!(sent.unwrap_err().fate(), super::super::Fate::Again);
    }
}

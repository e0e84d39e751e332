//! Carries messages from the server's folder to the voters' and keeps a copy of each.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::shell::{Failure, Outcome};

/// A folder from which messages are carried on.
#[derive(Debug)]
pub(crate) struct Relay {
    /// Where they arrive.
    pub(crate) to: PathBuf,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    pub(crate) fn open(from: &Path, to: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
        let relay = Self { to: to.to_owned(), messages: Arc::default() };
        let (from, to, messages) = (from.to_owned(), to.to_owned(), Arc::clone(&relay.messages));
        tokio::spawn(async move {
            loop {
                // What cannot be carried now is there the next time.
                let _ = carry(&from, &to, &messages);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        Ok(relay)
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn carry(from: &Path, to: &Path, messages: &Mutex<Vec<String>>) -> Outcome {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|error| Failure::file(from, &error))? {
        let name = entry.map_err(|error| Failure::file(from, &error))?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    for name in names {
        let (path, part) = (from.join(&name), to.join(format!(".{name}")));
        let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        let moved = std::fs::write(&part, &text).and_then(|()| std::fs::rename(&part, to.join(&name)));
        moved.and_then(|()| std::fs::remove_file(&path)).map_err(|error| Failure::file(&path, &error))?;
        messages.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
    Ok(())
}

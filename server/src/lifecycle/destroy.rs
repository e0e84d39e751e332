//! The act *destroy-box-key*: from then on nobody tells one row of the box from another. Every instance has the key, in
//! its memory and in its file: the act is on the public log once none that is there has it any more.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::path::PathBuf;

use super::conductor::count;
use super::{Conductor, KeyFileError, LifecycleError, keyfile};
use crate::board::{Act, LogName};
use crate::passwords::{PasswordName, Passwords};
use crate::store::{StoreError, meta};

/// How often the other instances are looked at, and how many times.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 20;

/// Where the keys of this instance lie, and who may know their password.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// `keys.sealed`.
    pub path: PathBuf,
    /// Where its password is, if nobody has to be asked.
    pub passwords: Passwords,
}

impl KeyFile {
    /// Overwrites the box key; a file that is not there has none.
    async fn destroy(&self, password: String) -> Result<(), KeyFileError> {
        let path = self.path.clone();
        let work = move || if path.exists() { keyfile::destroy_box_key(&path, &password) } else { Ok(()) };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(KeyFileError::Overwrite(std::io::Error::other(error))))
    }
}

impl Conductor {
    /// Destroys the box key, in the file and in memory, here and at every other instance that is there.
    ///
    /// # Errors
    /// [`LifecycleError`] before the export, if a ballot is not on the board, if the file could not be
    /// overwritten, or if another instance still has the key.
    pub async fn destroy_box_key(&self, password: &str) -> Result<(), LifecycleError> {
        let parts = &self.parts;
        self.closing().await?;
        let exported = meta::value(&mut *parts.store.ballots.read().await?, meta::EXPORTED).await?;
        exported.ok_or(LifecycleError::Missing("the export"))?;
        let size = i64::try_from(parts.board.last(LogName::Board).await?.size).unwrap_or(i64::MAX);
        let rows = count(&parts.store.ballots, "SELECT count(*) FROM ballots").await?;
        if rows != size {
            return Err(LifecycleError::NotEmpty { table: "box.ballots", rows, expected: size });
        }
        let rows = count(&parts.store.roll, "SELECT count(*) FROM intents").await?;
        if rows != 0 {
            // Nobody could finish them.
            return Err(LifecycleError::NotEmpty { table: "roll.intents", rows, expected: 0 });
        }
        parts.key_file.destroy(password.to_owned()).await?;
        self.forget().await;
        // From here on the others do the same.
        let job = parts.store.ballots.run(|c| Box::pin(async move { meta::insert(c, meta::DESTROYED, b"").await }));
        job.await?;
        let instances = self.others_are_done().await?.saturating_add(1);
        let act = Act::new("destroy-box-key", parts.clock.now()).with("instances", instances);
        parts.board.act_once(&act).await?;
        Ok(())
    }

    /// Waits until no other instance has the key, and says how many there are.
    async fn others_are_done(&self) -> Result<usize, LifecycleError> {
        let mut others = self.others().await?;
        for _ in 0..LOOKS {
            if !others.iter().any(|other| other.box_key) {
                break;
            }
            tokio::time::sleep(LOOK).await;
            others = self.others().await?;
        }
        match others.iter().filter(|other| other.box_key).count() {
            0 => Ok(others.len()),
            left => Err(LifecycleError::Keeps(left)),
        }
    }

    /// What another instance has begun: the key is forgotten at once, and overwritten in the file if its password is
    /// at hand. Where it is not, the next start does it.
    pub(super) async fn follow_destruction(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        if !self.keeps_key.load(Ordering::SeqCst) || !is_destroyed(&parts.store).await? {
            return Ok(());
        }
        self.forget_memory().await;
        if self.tried.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let password = parts.key_file.passwords.credential_of(PasswordName::Keys.file()).ok().flatten();
        let done = match password {
            Some(password) => parts.key_file.destroy(password.to_string()).await.map_err(|error| error.to_string()),
            None => Err("its password is not at hand".to_owned()),
        };
        match done {
            Ok(()) => self.forget().await,
            Err(why) => tracing::error!(why, "keys.sealed has the box key still: restart this instance"),
        }
        Ok(())
    }

    /// Whether the box key was destroyed, and is still in the file of this instance.
    #[must_use]
    pub fn must_destroy_key(&self) -> bool {
        self.tried.load(Ordering::SeqCst) && self.keeps_key.load(Ordering::SeqCst)
    }

    async fn forget_memory(&self) {
        self.parts.keys.forget_ballots();
        *self.leader.lock().await = None;
    }

    /// It is in the file no more, either.
    async fn forget(&self) {
        self.forget_memory().await;
        self.keeps_key.store(false, Ordering::SeqCst);
    }
}

/// Whether the box key is to be nowhere.
///
/// # Errors
/// [`StoreError`].
pub async fn is_destroyed(store: &crate::store::Store) -> Result<bool, StoreError> {
    Ok(meta::value(&mut *store.ballots.read().await?, meta::DESTROYED).await?.is_some())
}

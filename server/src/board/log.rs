//! One log: its keys, and the one way in which it grows. A head is written down before it is signed,
//! in one transaction with the files of its entries; its number admits one.

use std::sync::Arc;

use escrutinio_core::board::checkpoint::VerifiedCheckpoint;
use escrutinio_core::board::{Checkpoint, LogKeys, MerkleTree, SignedCheckpoint};
use escrutinio_core::signature::SigningKey;
use escrutinio_core::verify::Election;
use sqlx::AnyConnection;

use super::rows::{self, Head};
use super::tree::{self, Files, Growth};
use crate::store::{Store, StoreError};

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogName {
    /// The ballots.
    Board,
    /// The acts.
    Acts,
}

impl LogName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Board, Self::Acts];

    /// Its name in the box, and that of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Acts => "acts",
        }
    }
}

/// A log of an election.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) name: LogName,
    pub(super) keys: LogKeys,
    /// Witnesses that the manifest asks for.
    quorum: u32,
    signer: Arc<SigningKey>,
}

impl Log {
    pub(super) fn new(election: &Election, name: LogName, signer: Arc<SigningKey>) -> Result<Self, StoreError> {
        let manifest = &election.manifest;
        let log = (manifest.log.name.as_str(), manifest.log.key);
        let witnesses = manifest.witnesses.iter().map(|witness| (witness.name.as_str(), witness.key));
        let keys = match name {
            LogName::Board => LogKeys::of_election(&election.election_id, log, witnesses),
            LogName::Acts => LogKeys::of_acts(&election.election_id, log, witnesses),
        };
        let refuse = |what: String| StoreError::Refused { what };
        if signer.verifying_key() != manifest.log.key {
            return Err(refuse("the key is not that of the manifest's log".to_owned()));
        }
        let keys = keys.map_err(|error| refuse(format!("the manifest's log: {error}")))?;
        Ok(Self { name, keys, quorum: manifest.witness_quorum, signer })
    }

    fn sign(&self, head: &Head) -> Result<SignedCheckpoint, StoreError> {
        let checkpoint = Checkpoint { origin: self.keys.origin().to_owned(), size: head.size, root: head.root };
        checkpoint.sign(&self.signer).map_err(|error| StoreError::corrupt(error.to_string()))
    }

    /// The signed checkpoint of a head, with its cosignatures.
    pub(super) fn parse(&self, head: &Head) -> Result<SignedCheckpoint, StoreError> {
        let broken = |what: String| StoreError::corrupt(format!("{} head {}: {what}", self.name.name(), head.number));
        let signed = SignedCheckpoint::parse(head.note.as_bytes()).map_err(|error| broken(error.to_string()))?;
        signed.verify(&self.keys).map_err(|error| broken(error.to_string()))?;
        let claimed = signed.claimed();
        if (claimed.size, claimed.root) == (head.size, head.root) {
            Ok(signed)
        } else {
            Err(broken("the note is of another size or root".to_owned()))
        }
    }

    /// The same with its witnesses.
    pub(super) fn verified(&self, head: &Head) -> Result<VerifiedCheckpoint, StoreError> {
        self.parse(head)?.verify(&self.keys).map_err(|error| StoreError::corrupt(error.to_string()))
    }

    /// Begins the log, unless it has begun. A zero checkpoint that was signed before is taken over.
    pub(super) async fn begin(&self, store: &Store, signed_before: Option<&str>) -> Result<(), StoreError> {
        let mut head = Head { number: 0, size: 0, root: MerkleTree::new().root(), note: String::new() };
        if let Some(note) = signed_before {
            note.clone_into(&mut head.note);
            self.parse(&head)?;
        }
        let name = self.name;
        store.ballots.run(move |c| Box::pin(async move { rows::insert(c, name, &head).await })).await?;
        self.sign_heads(store).await
    }

    /// Signs every head that was written down and not signed.
    pub(super) async fn sign_heads(&self, store: &Store) -> Result<(), StoreError> {
        let heads = rows::not_signed(&mut *store.ballots.read().await?, self.name).await?;
        for head in heads {
            let (note, name) = (self.sign(&head)?.to_string(), self.name);
            store.ballots.run(move |c| Box::pin(async move { rows::set_note(c, name, &head, &note).await })).await?;
        }
        Ok(())
    }

    /// The last head.
    pub(super) async fn last(&self, connection: &mut AnyConnection) -> Result<Head, StoreError> {
        let absent = || StoreError::corrupt(format!("the log {} has no head", self.name.name()));
        rows::last(connection, self.name).await?.ok_or_else(absent)
    }

    /// The last head that a quorum of witnesses signed.
    pub(super) async fn witnessed(&self, connection: &mut AnyConnection) -> Result<Option<Head>, StoreError> {
        let mut next = Some(self.last(connection).await?);
        while let Some(head) = next {
            if !head.note.is_empty() && self.verified(&head)?.verify_quorum(self.quorum).is_ok() {
                return Ok(Some(head));
            }
            next = match head.number.checked_sub(1) {
                Some(before) => rows::head(connection, self.name, before).await?,
                None => None,
            };
        }
        Ok(None)
    }

    /// Within a transaction: writes files, and the head that needs them. If the number is taken,
    /// another has written it, and nothing may be committed.
    pub(super) async fn write_head(
        &self,
        connection: &mut AnyConnection,
        before: &Head,
        growth: &Growth,
    ) -> Result<Head, StoreError> {
        write_files(connection, self.name, growth.partial()).await?;
        if self.name == LogName::Board {
            // Nobody reads the board before it is complete; acts are read at every size.
            for path in tree::partial_paths(before.size) {
                if !growth.partial().iter().any(|(kept, _)| *kept == path) {
                    rows::delete_file(connection, self.name, &path).await?;
                }
            }
        }
        let number = before.number.saturating_add(1);
        let head = Head { number, size: growth.size(), root: growth.root(), note: String::new() };
        if rows::insert(connection, self.name, &head).await? {
            Ok(head)
        } else {
            Err(StoreError::Unavailable { what: format!("head {number} of {} is another's", self.name.name()) })
        }
    }
}

pub(super) async fn write_files(connection: &mut AnyConnection, log: LogName, files: Files) -> Result<(), StoreError> {
    for (path, bytes) in files {
        rows::put_file(connection, log, &path, &bytes).await?;
    }
    Ok(())
}

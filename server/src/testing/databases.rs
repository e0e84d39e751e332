//! Two empty databases, of either kind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::Cluster;
use crate::store::{Backend, Store};

/// Where roll and box of a test are.
#[derive(Clone, Debug)]
pub struct Databases {
    folder: Arc<TempDir>,
    clusters: Option<Arc<(Cluster, Cluster)>>,
    roll: String,
    ballots: String,
}

impl Databases {
    /// Two files.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        Self { roll: url("roll.db"), ballots: url("box.db"), clusters: None, folder }
    }

    /// One database in each of two servers, if PostgreSQL is installed.
    pub async fn postgres() -> Option<Self> {
        let clusters = Cluster::shared()?;
        let (roll, ballots) = (clusters.0.create().await, clusters.1.create().await);
        Some(Self { folder: Arc::new(TempDir::new().unwrap()), roll, ballots, clusters: Some(clusters) })
    }

    /// Two that are there.
    #[must_use]
    pub fn at(roll: &str, ballots: &str) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self { folder, clusters: None, roll: roll.to_owned(), ballots: ballots.to_owned() }
    }

    /// SQLite, and PostgreSQL where it is installed.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        all.extend(Self::postgres().await);
        all
    }

    /// Which kind.
    #[must_use]
    pub fn backend(&self) -> Backend {
        if self.roll.starts_with("sqlite:") { Backend::Sqlite } else { Backend::Postgres }
    }

    /// The servers, if they are.
    #[must_use]
    pub fn clusters(&self) -> Option<&(Cluster, Cluster)> {
        self.clusters.as_deref()
    }

    /// A folder that lasts as long.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a database of SQLite.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// URL of the roll and of the box.
    #[must_use]
    pub fn urls(&self) -> (&str, &str) {
        (&self.roll, &self.ballots)
    }

    /// Opens both.
    pub async fn open(&self) -> Store {
        Store::open(&self.roll, &self.ballots).await.unwrap()
    }
}

//! A stopped server's data, held so that none starts meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use event_archive::ObjectStore;
use event_log::LogReader;
use events::Partition;
use platform::config::Config;
use platform::data_dir::{DataDir, DataDirError};
use platform::postgres;
use platform::secrets::Secrets;
use process::Storage;
use read_model::Database;

use crate::Outcome;

pub(crate) struct Stopped {
    data: DataDir,
    pub log: Arc<dyn LogReader>,
    pub objects: Arc<dyn ObjectStore>,
}

/// What works on rows is handed both.
pub(crate) struct WithRows<'s> {
    pub stopped: &'s Stopped,
    pub database: Database,
}

impl Stopped {
    pub async fn open(config: &Config) -> Result<Self> {
        let data = held(config, DataDir::open)?;
        let storage = Storage::open(config, data.path()).await?;
        Ok(Self { data, log: storage.reader(), objects: storage.objects })
    }

    /// Where the search index is, or one that is made beside it.
    pub fn index(&self, beside: Option<&str>) -> PathBuf {
        let name = beside.map_or_else(|| "index".to_owned(), |suffix| format!("index.{suffix}"));
        self.data.path().join(name)
    }

    /// The end of every durable partition.
    pub async fn ends(&self) -> Result<Vec<(Partition, u64)>> {
        let partitions: Vec<Partition> = Partition::durable().collect();
        let ends = self.log.ends(&partitions).await?;
        Ok(partitions.into_iter().zip(ends).collect())
    }

    /// Does `work` while the database runs.
    pub async fn with_database(
        &self,
        config: &Config,
        work: impl AsyncFnOnce(WithRows<'_>) -> Result<Outcome>,
    ) -> Result<Outcome> {
        let running = postgres::Database::open(&config.database, self.data.path()).await?;
        let database = Database::new(running.connect_options());
        let outcome = work(WithRows { stopped: self, database }).await;
        running.stop().await;
        outcome
    }
}

/// The data directory, which is not made.
pub(crate) fn there(config: &Config) -> Result<&Path> {
    let directory = &config.data.dir;
    let there = directory.join("FORMAT").exists();
    ensure!(there, "{} is no data directory (data.dir)", directory.display());
    Ok(directory)
}

/// The secrets of a data directory, which are not made.
pub(crate) fn secrets(config: &Config, data: &Path) -> Result<Secrets> {
    let file = config.secrets.path(data);
    ensure!(file.exists(), "there are no secrets in {}", file.display());
    Ok(Secrets::load_or_create(&file)?)
}

/// The data directory, held so that no server starts on it.
pub(crate) fn held(
    config: &Config,
    open: fn(&Path) -> Result<DataDir, DataDirError>,
) -> Result<DataDir> {
    // Opening would make it.
    Ok(open(there(config)?)?)
}

/// Removes a folder that need not be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

//! A stopped server's data, held so that none starts meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use event_archive::ObjectStore;
use event_log::{EventLog, LogReader};
use events::Partition;
use platform::config::{Config, LogUrl};
use platform::data_dir::{DataDir, DataDirError};
use platform::postgres;
use platform::secrets::Secrets;
use process::Storage;
use read_model::Database;
use sealing::{Keys, OpenedLog};

use crate::archive_then_log::ArchiveThenLog;
use crate::copy_log::there_already;

/// What rows and index are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MadeFrom {
    /// The log.
    #[default]
    Log,
    /// The archive up to its end, and the log from there on; without a log as of the archive's end.
    Archive,
}

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

    /// The same with the log as `from` says.
    pub async fn open_from(config: &Config, from: MadeFrom) -> Result<Self> {
        if from == MadeFrom::Log {
            return Self::open(config).await;
        }
        let data = held(config, DataDir::open)?;
        let keys = Keys::new(Arc::new(process::open_key_store(config, data.path()).await?));
        let objects = process::open_objects(config, data.path()).await?;
        let secrets = secrets(config, data.path())?;
        let archive = process::open_archive(config, data.path(), &secrets).await?;
        let log = ArchiveThenLog::open(archive, log_if_there(config, data.path()).await?).await?;
        if let Some(lack) = log.lack() {
            println!("{lack}");
        }
        let log = Arc::new(OpenedLog::new(Arc::new(log), keys));
        Ok(Self { data, log, objects })
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
    pub async fn with_database<T>(
        &self,
        config: &Config,
        work: impl AsyncFnOnce(WithRows<'_>) -> Result<T>,
    ) -> Result<T> {
        let running = postgres::Database::open(&config.database, self.data.path()).await?;
        let database = Database::new(running.connect_options());
        let outcome = work(WithRows { stopped: self, database }).await;
        running.stop().await;
        outcome
    }
}

/// An embedded log may be gone with its directory; whether one on Kafka is cannot be told from here.
async fn log_if_there(config: &Config, data: &Path) -> Result<Option<Arc<dyn EventLog>>> {
    match &config.log.url {
        LogUrl::Embedded(directory) if !data.join(directory).is_dir() => Ok(None),
        url => Ok(Some(there_already(config, url, data).await?)),
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

//! What must last: the log and the objects.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use event_archive::{DirectoryStore, ObjectStore};
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogReader};
use platform::config::Config;

pub(crate) struct Storage {
    pub log: Arc<dyn EventLog>,
    pub objects: Arc<dyn ObjectStore>,
}

impl Storage {
    /// The log for those who only read it.
    pub fn reader(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.log) as _
    }

    /// Opens both where `config` says, below `data` unless it says otherwise.
    pub async fn open(config: &Config, data: &Path) -> Result<Self> {
        let (log, objects) = (config.log.url.directory(data), config.objects.url.directory(data));
        let opened = tokio::task::spawn_blocking(move || {
            let log = EmbeddedLog::open(log, EmbeddedOptions::default())?;
            anyhow::Ok(Self {
                log: Arc::new(log),
                objects: Arc::new(DirectoryStore::open(objects)?),
            })
        });
        opened.await.context("failed to open the log")?
    }
}

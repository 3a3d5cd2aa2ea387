//! What must last: the log and the objects.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use event_archive::{DirectoryStore, ObjectStore};
use event_log::{
    EmbeddedLog, EmbeddedOptions, EventLog, KafkaLog, KafkaOptions, LogReader, PresenceAppender,
};
use platform::config::{Config, LogUrl};

pub struct Storage {
    /// For the command side alone.
    pub log: Arc<dyn EventLog>,
    pub objects: Arc<dyn ObjectStore>,
}

impl Storage {
    /// Opens both where `config` says, below `data` unless it says otherwise.
    ///
    /// # Errors
    /// What kept either from being opened.
    pub async fn open(config: &Config, data: &Path) -> Result<Self> {
        let log: Arc<dyn EventLog> = match &config.log.url {
            LogUrl::Embedded(directory) => Arc::new(embedded(data.join(directory)).await?),
            LogUrl::Kafka { .. } => Arc::new(KafkaLog::connect(kafka_options(config)).await?),
        };
        let objects = config.objects.url.directory(data);
        let objects = tokio::task::spawn_blocking(move || DirectoryStore::open(objects));
        let objects = objects.await.context("failed to open the objects")??;
        Ok(Self { log, objects: Arc::new(objects) })
    }

    /// The log for those who only read it.
    pub fn reader(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.log) as _
    }

    /// The way into `presence` for those who write nothing else.
    pub fn presence(&self) -> PresenceAppender {
        PresenceAppender::new(Arc::clone(&self.log))
    }
}

async fn embedded(directory: std::path::PathBuf) -> Result<EmbeddedLog> {
    let opened =
        tokio::task::spawn_blocking(|| EmbeddedLog::open(directory, EmbeddedOptions::default()));
    Ok(opened.await.context("failed to open the log")??)
}

/// How this installation's log is kept on Kafka.
pub fn kafka_options(config: &Config) -> KafkaOptions {
    let (bootstrap, topic_prefix) = match &config.log.url {
        LogUrl::Kafka { bootstrap, topic_prefix } => (bootstrap.clone(), topic_prefix.clone()),
        LogUrl::Embedded(_) => Default::default(),
    };
    let settings = &config.kafka;
    KafkaOptions {
        bootstrap,
        topic_prefix,
        create_topics: settings.create_topics,
        replication: i32::try_from(settings.replication.get()).unwrap_or(i32::MAX),
        in_sync_min: u32::try_from(settings.in_sync_min.get()).unwrap_or(u32::MAX),
        client: settings.client.pairs().to_vec(),
        ..KafkaOptions::default()
    }
}

//! What must last: the log, the objects, and the keys to what is personal in the log.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use event_archive::ObjectStore;
use event_log::{
    EmbeddedLog, EmbeddedOptions, EventLog, KafkaLog, KafkaOptions, LogReader, PresenceAppender,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use platform::config::{Config, LogUrl};
use platform::master_keys;
use sealing::{Keys, KmsMaster, Master, MasterKeys, ObjectKeyStore, OpenedLog};

use crate::stores::{Store, credentials};

pub struct Storage {
    /// For the command side alone.
    pub log: Arc<dyn EventLog>,
    sealed: Arc<dyn LogReader>,
    pub objects: Arc<dyn ObjectStore>,
    pub keys: Keys,
}

impl Storage {
    /// Opens all where `config` says, below `data` unless it says otherwise.
    ///
    /// # Errors
    /// What kept one from being opened.
    pub async fn open(config: &Config, data: &Path) -> Result<Self> {
        let objects = open_objects(config, data).await?;
        let keys = open_keys(config, data).await?;
        let stored = open_log(config, data).await?;
        let log = Arc::new(OpenedLog::new(Arc::clone(&stored), keys.clone()));
        Ok(Self { log, sealed: stored, objects, keys })
    }

    /// The log for those who only read it, with what is personal opened.
    pub fn reader(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.log) as _
    }

    /// The log as it is stored, for those who keep it and need no key: what is personal stays sealed.
    pub fn sealed_log(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.sealed)
    }

    /// The way into `presence` for those who write nothing else.
    pub fn presence(&self) -> PresenceAppender {
        PresenceAppender::new(Arc::clone(&self.log))
    }
}

/// Snapshots of the fold, files, pictures.
///
/// # Errors
/// What kept them from being opened.
pub async fn open_objects(config: &Config, data: &Path) -> Result<Arc<dyn ObjectStore>> {
    Store::Objects.open(config, data).await
}

/// The log as it is stored: what is personal stays sealed.
///
/// # Errors
/// What kept it from being opened.
pub async fn open_log(config: &Config, data: &Path) -> Result<Arc<dyn EventLog>> {
    Ok(match &config.log.url {
        LogUrl::Embedded(directory) => Arc::new(embedded(data.join(directory)).await?),
        LogUrl::Kafka { .. } => Arc::new(KafkaLog::connect(kafka_options(config)).await?),
    })
}

/// The keys, and the master key that wraps them.
///
/// # Errors
/// What kept them from being opened.
pub async fn open_keys(config: &Config, data: &Path) -> Result<Keys> {
    Ok(Keys::new(Arc::new(open_key_store(config, data).await?)))
}

/// The key store, for who works on the keys themselves.
///
/// # Errors
/// What kept it from being opened.
pub async fn open_key_store(config: &Config, data: &Path) -> Result<ObjectKeyStore> {
    let master = master(config, &config.keys.master_path(data)).await?;
    let objects = Store::Keys.open(config, data).await?;
    ObjectKeyStore::open(objects, master).await.context("failed to open the key store")
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

/// What wraps the keys: KMS where it is configured, else a file. Boxed, as the stores are.
fn master<'a>(config: &'a Config, file: &'a Path) -> BoxFuture<'a, Result<Arc<dyn Master>>> {
    async move {
        let Some(key) = &config.keys.kms_key else {
            return Ok(Arc::new(MasterKeys::new(master_keys::load_or_create(file)?)) as _);
        };
        let endpoint = config.keys.kms_endpoint.as_ref().map(|url| url.as_str());
        let credentials = credentials(&config.s3)?;
        let sdk =
            event_archive::sdk_config(&config.s3.region, endpoint, credentials.as_ref()).await;
        let former = master_keys::load_if_there(file)?.map(MasterKeys::new);
        let master = KmsMaster::connect(&sdk, key.clone(), former).await;
        Ok(Arc::new(master.with_context(|| format!("failed to use {key} of KMS (keys.kms_key)"))?)
            as _)
    }
    .boxed()
}

//! What the services of a process are made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use event_archive::segments::Archive;
use platform::config::Config;
use platform::data_dir::DataDir;
use platform::health::Health;
use platform::http::WebPage;
use platform::postgres::Database;
use platform::secrets::Secrets;
use platform::telemetry::Metrics;
use read_model::Reader;

use crate::Storage;

/// Connections of those who read; the projector has its own.
const READER_CONNECTIONS_MAX: u32 = 16;
const READ_AGAIN_EVERY: Duration = Duration::from_millis(250);

/// What every process has.
pub struct Parts<'p> {
    pub config: &'p Config,
    pub data: &'p DataDir,
    pub secrets: Arc<Secrets>,
    pub storage: Storage,
    pub archive: Archive,
    pub database: &'p Database,
    pub metrics: Metrics,
}

impl Parts<'_> {
    pub fn read_model(&self) -> read_model::Database {
        read_model::Database::new(self.database.connect_options())
    }

    /// Rows for those who may do anything in the database: the one-process server.
    pub fn reader(&self) -> Reader {
        Reader::new(self.read_model().pool(READER_CONNECTIONS_MAX))
    }

    pub fn index_directory(&self) -> PathBuf {
        self.data.path().join("index")
    }
}

/// What a service has that runs as a process of its own, beside others on the same data directory.
pub struct ServiceParts {
    pub config: Config,
    /// The data directory.
    pub data: PathBuf,
    pub secrets: Arc<Secrets>,
    pub storage: Storage,
    pub archive: Archive,
    pub database: Database,
    pub metrics: Metrics,
    /// The newest rules that this process knows.
    pub rules: u32,
}

impl ServiceParts {
    /// Opens what the processes of an installation share.
    ///
    /// # Errors
    /// If it is not shared by its nature (an embedded log, a private Postgres), or cannot be opened.
    pub async fn open(config: Config, data: PathBuf, metrics: Metrics, rules: u32) -> Result<Self> {
        ensure!(
            config.log.url.is_shared(),
            "log.url is {:?}, but this service runs beside others: it needs kafka://<host>:<port>",
            config.log.url.to_string()
        );
        ensure!(
            config.database.url.is_some(),
            "database.url is not set, but this service runs beside others: it needs a Postgres that they reach too"
        );
        let secrets = Secrets::load_or_create(&config.secrets.path(&data))?;
        let storage = Storage::open(&config, &data).await?;
        let log = storage.sealed_log();
        let archive = crate::open_archive_of(&*log, &config, &data, &secrets).await?;
        let database = Database::open(&config.database, &data).await?;
        let secrets = Arc::new(secrets);
        Ok(Self { config, data, secrets, storage, archive, database, metrics, rules })
    }

    pub fn read_model(&self) -> read_model::Database {
        read_model::Database::new(self.database.connect_options())
    }

    /// Rows, under the role that may only read.
    pub fn reader(&self) -> Reader {
        Reader::new(self.read_model().reading_pool(READER_CONNECTIONS_MAX))
    }

    /// What this process serves.
    pub fn edge(&self, routes: Router, health: &Health) -> Router {
        crate::edge(routes, (&self.config, &self.secrets), &self.metrics, health, None)
    }

    /// The same with the web page.
    pub fn edge_with_page(&self, routes: Router, health: &Health, page: WebPage) -> Router {
        crate::edge(routes, (&self.config, &self.secrets), &self.metrics, health, Some(page))
    }

    /// As [`Self::reader`], once there is something to read: the projector makes the tables.
    pub async fn readable(&self) -> Reader {
        let reader = self.reader();
        let mut tell = true;
        while let Err(error) = reader.positions().await {
            if std::mem::take(&mut tell) {
                tracing::warn!(%error, "the read model cannot be read yet; waiting for it");
            }
            tokio::time::sleep(READ_AGAIN_EVERY).await;
        }
        reader
    }

    pub fn index_directory(&self) -> PathBuf {
        self.data.join("index")
    }
}

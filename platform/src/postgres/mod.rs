//! Postgres: the one that `DATABASE_URL` names, or a private cluster below the data directory.
//!
//! What is in it is a projection of the log. Losing the cluster loses nothing, so the private one
//! needs no backups; but it runs with fsync on, because rebuilding is slower than not having to.

mod account;
mod binaries;
mod cluster;
mod error;
mod initdb;
mod place;
mod survivors;
mod watchdog;

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

pub use binaries::Binaries;
pub use cluster::PrivateCluster;
pub use error::PostgresError;

use crate::config::DatabaseUrl;

crate::settings_section! {
    /// The database that holds the read models.
    "database" => pub struct DatabaseSettings {
        /// The Postgres to use. Not set: a private cluster in `postgres` below the data directory,
        /// run from the Postgres binaries of this machine. `DATABASE_URL` is read too.
        url: Option<DatabaseUrl>,
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The private cluster, below the data directory.
const CLUSTER: &str = "postgres";

fn parsed(url: &DatabaseUrl) -> Result<PgConnectOptions, PostgresError> {
    url.reveal().parse().map_err(|_| PostgresError::InvalidUrl)
}

/// The database that this process uses.
#[derive(Debug)]
pub enum Database {
    External(PgConnectOptions),
    Private(PrivateCluster),
}

impl Database {
    /// Connects once to the configured database, or starts the private cluster below `data`.
    pub async fn open(settings: &DatabaseSettings, data: &Path) -> Result<Self, PostgresError> {
        let Some(url) = &settings.url else {
            return PrivateCluster::start(&data.join(CLUSTER)).await.map(Self::Private);
        };
        let options = parsed(url)?;
        let unreachable = |reason: String| PostgresError::Unreachable {
            host: options.get_host().to_owned(),
            port: options.get_port(),
            reason,
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
            Ok(Ok(_)) => Ok(Self::External(options)),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("no answer".to_owned())),
        }
    }

    /// The configured database beside a running server: the private one is that server's.
    ///
    /// # Errors
    /// Its address cannot be read, or the private one could not be run on this machine.
    pub fn options_beside(
        settings: &DatabaseSettings,
        data: &Path,
    ) -> Result<PgConnectOptions, PostgresError> {
        match &settings.url {
            Some(url) => parsed(url),
            None => PrivateCluster::options_beside(&data.join(CLUSTER)),
        }
    }

    pub fn connect_options(&self) -> PgConnectOptions {
        match self {
            Self::External(options) => options.clone(),
            Self::Private(cluster) => cluster.connect_options(),
        }
    }

    /// Stops the private cluster; leaves any other alone.
    pub async fn stop(self) {
        if let Self::Private(cluster) = self {
            cluster.stop().await;
        }
    }
}

//! The one-process server: composition only.
//!
//! Owns the order in which the parts start and stop, and the adapters between ports of parts that
//! must not know each other. It must never decide anything about chat: a line here that would have
//! to know what a channel may do belongs to a service. The distributed processes are made of the
//! same parts.

mod rows;
mod search;
mod services;

use std::sync::Arc;

use anyhow::Result;
use platform::config::Config;
use platform::data_dir::DataDir;
use platform::postgres::Database;
use platform::secrets::Secrets;
use platform::telemetry::Metrics;
use process::{Parts, Patience, Storage};
use tokio_util::sync::CancellationToken;

use services::Services;

/// How the process names itself.
const NAME: &str = "nottermost";

/// Runs the server until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop. Nothing is left running then.
pub async fn run(config: Config) -> Result<()> {
    process::with_telemetry(&config, NAME, async |metrics, stop| {
        served(&config, metrics, stop).await
    })
    .await
}

async fn served(config: &Config, metrics: Metrics, stop: CancellationToken) -> Result<()> {
    let data = DataDir::open(&config.data.dir)?;
    let secrets = Arc::new(Secrets::load_or_create(&config.secrets.path(data.path()))?);
    let listener = platform::http::bind(config.http.listen)?;
    let storage = Storage::open(config, data.path()).await?;
    let log = storage.sealed_log();
    let archive = process::open_archive_of(&*log, config, data.path(), &secrets).await?;
    let database = tokio::select! {
        database = Database::open(&config.database, data.path()) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let parts =
        Parts { config, data: &data, secrets, storage, archive, database: &database, metrics };
    let patience = Patience::of(config);
    let outcome = process::serve(NAME, listener, patience, stop, Services::start(parts)).await;
    database.stop().await;
    outcome
}

//! The one-process server: composition only.
//!
//! Owns the order in which the parts start and stop, and the adapters between ports of parts that
//! must not know each other. It must never decide anything about chat: a line here that would have
//! to know what a channel may do belongs to a service. The distributed processes are made of the
//! same parts.

mod hydrate;
mod identity;
mod lag;
mod rows;
mod search;
mod services;
mod status;
mod storage;
mod watch;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use platform::config::Config;
use platform::data_dir::DataDir;
use platform::failure_line;
use platform::health::Health;
use platform::postgres::Database;
use platform::secrets::Secrets;
use platform::telemetry::{Metrics, Telemetry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use services::Services;
use storage::Storage;

/// How the process names itself in traces.
const SERVICE: &str = "nottermost";
/// A collector that does not answer must not keep the process. A stop has ten seconds for all of
/// its parts: the drain, the sockets, the projector, Postgres, and this.
const TELEMETRY_STOP: Duration = Duration::from_millis(500);

/// Runs the server until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop. Nothing is left running then.
pub async fn run(config: Config) -> Result<()> {
    let stop = platform::shutdown::listen().context("failed to listen for signals")?;
    let telemetry = Telemetry::install(&config.telemetry, SERVICE)?;
    let metrics = telemetry.metrics().clone();
    let outcome = run_with_telemetry(&config, metrics, stop).await;
    if let Err(error) = &outcome {
        tracing::error!(error = failure_line(&**error), "the server ends");
    }
    ended_in_time("telemetry", TELEMETRY_STOP, telemetry.shutdown()).await;
    outcome
}

async fn run_with_telemetry(
    config: &Config,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<()> {
    let data = DataDir::open(&config.data.dir)?;
    let secrets = Arc::new(Secrets::load_or_create(&config.secrets.path(data.path()))?);
    let listener = platform::http::bind(config.http.listen)?;
    let storage = Storage::open(config, data.path()).await?;
    let database = tokio::select! {
        database = Database::open(&config.database, data.path()) => database?,
        () = stop.cancelled() => return Ok(()),
    };
    let parts = Parts { config, data: &data, secrets, storage, database: &database, metrics };
    let outcome = serve(parts, listener, stop).await;
    database.stop().await;
    outcome
}

/// What everything else is made of.
struct Parts<'p> {
    config: &'p Config,
    data: &'p DataDir,
    secrets: Arc<Secrets>,
    storage: Storage,
    database: &'p Database,
    metrics: Metrics,
}

async fn serve(parts: Parts<'_>, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let address = listener.local_addr().context("failed to learn the address of the listener")?;
    let drain = parts.config.http.drain_ms.millis();
    let health = Health::default();
    let started = tokio::select! {
        started = Services::start(parts, &health) => started?,
        () = stop.cancelled() => return Ok(()),
    };
    let stopping = CancellationToken::new();
    let router = started.router();
    let served = tokio::spawn(platform::http::serve(listener, router, stopping.clone(), drain));
    announce(address);
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        failed = started.failed() => Err(failed),
    };
    stopping.cancel();
    started.close_sockets().await;
    if let Err(error) = served.await {
        tracing::error!(%error, "the listener did not end in order");
    }
    started.stop().await;
    outcome
}

/// The one line on standard output: whoever started us may wait for it.
fn announce(address: SocketAddr) {
    let mut out = std::io::stdout();
    // A reader that is gone is no reason not to serve.
    let _ = writeln!(out, "nottermost is ready at http://{address}").and_then(|()| out.flush());
    tracing::info!(%address, "ready");
}

/// Waits for a part that ends, but not for ever.
async fn ended_in_time(part: &'static str, patience: Duration, ends: impl Future<Output = ()>) {
    if tokio::time::timeout(patience, ends).await.is_err() {
        tracing::warn!(part, "did not end in time; what it did not keep is made again");
    }
}

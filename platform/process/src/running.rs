//! From a bound listener to an ended process, in the order that lets clients go in peace.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use domain::RULES_KNOWN;
use fold::Fold;
use platform::config::Config;
use platform::data_dir::DataDir;
use platform::failure_line;
use platform::health::Health;
use platform::telemetry::{Metrics, Telemetry};
use read_model::Reader;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{Announced, ServiceParts, watch};

/// A collector that does not answer must not keep the process. A stop has ten seconds for all of
/// its parts, once the process has left: the drain, the sockets, the projector, Postgres, and this.
/// A log that takes nothing any more must not keep it either.
const GOODBYE: Duration = Duration::from_millis(500);
const TELEMETRY_STOP: Duration = Duration::from_millis(500);

/// What a process runs once it has started.
pub trait Running: Sized {
    fn router(&self) -> Router;

    fn health(&self) -> &Health;

    /// Resolves with the reason when a part had to stop: the process must end.
    fn failed(&self) -> impl Future<Output = anyhow::Error>;

    /// Says goodbye to those it keeps connections of.
    fn leave(&self) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Stops what serves, then what writes.
    fn stop(self) -> impl Future<Output = ()>;
}

/// Runs `work` until it ends, with logs, metrics and traces of the process `name`; the token is
/// cancelled by SIGTERM or SIGINT.
///
/// # Errors
/// Those of `work`, logged here.
pub async fn with_telemetry(
    config: &Config,
    name: &'static str,
    work: impl AsyncFnOnce(Metrics, CancellationToken) -> Result<()>,
) -> Result<()> {
    let stop = platform::shutdown::listen().context("failed to listen for signals")?;
    let telemetry = Telemetry::install(&config.telemetry, name)?;
    let outcome = work(telemetry.metrics().clone(), stop).await;
    if let Err(error) = &outcome {
        tracing::error!(error = failure_line(&**error), "the server ends");
    }
    ended_in_time("telemetry", TELEMETRY_STOP, telemetry.shutdown()).await;
    outcome
}

/// How long the parts of a stop may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until others have noticed that it leaves.
    leave: Duration,
    /// Until requests have ended.
    drain: Duration,
}

impl Patience {
    pub fn of(config: &Config) -> Self {
        Self { leave: config.http.leave_ms.millis(), drain: config.http.drain_ms.millis() }
    }
}

/// Starts, says so on standard output, and serves until it is told to stop or has to.
///
/// # Errors
/// What kept it from starting or made it stop. Nothing is left running then.
pub async fn serve<R: Running>(
    name: &'static str,
    listener: TcpListener,
    patience: Patience,
    stop: CancellationToken,
    starting: impl Future<Output = Result<R>>,
) -> Result<()> {
    let address = listener.local_addr().context("failed to learn the address of the listener")?;
    let started = tokio::select! {
        started = starting => started?,
        () = stop.cancelled() => return Ok(()),
    };
    let stopping = CancellationToken::new();
    let router = started.router();
    let served = platform::http::serve(listener, router, stopping.clone(), patience.drain);
    let served = tokio::spawn(served);
    announce(name, address);
    let leaving = || started.health().register("server").not_ready("leaving");
    let told = async {
        stop.cancelled().await;
        leaving();
        tokio::time::sleep(patience.leave).await;
    };
    let outcome = tokio::select! {
        () = told => Ok(()),
        failed = started.failed() => {
            leaving();
            Err(failed)
        }
    };
    stopping.cancel();
    started.leave().await;
    if let Err(error) = served.await {
        tracing::error!(
            error = failure_line(&*anyhow!(error)),
            "the listener did not end in order"
        );
    }
    started.stop().await;
    outcome
}

/// Runs a service beside others on the same data directory.
///
/// # Errors
/// As [`serve`].
pub async fn run_service<R: Running>(
    config: Config,
    name: &'static str,
    start: impl AsyncFnOnce(ServiceParts) -> Result<R>,
) -> Result<()> {
    let data = DataDir::join(&config.data.dir)?;
    run_on(config, data, (name, RULES_KNOWN), start).await
}

/// As [`run_service`] for a program that knows no newer rules than these.
///
/// # Errors
/// As [`serve`].
pub async fn run_service_knowing<R: Running>(
    config: Config,
    name: &'static str,
    rules: u32,
    start: impl AsyncFnOnce(ServiceParts) -> Result<R>,
) -> Result<()> {
    let data = DataDir::join(&config.data.dir)?;
    run_on(config, data, (name, rules), start).await
}

/// As [`run_service`] for the one service of which a data directory has one process.
///
/// # Errors
/// As [`serve`], and if another such process runs.
pub async fn run_only_service<R: Running>(
    config: Config,
    name: &'static str,
    start: impl AsyncFnOnce(ServiceParts) -> Result<R>,
) -> Result<()> {
    let data = DataDir::open(&config.data.dir)?;
    run_on(config, data, (name, RULES_KNOWN), start).await
}

async fn run_on<R: Running>(
    config: Config,
    data: DataDir,
    (name, rules): (&'static str, u32),
    start: impl AsyncFnOnce(ServiceParts) -> Result<R>,
) -> Result<()> {
    let telemetry = config.clone();
    with_telemetry(&telemetry, name, async |metrics, stop| {
        let listener = platform::http::bind(config.http.listen)?;
        let patience = Patience::of(&config);
        let starting = async {
            let parts = ServiceParts::open(config, data.path().to_owned(), metrics, rules).await?;
            let (cell, presence) = (crate::cell(&parts.secrets), parts.storage.presence());
            let announced = Announced::start(name, rules, cell, presence).await?;
            Ok(WithName { announced, running: start(parts).await? })
        };
        // The data directory is this process' until it has stopped.
        serve(name, listener, patience, stop, starting).await
    })
    .await
}

/// A service that is known to the others.
struct WithName<R> {
    announced: Announced,
    running: R,
}

impl<R: Running> Running for WithName<R> {
    fn router(&self) -> Router {
        self.running.router()
    }

    fn health(&self) -> &Health {
        self.running.health()
    }

    async fn failed(&self) -> anyhow::Error {
        self.running.failed().await
    }

    async fn leave(&self) {
        self.running.leave().await;
    }

    async fn stop(self) {
        self.running.stop().await;
        ended_in_time("goodbye", GOODBYE, self.announced.end()).await;
    }
}

/// Watches what every service but the projector rests on.
pub fn watch_service(
    tasks: &mut JoinSet<()>,
    parts: &ServiceParts,
    fold: &Fold,
    reader: &Reader,
    health: &Health,
) {
    tasks.spawn(watch::log(fold.clone(), health.register("log")));
    let postgres = health.register("postgres");
    tasks.spawn(watch::postgres(&parts.database, reader.clone(), postgres));
}

/// The one line on standard output: whoever started us may wait for it.
fn announce(name: &str, address: SocketAddr) {
    let mut out = std::io::stdout();
    // A reader that is gone is no reason not to serve.
    let _ = writeln!(out, "{name} is ready at http://{address}").and_then(|()| out.flush());
    tracing::info!(%address, "ready");
}

/// Waits for a part that ends, but not for ever.
pub async fn ended_in_time(part: &'static str, patience: Duration, ends: impl Future<Output = ()>) {
    if tokio::time::timeout(patience, ends).await.is_err() {
        tracing::warn!(part, "did not end in time; what it did not keep is made again");
    }
}

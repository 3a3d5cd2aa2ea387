//! Running a private cluster: start, watch, restart, stop.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::initdb::{USER, clean_environment, initdb, version};
use super::place::{Opened, socket_directory, socket_place};
use super::watchdog::Watchdog;
use super::{Binaries, PostgresError, survivors};

const DATABASE: &str = "nottermost";
/// The name of the socket's file; nothing listens on a port.
const PORT: u16 = 5432;
/// Recovery after a crash can take a while.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
const READY_POLL: Duration = Duration::from_millis(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RESTART_BACKOFF: [u64; 6] = [0, 100, 500, 1_000, 2_000, 5_000];
/// A run of this length starts the backoff over.
const STABLE_RUN: Duration = Duration::from_secs(60);
/// How long the postmaster may take after each signal when it is stopped: with a checkpoint,
/// without one (it recovers at the next start), not at all. Together within what a stop may take.
const STOP_PATIENCE: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_millis(2_500)),
    (Signal::QUIT, Duration::from_millis(1_000)),
    (Signal::KILL, Duration::from_millis(500)),
];
const OUTPUT_LINES_KEPT: usize = 5;

/// Settings that differ from the server's defaults. `synchronous_commit` is each session's choice.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=128MB",
    // Just-in-time compilation costs more than any of our statements.
    "jit=off",
    // A log that is used again would keep what was erased until it is overwritten.
    "wal_recycle=off",
    "max_parallel_workers_per_gather=0",
    "random_page_cost=1.1",
    // No replicas and no base backups: the log is the backup.
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
    "fsync=on",
    "full_page_writes=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_min_messages=warning",
    "log_checkpoints=off",
    "logging_collector=off",
    "log_destination=stderr",
];

/// A Postgres of our own, watched by a task that restarts it when it dies. It ends with this value
/// too, but only [`PrivateCluster::stop`] waits for that.
#[derive(Debug)]
pub struct PrivateCluster {
    options: PgConnectOptions,
    socket_directory: PathBuf,
    running: watch::Receiver<bool>,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl PrivateCluster {
    /// Starts the cluster at `path`, making it if there is none, and waits until its database
    /// answers. What is left of an earlier run is ended first.
    pub async fn start(path: &Path) -> Result<Self, PostgresError> {
        let account = Account::unprivileged()?;
        let existing = version(path);
        let binaries = find_binaries(path, existing.as_deref())?;
        if existing.is_some() {
            survivors::end(path).await?;
        } else {
            initdb(path, &binaries, account).await?;
        }
        let socket_directory = socket_directory(path, account)?;
        let launcher = Launcher { path: path.to_owned(), socket_directory, binaries, account };
        let run = launcher.launch().await?;
        let options = launcher.options(DATABASE);
        let socket_directory = launcher.socket_directory.clone();
        let stop = CancellationToken::new();
        let (ready, running) = watch::channel(true);
        let supervisor = tokio::spawn(supervise(launcher, run, ready, stop.clone()));
        Ok(Self { options, socket_directory, running, stop, supervisor })
    }

    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The database of the cluster at `path`, which another process runs.
    ///
    /// # Errors
    /// Nobody could run it on this machine.
    pub fn options_beside(path: &Path) -> Result<PgConnectOptions, PostgresError> {
        let account = Account::unprivileged()?;
        Ok(options(&socket_place(path, account), DATABASE))
    }

    /// The database's address, as `psql` and libraries take it.
    pub fn url(&self) -> String {
        format!("postgres:///{DATABASE}?host={}&user={USER}", self.socket_directory.display())
    }

    /// Whether Postgres runs; false while a dead one is being restarted.
    pub fn running(&self) -> watch::Receiver<bool> {
        self.running.clone()
    }

    /// Stops Postgres and waits until it is gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.supervisor).await {
            tracing::error!(%error, "the supervisor of the private Postgres failed");
        }
        // Empty now; should something be left in it, that is no reason not to stop.
        let _ = std::fs::remove_dir(&self.socket_directory);
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn find_binaries(path: &Path, wanted: Option<&str>) -> Result<Binaries, PostgresError> {
    let search_path = std::env::var("PATH").unwrap_or_default();
    Binaries::find(&search_path, wanted).map_err(|error| match error {
        PostgresError::OtherVersion { cluster, found, .. } => {
            PostgresError::OtherVersion { path: path.to_owned(), cluster, found }
        }
        other => other,
    })
}

/// What it takes to start the postmaster, again and again.
struct Launcher {
    path: PathBuf,
    socket_directory: PathBuf,
    binaries: Binaries,
    account: Option<Account>,
}

/// A postmaster that runs.
struct Run {
    postmaster: Child,
    output: Arc<Mutex<VecDeque<String>>>,
    _watchdog: Watchdog,
}

fn options(socket_directory: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_directory)
        .port(PORT)
        .username(USER)
        .database(database)
}

impl Launcher {
    fn options(&self, database: &str) -> PgConnectOptions {
        options(&self.socket_directory, database)
    }

    /// Starts the postmaster and waits until the database answers.
    async fn launch(&self) -> Result<Run, PostgresError> {
        let mut run = self.spawn()?;
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let failure = match timeout(CONNECT_TIMEOUT, self.ensure_database()).await {
                Ok(Ok(())) => return Ok(run),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            if let Some(status) = run.postmaster.try_wait().unwrap_or(None) {
                return Err(run.ended(status));
            }
            if Instant::now() > deadline {
                let seconds = READY_TIMEOUT.as_secs();
                return Err(PostgresError::NotReady { seconds, reason: failure });
            }
            sleep(READY_POLL).await;
        }
    }

    fn spawn(&self) -> Result<Run, PostgresError> {
        let opened = Opened::directory(&self.path, self.account)?;
        let mut command = Command::new(&self.binaries.postgres);
        command.arg("-D").arg(opened.path()).arg("-p").arg(PORT.to_string());
        command.arg("-k").arg(&self.socket_directory);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A Ctrl-C in our terminal is ours to handle: we stop Postgres last.
            .process_group(0)
            .kill_on_drop(true);
        clean_environment(&mut command);
        Account::run(self.account, &mut command);
        let failed = || PostgresError::io("run", &self.binaries.postgres);
        let mut postmaster = command.spawn().map_err(failed())?;
        let output = Arc::default();
        if let Some(stderr) = postmaster.stderr.take() {
            tokio::spawn(forward(stderr, Arc::clone(&output)));
        }
        let id = postmaster.id().unwrap_or_default();
        let watchdog = Watchdog::start(id, self.account).map_err(failed())?;
        Ok(Run { postmaster, output, _watchdog: watchdog })
    }

    async fn ensure_database(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.options("postgres").connect().await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(DATABASE)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            sqlx::query("CREATE DATABASE nottermost").execute(&mut connection).await?;
        }
        connection.close().await
    }
}

impl Run {
    fn ended(&self, status: ExitStatus) -> PostgresError {
        let lines: Vec<_> = self.output.lock().iter().cloned().collect();
        let output = if lines.is_empty() { status.to_string() } else { lines.join("; ") };
        PostgresError::Ended { output }
    }

    async fn stop(mut self) {
        for (signal, patience) in STOP_PATIENCE {
            let id = self.postmaster.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            let Some(id) = id else { return };
            // It may have ended in the meantime, which the wait then says.
            let _ = kill_process(id, signal);
            if timeout(patience, self.postmaster.wait()).await.is_ok() {
                return;
            }
            tracing::warn!(?signal, "the private Postgres does not end");
        }
    }
}

/// Restarts the postmaster whenever it ends, until told to stop.
async fn supervise(
    launcher: Launcher,
    mut run: Run,
    ready: watch::Sender<bool>,
    stop: CancellationToken,
) {
    loop {
        let started = Instant::now();
        tokio::select! {
            () = stop.cancelled() => return run.stop().await,
            ended = run.postmaster.wait() => {
                let status = ended.map(|status| status.to_string()).unwrap_or_default();
                tracing::warn!(status, "the private Postgres ended; starting it again");
            }
        }
        ready.send_replace(false);
        metrics::counter!("nottermost_postgres_restarts_total").increment(1);
        // The dead one's watchdog must not signal whoever gets its process id next.
        drop(run);
        let first_attempt = usize::from(started.elapsed() < STABLE_RUN);
        tokio::select! {
            () = stop.cancelled() => return,
            restarted = restart(&launcher, first_attempt) => run = restarted,
        }
        ready.send_replace(true);
        tracing::info!("the private Postgres runs again");
    }
}

async fn restart(launcher: &Launcher, first_attempt: usize) -> Run {
    for attempt in first_attempt.. {
        let backoff = RESTART_BACKOFF[attempt.min(RESTART_BACKOFF.len() - 1)];
        sleep(Duration::from_millis(backoff)).await;
        let restarted = match survivors::end(&launcher.path).await {
            Ok(()) => launcher.launch().await,
            Err(error) => Err(error),
        };
        match restarted {
            Ok(run) => return run,
            Err(error) => tracing::error!(%error, "failed to start the private Postgres again"),
        }
    }
    unreachable!("the attempts do not end")
}

/// Passes on what Postgres says, and keeps the end of it for an error message.
async fn forward(stderr: ChildStderr, kept: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if is_trouble(&line) {
            tracing::warn!(target: "postgres", "{line}");
        } else {
            tracing::debug!(target: "postgres", "{line}");
        }
        let mut kept = kept.lock();
        if kept.len() == OUTPUT_LINES_KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

/// What it says to whoever knocks while it starts or stops is no trouble: that is how we wait.
fn is_trouble(line: &str) -> bool {
    let waiting = ["starting up", "shutting down", "not yet accepting", "administrator command"];
    ["FATAL", "PANIC", "ERROR"].iter().any(|word| line.contains(word))
        && !waiting.iter().any(|words| line.contains(words))
}

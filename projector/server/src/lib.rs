//! projector as a process of its own, with the archiver, and how its tables come to be: composition
//! only.
//!
//! Owns which parts the process is made of, and that a data directory has one of it. It must never
//! append.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use event_archive::segments::Archive;
use fold::snapshots::Snapshots;
use platform::config::Config;
use platform::health::Health;
use platform::postgres;
use platform::secrets::Secrets;
use process::{Running, ServiceParts, Storage, ended_in_time};
use projector::Projector;
use projector::archiver::{self, Archiver};
use tokio::task::JoinSet;

const NAME: &str = "projector";
const PROJECTOR_STOP: Duration = Duration::from_millis(1_000);
const ARCHIVER_STOP: Duration = Duration::from_millis(2_000);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop.
pub async fn run(config: Config) -> Result<()> {
    process::run_only_service(config, NAME, Service::start).await
}

/// The tables are there. Those of another version are made anew, because the log brings their rows
/// back; but in a database that is not ours alone only whoever runs it may say so.
///
/// # Errors
/// They cannot be made, or are another's to remove.
pub async fn prepared(running: &postgres::Database, database: &read_model::Database) -> Result<()> {
    let failed = "failed to prepare the read model";
    let Err(error) = database.migrate().await else { return Ok(()) };
    if !error.is_of_another_version() {
        return Err(error).context(failed);
    }
    if let postgres::Database::External(_) = running {
        bail!(
            "the read model in this database is of another version of nottermost; \
             `replay rebuild` makes it anew from the log"
        );
    }
    tracing::warn!("the read model is of another version; it is being made anew from the log");
    database.drop_schema().await.context(failed)?;
    database.migrate().await.context(failed)
}

/// Starts to archive the log.
pub fn archiving(storage: &Storage, archive: Archive, secrets: &Secrets) -> Archiver {
    let deps = archiver::Deps {
        log: storage.sealed_log(),
        archive,
        signer: Arc::new(process::archive_signer(secrets)),
        snapshots: Snapshots::new(Arc::clone(&storage.objects)),
    };
    Archiver::start(deps, archiver::Options::default())
}

struct Service {
    projector: Projector,
    archiver: Archiver,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
}

impl Service {
    async fn start(parts: ServiceParts) -> Result<Self> {
        let health = Health::default();
        let database = parts.read_model();
        prepared(&parts.database, &database).await?;
        let projector = Projector::start(
            projector::Deps {
                log: parts.storage.reader(),
                database,
                index: Some(parts.index_directory()),
                snapshots: Snapshots::new(Arc::clone(&parts.storage.objects)),
            },
            projector::Options::default(),
        );
        let archiver = archiving(&parts.storage, parts.archive.clone(), &parts.secrets);
        let mut tasks = JoinSet::new();
        let postgres = health.register("postgres");
        tasks.spawn(process::watch::postgres(&parts.database, parts.reader(), postgres));
        let router = parts.edge(Router::new(), &health);
        Ok(Self { projector, archiver, router, health, tasks })
    }
}

impl Running for Service {
    fn router(&self) -> Router {
        self.router.clone()
    }

    fn health(&self) -> &Health {
        &self.health
    }

    async fn failed(&self) -> anyhow::Error {
        tokio::select! {
            reason = self.projector.stopped() => reason.into(),
            reason = self.archiver.stopped() => reason.into(),
        }
    }

    async fn stop(mut self) {
        self.tasks.shutdown().await;
        tokio::join!(
            ended_in_time("projector", PROJECTOR_STOP, self.projector.stop()),
            ended_in_time("archiver", ARCHIVER_STOP, self.archiver.stop()),
        );
    }
}

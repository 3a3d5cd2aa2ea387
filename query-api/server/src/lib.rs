//! query-api as a process of its own: composition only.
//!
//! Owns which parts the process is made of, and how it follows an index that another process writes. It
//! must never hold a way to append but the one into `presence`.

mod index;

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use events::Topic;
use fold::{Fold, Lease, Presence, StatusBoard};
use platform::config::Config;
use platform::health::Health;
use process::{Notes, Running, ServiceParts};
use read_model::PolledRows;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const NAME: &str = "query-api";
/// Markers are read from rows alone: they are eight times as many as posts.
const FOLDED: [Topic; 3] = [Topic::Directory, Topic::Channels, Topic::Users];

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop.
pub async fn run(config: Config) -> Result<()> {
    process::run_service(config, NAME, Service::start).await
}

/// As [`run`], of a program called `name` that knows no newer rules than these.
///
/// # Errors
/// As [`run`].
pub async fn run_knowing(config: Config, name: &'static str, rules: u32) -> Result<()> {
    process::run_service_knowing(config, name, rules, Service::start).await
}

struct Service {
    fold: Fold,
    notes: Notes,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
    /// Ends the streams of events.
    leaving: CancellationToken,
    /// Followed for as long as somebody may ask for statuses.
    _presence: Presence,
}

impl Service {
    async fn start(parts: ServiceParts) -> Result<Self> {
        let health = Health::default();
        let lease = Arc::new(Lease::default());
        let fold =
            process::folded(&parts.storage, &FOLDED, Some(Arc::clone(&lease)), parts.rules).await?;
        let reader = parts.readable().await;
        let statuses = Arc::new(StatusBoard::new());
        let presence = Presence::follow(parts.storage.reader(), Arc::clone(&statuses)).await?;
        let searcher = index::opened(&parts.index_directory()).await?;
        let (cell, log) = (process::cell(&parts.secrets), parts.storage.presence());
        let progress = Arc::new(fold.clone());
        let notes = Notes::start(NAME, cell, log, (&fold, lease), progress).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(index::follow(searcher.clone(), parts.index_directory()));
        tasks.spawn(process::report_lag(fold.clone(), searcher.clone()));
        let (source, said) = (process::cell(&parts.secrets), parts.storage.presence());
        tasks.spawn(process::say_uses(fold.clone(), source, said));
        process::watch_service(&mut tasks, &parts, &fold, &reader, &health);
        let leaving = CancellationToken::new();
        let source = process::cell(&parts.secrets);
        let stream = query_api::StreamOptions::new(&parts.config.stream, source, leaving.clone());
        let queries = query_api::router(query_api::Parts {
            fold: fold.clone(),
            reader: reader.clone(),
            rows: Arc::new(PolledRows::new(reader)),
            searcher,
            objects: Arc::clone(&parts.storage.objects),
            statuses,
            secrets: Arc::clone(&parts.secrets),
            health: health.clone(),
            config: process::client_config(&parts.config, &parts.secrets),
            kept: process::kept(&parts.config),
            page: web_page::page,
            stream,
            fetching: query_api::LinkOptions::new(&parts.config.links),
        });
        let router = parts.edge_with_page(queries, &health, web_page::page);
        Ok(Self { fold, notes, router, health, tasks, leaving, _presence: presence })
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
        self.fold.stopped().await.into()
    }

    async fn leave(&self) {
        self.leaving.cancel();
    }

    async fn stop(mut self) {
        self.notes.end().await;
        self.tasks.shutdown().await;
    }
}

//! realtime as a process of its own, and what reads rows for its frames: composition only.
//!
//! Owns which parts the process is made of. It must never hold a way to append but the one into
//! `presence`, nor write a row.

mod hydration;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::Router;
use events::{Partition, Position, Topic};
use fold::{AccessEnded, Fold, Lease, Presence, StatusBoard};
use futures::future::BoxFuture;
use platform::config::Config;
use platform::health::Health;
use platform::secrets::Secrets;
use process::{Notes, Progress, Running, ServiceParts, ended_in_time};
use read_model::PolledRows;
use realtime::Realtime;
use tokio::task::JoinSet;

pub use hydration::{Hydration, Reach};

const NAME: &str = "realtime";
const SOCKETS_STOP: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// What kept it from starting or made it stop.
pub async fn run(config: Config) -> Result<()> {
    process::run_service(config, NAME, Service::start).await
}

/// What differs between installations.
pub fn options(config: &Config, secrets: &Secrets) -> realtime::Options {
    realtime::Options {
        source: process::cell(secrets),
        version: process::version_id(&process::client_config(config, secrets)),
        site_origin: config.http.site_url.as_ref().map(|url| url.as_str().to_owned()),
        sockets_per_account_max: config.limits.sockets_per_account_max.size(),
    }
}

/// Sockets have come as far as what was pushed.
struct Pushed(Realtime);

impl AccessEnded for Pushed {
    fn passed(&self, position: Position) -> BoxFuture<'_, ()> {
        self.0.passed(position)
    }
}

impl Progress for Pushed {
    fn next(&self, partition: Partition) -> u64 {
        self.0.pushed(partition)
    }
}

struct Service {
    fold: Fold,
    realtime: Realtime,
    notes: Notes,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
}

impl Service {
    async fn start(parts: ServiceParts) -> Result<Self> {
        let health = Health::default();
        let lease = Arc::new(Lease::default());
        let fold =
            process::folded(&parts.storage, &Topic::DURABLE, Some(Arc::clone(&lease)), parts.rules)
                .await?;
        let reader = parts.readable().await;
        let statuses = Arc::new(StatusBoard::new());
        let presence = Presence::follow(parts.storage.reader(), Arc::clone(&statuses)).await?;
        let rows = PolledRows::new(reader.clone());
        let collapsed_threads = process::collapsed_threads(&parts.config);
        let hydration =
            Hydration { fold: fold.clone(), reader: reader.clone(), rows, collapsed_threads };
        let realtime = Realtime::start(realtime::Parts {
            fold: fold.clone(),
            presence,
            presence_log: parts.storage.presence(),
            statuses,
            hydrate: Arc::new(hydration),
            options: options(&parts.config, &parts.secrets),
        });
        let realtime = realtime.await?;
        let (cell, log) = (process::cell(&parts.secrets), parts.storage.presence());
        let progress = Arc::new(Pushed(realtime.clone()));
        let notes = Notes::start(NAME, cell, log, (&fold, lease), progress).await?;
        let mut tasks = JoinSet::new();
        let (source, said) = (process::cell(&parts.secrets), parts.storage.presence());
        tasks.spawn(process::say_uses(fold.clone(), source, said));
        process::watch_service(&mut tasks, &parts, &fold, &reader, &health);
        let router = parts.edge(realtime.router(), &health);
        Ok(Self { fold, realtime, notes, router, health, tasks })
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
            reason = self.fold.stopped() => reason.into(),
            () = self.realtime.stopped() => anyhow!("the sockets' thread has ended"),
        }
    }

    async fn leave(&self) {
        ended_in_time("sockets", SOCKETS_STOP, self.realtime.close()).await;
    }

    async fn stop(mut self) {
        self.notes.end().await;
        self.tasks.shutdown().await;
    }
}

//! The services, in the order in which they need each other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use axum::Router;
use command_api::CommandApi;
use events::{Partition, Topic};
use fold::snapshots::Snapshots;
use fold::{Fold, Presence, StatusBoard};
use platform::health::{Health, PartHealth};
use process::{Announced, Parts, RULES_KNOWN, Running, ended_in_time, watch};
use projector::Projector;
use projector::archiver::Archiver;
use query_api::StreamOptions;
use read_model::Reader;
use realtime::Realtime;
use realtime_server::Hydration;
use search_index::Searcher;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::rows::Projected;
use crate::search;

/// Between two lines about rows that are being made again.
const TELL_EVERY: Duration = Duration::from_secs(5);
const PROJECTOR_STOP: Duration = Duration::from_millis(1_000);
const ARCHIVER_STOP: Duration = Duration::from_millis(2_000);
const GOODBYE: Duration = Duration::from_millis(500);
const SOCKETS_STOP: Duration = Duration::from_secs(1);

/// Everything that runs.
pub(crate) struct Services {
    announced: Announced,
    fold: Fold,
    projector: Projector,
    archiver: Archiver,
    realtime: Realtime,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
    /// Ends the streams of events.
    leaving: CancellationToken,
}

/// What the services share, made before the first of them.
struct Common {
    fold: Fold,
    reader: Reader,
    rows: Projected,
    searcher: Searcher,
    statuses: Arc<StatusBoard>,
    presence: Presence,
}

impl Services {
    /// Starts everything; returns when all can serve.
    pub async fn start(parts: Parts<'_>) -> Result<Self> {
        let health = Health::default();
        let (cell, presence) = (process::cell(&parts.secrets), parts.storage.presence());
        let announced = Announced::start(crate::NAME, RULES_KNOWN, cell, presence).await?;
        let fold = process::folded(&parts.storage, &Topic::DURABLE, None, RULES_KNOWN).await?;
        let projector = projecting(&parts).await?;
        let searcher = search::open(&projector, &parts.index_directory()).await?;
        let rows = Projected::new(projector.positions());
        let statuses = Arc::new(StatusBoard::new());
        let presence = Presence::follow(parts.storage.reader(), Arc::clone(&statuses)).await?;
        let reader = parts.reader();
        let common = Common { fold, reader, rows, searcher, statuses, presence };
        let realtime = sockets(&parts, &common).await?;
        let commands = commands(&parts, &common, &realtime);
        let secrets = parts.config.secrets.path(parts.data.path());
        let joining =
            || format!("failed to join the installation with the secrets in {}", secrets.display());
        commands.open_cell().await.with_context(joining)?;
        rows_caught_up(&common, &projector).await?;
        let tasks = tasks(&parts, &common, &commands, &projector, &health);
        let fold = common.fold.clone();
        let archiver =
            projector_server::archiving(&parts.storage, parts.archive.clone(), &parts.secrets);
        let leaving = CancellationToken::new();
        let stream = StreamOptions::new(
            &parts.config.stream,
            process::cell(&parts.secrets),
            leaving.clone(),
        );
        let router = router(&parts, common, commands, &realtime, (&health, stream));
        Ok(Self { announced, fold, projector, archiver, realtime, router, health, tasks, leaving })
    }
}

impl Running for Services {
    fn router(&self) -> Router {
        self.router.clone()
    }

    fn health(&self) -> &Health {
        &self.health
    }

    async fn failed(&self) -> anyhow::Error {
        tokio::select! {
            reason = self.fold.stopped() => reason.into(),
            reason = self.projector.stopped() => reason.into(),
            reason = self.archiver.stopped() => reason.into(),
            () = self.realtime.stopped() => anyhow!("the sockets' thread has ended"),
        }
    }

    async fn leave(&self) {
        self.leaving.cancel();
        ended_in_time("sockets", SOCKETS_STOP, self.realtime.close()).await;
    }

    async fn stop(mut self) {
        self.tasks.shutdown().await;
        tokio::join!(
            ended_in_time("projector", PROJECTOR_STOP, self.projector.stop()),
            ended_in_time("archiver", ARCHIVER_STOP, self.archiver.stop()),
            ended_in_time("goodbye", GOODBYE, self.announced.end()),
        );
    }
}

async fn projecting(parts: &Parts<'_>) -> Result<Projector> {
    let database = parts.read_model();
    projector_server::prepared(parts.database, &database).await?;
    let deps = projector::Deps {
        log: parts.storage.reader(),
        database,
        index: Some(parts.index_directory()),
        snapshots: Snapshots::new(Arc::clone(&parts.storage.objects)),
    };
    Ok(Projector::start(deps, projector::Options::default()))
}

async fn sockets(parts: &Parts<'_>, common: &Common) -> Result<Realtime> {
    let hydration = Hydration {
        fold: common.fold.clone(),
        reader: common.reader.clone(),
        rows: common.rows.clone(),
        collapsed_threads: process::collapsed_threads(parts.config),
    };
    let started = Realtime::start(realtime::Parts {
        fold: common.fold.clone(),
        presence: common.presence.clone(),
        presence_log: parts.storage.presence(),
        statuses: Arc::clone(&common.statuses),
        hydrate: Arc::new(hydration),
        options: realtime_server::options(parts.config, &parts.secrets),
    });
    Ok(started.await?)
}

fn commands(parts: &Parts<'_>, common: &Common, realtime: &Realtime) -> CommandApi {
    CommandApi::new(command_api::Parts {
        log: Arc::clone(&parts.storage.log),
        keys: parts.storage.keys.clone(),
        fold: common.fold.clone(),
        secrets: Arc::clone(&parts.secrets),
        reader: common.reader.clone(),
        projection: Arc::new(common.rows.clone()),
        objects: Arc::clone(&parts.storage.objects),
        access: vec![Arc::new(realtime.clone())],
        statuses: Arc::clone(&common.statuses),
        presence: common.presence.clone(),
        settings: command_api_server::settings(parts.config, &parts.secrets),
    })
}

/// What goes on beside the answers.
fn tasks(
    parts: &Parts<'_>,
    common: &Common,
    commands: &CommandApi,
    projector: &Projector,
    health: &Health,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let managed = commands.clone();
    tasks.spawn(async move { managed.run_process_manager().await });
    let scheduling = commands.clone();
    tasks.spawn(async move { scheduling.run_scheduler().await });
    let retaining = commands.clone();
    tasks.spawn(async move { retaining.run_retention_daily().await });
    let (sealing, archive) = (commands.clone(), parts.archive.clone());
    let signer = process::archive_signer(&parts.secrets).public_key();
    tasks.spawn(async move { sealing.seal_once_replaced(archive, signer).await });
    let (taking, presence) = (commands.clone(), common.presence.clone());
    tasks.spawn(async move { taking.take_in_statuses(&presence).await });
    let (noting, presence) = (commands.clone(), common.presence.clone());
    tasks.spawn(async move { noting.take_in_uses(&presence).await });
    let (source, said) = (process::cell(&parts.secrets), parts.storage.presence());
    tasks.spawn(process::say_uses(common.fold.clone(), source, said));
    tasks.spawn(search::follow(common.searcher.clone(), projector.index_commits()));
    tasks.spawn(process::report_lag(common.fold.clone(), common.searcher.clone()));
    tasks.spawn(watch::log(common.fold.clone(), registered(health, "log")));
    let reader = common.reader.clone();
    tasks.spawn(watch::postgres(parts.database, reader, registered(health, "postgres")));
    tasks
}

/// Waits until the rows show all that the log holds: they are made again if they were lost.
async fn rows_caught_up(common: &Common, projector: &Projector) -> Result<()> {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends =
        common.fold.log().ends(&partitions).await.context("failed to read the log's ends")?;
    let ends: Vec<(Partition, u64)> = partitions.into_iter().zip(ends).collect();
    let mut tell = tokio::time::interval_at((Instant::now() + TELL_EVERY).into(), TELL_EVERY);
    let caught_up = common.rows.reach_all(&ends);
    tokio::pin!(caught_up);
    loop {
        tokio::select! {
            () = &mut caught_up => return Ok(()),
            reason = projector.stopped() => return Err(reason.into()),
            _ = tell.tick() => tracing::info!("the read model is being made from the log"),
        }
    }
}

fn router(
    parts: &Parts<'_>,
    common: Common,
    commands: CommandApi,
    realtime: &Realtime,
    (health, stream): (&Health, StreamOptions),
) -> Router {
    let queries = query_api::router(query_api::Parts {
        fold: common.fold,
        reader: common.reader,
        rows: Arc::new(common.rows),
        searcher: common.searcher,
        objects: Arc::clone(&parts.storage.objects),
        statuses: common.statuses,
        secrets: Arc::clone(&parts.secrets),
        health: health.clone(),
        config: process::client_config(parts.config, &parts.secrets),
        kept: process::kept(parts.config),
        page: web_page::page,
        stream,
        fetching: query_api::LinkOptions::new(&parts.config.links),
    });
    let routes = queries.merge(command_api::routes(commands)).merge(realtime.router());
    let page = Some(web_page::page as platform::http::WebPage);
    process::edge(routes, (parts.config, &parts.secrets), &parts.metrics, health, page)
}

/// A part that the start has just seen working, and that is watched from now on.
fn registered(health: &Health, name: &'static str) -> PartHealth {
    let part = health.register(name);
    part.ready();
    part
}

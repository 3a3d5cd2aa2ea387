//! The services, in the order in which they need each other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use axum::Router;
use command_api::CommandApi;
use event_log::PresenceAppender;
use events::Partition;
use fold::snapshots::Snapshots;
use fold::{Fold, FoldSet, StatusBoard};
use futures::FutureExt;
use platform::config::Config;
use platform::health::{Health, PartHealth};
use platform::http::EdgeSettings;
use platform::secrets::Secrets;
use projector::Projector;
use read_model::Reader;
use realtime::Realtime;
use search_index::Searcher;
use tokio::task::JoinSet;

use crate::hydrate::Hydration;
use crate::rows::Projected;
use crate::status::StatusDoor;
use crate::{Parts, ended_in_time, identity, lag, search, watch};

/// Connections of those who read; the projector has its own.
const READER_CONNECTIONS_MAX: u32 = 16;
/// The fold reads a million records in seconds; a log that stands still for so long is at fault.
const FOLD_PATIENCE: Duration = Duration::from_secs(600);
/// Between two lines about rows that are being made again.
const TELL_EVERY: Duration = Duration::from_secs(5);
const PROJECTOR_STOP: Duration = Duration::from_millis(1_000);
const SOCKETS_STOP: Duration = Duration::from_secs(1);

/// Everything that runs.
pub(crate) struct Services {
    fold: Fold,
    projector: Projector,
    realtime: Realtime,
    router: Router,
    health: Health,
    tasks: JoinSet<()>,
}

/// What the services share, made before the first of them.
struct Common {
    fold: Fold,
    reader: Reader,
    rows: Projected,
    searcher: Searcher,
    statuses: Arc<StatusBoard>,
}

impl Services {
    /// Starts everything; returns when all can serve.
    pub async fn start(parts: Parts<'_>, health: &Health) -> Result<Self> {
        let fold = folded(&parts).await?;
        let projector = projecting(&parts).await?;
        let searcher = search::open(&projector, &index_directory(&parts)).await?;
        let rows = Projected::new(projector.positions());
        let pool = database(&parts).pool(READER_CONNECTIONS_MAX);
        let statuses = Arc::new(StatusBoard::new());
        let common = Common { fold, reader: Reader::new(pool), rows, searcher, statuses };
        let door = StatusDoor::default();
        let realtime = sockets(&parts, &common, &door).await?;
        let commands = commands(&parts, &common, &realtime);
        door.open(&commands);
        let secrets = parts.config.secrets.path(parts.data.path());
        let joining =
            || format!("failed to join the installation with the secrets in {}", secrets.display());
        commands.open_cell().await.with_context(joining)?;
        rows_caught_up(&common, &projector).await?;

        let mut tasks = JoinSet::new();
        let managed = commands.clone();
        tasks.spawn(async move { managed.run_process_manager().await });
        tasks.spawn(search::follow(common.searcher.clone(), projector.index_commits()));
        tasks.spawn(lag::report(common.fold.clone(), common.searcher.clone()));
        tasks.spawn(watch::log(common.fold.clone(), registered(health, "log")));
        let reader = common.reader.clone();
        tasks.spawn(watch::postgres(parts.database, reader, registered(health, "postgres")));
        let fold = common.fold.clone();
        let router = router(&parts, common, commands, &realtime, health);
        Ok(Self { fold, projector, realtime, router, health: health.clone(), tasks })
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Resolves with the reason when a part had to stop: the process must end.
    pub async fn failed(&self) -> anyhow::Error {
        tokio::select! {
            reason = self.fold.stopped() => reason.into(),
            reason = self.projector.stopped() => reason.into(),
            () = self.realtime.stopped() => anyhow!("the sockets' thread has ended"),
        }
    }

    /// Says goodbye to everyone who holds a socket; from here on ping says no.
    pub async fn close_sockets(&self) {
        self.health.register("server").not_ready("stopping");
        ended_in_time("sockets", SOCKETS_STOP, self.realtime.close()).await;
    }

    /// Stops what serves, then what writes.
    pub async fn stop(mut self) {
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        ended_in_time("projector", PROJECTOR_STOP, self.projector.stop()).await;
    }
}

/// The fold with all that the log holds now.
async fn folded(parts: &Parts<'_>) -> Result<Fold> {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let log = &parts.storage.log;
    let ends = log.ends(&partitions).await.context("failed to read the log's ends")?;
    let ends: BTreeMap<Partition, u64> = partitions.iter().copied().zip(ends).collect();
    let set = FoldSet::new();
    let snapshots = Snapshots::new(Arc::clone(&parts.storage.objects));
    let end = |partition| ends.get(&partition).copied().unwrap_or(0);
    snapshots.restore(&set, end).await.context("failed to read the fold's snapshots")?;
    let options = fold::Options { digests: Some(snapshots.digests()), ..fold::Options::default() };
    let fold = Fold::start(parts.storage.reader(), set, options)
        .await
        .context("failed to follow the log")?;
    let caught_up = fold.catch_up(&partitions, Instant::now() + FOLD_PATIENCE).await;
    if let Err(error) = caught_up {
        // A fold that had to stop says why; that it did not get there follows from it.
        let reason = fold.stopped().now_or_never();
        return Err(reason.map_or_else(|| error.into(), Into::into));
    }
    Ok(fold)
}

fn database(parts: &Parts<'_>) -> read_model::Database {
    read_model::Database::new(parts.database.connect_options())
}

fn index_directory(parts: &Parts<'_>) -> std::path::PathBuf {
    parts.data.path().join("index")
}

async fn projecting(parts: &Parts<'_>) -> Result<Projector> {
    let database = database(parts);
    prepared(parts, &database).await?;
    let deps = projector::Deps {
        log: parts.storage.reader(),
        database,
        index: Some(index_directory(parts)),
        snapshots: Snapshots::new(Arc::clone(&parts.storage.objects)),
    };
    Ok(Projector::start(deps, projector::Options::default()))
}

/// The tables are there. Those of another version are made anew, because the log brings their rows
/// back; but in a database that is not ours alone only whoever runs it may say so.
async fn prepared(parts: &Parts<'_>, database: &read_model::Database) -> Result<()> {
    let failed = "failed to prepare the read model";
    let Err(error) = database.migrate().await else { return Ok(()) };
    if !error.is_of_another_version() {
        return Err(error).context(failed);
    }
    if let platform::postgres::Database::External(_) = parts.database {
        bail!(
            "the read model in this database is of another version of nottermost; \
             `replay rebuild` makes it anew from the log"
        );
    }
    tracing::warn!("the read model is of another version; it is being made anew from the log");
    database.drop_schema().await.context(failed)?;
    database.migrate().await.context(failed)
}

async fn sockets(parts: &Parts<'_>, common: &Common, door: &StatusDoor) -> Result<Realtime> {
    let config = parts.config;
    let hydration = Hydration {
        fold: common.fold.clone(),
        reader: common.reader.clone(),
        rows: common.rows.clone(),
    };
    let options = realtime::Options {
        source: identity::cell(&parts.secrets),
        version: identity::version_id(&identity::client_config(config, &parts.secrets)),
        site_origin: config.http.site_url.as_ref().map(|url| url.as_str().to_owned()),
        sockets_per_account_max: config.limits.sockets_per_account_max.size(),
    };
    let started = Realtime::start(realtime::Parts {
        fold: common.fold.clone(),
        presence: PresenceAppender::new(Arc::clone(&parts.storage.log)),
        statuses: Arc::clone(&common.statuses),
        hydrate: Arc::new(hydration),
        set_status: Arc::new(door.clone()),
        options,
    });
    Ok(started.await?)
}

fn commands(parts: &Parts<'_>, common: &Common, realtime: &Realtime) -> CommandApi {
    CommandApi::new(command_api::Parts {
        log: Arc::clone(&parts.storage.log),
        fold: common.fold.clone(),
        secrets: Arc::clone(&parts.secrets),
        reader: common.reader.clone(),
        projection: Arc::new(common.rows.clone()),
        objects: Arc::clone(&parts.storage.objects),
        access: vec![Arc::new(realtime.clone())],
        statuses: Arc::clone(&common.statuses),
        settings: command_settings(parts.config, &parts.secrets),
    })
}

fn command_settings(config: &Config, secrets: &Secrets) -> command_api::Settings {
    command_api::Settings {
        cell: identity::cell(secrets),
        visible_wait: config.write.visible_wait_ms.millis(),
        deadline: config.write.deadline_ms.millis(),
        open_server: config.service.enable_open_server,
        file_bytes_max: config.limits.file_bytes_max.get(),
        secure_cookies: config.http.site_url.as_ref().is_some_and(|url| url.is_tls()),
    }
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
    health: &Health,
) -> Router {
    let client = identity::client_config(parts.config, &parts.secrets);
    let settings = EdgeSettings {
        version_id: identity::version_id(&client),
        json_body_bytes_max: parts.config.limits.json_body_bytes_max.size(),
    };
    let queries = query_api::router(query_api::Parts {
        fold: common.fold,
        reader: common.reader,
        rows: Arc::new(common.rows),
        searcher: common.searcher,
        objects: Arc::clone(&parts.storage.objects),
        statuses: common.statuses,
        secrets: Arc::clone(&parts.secrets),
        health: health.clone(),
        config: client,
    });
    let routes = queries
        .merge(command_api::routes(commands))
        .merge(realtime.router())
        .merge(parts.metrics.router());
    platform::http::edge(routes, settings)
}

/// A part that the start has just seen working, and that is watched from now on.
fn registered(health: &Health, name: &'static str) -> PartHealth {
    let part = health.register(name);
    part.ready();
    part
}

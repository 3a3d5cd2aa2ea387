//! A small installation in this process: a log in memory, its fold, the projector with a private
//! Postgres and an index, and the router under test. Events are written as commands would write them,
//! and each is waited for in fold and rows.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Weak};
use std::time::{Duration, Instant};

use axum::Router;
use domain::Refusal;
use event_archive::{DirectoryStore, ObjectStore};
use event_log::EventLog;
use event_log::testing::MemoryLog;
use events::{Actor, Event, EventId, Id, Meta, Partition, Position, Topic, UserId};
use fold::snapshots::Snapshots;
use fold::{Fold, FoldSet, StatusBoard};
use platform::health::Health;
use platform::http::{EdgeSettings, edge};
use platform::postgres::PrivateCluster;
use platform::secrets::Secrets;
use projector::{Deps, Projector};
use query_api::{Parts, StreamOptions};
use read_model::PolledRows;
use read_model::{Database, Reader};
use search_index::Searcher;
use sqlx::PgPool;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::page::page;

/// All tests share one runtime, because they share what runs on it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));
static POSTGRES: Mutex<Weak<Postgres>> = Mutex::const_new(Weak::new());
static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// How long what must come is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// A cluster, started by the first test that needs one and ended with the last.
struct Postgres {
    cluster: PrivateCluster,
    _directory: tempfile::TempDir,
}

async fn postgres() -> Arc<Postgres> {
    let mut shared = POSTGRES.lock().await;
    if let Some(running) = shared.upgrade() {
        return running;
    }
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let cluster = PrivateCluster::start(&directory.path().join("postgres")).await;
    let cluster = cluster.expect("a private Postgres starts");
    let started = Arc::new(Postgres { cluster, _directory: directory });
    *shared = Arc::downgrade(&started);
    started
}

/// How a world is made.
pub struct Setup {
    pub stream: StreamOptions,
    pub links: query_api::LinkOptions,
    pub folds: FoldSet,
    pub folding: fold::Options,
    /// What each connection of the read side is told to be like.
    pub session: &'static [(&'static str, &'static str)],
}

impl Default for Setup {
    fn default() -> Self {
        let config = platform::config::Config::defaults();
        let settings = config.stream;
        let leaving = CancellationToken::new();
        Self {
            stream: StreamOptions::new(&settings, "nottermost/test".to_owned(), leaving),
            links: query_api::LinkOptions::new(&config.links),
            folds: FoldSet::new(),
            folding: fold::Options::default(),
            session: &[],
        }
    }
}

pub struct World {
    pub fold: Fold,
    pub objects: Arc<dyn ObjectStore>,
    pub secrets: Arc<Secrets>,
    pub health: Health,
    pub router: Router,
    pub leaving: CancellationToken,
    log: Arc<MemoryLog>,
    pool: PgPool,
    projector: Projector,
    searcher: Searcher,
    _directory: tempfile::TempDir,
    _postgres: Arc<Postgres>,
}

impl World {
    pub async fn start() -> Self {
        Self::start_as(Setup::default()).await
    }

    pub async fn start_as(setup: Setup) -> Self {
        let postgres = postgres().await;
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(MemoryLog::new());
        let objects: Arc<dyn ObjectStore> =
            Arc::new(DirectoryStore::open(directory.path().join("objects")).unwrap());
        let schema = format!("reads_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let database = Database::in_schema(postgres.cluster.connect_options(), &schema);
        database.migrate().await.unwrap();
        let index = directory.path().join("index");
        let deps = Deps {
            log: Arc::clone(&log) as Arc<dyn EventLog>,
            database: database.clone(),
            index: Some(index.clone()),
            snapshots: Snapshots::new(Arc::clone(&objects)),
        };
        let projector = Projector::start(deps, projector::Options::default());
        let searcher = open_index(&index).await;
        let fold =
            Fold::start(Arc::clone(&log) as Arc<dyn EventLog>, setup.folds, setup.folding).await;
        let fold = fold.unwrap();
        let session = setup.session.iter().copied();
        let options = postgres.cluster.connect_options().options(session);
        let pool = Database::in_schema(options, &schema).pool(4);
        let reader = Reader::new(pool.clone());
        let secrets = Arc::new(Secrets::from_keys([1; 32], [2; 32]));
        let health = Health::default();
        let parts = Parts {
            fold: fold.clone(),
            rows: Arc::new(PolledRows::new(reader.clone())),
            reader,
            searcher: searcher.clone(),
            objects: Arc::clone(&objects),
            statuses: Arc::new(StatusBoard::new()),
            secrets: Arc::clone(&secrets),
            health: health.clone(),
            config: config(),
            kept: domain::Kept { message_days: 365, file_days: 0 },
            page,
            stream: setup.stream.clone(),
            fetching: setup.links.clone(),
        };
        let settings = EdgeSettings {
            version_id: "11.0.0.1.x.false".to_owned(),
            json_body_bytes_max: 300_000,
            limits: Default::default(),
            page: Some(page),
        };
        let router = edge(query_api::router(parts), settings);
        Self {
            fold,
            objects,
            secrets,
            health,
            router,
            leaving: setup.stream.leaving,
            log,
            pool,
            projector,
            searcher,
            _directory: directory,
            _postgres: postgres,
        }
    }

    /// Appends an event and waits until fold and rows have it. It must be admitted.
    pub async fn append(&self, key: Id, event: impl Into<Event>) -> Position {
        let position = self.append_unread(key, event).await;
        self.projected(position).await;
        position
    }

    /// As [`Self::append`], by somebody.
    pub async fn append_by(&self, actor: UserId, key: Id, event: impl Into<Event>) {
        let (position, outcome) = self.append_judged(key, event.into(), Actor::User(actor)).await;
        outcome.expect("it is admitted");
        self.projected(position).await;
    }

    /// As [`Self::append`], without waiting for the rows.
    pub async fn append_unread(&self, key: Id, event: impl Into<Event>) -> Position {
        let event = event.into();
        let event_type = event.event_type();
        let (position, outcome) = self.append_judged(key, event, Actor::System).await;
        outcome.unwrap_or_else(|refusal| panic!("{event_type} is void: {refusal:?}"));
        position
    }

    /// Appends an event that must be void.
    pub async fn append_void(&self, key: Id, event: impl Into<Event>) {
        let (_, outcome) = self.append_judged(key, event.into(), Actor::System).await;
        outcome.unwrap_err();
    }

    async fn append_judged(
        &self,
        key: Id,
        event: Event,
        actor: Actor,
    ) -> (Position, Result<i64, Refusal>) {
        let partition = Partition::of(event.topic(), key.as_bytes());
        let (id, now) = (EventId::random(), platform::clock::now_ms());
        let meta = Meta::new(id, key, now, self.fold.next(partition), actor);
        let record = events::encode("test", &meta, &event);
        let appended = self.log.append(partition, record).await.unwrap();
        let position = Position::new(partition, appended.offset);
        let deadline = Instant::now() + PATIENCE;
        self.fold.wait_for(partition, appended.offset + 1, deadline).await.unwrap();
        let outcome = self.fold.outcome(partition, id).expect("it was judged");
        (position, outcome.result)
    }

    /// Waits until the rows have the event at `position`.
    pub async fn projected(&self, position: Position) {
        let deadline = Instant::now() + PATIENCE;
        let positions = self.projector.positions();
        positions.wait_for(position.partition, position.offset, deadline).await.unwrap();
    }

    /// Keeps the projector from writing posts for as long as the answer is held; readers go on.
    pub async fn hold_posts(&self) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let mut held = self.pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE posts IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
        held
    }

    /// Takes the database from the read side.
    pub async fn without_database(&self) {
        self.pool.close().await;
    }

    /// Waits until the index shows all that the channels partitions hold now.
    pub async fn indexed(&self) {
        let mut commits = self.projector.index_commits();
        let behind = |searcher: &Searcher| {
            Topic::Channels.partitions().any(|partition| {
                let next = self.fold.next(partition);
                next > 0 && !searcher.positions().contains(Position::new(partition, next - 1))
            })
        };
        self.searcher.reload().unwrap();
        while behind(&self.searcher) {
            tokio::time::timeout(PATIENCE, commits.changed()).await.unwrap().unwrap();
            self.searcher.reload().unwrap();
        }
    }
}

/// The index is there as soon as its writer has opened it.
async fn open_index(directory: &Path) -> Searcher {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Searcher::open(directory) {
            Ok(searcher) => return searcher,
            Err(error) if Instant::now() > deadline => panic!("no index: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

fn config() -> wire::ClientConfig {
    wire::ClientConfig {
        version: "11.0.0".into(),
        build_number: "1".into(),
        build_hash: "x".into(),
        site_url: String::new(),
        site_name: "nottermost".into(),
        enable_public_link: true,
        enable_guest_accounts: true,
        enable_link_previews: true,
        has_image_proxy: true,
        max_file_size_bytes: 1 << 20,
        max_post_size_runes: 16_383,
        password_length_min: 8,
        diagnostic_id: String::new(),
        collapsed_threads: wire::CollapsedThreads::DefaultOn,
    }
}

//! A second version of rows and index beside the one that serves: it is made, compared, put in its place and
//! put back while the log goes on and readers read.

mod common;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::history::History;
use common::log;
use common::postgres::Postgres;
use event_archive::DirectoryStore;
use event_log::LogReader;
use event_log::testing::MemoryLog;
use events::Partition;
use fold::FoldSet;
use fold::snapshots::Snapshots;
use projector::beside::{Outcome, Version, Versions, Wish, Wishes};
use projector::{Deps, MemoryTables, Options, Projector, RowChanges, compare};
use read_model::Database;
use search_index::Searcher;
use sqlx::Row;
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(60);

struct Installation {
    history: History,
    log: Arc<MemoryLog>,
    database: Database,
    postgres: Postgres,
    files: tempfile::TempDir,
}

impl Installation {
    async fn start() -> Self {
        let postgres = Postgres::start().await;
        let database = postgres.database("versions").await;
        let files = tempfile::tempdir().expect("a temporary directory can be made");
        Self {
            history: History::random(3, 0),
            log: Arc::new(MemoryLog::new()),
            database,
            postgres,
            files,
        }
    }

    fn index(&self) -> PathBuf {
        self.files.path().join("index")
    }

    fn versions(&self) -> Versions {
        Versions::new(self.database.clone(), Some(self.index()))
    }

    fn projector(&self) -> Projector {
        let store = DirectoryStore::open(self.files.path().join("objects"));
        let deps = Deps {
            log: Arc::clone(&self.log) as Arc<dyn LogReader>,
            database: self.database.clone(),
            index: Some(self.index()),
            snapshots: Snapshots::new(Arc::new(store.expect("a directory can be made"))),
        };
        Projector::start(deps, Options { snapshot_every_records: 20, ..Options::default() })
    }

    async fn append(&mut self, steps: usize) {
        log::go_on(&mut self.history, &self.log, steps).await;
    }

    async fn caught_up(&self, projector: &Projector) {
        let (positions, deadline) = (projector.positions(), Instant::now() + PATIENCE);
        for partition in Partition::durable() {
            if let Some(last) = self.log.records(partition).last() {
                let waited = positions.wait_for(partition, last.offset, deadline);
                waited.await.expect("the projector catches up");
            }
        }
    }

    /// Waits until a condition holds that changes elsewhere.
    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let looking = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, looking).await;
        waited.unwrap_or_else(|_| panic!("waited in vain until {what}"));
    }

    async fn wishes(&self) -> Wishes {
        self.until("the table of wishes is there", async || {
            Wishes::connect(&self.database).await.is_ok()
        })
        .await;
        Wishes::connect(&self.database).await.expect("the table is there")
    }

    /// What a wish comes to.
    async fn wish(&self, wish: Wish) -> (Outcome, String) {
        let mut wishes = self.wishes().await;
        let asked = wishes.ask(wish).await.expect("the wish is taken");
        self.answer(asked.number).await
    }

    async fn answer(&self, number: i64) -> (Outcome, String) {
        let mut wishes = self.wishes().await;
        let mut answer = None;
        self.until("the wish is answered", async || {
            let so_far = wishes.progress(number).await.expect("Postgres answers");
            answer = so_far.and_then(|so_far| so_far.outcome);
            answer.is_some()
        })
        .await;
        answer.expect("the wait was for it")
    }

    async fn done(&self, wish: Wish) {
        let (outcome, said) = self.wish(wish).await;
        assert_eq!(outcome, Outcome::Done, "{wish}: {said}");
    }

    async fn fails(&self, wish: Wish, with: &str) {
        let (outcome, said) = self.wish(wish).await;
        assert!(outcome == Outcome::Failed && said.contains(with), "{wish}: {outcome:?} {said}");
    }

    async fn found(&self) -> Vec<Version> {
        self.versions().found().await.expect("Postgres answers")
    }

    /// Rows are what the log says.
    async fn assert_rows(&self, version: Version) {
        let set = FoldSet::new();
        let mut changes = RowChanges::default();
        for partition in Partition::durable() {
            for record in self.log.records(partition) {
                changes.absorb(&set.apply(record).expect("known events"));
            }
        }
        let mut expected = MemoryTables::default();
        expected.apply(&changes).expect("both begin at the beginning");
        let database = self.versions().database(version);
        let mut connection = database.connect().await.expect("Postgres answers");
        let found = MemoryTables::load(&mut connection).await.expect("Postgres answers");
        assert_eq!(expected.difference(&found), None, "of the {} version", version.name());
    }

    fn fingerprint(&self, version: Version) -> search_index::Fingerprint {
        let index = self.versions().index(version).expect("there is an index");
        Searcher::open(&index).expect("the index can be opened").fingerprint()
    }

    async fn execute(&self, sql: &'static str) {
        let mut connection = self.database.connect().await.expect("Postgres answers");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("Postgres does it");
    }
}

/// Reads with prepared statements, without pause, from several tables at once.
struct Readers {
    stop: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
    running: Vec<JoinHandle<()>>,
}

impl Readers {
    fn start(database: &Database) -> Self {
        let pool = database.pool(4);
        let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let running = (0..4).map(|_| {
            let (pool, stop, reads) = (pool.clone(), Arc::clone(&stop), Arc::clone(&reads));
            tokio::spawn(async move {
                let mut before = 0;
                while !stop.load(Ordering::Relaxed) {
                    let row = sqlx::query(
                        "SELECT (SELECT COALESCE(sum(next_offset), 0)::bigint FROM projection_positions),
                                (SELECT count(*) FROM posts), (SELECT count(*) FROM users)",
                    )
                    .fetch_one(&pool)
                    .await
                    .expect("no read fails");
                    let now: i64 = row.get(0);
                    assert!(now >= before, "rows went back from {before} to {now}");
                    before = now;
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self { running: running.collect(), stop, reads }
    }

    async fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for reader in self.running {
            reader.await.expect("no read fails");
        }
        self.reads.load(Ordering::Relaxed)
    }
}

/// One cluster for all, because it takes a second to make.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_beside_is_made_compared_put_in_place_and_put_back() {
    let mut it = Installation::start().await;
    it.append(300).await;
    let projector = it.projector();
    it.caught_up(&projector).await;
    nothing_is_beside(&it).await;
    readers_notice_nothing(&mut it, &projector).await;
    a_difference_is_told(&it).await;
    tables_of_another_program_are_refused(&it).await;
    projector.stop().await;
    a_start_goes_on_with_what_is_beside(&mut it).await;
    a_start_finishes_or_removes_what_is_half_done(&it).await;
    a_lost_table_loses_wishes_only(&it).await;
    it.postgres.cluster.stop().await;
}

async fn nothing_is_beside(it: &Installation) {
    for wish in [Wish::Compare, Wish::Cutover, Wish::Rollback] {
        it.fails(wish, "nothing is beside").await;
    }
    it.done(Wish::Settle).await;
}

async fn readers_notice_nothing(it: &mut Installation, projector: &Projector) {
    let readers = Readers::start(&it.database);
    it.done(Wish::Rebuild).await;
    assert_eq!(it.found().await, [Version::Serving, Version::Next]);
    it.done(Wish::Compare).await;
    it.append(200).await;
    it.fails(Wish::Rollback, "has not served").await;
    it.done(Wish::Cutover).await;
    it.fails(Wish::Cutover, "served before").await;
    it.append(200).await;
    it.done(Wish::Rollback).await;
    it.done(Wish::Cutover).await;
    it.append(200).await;
    it.caught_up(projector).await;
    it.done(Wish::Compare).await;
    assert!(readers.stop().await > 0);
    assert_eq!(it.found().await, [Version::Serving, Version::Previous]);
    it.assert_rows(Version::Serving).await;
    it.assert_rows(Version::Previous).await;
    it.done(Wish::Settle).await;
    assert_eq!(it.found().await, [Version::Serving]);
    assert!(!it.files.path().join("index.previous").exists());
}

async fn a_difference_is_told(it: &Installation) {
    it.done(Wish::Rebuild).await;
    it.execute("UPDATE versions_next.users SET nickname = 'another'").await;
    let (outcome, said) = it.wish(Wish::Compare).await;
    assert!(outcome == Outcome::Different && said.starts_with("users: "), "{said}");
}

async fn tables_of_another_program_are_refused(it: &Installation) {
    it.execute("UPDATE versions_next._sqlx_migrations SET checksum = 'another'").await;
    it.fails(Wish::Cutover, "another version").await;
    it.done(Wish::Rebuild).await;
    it.done(Wish::Cutover).await;
}

async fn a_start_goes_on_with_what_is_beside(it: &mut Installation) {
    it.append(200).await;
    let projector = it.projector();
    it.caught_up(&projector).await;
    it.done(Wish::Compare).await;
    it.done(Wish::Rollback).await;
    projector.stop().await;
    it.assert_rows(Version::Next).await;
    assert_eq!(it.fingerprint(Version::Serving), it.fingerprint(Version::Next));
}

async fn a_start_finishes_or_removes_what_is_half_done(it: &Installation) {
    // As if a crash had come between the rows and the index of a cutover.
    it.execute(
        "BEGIN;
         ALTER SCHEMA versions RENAME TO versions_previous;
         ALTER SCHEMA versions_next RENAME TO versions;
         CREATE SCHEMA versions_making;
         COMMIT",
    )
    .await;
    let marked = it.files.path().join("index.next").join("this was next");
    std::fs::write(&marked, "").expect("the folder is there");
    let projector = it.projector();
    it.caught_up(&projector).await;
    it.done(Wish::Compare).await;
    assert!(it.index().join("this was next").exists(), "the folders have followed");
    assert!(!it.files.path().join("index.next").exists());
    assert_eq!(it.found().await, [Version::Serving, Version::Previous]);
    projector.stop().await;
    let (serving, previous) = (it.database.clone(), it.versions().database(Version::Previous));
    assert_eq!(compare(&serving, &previous).await.expect("both can be read"), []);
}

async fn a_lost_table_loses_wishes_only(it: &Installation) {
    it.execute("DROP SCHEMA versions_control CASCADE").await;
    let projector = it.projector();
    it.done(Wish::Rollback).await;
    it.caught_up(&projector).await;
    projector.stop().await;
    it.assert_rows(Version::Serving).await;
    it.versions().remove_all_beside().await.expect("what is beside can be removed");
    assert_eq!(it.found().await, [Version::Serving]);
}

//! The projector follows a log: over restarts, killed and set-back databases; a rebuild is equal.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::history::History;
use common::log::{self, new};
use common::postgres::{Postgres, empty};
use event_archive::DirectoryStore;
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader};
use events::Partition;
use fold::FoldSet;
use fold::snapshots::Snapshots;
use projector::{Deps, MemoryTables, Options, Place, Projector, RowChanges, compare, rebuild};
use read_model::Database;
use search_index::Searcher;

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
        let database = postgres.database("following").await;
        let files = tempfile::tempdir().expect("a temporary directory can be made");
        Self {
            history: History::random(3, 0),
            log: Arc::new(MemoryLog::new()),
            database,
            postgres,
            files,
        }
    }

    fn log(&self) -> Arc<dyn LogReader> {
        Arc::clone(&self.log) as Arc<dyn LogReader>
    }

    fn index(&self) -> std::path::PathBuf {
        self.files.path().join("index")
    }

    fn snapshots(&self) -> Snapshots {
        let store = DirectoryStore::open(self.files.path().join("objects"));
        Snapshots::new(Arc::new(store.expect("a directory can be made")))
    }

    fn projector(&self) -> Projector {
        let deps = Deps {
            log: self.log(),
            database: self.database.clone(),
            index: Some(self.index()),
            snapshots: self.snapshots(),
        };
        Projector::start(deps, Options { snapshot_every_records: 20, ..Options::default() })
    }

    async fn append(&mut self, steps: usize) {
        log::go_on(&mut self.history, &self.log, steps).await;
    }

    /// Waits until the rows have everything that the log has.
    async fn caught_up(&self, projector: &Projector) {
        let positions = projector.positions();
        let deadline = Instant::now() + Duration::from_secs(60);
        // Twice: while it follows a database that went back, a partition without anything new may
        // still be shown where it stood before.
        for partition in Partition::durable().chain(Partition::durable()) {
            if let Some(last) = self.log.records(partition).last() {
                let waited = positions.wait_for(partition, last.offset, deadline).await;
                waited.expect("the projector catches up");
            }
        }
    }

    /// What the log says.
    fn expected(&self) -> MemoryTables {
        let mut tables = MemoryTables::default();
        tables.apply(&self.changes()).expect("both begin at the beginning");
        tables
    }

    fn changes(&self) -> RowChanges {
        let set = FoldSet::new();
        let mut changes = RowChanges::default();
        for partition in Partition::durable() {
            for record in self.log.records(partition) {
                changes.absorb(&set.apply(record).expect("known events"));
            }
        }
        changes
    }

    fn assert_index(&self) {
        assert_eq!(post_count(&self.index()), self.posts_to_find());
    }

    fn posts_to_find(&self) -> u64 {
        let (expected, gone) = (self.expected(), self.changes().gone);
        let (erased, expired) = (gone.authors, gone.expired);
        let live = expected.posts.values().filter(|post| post.delete_at == 0);
        let found = live.filter(|post| {
            let blank = expired.iter().any(|expiry| {
                expiry.channel_id == post.channel_id
                    && post.create_at < expiry.before
                    && !expiry.kept_authors.contains(&post.user_id)
            });
            let by_nobody = erased.contains_key(&(post.channel_id, post.user_id));
            post.notice.is_empty() && !by_nobody && !blank
        });
        found.count() as u64
    }

    /// Waits until the index has everything that the log has.
    async fn indexed(&self, projector: &Projector) {
        let mut commits = projector.index_commits();
        let behind = || {
            let searcher = Searcher::open(&self.index()).expect("the index can be opened");
            let positions = searcher.positions();
            Partition::durable().find(|partition| {
                let last = self.log.records(*partition).last().map(|record| record.offset);
                last > positions.get(*partition).map(|position| position.offset)
            })
        };
        let indexed = async {
            while behind().is_some() {
                commits.changed().await.expect("the projector runs");
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), indexed).await;
        assert!(waited.is_ok(), "the index does not come to the end of {:?}", behind());
    }

    async fn assert_rows(&self) {
        let mut connection = self.database.connect().await.expect("Postgres answers");
        let found = MemoryTables::load(&mut connection).await.expect("Postgres answers");
        assert_eq!(self.expected().difference(&found), None);
    }
}

fn post_count(index: &Path) -> u64 {
    Searcher::open(index).expect("the index can be opened").post_count()
}

/// One cluster for all, because it takes a second to make.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_projector_follows_the_log() {
    let mut it = Installation::start().await;
    it.append(200).await;
    let projector = it.projector();
    it.caught_up(&projector).await;
    it.assert_rows().await;
    projector.stop().await;
    it.assert_index();

    restarts_skip_what_is_there(&mut it).await;
    a_killed_database_is_waited_for(&mut it).await;
    a_database_that_goes_back_is_followed_again(&mut it).await;
    a_second_writer_does_no_harm(&mut it).await;
    a_rebuild_is_equal(&it).await;
    rows_of_another_log_are_refused(it).await;
}

/// A restore brought less back than rows and index had seen, and what came since is something else.
async fn rows_of_another_log_are_refused(mut it: Installation) {
    let seen = Arc::clone(&it.log);
    let busiest = |partition: &Partition| seen.records(*partition).len();
    let partition = Partition::durable().max_by_key(busiest).expect("there are partitions");
    let shorter = MemoryLog::new();
    for other in Partition::durable() {
        let mut records = seen.records(other);
        if other == partition {
            records.pop();
        }
        for record in records {
            shorter.set_clock(record.appended_ms);
            shorter.append(other, new(&record)).await.expect("memory takes every record");
        }
    }
    let last = seen.records(partition).pop().expect("it holds something");
    let mut another = new(&last);
    for (name, value) in &mut another.headers {
        if name == "ce_id" {
            *value = events::EventId::random().to_string().into();
        }
    }
    shorter.append(partition, another).await.expect("memory takes every record");
    it.log = Arc::new(shorter);
    let stopped = it.projector().stopped().await.to_string();
    let place = format!("{partition} {}", last.offset);
    assert!(stopped.contains("of another log") && stopped.contains(&place), "{stopped}");
    it.postgres.cluster.stop().await;
}

async fn restarts_skip_what_is_there(it: &mut Installation) {
    it.append(200).await;
    let projector = it.projector();
    it.caught_up(&projector).await;
    projector.stop().await;
    it.assert_rows().await;
    it.assert_index();
    let projector = it.projector();
    it.caught_up(&projector).await;
    projector.stop().await;
    it.assert_index();
    let objects = it.files.path().join("objects");
    let kept = std::fs::read_dir(objects).expect("the store is a directory").count();
    assert!(kept > 0, "snapshots were written");
}

async fn a_killed_database_is_waited_for(it: &mut Installation) {
    let projector = it.projector();
    it.caught_up(&projector).await;
    let mut running = it.postgres.cluster.running();
    it.postgres.kill();
    running.wait_for(|running| !running).await.expect("the cluster is watched");
    it.append(100).await;
    it.caught_up(&projector).await;
    running.wait_for(|running| *running).await.expect("the cluster is watched");
    // A backend that outlived the postmaster may have taken rows that are lost by now.
    it.append(30).await;
    it.caught_up(&projector).await;
    projector.stop().await;
    it.assert_rows().await;
    it.assert_index();
}

async fn a_database_that_goes_back_is_followed_again(it: &mut Installation) {
    let projector = it.projector();
    it.caught_up(&projector).await;
    // As if the last hour had never been committed: here, everything.
    empty(&mut it.database.connect().await.expect("Postgres answers")).await;
    it.append(50).await;
    it.caught_up(&projector).await;
    projector.stop().await;
    it.assert_rows().await;
    it.assert_index();
}

async fn a_second_writer_does_no_harm(it: &mut Installation) {
    let deps = Deps {
        log: it.log(),
        database: it.database.clone(),
        index: None,
        snapshots: it.snapshots(),
    };
    let (one, other) = (it.projector(), Projector::start(deps, Options::default()));
    it.append(200).await;
    it.caught_up(&one).await;
    it.caught_up(&other).await;
    it.indexed(&one).await;
    one.stop().await;
    other.stop().await;
    it.assert_rows().await;
    it.assert_index();
}

async fn a_rebuild_is_equal(it: &Installation) {
    let beside = it.database.beside("rebuilt");
    let index = it.files.path().join("rebuilt-index");
    let mut told = 0;
    let place = Place { rows: Some(&beside), index: Some(&index) };
    let rebuilt = rebuild(&it.log(), place, |progress| told = progress.records)
        .await
        .expect("the log can be read");
    assert_eq!(rebuilt.records, told);
    for (partition, end) in &rebuilt.positions {
        assert_eq!(rebuilt.folds.next(*partition), *end, "{partition} is folded to its end");
    }
    assert_eq!(compare(&it.database, &beside).await.expect("both can be read"), []);
    let old = Searcher::open(&it.index()).expect("the index can be opened").fingerprint();
    let new = Searcher::open(&index).expect("the index can be opened").fingerprint();
    assert_eq!(old, new);

    let mut connection = beside.connect().await.expect("Postgres answers");
    sqlx::query(
        "UPDATE posts SET message = message || '!' WHERE id = (SELECT id FROM posts LIMIT 1)",
    )
    .execute(&mut connection)
    .await
    .expect("Postgres answers");
    let differences = compare(&it.database, &beside).await.expect("both can be read");
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].table, "posts");
}

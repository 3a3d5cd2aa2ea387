//! Rows and index that a rebuild makes, together or one of them alone, are those that following the log
//! makes, wherever the pages of the log end.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::history::History;
use common::postgres::Postgres;
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader, ReadError, ReadLimit, Tail};
use events::{NewRecord, Partition, SharedRecord};
use fold::FoldSet;
use futures::future::BoxFuture;
use projector::{MemoryTables, Place, RowChanges, RowWriter, rebuild};
use read_model::Database;
use search_index::{Fingerprint, Searcher};

const HISTORIES: u64 = 12;

/// A log that hands out few records at once.
#[derive(Debug)]
struct Paged(MemoryLog, usize);

impl LogReader for Paged {
    fn read(
        &self,
        partition: Partition,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<SharedRecord>, ReadError>> {
        self.0.read(partition, from, ReadLimit { records_max: self.1, ..limit })
    }

    fn ends<'a>(
        &'a self,
        partitions: &'a [Partition],
    ) -> BoxFuture<'a, Result<Vec<u64>, ReadError>> {
        self.0.ends(partitions)
    }

    fn tail(&self, from: Vec<(Partition, u64)>) -> BoxFuture<'_, Result<Box<dyn Tail>, ReadError>> {
        self.0.tail(from)
    }
}

/// The history as a log, with its times.
async fn paged(history: &History, page: usize) -> Arc<dyn LogReader> {
    let log = MemoryLog::new();
    for record in history.log.values().flatten() {
        log.set_clock(record.appended_ms);
        let (key, headers, body) = (record.key, record.headers.clone(), record.body.clone());
        let appended = log.append(record.partition, NewRecord { key, headers, body }).await;
        appended.expect("memory takes it");
    }
    Arc::new(Paged(log, page))
}

/// What the records come to one by one.
fn followed(history: &History) -> MemoryTables {
    let (set, mut tables) = (FoldSet::new(), MemoryTables::default());
    for record in history.log.values().flatten() {
        let mut changes = RowChanges::default();
        changes.absorb(&set.apply(Arc::clone(record)).expect("known events"));
        tables.apply(&changes).expect("each record follows the last one");
    }
    tables
}

async fn rows(database: &Database) -> MemoryTables {
    let mut writer = RowWriter::connect(database).await.expect("Postgres answers");
    MemoryTables::load(writer.connection()).await.expect("Postgres answers")
}

fn index(path: &Path) -> Fingerprint {
    Searcher::open(path).expect("it was made").fingerprint()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_is_what_following_makes() {
    let postgres = Postgres::start().await;
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let database = postgres.database("rebuilding").await;
    for seed in 0..HISTORIES {
        let history = History::random(seed, 250);
        let log = paged(&history, [1, 3, 17, 4_000][seed as usize % 4]).await;
        let path = |what: &str| -> PathBuf { folder.path().join(format!("{what}.{seed}")) };
        let (both, alone) = (path("both"), path("alone"));
        let places = [
            Place { rows: Some(&database), index: Some(&both) },
            Place { rows: None, index: Some(&alone) },
            Place { rows: Some(&database), index: None },
        ];
        let expected = followed(&history);
        for place in places {
            let made = rebuild(&log, place, |_| {}).await.expect("the log can be read");
            let records: usize = history.log.values().map(Vec::len).sum();
            assert_eq!(made.records, records as u64, "seed {seed}");
            if place.rows.is_some() {
                let found = rows(&database).await;
                assert_eq!(expected.difference(&found), None, "seed {seed}");
            }
        }
        assert_eq!(index(&both), index(&alone), "seed {seed}");
    }
    database.drop_schema().await.expect("Postgres answers");
    nothing_else_is_touched(&database, &folder.path().join("index")).await;
    postgres.cluster.stop().await;
}

/// An index alone needs no tables, and makes none.
async fn nothing_else_is_touched(database: &Database, path: &Path) {
    let log = paged(&History::random(1, 50), 7).await;
    let place = Place { rows: None, index: Some(path) };
    rebuild(&log, place, |_| {}).await.expect("the log can be read");
    let mut connection = database.connect().await.expect("Postgres answers");
    let made: Option<String> = sqlx::query_scalar("SELECT to_regnamespace('rebuilding')::text")
        .fetch_one(&mut connection)
        .await
        .expect("Postgres answers");
    assert_eq!(made, None);
}

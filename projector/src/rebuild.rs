//! Makes rows and index anew from the log, beside those that serve.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::FoldError;
use event_log::{LogReader, ReadError, ReadLimit};
use events::{Partition, Position, SharedRecord};
use fold::FoldSet;
use read_model::{Database, OpenError};
use search_index::{IndexChange, SearchWriter, WriterError, WriterOptions};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::analyze;
use crate::changes::{Gone, RowChanges};
use crate::index_feed::IndexFeed;
use crate::sql::{RowWriter, WriteError};

/// Records in one transaction.
const BATCH: ReadLimit = ReadLimit { records_max: 4_000, bytes_max: 8 << 20 };

/// Batches that wait between two stages: folding, rows and index work at the same time.
const AHEAD: usize = 4;

/// The same beside a server that serves, which needs the processors more.
const SMALL_BATCH: ReadLimit = ReadLimit { records_max: 1_000, bytes_max: 2 << 20 };
const INDEX_MEMORY_BYTES: usize = 256 << 20;
const SMALL_INDEX_MEMORY_BYTES: usize = 64 << 20;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub records: u64,
    pub of: u64,
}

/// What a rebuild made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub records: u64,
    /// The next offset of each partition that holds anything.
    pub positions: BTreeMap<Partition, u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Rows(#[from] WriteError),
    #[error("failed to prepare the read model")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error("failed to write the search index")]
    Index(#[from] WriterError),
    #[error("the rebuild was told to stop")]
    Stopped,
}

/// Makes the tables of `database`, replacing its schema, and the index in `index`, which must be
/// empty or absent, from the log as it stands now. `told` hears of the progress.
///
/// # Errors
/// [`RebuildError`]; what was made so far is of no use.
pub async fn rebuild(
    log: &Arc<dyn LogReader>,
    database: &Database,
    index: Option<&Path>,
    mut told: impl FnMut(Progress),
) -> Result<Rebuilt, RebuildError> {
    let whole = |progress| {
        told(progress);
        true
    };
    made(log, (database, index), Manner::Alone, whole).await
}

/// The same beside a server that serves: in small batches, with a rest after each that is as long as it
/// took. Stops in order once `stop` says so.
pub(crate) async fn rebuild_beside(
    log: &Arc<dyn LogReader>,
    place: (&Database, Option<&Path>),
    stop: watch::Receiver<bool>,
    told: watch::Sender<Progress>,
) -> Result<Rebuilt, RebuildError> {
    let hear = |progress| {
        told.send_replace(progress);
        !*stop.borrow()
    };
    made(log, place, Manner::Beside, hear).await
}

/// How much of the machine a rebuild takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Alone,
    Beside,
}

impl Manner {
    fn batch(self) -> ReadLimit {
        match self {
            Self::Alone => BATCH,
            Self::Beside => SMALL_BATCH,
        }
    }

    fn index(self) -> WriterOptions {
        let memory_bytes_per_thread = match self {
            Self::Alone => INDEX_MEMORY_BYTES,
            Self::Beside => SMALL_INDEX_MEMORY_BYTES,
        };
        WriterOptions { threads: 1, memory_bytes_per_thread }
    }

    async fn rest(self, after: Instant) {
        if self == Self::Beside {
            tokio::time::sleep(after.elapsed()).await;
        }
    }
}

/// `told` says whether to go on.
async fn made(
    log: &Arc<dyn LogReader>,
    (database, index): (&Database, Option<&Path>),
    manner: Manner,
    mut told: impl FnMut(Progress) -> bool,
) -> Result<Rebuilt, RebuildError> {
    database.drop_schema().await?;
    database.migrate().await?;
    let mut writer = RowWriter::connect(database).await?;
    let indexes = drop_indexes(writer.connection()).await?;
    let index = index.map(|index| Indexing::start(index, manner.index())).transpose()?;
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = log.ends(&partitions).await?;
    let mut progress = Progress { records: 0, of: ends.iter().sum() };
    let ends: Vec<_> = partitions.into_iter().zip(ends).filter(|(_, end)| *end > 0).collect();
    let (batches, mut incoming) = mpsc::channel(AHEAD);
    let mut gone = Gone::default();
    let folding = tokio::spawn(fold(Arc::clone(log), ends.clone(), manner.batch(), batches));
    let (mut indexed, mut wanted) = (true, told(progress));
    while indexed
        && wanted
        && let Some(Batch { mut changes, feed }) = incoming.recv().await
    {
        let began = Instant::now();
        gone.extend(std::mem::take(&mut changes.gone));
        writer.load(&changes).await?;
        if let Some(index) = &index {
            indexed = index.feed(feed, &mut writer).await?;
        }
        progress.records += changes.records();
        wanted = told(progress);
        manner.rest(began).await;
    }
    drop(incoming);
    folding.await.expect("folding does not panic")?;
    let mut indexing = index.map(Indexing::finish);
    if !(indexed && wanted)
        && let Some(ended) = indexing.take()
    {
        // Where it was the index, what ended it is what went wrong; the rest would only hide that.
        ended.await.expect("indexing does not panic")?;
    }
    if !wanted {
        return Err(RebuildError::Stopped);
    }
    if manner == Manner::Beside {
        let alone = "SET max_parallel_maintenance_workers = 0";
        sqlx::query(alone).execute(writer.connection()).await?;
    }
    for sql in indexes {
        sqlx::query(AssertSqlSafe(sql)).execute(writer.connection()).await?;
    }
    writer.let_go(&gone).await?;
    analyze::analyze(database).await?;
    if let Some(made) = indexing {
        made.await.expect("indexing does not panic")?;
    }
    Ok(Rebuilt { records: progress.records, positions: ends.into_iter().collect() })
}

/// What a run of records of one partition means.
struct Batch {
    changes: RowChanges,
    feed: IndexFeed,
}

/// Folds the partitions up to their ends. Stops early if nobody takes the batches any more.
async fn fold(
    log: Arc<dyn LogReader>,
    ends: Vec<(Partition, u64)>,
    limit: ReadLimit,
    batches: mpsc::Sender<Batch>,
) -> Result<(), RebuildError> {
    let set = FoldSet::new();
    for (partition, end) in ends {
        while set.next(partition) < end {
            let mut records = log.read(partition, set.next(partition), limit).await?;
            records.retain(|record| record.offset < end);
            if batches.send(folded(&set, records)?).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn folded(set: &FoldSet, records: Vec<SharedRecord>) -> Result<Batch, FoldError> {
    let (mut changes, mut feed) = (RowChanges::default(), IndexFeed::default());
    for record in records {
        let folded = set.apply(record)?;
        changes.absorb(&folded);
        feed.absorb(&folded);
    }
    Ok(Batch { changes, feed })
}

/// The index in the making, on a thread of its own.
struct Indexing {
    feeds: mpsc::Sender<(Vec<IndexChange>, Vec<Position>)>,
    made: JoinHandle<Result<(), WriterError>>,
}

impl Indexing {
    fn start(directory: &Path, options: WriterOptions) -> Result<Self, WriterError> {
        let mut writer = SearchWriter::open(directory, options)?;
        let (feeds, mut incoming) = mpsc::channel::<(Vec<IndexChange>, Vec<Position>)>(AHEAD);
        let made = tokio::task::spawn_blocking(move || {
            let mut positions = writer.positions().clone();
            while let Some((changes, reached)) = incoming.blocking_recv() {
                writer.apply(&changes)?;
                reached.into_iter().for_each(|position| positions.advance(position));
            }
            writer.commit(&positions)?;
            writer.close()
        });
        Ok(Self { feeds, made })
    }

    /// Takes what a batch means in; its rows are written. Says false if the index cannot be written.
    async fn feed(&self, feed: IndexFeed, rows: &mut RowWriter) -> Result<bool, RebuildError> {
        let unplaced = feed.unplaced();
        let places =
            if unplaced.is_empty() { BTreeMap::new() } else { rows.places(&unplaced).await? };
        let (changes, reached, _) = feed.finish(places);
        Ok(self.feeds.send((changes, reached)).await.is_ok())
    }

    /// Everything was fed: the thread commits and ends.
    fn finish(self) -> JoinHandle<Result<(), WriterError>> {
        self.made
    }
}

/// Takes away the indexes that only readers need, and returns what makes them again. Those that the
/// writer finds rows by stay: the keys, and the replies of a root.
async fn drop_indexes(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relnamespace = current_schema()::regnamespace
           AND NOT i.indisunique AND c.relname <> 'posts_by_root'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut definitions = Vec::with_capacity(rows.len());
    for row in rows {
        let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        sqlx::query(AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut *connection).await?;
        definitions.push(definition);
    }
    Ok(definitions)
}

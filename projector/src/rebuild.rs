//! Makes rows and index anew from the log, beside those that serve.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::FoldError;
use event_log::{LogReader, ReadError, ReadLimit};
use events::{Partition, SharedRecord};
use fold::FoldSet;
use read_model::{Database, OpenError};
use search_index::{Positions, SearchWriter, WriterError, WriterOptions};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::analyze;
use crate::changes::RowChanges;
use crate::index_feed::IndexFeed;
use crate::sql::{RowWriter, WriteError};

/// Records in one transaction.
const BATCH: ReadLimit = ReadLimit { records_max: 4_000, bytes_max: 8 << 20 };

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    database.drop_schema().await?;
    database.migrate().await?;
    let mut writer = RowWriter::connect(database).await?;
    let indexes = drop_indexes(writer.connection()).await?;
    let mut index = index.map(open_index).transpose()?;
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = log.ends(&partitions).await?;
    let mut progress = Progress { records: 0, of: ends.iter().sum() };
    let set = FoldSet::new();
    for (partition, end) in partitions.iter().zip(&ends) {
        while set.next(*partition) < *end {
            let mut records = log.read(*partition, set.next(*partition), BATCH).await?;
            records.retain(|record| record.offset < *end);
            progress.records += records.len() as u64;
            project(&set, records, &mut writer, index.as_mut()).await?;
            told(progress);
        }
    }
    for sql in indexes {
        sqlx::query(AssertSqlSafe(sql)).execute(writer.connection()).await?;
    }
    analyze::analyze(database).await?;
    if let Some((mut search, positions)) = index {
        search.commit(&positions)?;
        search.close()?;
    }
    let positions = partitions.into_iter().zip(ends).filter(|(_, end)| *end > 0).collect();
    Ok(Rebuilt { records: progress.records, positions })
}

fn open_index(directory: &Path) -> Result<(SearchWriter, Positions), WriterError> {
    let options = WriterOptions { threads: 1, memory_bytes_per_thread: 256 << 20 };
    let writer = SearchWriter::open(directory, options)?;
    let positions = writer.positions().clone();
    Ok((writer, positions))
}

async fn project(
    set: &FoldSet,
    records: Vec<SharedRecord>,
    writer: &mut RowWriter,
    index: Option<&mut (SearchWriter, Positions)>,
) -> Result<(), RebuildError> {
    let mut changes = RowChanges::default();
    let mut feed = IndexFeed::default();
    for record in records {
        let folded = set.apply(record)?;
        changes.absorb(&folded);
        feed.absorb(&folded);
    }
    writer.write(&changes).await?;
    if let Some((search, positions)) = index {
        let unplaced = feed.unplaced();
        let places =
            if unplaced.is_empty() { BTreeMap::new() } else { writer.places(&unplaced).await? };
        let (changes, reached, _) = feed.finish(places);
        search.apply(&changes)?;
        reached.into_iter().for_each(|position| positions.advance(position));
    }
    Ok(())
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

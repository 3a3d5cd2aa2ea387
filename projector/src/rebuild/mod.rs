//! Makes rows and index anew from the log, beside those that serve; or one of them alone.

mod folding;
mod indexing;
mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::FoldError;
use event_log::{LogReader, ReadError, ReadLimit};
use events::Partition;
use fold::FoldSet;
use read_model::{Database, OpenError};
use search_index::{WriterError, WriterOptions};
use tokio::sync::{mpsc, watch};

use crate::sql::WriteError;
use folding::{Batch, Folding, fold};
use indexing::Indexing;
use rows::Rows;

/// Records in one transaction.
const BATCH: ReadLimit = ReadLimit { records_max: 4_000, bytes_max: 8 << 20 };

/// Batches that wait between two stages: folding, rows and index work at the same time.
const AHEAD: usize = 4;

/// The same beside a server that serves, which needs the processors more.
const SMALL_BATCH: ReadLimit = ReadLimit { records_max: 1_000, bytes_max: 2 << 20 };
const INDEX_MEMORY_BYTES: usize = 256 << 20;
const SMALL_INDEX_MEMORY_BYTES: usize = 64 << 20;

/// Where rows and index are made. What is absent is not made, and not looked at either.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'p> {
    /// Its schema is replaced.
    pub rows: Option<&'p Database>,
    /// A folder that is empty or absent.
    pub index: Option<&'p Path>,
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub records: u64,
    pub of: u64,
}

/// What a rebuild made.
#[derive(Debug)]
pub struct Rebuilt {
    pub records: u64,
    /// The next offset of each partition that holds anything.
    pub positions: BTreeMap<Partition, u64>,
    /// The folds at these positions: worth a snapshot.
    pub folds: FoldSet,
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

/// Makes what `place` names from the log as it stands now. `told` hears of the progress.
///
/// # Errors
/// [`RebuildError`]; what was made so far is of no use.
pub async fn rebuild(
    log: &Arc<dyn LogReader>,
    place: Place<'_>,
    mut told: impl FnMut(Progress),
) -> Result<Rebuilt, RebuildError> {
    let whole = |progress| {
        told(progress);
        true
    };
    made(log, place, Manner::Alone, whole).await
}

/// The same beside a server that serves: in small batches, with a rest after each that is as long as it
/// took. Stops in order once `stop` says so.
pub(crate) async fn rebuild_beside(
    log: &Arc<dyn LogReader>,
    place: Place<'_>,
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

/// What is being made.
struct Making {
    rows: Option<Rows>,
    index: Option<Indexing>,
}

/// `told` says whether to go on.
async fn made(
    log: &Arc<dyn LogReader>,
    place: Place<'_>,
    manner: Manner,
    mut told: impl FnMut(Progress) -> bool,
) -> Result<Rebuilt, RebuildError> {
    let mut making = Making::start(place, manner).await?;
    let ends = held(log).await?;
    let mut progress = Progress { records: 0, of: ends.iter().map(|(_, end)| end).sum() };
    let (batches, mut incoming) = mpsc::channel(AHEAD);
    let folding = Folding { limit: manner.batch(), rows: making.rows.is_some(), batches };
    let folding = tokio::spawn(fold(Arc::clone(log), ends.clone(), folding));
    let (mut indexed, mut wanted) = (true, told(progress));
    while indexed
        && wanted
        && let Some(batch) = incoming.recv().await
    {
        let began = Instant::now();
        progress.records += batch.records;
        indexed = making.take(batch).await?;
        wanted = told(progress);
        manner.rest(began).await;
    }
    drop(incoming);
    let folds = folding.await.expect("folding does not panic")?;
    making.finish(manner, (indexed, wanted)).await?;
    let (records, positions) = (progress.records, ends.into_iter().collect());
    Ok(Rebuilt { records, positions, folds })
}

/// The ends of the partitions that hold anything.
async fn held(log: &Arc<dyn LogReader>) -> Result<Vec<(Partition, u64)>, ReadError> {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = log.ends(&partitions).await?;
    Ok(partitions.into_iter().zip(ends).filter(|(_, end)| *end > 0).collect())
}

impl Making {
    async fn start(place: Place<'_>, manner: Manner) -> Result<Self, RebuildError> {
        let rows = match place.rows {
            Some(database) => Some(Rows::start(database).await?),
            None => None,
        };
        let index = place.index.map(|index| Indexing::start(index, manner.index())).transpose()?;
        Ok(Self { rows, index })
    }

    /// Takes in what a batch means. Says false if the index cannot be written.
    async fn take(&mut self, batch: Batch) -> Result<bool, RebuildError> {
        if let Some(rows) = &mut self.rows {
            rows.load(batch.changes).await?;
        }
        match &mut self.index {
            Some(index) => index.feed(batch.feed, self.rows.as_mut()).await,
            None => Ok(true),
        }
    }

    /// Ends it in order, whole or not.
    async fn finish(
        self,
        manner: Manner,
        (indexed, wanted): (bool, bool),
    ) -> Result<(), RebuildError> {
        let mut indexing = self.index.map(Indexing::finish);
        if !(indexed && wanted)
            && let Some(ended) = indexing.take()
        {
            // Where it was the index, what ended it is what went wrong; the rest would only hide that.
            ended.await.expect("indexing does not panic")?;
        }
        if !wanted {
            return Err(RebuildError::Stopped);
        }
        if let Some(rows) = self.rows {
            rows.finish(manner == Manner::Beside).await?;
        }
        if let Some(made) = indexing {
            made.await.expect("indexing does not panic")?;
        }
        Ok(())
    }
}

//! The first stage of a rebuild: from the log to what it means.

use std::sync::Arc;

use domain::FoldError;
use event_log::{LogReader, ReadLimit};
use events::{Partition, SharedRecord};
use fold::FoldSet;
use tokio::sync::mpsc;

use super::RebuildError;
use crate::changes::RowChanges;
use crate::index_feed::IndexFeed;

/// What a run of records of one partition means.
pub(super) struct Batch {
    pub records: u64,
    pub changes: RowChanges,
    pub feed: IndexFeed,
}

/// How it is folded, and for whom.
pub(super) struct Folding {
    pub limit: ReadLimit,
    /// Rows are made, too.
    pub rows: bool,
    pub batches: mpsc::Sender<Batch>,
}

/// Folds the partitions up to their ends, one behind the other. Stops early if nobody takes the batches
/// any more. Returns the folds as far as they came.
pub(super) async fn fold(
    log: Arc<dyn LogReader>,
    ends: Vec<(Partition, u64)>,
    folding: Folding,
) -> Result<FoldSet, RebuildError> {
    let set = FoldSet::new();
    for (partition, end) in ends {
        while set.next(partition) < end {
            let mut records = log.read(partition, set.next(partition), folding.limit).await?;
            records.retain(|record| record.offset < end);
            let batch = folded(&set, records, folding.rows)?;
            if folding.batches.send(batch).await.is_err() {
                return Ok(set);
            }
        }
    }
    Ok(set)
}

fn folded(set: &FoldSet, records: Vec<SharedRecord>, rows: bool) -> Result<Batch, FoldError> {
    let (mut changes, mut feed) = (RowChanges::default(), IndexFeed::default());
    let count = records.len() as u64;
    for record in records {
        let folded = set.apply(record)?;
        if rows {
            changes.absorb(&folded);
        }
        feed.absorb(&folded);
    }
    Ok(Batch { records: count, changes, feed })
}

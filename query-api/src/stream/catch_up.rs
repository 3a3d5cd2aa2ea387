//! The past of a stream: the log, judged by a fold of its own, from the newest snapshot before the cursor.

use std::sync::Arc;

use domain::FoldError;
use event_archive::StoreError;
use event_log::{ReadError, ReadLimit};
use events::Partition;
use fold::FoldSet;
use fold::snapshots::Snapshots;
use tokio::sync::OwnedSemaphorePermit;

use super::entry::Entry;
use super::telemetry;

/// Records of a page: between two pages a stream does what else it has to.
const PAGE: ReadLimit = ReadLimit { records_max: 512, bytes_max: 1 << 20 };

/// Why the past cannot be told now. The client comes again with its cursor.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("failed to read the log")]
    Log(#[from] ReadError),
    #[error("failed to read a snapshot of the fold")]
    Snapshots(#[from] StoreError),
    #[error("failed to judge the log")]
    Fold(#[from] FoldError),
    #[error("failed to ask the rows")]
    Rows(#[from] read_model::QueryError),
}

/// A private fold. Who holds one has one of the process' few permits.
pub(super) struct CatchUp {
    /// Of one partition at a time: a state is as large as what stands in its partition.
    set: FoldSet,
    begun: Option<Partition>,
    _permit: OwnedSemaphorePermit,
    _counted: telemetry::CatchingUp,
}

/// Public events of a partition, and the offset behind the last record that was read for them.
pub(super) struct Page {
    pub entries: Vec<Arc<Entry>>,
    pub next: u64,
}

impl CatchUp {
    pub fn new(permit: OwnedSemaphorePermit) -> Self {
        let counted = telemetry::CatchingUp::begin();
        Self { set: FoldSet::new(), begun: None, _permit: permit, _counted: counted }
    }

    /// The next page of `partition`, of what stands at `from` and behind it. Pages before it are empty: they are
    /// there to judge by.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn page(
        &mut self,
        fold: &fold::Fold,
        snapshots: &Snapshots,
        partition: Partition,
        from: u64,
    ) -> Result<Page, Failed> {
        if self.begun.replace(partition) != Some(partition) {
            self.set = FoldSet::new();
            let at_most = |other| if other == partition { from } else { 0 };
            snapshots.restore(&self.set, at_most).await?;
        }
        let next = self.set.next(partition);
        let mut entries = Vec::new();
        for record in fold.log().read(partition, next, PAGE).await? {
            let folded = Arc::new(self.set.apply(record)?);
            if folded.record.offset >= from {
                entries.extend(Entry::of(&folded).map(Arc::new));
            }
        }
        Ok(Page { entries, next: self.set.next(partition) })
    }
}

//! How far the rows are behind the log.

use events::Partition;
use futures::FutureExt;
use futures::future::BoxFuture;
use read_model::PolledRows;

/// Knows how far the rows are. In the projector's process it can tell by itself, elsewhere it asks.
pub trait Rows: Send + Sync + 'static {
    /// Resolves once the rows hold everything below these offsets; never, if that never happens.
    /// Partitions that have no rows count as passed.
    fn passed<'a>(&'a self, ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()>;

    /// The same for reads that could do without: resolves at once where waiting would mean to ask.
    fn followed<'a>(&'a self, _ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

impl Rows for PolledRows {
    fn passed<'a>(&'a self, ends: &'a [(Partition, u64)]) -> BoxFuture<'a, ()> {
        self.passed(ends).boxed()
    }
}

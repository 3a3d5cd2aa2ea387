//! Whether rows and index are made of the log that is there: a restore may have brought less back than they
//! had seen, and what stands at their positions now is something else.

use std::collections::BTreeMap;

use event_log::{LogReader, ReadError, ReadLimit};
use events::{EventId, Partition, Position, Record};
use futures::stream::{self, StreamExt, TryStreamExt};

/// Partitions that are looked at at once.
const AT_ONCE: usize = 4;

#[derive(Debug, thiserror::Error)]
pub(crate) enum OtherLog {
    #[error(transparent)]
    Log(#[from] ReadError),
    /// Perhaps not for long: a log that has just failed over may not say all that it holds.
    #[error(
        "{what} are ahead of the log, which ends before {partition} {offset}: replay rebuild, if it stays so"
    )]
    Ahead { what: &'static str, partition: Partition, offset: u64 },
    #[error(
        "{what} are of another log, which held something else at {partition} {offset}: replay rebuild"
    )]
    Other { what: &'static str, partition: Partition, offset: u64 },
}

/// Looks at the last record of each partition that the rows have seen.
pub(crate) async fn require_rows(
    log: &dyn LogReader,
    last: BTreeMap<Partition, (u64, EventId)>,
) -> Result<(), OtherLog> {
    let each = last.into_iter().map(async |(partition, (offset, id))| {
        let seen = |record: &Record| events::event_id(record).is_ok_and(|found| found == id);
        require(log, "the rows", (partition, offset), seen).await
    });
    stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await
}

/// The same for the index, which knows of which epoch a record was.
pub(crate) async fn require_index(
    log: &dyn LogReader,
    last: impl IntoIterator<Item = Position>,
) -> Result<(), OtherLog> {
    let each = last.into_iter().map(async |Position { epoch, partition, offset }| {
        let seen = |record: &Record| {
            let (meta, _) = match events::decode(record) {
                Ok(decoded) => decoded,
                // No event, or one that stops the fold later: of whichever epoch it is.
                Err(_) => return true,
            };
            // What was decided in an older epoch may stand in a newer one, void.
            meta.epoch <= epoch
        };
        require(log, "the search index", (partition, offset), seen).await
    });
    stream::iter(each).buffer_unordered(AT_ONCE).try_collect().await
}

async fn require(
    log: &dyn LogReader,
    what: &'static str,
    (partition, offset): (Partition, u64),
    seen: impl Fn(&Record) -> bool,
) -> Result<(), OtherLog> {
    let limit = ReadLimit { records_max: 1, ..ReadLimit::default() };
    let found = match log.read(partition, offset, limit).await {
        Err(ReadError::OutOfRange { .. }) => Vec::new(),
        read => read?,
    };
    match found.first() {
        None => Err(OtherLog::Ahead { what, partition, offset }),
        Some(record) if seen(record) => Ok(()),
        Some(_) => Err(OtherLog::Other { what, partition, offset }),
    }
}

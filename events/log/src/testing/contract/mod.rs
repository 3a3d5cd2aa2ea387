//! What every adapter of [`EventLog`](crate::EventLog) keeps. One test per promise:
//!
//! ```ignore
//! event_log::contract_tests!(MyLocation::new());
//! ```

mod appending;
mod copying;
mod following;
mod reading;

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use bytes::Bytes;
use events::{NewRecord, Partition, SharedRecord, Topic};
use futures::future::BoxFuture;

pub use appending::*;
pub use copying::*;
pub use following::*;
pub use reading::*;

use crate::port::{Appended, EventLog, ReadLimit, Tail};

/// A place that holds a log, empty at first. Opening it again, once everything of the log before is
/// dropped, gives the same records.
pub trait Location: Send + Sync + 'static {
    fn open(&self) -> BoxFuture<'_, Arc<dyn EventLog>>;

    /// So many records that a tail which has not moved meanwhile no longer finds them where it finds
    /// the newest.
    fn lag_records(&self) -> usize {
        1_000
    }
}

/// Makes a module's tests of the whole contract; `$location` is evaluated anew for each.
#[macro_export]
macro_rules! contract_tests {
    ($location:expr) => {
        $crate::contract_tests!(@cases $location;
            offsets_are_contiguous_from_zero_in_each_partition,
            appends_one_after_another_keep_their_order,
            many_appenders_lose_and_double_nothing,
            an_oversized_record_is_refused_and_the_log_stays_usable,
            an_append_that_nobody_waits_for_harms_nothing,
            reopening_keeps_every_record_and_continues_the_offsets,
            records_come_back_as_they_were_appended,
            reads_from_any_position,
            a_read_keeps_to_its_limits_but_returns_at_least_one_record,
            reading_at_the_end_returns_nothing,
            a_position_beyond_the_end_is_out_of_range,
            the_end_is_never_behind_an_acknowledgement,
            a_waiting_tail_is_woken_by_an_append,
            a_tail_passes_over_what_it_does_not_follow,
            a_tail_begins_where_it_is_told,
            a_tail_returns_many_partitions_each_in_order,
            a_tail_that_lags_far_behind_misses_nothing,
            several_tails_see_the_same,
            a_next_that_is_given_up_loses_nothing,
        );
    };
    (@cases $location:expr; $($case:ident,)+) => {
        $(
            #[test]
            fn $case() {
                $crate::testing::contract::run($crate::testing::contract::$case, $location);
            }
        )+
    };
}

/// Runs one case on a runtime that has no timers: an adapter that polls instead of being woken panics.
/// A case that hangs fails after a minute.
pub fn run<L, F>(case: impl FnOnce(L) -> F + Send + 'static, location: L)
where
    L: Location,
    F: Future<Output = ()>,
{
    let (done, finished) = channel();
    let runner = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .expect("a runtime starts");
        runtime.block_on(case(location));
        // Only the waiting test listens.
        let _ = done.send(());
    });
    match finished.recv_timeout(Duration::from_secs(60)) {
        Err(RecvTimeoutError::Timeout) => panic!("the case does not come to an end"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = runner.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

const CHANNEL: Partition = Partition { topic: Topic::Channels, index: 7 };
const USER: Partition = Partition { topic: Topic::Users, index: 63 };

/// A record that tells which it is.
fn numbered(number: u64) -> NewRecord {
    NewRecord {
        key: u128::from(number).to_be_bytes(),
        headers: vec![("ce_type".into(), Bytes::from_static(b"case.numbered"))],
        body: Bytes::from(number.to_string()),
    }
}

fn number_of(record: &SharedRecord) -> u64 {
    std::str::from_utf8(&record.body).ok().and_then(|text| text.parse().ok()).expect("a number")
}

async fn append(log: &Arc<dyn EventLog>, partition: Partition, number: u64) -> Appended {
    let appended = log.append(partition, numbered(number)).await.expect("the append succeeds");
    assert_eq!(appended.partition, partition);
    appended
}

async fn append_many(log: &Arc<dyn EventLog>, partition: Partition, numbers: std::ops::Range<u64>) {
    let appends: Vec<_> = numbers.map(|n| log.append(partition, numbered(n))).collect();
    for outcome in futures::future::join_all(appends).await {
        outcome.expect("the append succeeds");
    }
}

/// The whole partition, however many reads that takes.
async fn read_all(log: &Arc<dyn EventLog>, partition: Partition) -> Vec<SharedRecord> {
    let mut all: Vec<SharedRecord> = Vec::new();
    loop {
        let from = all.len() as u64;
        let more =
            log.read(partition, from, ReadLimit::default()).await.expect("the read succeeds");
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// The next `count` records, however many calls that takes.
async fn take(tail: &mut Box<dyn Tail>, count: usize) -> Vec<SharedRecord> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let more = tail.next().await.expect("the tail goes on");
        assert!(!more.is_empty(), "a tail returns at least one record");
        taken.extend(more);
    }
    assert_eq!(taken.len(), count, "more records than were appended");
    taken
}

fn assert_contiguous(records: &[SharedRecord], partition: Partition, from: u64) {
    for (offset, record) in (from..).zip(records) {
        assert_eq!((record.partition, record.offset), (partition, offset));
    }
}

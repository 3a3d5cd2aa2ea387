//! The in-memory adapter keeps the contract, and goes wrong as asked.

use std::sync::Arc;

use bytes::Bytes;
use event_log::testing::contract::Location;
use event_log::testing::{Fault, MemoryLog};
use event_log::{AppendError, EventLog};
use events::{NewRecord, Partition};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

struct InMemory(MemoryLog);

impl Location for InMemory {
    fn open(&self) -> BoxFuture<'_, Arc<dyn EventLog>> {
        ready(Arc::new(self.0.clone()) as Arc<dyn EventLog>).boxed()
    }
}

mod contract {
    use super::*;

    event_log::contract_tests!(InMemory(MemoryLog::new()));
}

fn record() -> NewRecord {
    NewRecord { key: [0; 16], headers: vec![], body: Bytes::from_static(b"{}") }
}

fn append(log: &MemoryLog) -> Option<Result<u64, AppendError>> {
    let outcome = log.append(Partition::DIRECTORY, record()).now_or_never()?;
    Some(outcome.map(|appended| appended.offset))
}

#[test]
fn a_lost_append_and_one_that_was_written_look_the_same_to_the_caller() {
    let log = MemoryLog::new();
    for (fault, written) in [(Fault::Lost, 0), (Fault::WrittenUnknown, 1)] {
        log.fail_next(fault);
        assert!(matches!(append(&log), Some(Err(AppendError::Indeterminate(_)))));
        assert_eq!(log.records(Partition::DIRECTORY).len(), written);
    }
    log.fail_next(Fault::Refused);
    assert!(matches!(append(&log), Some(Err(AppendError::Unavailable(_)))));
    assert!(matches!(append(&log), Some(Ok(1))));
}

#[test]
fn a_held_append_is_written_when_released_even_if_its_caller_has_gone() {
    let log = MemoryLog::new();
    log.fail_next(Fault::Held);
    log.fail_next(Fault::Held);
    let mut first = log.append(Partition::DIRECTORY, record());
    let second = log.append(Partition::DIRECTORY, record());
    assert!((&mut first).now_or_never().is_none());
    assert!(matches!(append(&log), Some(Ok(0))));
    log.held().expect("the first waits").release();
    assert!(matches!(first.now_or_never(), Some(Ok(appended)) if appended.offset == 1));
    drop(second);
    assert_eq!(log.held().expect("the second waits").release().offset, 2);
    assert!(log.held().is_none());
    assert_eq!(log.records(Partition::DIRECTORY).len(), 3);
}

#[test]
fn append_times_count_up_from_the_clock() {
    let log = MemoryLog::new();
    log.set_clock(5_000);
    append(&log);
    append(&log);
    let times: Vec<_> =
        log.records(Partition::DIRECTORY).iter().map(|record| record.appended_ms).collect();
    assert_eq!(times, [5_000, 5_001]);
}

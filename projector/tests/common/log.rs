//! A log in memory that grows with a history.

use event_log::EventLog;
use event_log::testing::MemoryLog;
use events::{NewRecord, SharedRecord};

use super::history::History;

/// The history goes on, and so does the log.
pub async fn go_on(history: &mut History, log: &MemoryLog, steps: usize) {
    history.go_on(steps);
    for (partition, records) in &history.log {
        for record in &records[log.records(*partition).len()..] {
            log.set_clock(record.appended_ms);
            log.append(*partition, new(record)).await.expect("memory takes every record");
        }
    }
}

/// The record as it was before it stood on a log.
pub fn new(record: &SharedRecord) -> NewRecord {
    NewRecord { key: record.key, headers: record.headers.clone(), body: record.body.clone() }
}

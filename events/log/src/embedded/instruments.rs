//! What the writer counts.

use std::time::Duration;

use events::{SharedRecord, Topic};
use metrics::{counter, gauge, histogram};

use crate::partitions::{COUNT, ordinal, partition};

pub(super) struct Instruments {
    /// Names of the partitions by number: a gauge's label is shared, not formatted each time.
    names: Vec<metrics::SharedString>,
}

impl Instruments {
    pub(super) fn new() -> Self {
        let name = |n| metrics::SharedString::from_shared(partition(n).to_string().into());
        Self { names: (0..COUNT as u16).map(name).collect() }
    }

    /// A batch went to the disk: written, synced, and in the store's memory.
    pub(super) fn committed(&self, took: Duration, records: usize) {
        histogram!("nottermost_log_commit_seconds").record(took.as_secs_f64());
        histogram!("nottermost_log_group_records").record(records as f64);
    }

    pub(super) fn appended(&self, records: &[SharedRecord]) {
        let mut ends = [0u64; COUNT];
        for record in records {
            ends[usize::from(ordinal(record.partition))] = record.offset + 1;
        }
        for (number, end) in ends.iter().enumerate().filter(|(_, end)| **end > 0) {
            gauge!("nottermost_log_end_offset", "partition" => self.names[number].clone())
                .set(*end as f64);
        }
        for topic in Topic::DURABLE {
            let count = records.iter().filter(|record| record.partition.topic == topic).count();
            if count > 0 {
                counter!("nottermost_log_appended_records_total", "topic" => topic.name())
                    .increment(count as u64);
            }
        }
    }
}

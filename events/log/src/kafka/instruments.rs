//! What is counted, under the same names as in the other adapters.

use std::time::Duration;

use metrics::{SharedString, counter, gauge, histogram};

use crate::partitions::{COUNT, ordinal, partition};
use crate::port::Appended;

pub(super) struct Instruments {
    /// Names of the partitions by number: a gauge's label is shared, not formatted each time.
    names: Vec<SharedString>,
}

impl Instruments {
    pub(super) fn new() -> Self {
        let name = |n| SharedString::from_shared(partition(n).to_string().into());
        Self { names: (0..COUNT as u16).map(name).collect() }
    }

    /// A record was acknowledged so long after it was handed over.
    pub(super) fn appended(&self, appended: &Appended, took: Duration) {
        let Appended { partition, offset, .. } = *appended;
        histogram!("nottermost_log_commit_seconds").record(took.as_secs_f64());
        counter!("nottermost_log_appended_records_total", "topic" => partition.topic.name())
            .increment(1);
        let name = self.names[usize::from(ordinal(partition))].clone();
        gauge!("nottermost_log_end_offset", "partition" => name).set((offset + 1) as f64);
    }
}

//! Ephemeral partitions: the newest records, in memory, bounded by number, bytes and age.

use std::collections::VecDeque;
use std::sync::Arc;

use events::{NewRecord, Partition, Record, SharedRecord};

use super::EmbeddedOptions;
use super::scan::size_bytes;
use crate::port::{ReadError, ReadLimit};

#[derive(Debug, Clone, Copy)]
pub(super) struct PresenceBounds {
    records_max: usize,
    bytes_max: usize,
    age_max_ms: i64,
}

impl PresenceBounds {
    pub(super) fn new(options: &EmbeddedOptions) -> Self {
        Self {
            records_max: options.presence_records_max,
            bytes_max: options.presence_bytes_max,
            age_max_ms: options.presence_age_max_ms,
        }
    }
}

/// One ephemeral partition.
#[derive(Debug, Default)]
pub(super) struct PresenceQueue {
    first: u64,
    bytes: usize,
    records: VecDeque<SharedRecord>,
}

impl PresenceQueue {
    pub(super) fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    pub(super) fn push(
        &mut self,
        partition: Partition,
        record: NewRecord,
        appended_ms: i64,
        bounds: PresenceBounds,
    ) -> SharedRecord {
        let NewRecord { key, headers, body } = record;
        let offset = self.end();
        let record = Arc::new(Record { partition, offset, appended_ms, key, headers, body });
        self.bytes += size_bytes(&record);
        self.records.push_back(Arc::clone(&record));
        self.evict(appended_ms - bounds.age_max_ms, bounds);
        record
    }

    /// Drops what is too old or too much; the newest record stays.
    fn evict(&mut self, oldest_ms: i64, bounds: PresenceBounds) {
        while self.records.len() > 1
            && (self.records.len() > bounds.records_max
                || self.bytes > bounds.bytes_max
                || self.records[0].appended_ms < oldest_ms)
        {
            let Some(gone) = self.records.pop_front() else { return };
            self.bytes -= size_bytes(&gone);
            self.first += 1;
        }
    }

    pub(super) fn check(&self, partition: Partition, from: u64) -> Result<(), ReadError> {
        let (first, end) = (self.first, self.end());
        if from < first || from > end {
            return Err(ReadError::OutOfRange { partition, from, first, end });
        }
        Ok(())
    }

    /// Records with offsets in `from..to`; `from` was checked.
    pub(super) fn read(&self, from: u64, to: u64, limit: ReadLimit) -> Vec<SharedRecord> {
        let skipped = (from - self.first) as usize;
        let mut bytes = 0;
        self.records
            .iter()
            .skip(skipped)
            .take_while(|record| record.offset < to)
            .take(limit.records_max.max(1))
            .take_while(|record| {
                let first = bytes == 0;
                bytes += size_bytes(record);
                first || bytes <= limit.bytes_max
            })
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use events::Topic;

    use super::*;

    const PARTITION: Partition = Partition { topic: Topic::Presence, index: 3 };

    fn pushed(bounds: PresenceBounds, times: &[i64]) -> PresenceQueue {
        let mut queue = PresenceQueue::default();
        for at in times {
            let record =
                NewRecord { key: [0; 16], headers: vec![], body: Bytes::from_static(b"x") };
            queue.push(PARTITION, record, *at, bounds);
        }
        queue
    }

    fn offsets(queue: &PresenceQueue) -> Vec<u64> {
        queue.records.iter().map(|record| record.offset).collect()
    }

    #[test]
    fn keeps_no_more_records_and_bytes_than_the_bounds_say() {
        let wide = PresenceBounds { records_max: 100, bytes_max: 1 << 20, age_max_ms: 1_000 };
        let few = PresenceBounds { records_max: 2, ..wide };
        assert_eq!(offsets(&pushed(few, &[0; 5])), [3, 4]);
        let small = PresenceBounds { bytes_max: 3 * 129, ..wide };
        assert_eq!(offsets(&pushed(small, &[0; 5])), [2, 3, 4]);
    }

    #[test]
    fn drops_what_is_older_than_the_bound_and_keeps_the_newest() {
        let bounds = PresenceBounds { records_max: 100, bytes_max: 1 << 20, age_max_ms: 10 };
        let queue = pushed(bounds, &[0, 5, 11]);
        assert_eq!(offsets(&queue), [1, 2]);
        assert!(queue.check(PARTITION, 0).is_err());
        assert!(queue.check(PARTITION, 1).is_ok());
        assert!(queue.check(PARTITION, 3).is_ok());
        assert!(queue.check(PARTITION, 4).is_err());
        assert_eq!(offsets(&pushed(bounds, &[0, 500])), [1]);
    }
}

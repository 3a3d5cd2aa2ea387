//! The pure half of the digests: which hour is next, and what it waits for.

use domain::faults::{self, Rule};
use event_archive::segments::Hour;
use events::Partition;

/// The next hour that gets a digest.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    next: Option<Hour>,
    /// The ends of all partitions, read after that hour was over.
    ends: Option<Vec<(Partition, u64)>>,
}

impl Hours {
    /// None: nothing is archived, or nobody has looked yet.
    pub fn next(&self) -> Option<Hour> {
        self.next
    }

    /// As the archive says.
    pub fn is_next(&mut self, hour: Option<Hour>) {
        (self.next, self.ends) = (hour, None);
    }

    /// The digest of the next hour is there.
    pub fn written(&mut self) {
        self.is_next(self.next.map(Hour::next));
    }

    /// Whether it is time to read where the log ends: the hour is over.
    pub fn awaits_ends(&self, now_ms: i64) -> bool {
        self.ends.is_none() && self.next.is_some_and(|hour| now_ms >= hour.end_ms())
    }

    pub fn end_at(&mut self, ends: Vec<(Partition, u64)>) {
        self.ends = Some(ends);
    }

    /// The hour whose digest is due: everything is archived that was appended before it was over.
    pub fn due(&self, archived: impl Fn(Partition) -> u64) -> Option<Hour> {
        let has_all = |ends: &Vec<(Partition, u64)>| {
            ends.iter().all(|(partition, end)| archived(*partition) >= *end)
                || !faults::is_on(Rule::DigestsWait)
        };
        self.next.filter(|_| self.ends.as_ref().is_some_and(has_all))
    }
}

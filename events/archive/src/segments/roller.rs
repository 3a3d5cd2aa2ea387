//! Where one segment ends and the next begins.

use super::{Archived, Hour, SEGMENT_BYTES_MAX};

/// Bounds of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollerOptions {
    /// It is cut with the record that reaches so many bytes, uncompressed; half of what a segment may hold
    /// at most.
    pub bytes_max: usize,
    /// It is cut so long after its first record was appended.
    pub age_max_ms: i64,
}

impl Default for RollerOptions {
    fn default() -> Self {
        Self { bytes_max: 8 << 20, age_max_ms: 60_000 }
    }
}

/// Collects the records of one partition and says when they are a segment. It has no clock. The caller,
/// for each record:
///
/// 1. cuts if the record [`closes`](Self::closes) what is held, before folding it, so that the state hash
///    is the one behind the last record held;
/// 2. folds it and [`push`](Self::push)es it with its verdict;
/// 3. cuts if that [`is full`](Self::is_full); and cuts what [`is due`](Self::is_due) from time to time,
///    not with every record: of a backlog each is older than `age_max_ms`.
///
/// What is held is due when
/// - it has `bytes_max` bytes ([`Archived::size_bytes`]) or more, so a segment has fewer than that and one
///   record's; or
/// - `age_max_ms` have passed since its first record was appended; or
/// - the present hour is later than that of its newest record: the hour is over, and its digest waits.
///
/// A record closes what is held if its hour is later than that of the newest record held. So no segment
/// spans two hours, but where append times go back over a full hour's beginning: those records stay
/// with what they follow.
#[derive(Debug)]
pub struct Roller {
    options: RollerOptions,
    held: Vec<Archived>,
    bytes: usize,
    newest_ms: i64,
}

impl Roller {
    pub fn new(options: RollerOptions) -> Self {
        let bytes_max = options.bytes_max.min(SEGMENT_BYTES_MAX / 2);
        let options = RollerOptions { bytes_max, ..options };
        Self { options, held: Vec::new(), bytes: 0, newest_ms: i64::MIN }
    }

    /// Whether a record appended at this time must not join what is held.
    pub fn closes(&self, appended_ms: i64) -> bool {
        !self.held.is_empty() && Hour::of_ms(appended_ms) > Hour::of_ms(self.newest_ms)
    }

    pub fn push(&mut self, archived: Archived) {
        self.bytes += archived.size_bytes();
        self.newest_ms = self.newest_ms.max(archived.record.appended_ms);
        self.held.push(archived);
    }

    /// Whether `bytes_max` is reached.
    pub fn is_full(&self) -> bool {
        self.bytes >= self.options.bytes_max
    }

    pub fn is_due(&self, now_ms: i64) -> bool {
        let Some(first) = self.held.first() else { return false };
        self.is_full()
            || now_ms.saturating_sub(first.record.appended_ms) >= self.options.age_max_ms
            || self.closes(now_ms)
    }

    /// The records held, in order.
    pub fn held(&self) -> &[Archived] {
        &self.held
    }

    /// Bytes of what is held, uncompressed.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes what is held; the next segment begins empty.
    pub fn cut(&mut self) -> Vec<Archived> {
        self.bytes = 0;
        self.newest_ms = i64::MIN;
        std::mem::take(&mut self.held)
    }

    /// Drops the records below an offset: another archiver has written them.
    pub fn forget_below(&mut self, next_offset: u64) {
        let held = self.cut();
        held.into_iter()
            .filter(|held| held.record.offset >= next_offset)
            .for_each(|a| self.push(a));
    }
}

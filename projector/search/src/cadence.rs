//! When to commit. A commit costs tens of milliseconds however little is in it, so changes are
//! gathered for a while; the clock is the caller's.

/// Decides when the writer's changes are due for a commit.
#[derive(Debug, Clone)]
pub struct CommitCadence {
    interval_ms: i64,
    oldest_ms: Option<i64>,
}

impl CommitCadence {
    /// A post is found about this long after it was written.
    pub const INTERVAL_MS: i64 = 1000;

    pub fn new(interval_ms: i64) -> Self {
        Self { interval_ms, oldest_ms: None }
    }

    /// Changes were applied.
    pub fn applied(&mut self, now_ms: i64) {
        self.oldest_ms.get_or_insert(now_ms);
    }

    /// Everything applied is committed.
    pub fn committed(&mut self) {
        self.oldest_ms = None;
    }

    /// When the next commit is due; `None` while there is nothing to commit.
    pub fn due_at_ms(&self) -> Option<i64> {
        self.oldest_ms.map(|oldest| oldest.saturating_add(self.interval_ms))
    }

    pub fn is_due(&self, now_ms: i64) -> bool {
        self.due_at_ms().is_some_and(|due| due <= now_ms)
    }
}

impl Default for CommitCadence {
    fn default() -> Self {
        Self::new(Self::INTERVAL_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_due_an_interval_after_the_first_change_that_is_not_committed() {
        let mut cadence = CommitCadence::default();
        assert_eq!(cadence.due_at_ms(), None);
        assert!(!cadence.is_due(i64::MAX));
        cadence.applied(50);
        cadence.applied(900);
        assert!(!cadence.is_due(1049));
        assert!(cadence.is_due(1050));
        cadence.committed();
        assert!(!cadence.is_due(5000));
    }
}

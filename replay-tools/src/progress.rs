//! How far long work is, told on standard error, where people look while they wait.

use std::io::Write;
use std::time::{Duration, Instant};

const TELL_EVERY: Duration = Duration::from_secs(2);

pub(crate) struct Teller {
    started: Instant,
    next: Instant,
}

impl Teller {
    pub fn new() -> Self {
        let started = Instant::now();
        Self { started, next: started + TELL_EVERY }
    }

    /// `records` of so many are done.
    pub fn hear(&mut self, records: u64, of: u64) {
        let now = Instant::now();
        if now < self.next || records == 0 {
            return;
        }
        self.next = now + TELL_EVERY;
        let elapsed = now.duration_since(self.started).as_secs_f64();
        let left = elapsed / records as f64 * of.saturating_sub(records) as f64;
        let rate = records as f64 / elapsed;
        // Nobody may read it, and it is no result.
        let _ = writeln!(
            std::io::stderr(),
            "{records} of {of} records, {rate:.0} per second, {left:.0} s to go"
        );
    }
}

//! What is seen of the streams from outside.

use super::entry::Shown;

/// A stream that is open, counted until it is dropped.
pub(super) struct Open(());

impl Open {
    pub fn begin() -> Self {
        metrics::gauge!("nottermost_stream_open").increment(1.0);
        Self(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("nottermost_stream_open").decrement(1.0);
    }
}

/// A stream that reads the log, counted until it is dropped.
pub(super) struct CatchingUp(());

impl CatchingUp {
    pub fn begin() -> Self {
        metrics::gauge!("nottermost_stream_catch_ups").increment(1.0);
        Self(())
    }
}

impl Drop for CatchingUp {
    fn drop(&mut self) {
        metrics::gauge!("nottermost_stream_catch_ups").decrement(1.0);
    }
}

pub(super) fn delivered(event_type: &'static str, shown: Shown) {
    metrics::counter!("nottermost_stream_events_total", "event" => event_type).increment(1);
    if shown != Shown::All {
        metrics::counter!("nottermost_stream_redacted_total", "event" => event_type).increment(1);
    }
}

/// Records between a stream and the fold, at each of its heartbeats.
pub(super) fn behind(records: u64) {
    metrics::histogram!("nottermost_stream_behind_records").record(records as f64);
}

/// The server ended a stream.
pub(super) fn closed(reason: &'static str) {
    metrics::counter!("nottermost_stream_closed_total", "reason" => reason).increment(1);
}

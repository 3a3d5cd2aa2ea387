//! What is seen of the archiver from outside.

use std::sync::Arc;

use event_archive::segments::Hour;
use event_log::LogReader;

use crate::positions::PositionsWatch;
use crate::telemetry;

const HOUR_SECONDS: i64 = 3_600;

/// A segment, with so many bytes of records before they were compressed.
pub(super) fn written(bytes: usize) {
    metrics::counter!("nottermost_archive_segments_total").increment(1);
    metrics::counter!("nottermost_archive_records_bytes_total").increment(bytes as u64);
}

/// Another archiver was first.
pub(super) fn overtaken() {
    metrics::counter!("nottermost_archive_overtaken_total").increment(1);
}

/// The archiver has to start over.
pub(super) fn failed(reason: &'static str) {
    metrics::counter!("nottermost_archive_failures_total", "reason" => reason).increment(1);
}

/// Signed digests cover what was appended before this hour: Unix seconds.
pub(super) fn digested_until(next: Hour) {
    let until = next.end_ms() / 1_000 - HOUR_SECONDS;
    metrics::gauge!("nottermost_archive_digested_until_seconds").set(until as f64);
}

/// Reports how far the archive is behind the log, for ever.
pub(super) async fn report_lag(log: Arc<dyn LogReader>, positions: PositionsWatch) {
    telemetry::report_lag("nottermost_archive_lag_records", log, positions).await;
}

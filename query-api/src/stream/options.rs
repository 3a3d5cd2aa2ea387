//! How the streams behave.

use std::time::Duration;

use platform::config::StreamSettings;
use tokio_util::sync::CancellationToken;

const STALLED_AFTER: Duration = Duration::from_secs(30);

/// How the streams of a process behave.
#[derive(Debug, Clone)]
pub struct StreamOptions {
    /// What events come from: the cell's name.
    pub source: String,
    /// Events, and bytes of them, that are kept in memory for all streams.
    pub ring_records_max: usize,
    pub ring_bytes_max: usize,
    /// Streams that read the log at a time.
    pub catch_ups_max: usize,
    /// Open streams of one account.
    pub per_account_max: usize,
    /// How long a client may take nothing of what there is before its stream is let go of.
    pub stalled_after: Duration,
    /// How long a stream is silent at most.
    pub heartbeat: Duration,
    /// Cancelled when the process leaves: streams end, so that clients go elsewhere.
    pub leaving: CancellationToken,
}

impl StreamOptions {
    pub fn new(settings: &StreamSettings, source: String, leaving: CancellationToken) -> Self {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            source,
            ring_records_max: size(settings.ring_records_max.get()),
            ring_bytes_max: size(settings.ring_bytes_max.get()),
            catch_ups_max: size(settings.catch_ups_max.get()),
            per_account_max: size(settings.per_account_max.get()),
            stalled_after: STALLED_AFTER,
            heartbeat: settings.heartbeat_ms.millis(),
            leaving,
        }
    }
}

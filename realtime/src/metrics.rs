//! What is seen of the sockets from outside.

pub fn opened(how: &'static str) {
    metrics::counter!("nottermost_sockets_opened_total", "how" => how).increment(1);
    // There from the first socket on: an alert cannot tell a counter that is missing from none.
    metrics::counter!("nottermost_sockets_drops_total", "event" => "posted").increment(0);
}

/// Connections with a socket, and those that wait for their client to come back.
pub fn open(live: usize, parked: usize) {
    metrics::gauge!("nottermost_sockets_open").set(live as f64);
    metrics::gauge!("nottermost_sockets_parked").set(parked as f64);
}

pub fn resumed(outcome: &'static str) {
    metrics::counter!("nottermost_sockets_resumes_total", "outcome" => outcome).increment(1);
}

pub fn closed(reason: &'static str) {
    metrics::counter!("nottermost_sockets_closed_total", "reason" => reason).increment(1);
}

/// An event as it went out to `frames` connections and passed `drops` by.
pub fn pushed(event: &'static str, frames: usize, drops: usize) {
    if frames > 0 {
        metrics::counter!("nottermost_sockets_frames_total", "event" => event)
            .increment(frames as u64);
    }
    if drops > 0 {
        metrics::counter!("nottermost_sockets_drops_total", "event" => event)
            .increment(drops as u64);
    }
}

pub fn written(bytes: usize) {
    metrics::counter!("nottermost_sockets_bytes_total", "direction" => "out")
        .increment(bytes as u64);
}

pub fn asked(action: &'static str) {
    metrics::counter!("nottermost_sockets_requests_total", "action" => action).increment(1);
}

/// From the log's append time to the last write of a batch.
pub fn push_delay(seconds: f64) {
    metrics::histogram!("nottermost_sockets_push_delay_seconds").record(seconds);
}

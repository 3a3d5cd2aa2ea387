//! What happens to an event when its connection is slow.

/// Messages that may wait to be written to one connection.
pub const QUEUE_LEN_MAX: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Send,
    /// Nobody misses it, and it must not take a number.
    Drop,
    /// The client reads too slowly.
    Overflow,
}

/// Whether `event` still fits behind `queued` messages.
pub(super) fn admit(event: &str, queued: usize) -> Admission {
    if queued >= QUEUE_LEN_MAX {
        Admission::Overflow
    } else if queued >= QUEUE_LEN_MAX / 2 && is_droppable(event) {
        Admission::Drop
    } else {
        Admission::Send
    }
}

fn is_droppable(event: &str) -> bool {
    matches!(event, "typing" | "status_change" | "multiple_channels_viewed")
}

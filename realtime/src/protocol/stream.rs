//! What one connection was sent: its numbering and the newest events, for a resume without a gap.

use std::collections::VecDeque;
use std::sync::Arc;

use events::Id;
use wire::frame::Frame;

/// Sent events that a connection can resume from.
pub const RING_LEN_MAX: usize = 128;

/// An event on its way to one connection.
#[derive(Debug, Clone)]
pub struct Sent {
    pub frame: Arc<Frame>,
    /// Whether the event names the recipient.
    pub mentioned: bool,
    /// Whether the recipient follows the thread that it is of.
    pub follows: bool,
}

/// The numbered events of one connection. Number 0 is its `hello`, which is never repeated.
#[derive(Debug)]
pub struct EventStream {
    id: Id,
    next: u64,
    ring: VecDeque<Sent>,
}

impl EventStream {
    /// A stream whose `hello` is sent.
    pub fn after_hello(id: Id) -> Self {
        Self { id, next: 1, ring: VecDeque::new() }
    }

    /// The connection's id, as clients know it.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The number that the next event gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Numbers an event.
    pub fn push(&mut self, sent: Sent) -> u64 {
        if self.ring.len() == RING_LEN_MAX {
            self.ring.pop_front();
        }
        self.ring.push_back(sent);
        self.next += 1;
        self.next - 1
    }

    /// Lets go of what was sent: a client that missed any of it begins anew.
    pub fn forget_sent(&mut self) {
        self.ring.clear();
    }

    /// Whether a client that expects `seq` next can go on without a gap.
    pub fn covers(&self, seq: u64) -> bool {
        let oldest = self.next - self.ring.len() as u64;
        (oldest..=self.next).contains(&seq)
    }

    /// The events from `seq` on; `None` if some are lost or `seq` was never reached.
    pub fn since(&self, seq: u64) -> Option<impl Iterator<Item = (u64, Sent)> + '_> {
        let oldest = self.next - self.ring.len() as u64;
        let skipped =
            self.covers(seq).then(|| usize::try_from(seq - oldest).unwrap_or(usize::MAX))?;
        Some((seq..).zip(self.ring.iter().skip(skipped).cloned()))
    }
}

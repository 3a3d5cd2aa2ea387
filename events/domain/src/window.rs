//! The window: ids seen and last touches, in one queue per partition.
//!
//! What leaves the queue raises the floor. An event that was decided on knowledge from below the floor
//! is stale: nothing forgotten is ever judged.

use std::collections::{HashMap, VecDeque};

use events::{EventId, Id};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::verdict::Outcome;

/// How much a window remembers. Whichever bound is met first evicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowLimits {
    /// By the running maximum of append times, ms.
    pub span_ms: i64,
    pub entries_max: usize,
}

impl WindowLimits {
    /// `channels`, `users`, `readstate`: 15 minutes, 65,536 entries.
    pub const STREAM: Self = Self { span_ms: 15 * 60 * 1000, entries_max: 65_536 };
    /// `directory`: 7 days, 1,048,576 entries.
    pub const DIRECTORY: Self = Self { span_ms: 7 * 24 * 3600 * 1000, entries_max: 1_048_576 };
}

/// What an event does to a post, a file or an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum TouchKind {
    Created,
    Edited,
    /// A post; of a channel, those of its posts and files that were past their retention.
    Deleted,
    /// A post; of a channel, who may change what it keeps at its top.
    Pinned,
    /// Somebody put an emoji on it or acknowledged it, or took that back.
    Reacted,
    Replied,
    Attached,
    /// Rights that others may have decided on: all sessions of an account, or what a channel lets its
    /// members do.
    RightsEnded,
}

const KINDS: usize = 8;

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    pub const fn of(kinds: &[TouchKind]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < kinds.len() {
            bits |= 1 << kinds[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    fn contains(self, kind: usize) -> bool {
        self.0 & (1 << kind) != 0
    }
}

pub type Touches = SmallVec<[(Id, TouchKind); 2]>;
pub type Conflicts = SmallVec<[(Id, Kinds); 3]>;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    appended_max_ms: i64,
    outcome: Outcome,
    touches: Touches,
}

/// Offset + 1 of the last touch of each kind; 0 for none.
type LastTouches = [u64; KINDS];

/// The queue with its two lookups.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Window {
    limits: WindowLimits,
    entries: VecDeque<Entry>,
    /// Entries that were ever popped: the sequence number of the front.
    popped: u64,
    floor: u64,
    /// Sequence number of the entry of an id. Looked up, never iterated.
    #[serde(skip)]
    ids: HashMap<EventId, u64>,
    #[serde(skip)]
    last: HashMap<Id, LastTouches>,
}

impl Window {
    pub fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            entries: VecDeque::new(),
            popped: 0,
            floor: 0,
            ids: HashMap::new(),
            last: HashMap::new(),
        }
    }

    /// Rebuilds the lookups, which a snapshot leaves out.
    pub fn reindex(&mut self) {
        self.ids = HashMap::with_capacity(self.entries.len());
        self.last = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            self.ids.insert(entry.outcome.event_id, self.popped + at as u64);
            for (id, kind) in &entry.touches {
                self.last.entry(*id).or_default()[*kind as usize] = entry.outcome.offset + 1;
            }
        }
    }

    /// Below this offset nothing may be decided any more.
    pub fn floor(&self) -> u64 {
        self.floor
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The verdict that stands for `id`, if it was seen and is remembered.
    pub fn outcome(&self, id: EventId) -> Option<Outcome> {
        let seq = self.ids.get(&id)?;
        self.entries.get((seq - self.popped) as usize).map(|entry| entry.outcome)
    }

    /// Whether a touch that conflicts stands at or after `read_at`.
    pub fn conflicts(&self, conflicts: &Conflicts, read_at: u64) -> bool {
        conflicts.iter().any(|(id, kinds)| {
            self.last.get(id).is_some_and(|last| {
                last.iter().enumerate().any(|(kind, at)| kinds.contains(kind) && *at > read_at)
            })
        })
    }

    /// Offset of the last touch of `kind`, if it is remembered.
    pub fn last_touch(&self, id: Id, kind: TouchKind) -> Option<u64> {
        self.last.get(&id).and_then(|last| last[kind as usize].checked_sub(1))
    }

    /// Assigned time of the last touch of `kind`, if it is remembered.
    pub fn last_touched_at(&self, id: Id, kind: TouchKind) -> Option<i64> {
        let offset = self.last_touch(id, kind)?;
        let at = self.entries.partition_point(|entry| entry.outcome.offset < offset);
        self.entries.get(at)?.outcome.result.ok()
    }

    /// Forgets what is older than the span before `appended_max_ms`.
    pub fn expire(&mut self, appended_max_ms: i64) {
        let oldest = appended_max_ms.saturating_sub(self.limits.span_ms);
        while self.entries.front().is_some_and(|front| front.appended_max_ms < oldest) {
            self.pop();
        }
    }

    /// Remembers a verdict.
    pub fn push(&mut self, appended_max_ms: i64, outcome: Outcome, touches: Touches) {
        self.ids.insert(outcome.event_id, self.popped + self.entries.len() as u64);
        for (id, kind) in &touches {
            self.last.entry(*id).or_default()[*kind as usize] = outcome.offset + 1;
        }
        self.entries.push_back(Entry { appended_max_ms, outcome, touches });
        while self.entries.len() > self.limits.entries_max {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.popped += 1;
        self.floor = entry.outcome.offset + 1;
        self.ids.remove(&entry.outcome.event_id);
        for (id, kind) in entry.touches {
            let Some(last) = self.last.get_mut(&id) else { continue };
            if last[kind as usize] == entry.outcome.offset + 1 {
                last[kind as usize] = 0;
            }
            if last.iter().all(|at| *at == 0) {
                self.last.remove(&id);
            }
        }
    }
}

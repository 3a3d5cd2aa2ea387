//! One partition's state machine: judges each record in order and applies what holds.

use events::{DecodeError, Event, EventId, FIRST_EPOCH, Meta, Partition, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::faults::{self, Rule};
use crate::verdict::{Applied, Outcome, Refusal, Verdict, Void};
use crate::window::{Conflicts, Touches, Window, WindowLimits};

/// The newest rules that this program knows:
///
/// 1. those that a log begins with;
/// 2. whoever pins a post, or takes it off the pins, is a member of the channel then. By the first, a pin
///    stood that was decided before its author's removal and came after it.
///
/// The simulation adds a test-only version.
pub const RULES_KNOWN: u32 = if cfg!(feature = "faults") { 3 } else { 2 };

/// What an event says of the log rather than of what is told in it. The same in every topic, and judged
/// without the topic's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// These rules are in force from the next record on.
    Rules(u32),
    /// A restore ends here: from here on this epoch's events count, and no others.
    EpochOpened(u32),
    /// Another log goes on in place of this one: nothing that follows counts.
    EpochSealed(u32),
}

/// What a topic's events do to its state. Synchronous and pure: no clock, no ids, no I/O, no
/// iteration in hash order.
pub trait Aggregate: Default + Clone + Serialize + DeserializeOwned {
    type Event;
    const WINDOW: WindowLimits;

    /// The event of this topic, if it is one.
    fn event(event: &Event) -> Option<&Self::Event>;

    /// What the event says of the log itself, if it is such a one.
    fn control(event: &Self::Event) -> Option<Control>;

    /// The last time assigned in the event's scope (channel, user, directory); 0 for none.
    fn last_at(&self, meta: &Meta) -> i64;

    /// Whether the rule holds, from this state alone. Reads only the clear half of the body.
    ///
    /// # Errors
    /// The rule that does not hold.
    fn admit(&self, rules: u32, event: &Self::Event) -> Result<(), Refusal>;

    /// Applies an admitted event at its time and offset. Cannot fail.
    fn evolve(&mut self, meta: &Meta, event: &Self::Event, at: i64, offset: u64) -> Applied;

    /// Posts and files that the event touches.
    fn touches(_: &Self::Event) -> Touches {
        Touches::new()
    }

    /// Touches after `read_at` that make the event stale: the one table of conflicts.
    fn conflicts(_: &Self::Event) -> Conflicts {
        Conflicts::new()
    }
}

/// Why a fold cannot go on. It must stop: passing over would part it from the others for ever.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("{partition} expects offset {expected} next, not {got}")]
    NotTheNext { partition: Partition, expected: u64, got: u64 },
    #[error(transparent)]
    Unknown(DecodeError),
    #[error("{partition} activates rules {rules} at offset {offset}; this program knows {known}")]
    UnknownRules { partition: Partition, offset: u64, rules: u32, known: u32 },
}

/// A record with its verdict.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Envelope and event; absent where the bytes are no event.
    pub decoded: Option<(Meta, Event)>,
    pub verdict: Verdict,
}

/// The fold of one partition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartitionFold<A> {
    partition: Partition,
    next: u64,
    appended_max_ms: i64,
    rules: u32,
    hash: u128,
    /// Each epoch with the offset at which it was opened.
    epochs: Vec<(u32, u64)>,
    sealed: bool,
    /// The newest rules that are known here.
    #[serde(skip, default = "rules_known")]
    known: u32,
    window: Window,
    state: A,
}

fn rules_known() -> u32 {
    RULES_KNOWN
}

impl<A: Aggregate> PartitionFold<A> {
    /// An empty partition.
    pub fn new(partition: Partition) -> Self {
        Self::with_window(partition, A::WINDOW)
    }

    /// An empty partition with another window; only tests shrink windows.
    pub fn with_window(partition: Partition, limits: WindowLimits) -> Self {
        Self {
            partition,
            next: 0,
            appended_max_ms: 0,
            rules: 1,
            hash: 0,
            epochs: vec![(FIRST_EPOCH, 0)],
            sealed: false,
            known: RULES_KNOWN,
            window: Window::new(limits),
            state: A::default(),
        }
    }

    /// The same for a program that knows no newer rules than these: others stop the fold.
    pub fn knowing(self, rules: u32) -> Self {
        Self { known: rules, ..self }
    }

    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The offset that this fold takes next: all below are folded.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Digest of all verdicts and assigned times so far.
    pub fn hash(&self) -> u128 {
        self.hash
    }

    pub fn rules(&self) -> u32 {
        self.rules
    }

    /// The epoch whose events count now.
    pub fn epoch(&self) -> u32 {
        self.epochs.last().map_or(FIRST_EPOCH, |(epoch, _)| *epoch)
    }

    /// The epoch in which the record at `offset` was appended, or will be.
    pub fn epoch_at(&self, offset: u64) -> u32 {
        let opened = self.epochs.iter().rfind(|(_, from)| *from <= offset);
        opened.map_or(FIRST_EPOCH, |(epoch, _)| *epoch)
    }

    /// The offset at which an epoch ends, if it is over here.
    pub fn end_of_epoch(&self, epoch: u32) -> Option<u64> {
        self.epochs.iter().find(|(opened, _)| *opened > epoch).map(|(_, from)| *from)
    }

    /// Whether nothing counts any more that is appended here.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    pub fn window(&self) -> &Window {
        &self.window
    }

    pub fn state(&self) -> &A {
        &self.state
    }

    /// The verdict that stands for `id`, if remembered.
    pub fn outcome(&self, id: EventId) -> Option<Outcome> {
        self.window.outcome(id)
    }

    /// Goes on from `stored`, which was deserialised, knowing what was known here.
    ///
    /// # Errors
    /// Why it is of no use here; nothing changed.
    pub fn resume(&mut self, mut stored: Self) -> Result<(), String> {
        if stored.partition != self.partition {
            return Err(format!("it is of {}", stored.partition));
        }
        if stored.rules > self.known {
            return Err(format!("it is of rules {}, and {} are known", stored.rules, self.known));
        }
        stored.window.reindex();
        *self = stored.knowing(self.known);
        Ok(())
    }

    /// Judges the next record.
    ///
    /// # Errors
    /// [`FoldError`]; the state is unchanged.
    pub fn apply(&mut self, record: &Record) -> Result<Judged, FoldError> {
        if record.offset != self.next && faults::is_on(Rule::OnlyTheNext) {
            return Err(FoldError::NotTheNext {
                partition: self.partition,
                expected: self.next,
                got: record.offset,
            });
        }
        let decoded = match events::decode(record) {
            Ok((meta, event)) if A::event(&event).is_some() => Some((meta, event)),
            Err(error @ DecodeError::Unknown { .. }) => return Err(FoldError::Unknown(error)),
            Ok(_) | Err(_) => None,
        };
        let verdict = match &decoded {
            None => Verdict::Void(Void::Invalid),
            Some((meta, event)) => self.judge(record, meta, event)?,
        };
        self.next = record.offset + 1;
        self.hash =
            self.chained(record.offset, decoded.as_ref().map(|(meta, _)| meta.id), &verdict);
        Ok(Judged { decoded, verdict })
    }

    fn judge(&mut self, record: &Record, meta: &Meta, event: &Event) -> Result<Verdict, FoldError> {
        let event = A::event(event).expect("apply passes only events of this topic");
        let control = A::control(event);
        let foreign = self.is_foreign(meta, control);
        if let Some(Control::Rules(rules)) = control
            && rules > self.known
            && !foreign
        {
            return Err(FoldError::UnknownRules {
                partition: self.partition,
                offset: record.offset,
                rules,
                known: self.known,
            });
        }
        let appended_ms = meta.first_appended_ms(record);
        self.appended_max_ms = self.appended_max_ms.max(appended_ms);
        self.window.expire(self.appended_max_ms);
        if foreign {
            return Ok(Verdict::Void(Void::ForeignEpoch));
        }
        if let Some(first) = self.window.outcome(meta.id)
            && faults::is_on(Rule::SeenIds)
        {
            return Ok(Verdict::Void(Void::Duplicate { first: first.offset }));
        }
        if self.is_stale(meta, event) {
            if !faults::is_on(Rule::StaleIsForgotten) {
                self.remember(meta.id, record.offset, Err(Refusal::Already), Touches::new());
            }
            return Ok(Verdict::Void(Void::Stale));
        }
        let verdict = match self.admitted(event) {
            Ok(()) => Ok(self.evolve(record, meta, event, appended_ms)),
            Err(refusal) => Err(refusal),
        };
        let (result, touches) = match &verdict {
            Ok(applied) => (Ok(applied.at), A::touches(event)),
            Err(refusal) => (Err(*refusal), Touches::new()),
        };
        if result.is_ok() || faults::is_on(Rule::FirstVerdictStands) {
            self.remember(meta.id, record.offset, result, touches);
        }
        Ok(match verdict {
            Ok(applied) => Verdict::Applied(applied),
            Err(refusal) => Verdict::Void(Void::Refused(refusal)),
        })
    }

    fn remember(
        &mut self,
        event_id: EventId,
        offset: u64,
        result: Result<i64, Refusal>,
        touches: Touches,
    ) {
        self.window.push(self.appended_max_ms, Outcome { event_id, offset, result }, touches);
    }

    fn is_stale(&self, meta: &Meta, event: &A::Event) -> bool {
        (meta.read_at < self.window.floor() && faults::is_on(Rule::Floor))
            || (self.window.conflicts(&A::conflicts(event), meta.read_at)
                && faults::is_on(Rule::Conflicts))
    }

    /// Whether the event was decided in an epoch that is over, or has not begun.
    fn is_foreign(&self, meta: &Meta, control: Option<Control>) -> bool {
        match control {
            Some(Control::EpochOpened(epoch)) => meta.epoch != epoch,
            _ => (self.sealed || meta.epoch != self.epoch()) && faults::is_on(Rule::ForeignEpochs),
        }
    }

    fn admitted(&self, event: &A::Event) -> Result<(), Refusal> {
        match A::control(event) {
            Some(Control::Rules(rules)) if rules == self.rules + 1 => Ok(()),
            Some(Control::Rules(rules)) if rules <= self.rules => Err(Refusal::Already),
            Some(Control::Rules(_)) => Err(Refusal::NotTheNextRules),
            // Not by one: a restore that was given up has used its number up.
            Some(Control::EpochOpened(epoch)) if epoch > self.epoch() => Ok(()),
            Some(Control::EpochOpened(_)) => Err(Refusal::Already),
            Some(Control::EpochSealed(epoch)) if epoch == self.epoch() => Ok(()),
            Some(Control::EpochSealed(_)) => Err(Refusal::OtherEpoch),
            None => {
                let in_force = faults::is_on(Rule::RulesInForce);
                self.state.admit(if in_force { self.rules } else { self.known }, event)
            }
        }
    }

    fn evolve(
        &mut self,
        record: &Record,
        meta: &Meta,
        event: &A::Event,
        appended_ms: i64,
    ) -> Applied {
        if let Some(control) = A::control(event) {
            match control {
                Control::Rules(rules) => self.rules = rules,
                Control::EpochOpened(epoch) => {
                    self.epochs.push((epoch, record.offset));
                    self.sealed = false;
                }
                Control::EpochSealed(_) => self.sealed = true,
            }
            return Applied { at: self.appended_max_ms, ..Applied::default() };
        }
        let at = if faults::is_on(Rule::AssignedTimes) {
            (self.state.last_at(meta) + 1).max(meta.time_ms.min(appended_ms))
        } else {
            meta.time_ms
        };
        self.state.evolve(meta, event, at, record.offset)
    }

    fn chained(&self, offset: u64, id: Option<EventId>, verdict: &Verdict) -> u128 {
        let mut link = Vec::with_capacity(64);
        link.extend_from_slice(&self.hash.to_le_bytes());
        link.extend_from_slice(&offset.to_le_bytes());
        link.extend_from_slice(id.unwrap_or_default().as_bytes());
        match verdict {
            Verdict::Applied(applied) => {
                link.push(1);
                link.extend_from_slice(&applied.at.to_le_bytes());
            }
            Verdict::Void(void) => {
                link.push(0);
                link.extend(postcard::to_stdvec(void).expect("a void verdict always encodes"));
            }
        }
        xxh3_128(&link)
    }
}

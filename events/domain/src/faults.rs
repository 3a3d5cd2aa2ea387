//! Test-only switches: each turns one rule of the design off, so that `make torture` can show that the
//! simulation notices. Without the feature `faults` every switch reads as "on" at compile time.

/// A rule that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Rule {
    /// Events decided on forgotten knowledge are stale.
    Floor,
    /// Events decided before a conflicting touch are stale.
    Conflicts,
    /// An id that was seen is answered with its first verdict.
    SeenIds,
    /// A refusal is remembered like a success.
    FirstVerdictStands,
    /// `stale` leaves the id unseen.
    StaleIsForgotten,
    /// Records are folded in order without a gap.
    OnlyTheNext,
    /// Events are judged by the rules in force at their position.
    RulesInForce,
    /// A step needs a generation above any seen.
    Generations,
    /// The end of a generation is remembered.
    EndedGenerations,
    /// Leaving names the membership that it ends.
    NamedMembership,
    /// Times never run ahead of the append time nor backwards.
    AssignedTimes,
    /// Answers that append nothing fold up to the end first.
    NoAnswerFromBehind,
    /// A timed-out append is repeated under the same id.
    IndeterminateIsNotFailed,
    /// Steps' ids derive from the deciding event's position.
    StepIds,
    /// The process manager is a standing rule.
    StandingRules,
    /// Positions are written by compare-and-set with the rows.
    PositionsWithRows,
    /// Rights are conjunctions.
    Conjunctions,
    /// What was decided in another epoch has no effect.
    ForeignEpochs,
    /// An archiver starts at the archive's end.
    FromArchiveEnd,
    /// A segment begins where the one before it ends.
    SegmentsAbut,
    /// An archiver that was overtaken goes on behind what the other wrote.
    BehindAnother,
    /// A segment names the one before it, whoever wrote that.
    ChainLinks,
    /// An archiver whose fold comes to another state than the archive says goes no further.
    SameState,
    /// The digest of an hour waits until everything is archived that the log held when it was over.
    DigestsWait,
}

#[cfg(feature = "faults")]
mod switches {
    use std::cell::Cell;

    thread_local!(static OFF: Cell<u32> = const { Cell::new(0) });

    /// Switches `rule` off on this thread; `None` switches all on.
    pub fn switch_off(rule: Option<super::Rule>) {
        OFF.set(rule.map_or(0, |rule| 1 << rule as u8));
    }

    pub fn is_on(rule: super::Rule) -> bool {
        OFF.get() & (1 << rule as u8) == 0
    }
}

#[cfg(feature = "faults")]
pub use switches::{is_on, switch_off};

/// Whether `rule` is in force.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub const fn is_on(_: Rule) -> bool {
    true
}

//! The protocol of one command, from the look-up of its id to its answer. No I/O and no clock: whoever
//! drives it does what an [`Output`] says and feeds back what came of it. The server and the
//! deterministic simulation run this same code.
//!
//! The driver watches for records with the id from before the first look-up until the answer, and
//! feeds every one that the fold passes as [`Input::Passed`], whatever else it is doing.

use domain::commands::Decision;
use domain::faults::{self, Rule};
use domain::{Outcome, Refusal, Verdict, Void};
use events::{Event, Partition};

/// How often a stale event is decided anew before the command gives up.
pub const STALE_RETRIES_MAX: u32 = 3;

/// What happened.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per post")]
pub enum Input<R> {
    /// No other request of this process has the id in flight, or the one that had it has ended.
    Entered,
    /// What the fold, and rows for an id that they keep, know of the id; and the offset below which they
    /// know all, read together or before.
    LookedUp {
        next: u64,
        outcome: Option<Outcome>,
    },
    /// What the states, as they are now, make of the command.
    Decided(Decided<R>),
    /// The fold, and rows where the command read any, have reached the ends of all partitions that the
    /// decision rests on, read after it was asked for.
    CaughtUp(Ends),
    Appended(Result<u64, AppendFailure>),
    /// The fold passed a record with the id.
    Passed {
        offset: u64,
        said: Said,
    },
    /// The fold, and rows where the command read any, have passed the position.
    Reached,
    /// What was asked for cannot be done now: the log or the rows cannot be read.
    Unavailable,
    /// The time for an answer is over.
    Deadline,
}

/// Ends of partitions, read after a request came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// Of the event's own partition.
    pub own: u64,
    /// Of every partition that the decision rests on.
    pub all: Vec<(Partition, u64)>,
}

/// A decision with what it rests on.
#[derive(Debug)]
pub struct Decided<R> {
    pub decision: Result<Decision, R>,
    /// Where the rows that were read stood, in the event's own partition; absent where none were.
    pub rows_at: Option<u64>,
    /// Where rows of another partition stood. They do not bear on `read_at`, which is an offset of the
    /// event's own, but no answer rests on them from behind either.
    pub other_rows_at: Option<(Partition, u64)>,
}

impl Ends {
    /// `own` is where the event goes; `readstate`, which needs no look-up, may lack in `all`.
    pub fn of(own: Partition, all: Vec<(Partition, u64)>) -> Self {
        let end = all.iter().find(|(partition, _)| *partition == own).map_or(0, |(_, end)| *end);
        Self { own: end, all }
    }
}

impl<R> Decided<R> {
    /// A decision that read rows of no other partition than the event's own.
    pub fn new(decision: Result<Decision, R>, rows_at: Option<u64>) -> Self {
        Self { decision, rows_at, other_rows_at: None }
    }

    /// A database that was set back in between shows rows from before what was reached.
    fn is_at(&self, ends: &Ends) -> bool {
        let reached = |(rows, at)| ends.all.iter().any(|(p, end)| *p == rows && at >= *end);
        self.rows_at.is_none_or(|at| at >= ends.own) && self.other_rows_at.is_none_or(reached)
    }
}

/// Why an append was not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendFailure {
    /// It may be in the log or may still get there.
    Indeterminate,
    /// Nothing was written.
    Unavailable,
    /// Nothing was written, and never will be.
    TooLarge,
}

/// A verdict, without the values that it assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Applied,
    Refused(Refusal),
    /// Stale, or of another epoch: not remembered.
    Stale,
    Duplicate {
        first: u64,
    },
    /// Not judged: the bytes are no event.
    Nothing,
}

impl From<&Verdict> for Said {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Applied(_) => Self::Applied,
            Verdict::Void(Void::Refused(refusal)) => Self::Refused(*refusal),
            Verdict::Void(Void::Stale | Void::ForeignEpoch) => Self::Stale,
            Verdict::Void(Void::Duplicate { first }) => Self::Duplicate { first: *first },
            Verdict::Void(Void::Invalid) => Self::Nothing,
        }
    }
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per post")]
pub enum Output<R> {
    /// Wait until no other request of this process has the id in flight.
    Enter,
    /// Look the id up.
    LookUp,
    /// Decide on the states as they are now.
    Decide,
    /// Read the ends of all partitions that the decision rests on and fold up to them.
    CatchUp,
    /// Append this event under the id.
    Append {
        event: Event,
        read_at: u64,
    },
    /// Append the same record again, after a pause.
    AppendAgain,
    /// Wait for whatever happens next.
    Await,
    /// Wait until the fold, and rows where the command read any, have passed this offset.
    Reach {
        offset: u64,
    },
    Answer(Answer<R>),
}

/// How a command ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<R> {
    /// The event at this offset is in force: this command's, or the first under its id.
    Applied { offset: u64 },
    /// It holds already. Nothing was written.
    AlreadySo,
    /// The decision refused it. Nothing was written.
    Rejected(R),
    /// The log holds it as void for this reason, for ever.
    Refused { offset: u64, refusal: Refusal },
    /// The event is too large for the log. Nothing was written.
    TooLarge,
    /// Nothing was written, or only what has no effect; it may be tried again.
    Unavailable,
    /// It may be in force now or later. To be repeated with the same id.
    Unknown,
}

impl<R> Answer<R> {
    /// Whether what the command wanted holds.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::Applied { .. }
                | Self::AlreadySo
                | Self::Refused { refusal: Refusal::Already | Refusal::Behind, .. }
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Entering,
    LookingUp,
    Deciding {
        next: u64,
    },
    CatchingUp,
    Appending,
    Awaiting {
        offset: u64,
    },
    /// Somebody said that the id stands already: its verdict is being looked up.
    FindingFirst,
    Reaching,
    Ended,
}

/// One command on its way.
#[derive(Debug)]
pub struct Submission {
    state: State,
    /// What the states have reached; none before the ends were read.
    caught_up: Option<Ends>,
    /// An append was begun since the id was last looked up without being found.
    appended: bool,
    /// An append of the present record has an unknown outcome.
    indeterminate: bool,
    /// Offsets at which the id was passed as stale.
    stale: Vec<u64>,
    retries: u32,
}

impl Default for Submission {
    fn default() -> Self {
        Self::new()
    }
}

impl Submission {
    pub fn new() -> Self {
        Self {
            state: State::Entering,
            caught_up: None,
            appended: false,
            indeterminate: false,
            stale: Vec::new(),
            retries: 0,
        }
    }

    /// What to do first.
    pub fn start<R>(&self) -> Output<R> {
        Output::Enter
    }

    /// What to do after `input`. After an answer there is nothing more: everything is [`Output::Await`].
    pub fn step<R>(&mut self, input: Input<R>) -> Output<R> {
        match (self.state, input) {
            (State::Ended, _) => Output::Await,
            (_, Input::Passed { offset, said }) => self.passed(offset, said),
            (state, Input::Deadline) => self.expired(state),
            (_, Input::Unavailable) if self.appended => self.answer(Answer::Unknown),
            (_, Input::Unavailable) => self.answer(Answer::Unavailable),
            (State::Entering, Input::Entered) => self.go(State::LookingUp, Output::LookUp),
            (State::LookingUp | State::FindingFirst, Input::LookedUp { next, outcome }) => {
                self.looked_up(next, outcome)
            }
            (State::Deciding { next }, Input::Decided(decided)) => self.decided(next, decided),
            (State::CatchingUp, Input::CaughtUp(ends)) => {
                self.caught_up = Some(ends);
                self.go(State::LookingUp, Output::LookUp)
            }
            (State::Appending, Input::Appended(result)) => self.appended(result),
            (State::Reaching, Input::Reached) => self.go(State::LookingUp, Output::LookUp),
            // What comes too late for its state is of no use any more.
            (
                _,
                Input::Entered
                | Input::LookedUp { .. }
                | Input::Decided(_)
                | Input::CaughtUp(_)
                | Input::Appended(_)
                | Input::Reached,
            ) => Output::Await,
        }
    }

    fn go<R>(&mut self, state: State, output: Output<R>) -> Output<R> {
        self.state = state;
        output
    }

    fn answer<R>(&mut self, answer: Answer<R>) -> Output<R> {
        self.go(State::Ended, Output::Answer(answer))
    }

    fn looked_up<R>(&mut self, next: u64, outcome: Option<Outcome>) -> Output<R> {
        match outcome {
            Some(Outcome { offset, result: Ok(_), .. }) => self.answer(Answer::Applied { offset }),
            Some(Outcome { offset, result: Err(refusal), .. }) => {
                self.answer(Answer::Refused { offset, refusal })
            }
            // It stood there and was forgotten since: what it was can no longer be said.
            None if self.state == State::FindingFirst => self.answer(Answer::Unknown),
            None => self.go(State::Deciding { next }, Output::Decide),
        }
    }

    fn decided<R>(&mut self, next: u64, decided: Decided<R>) -> Output<R> {
        // Ids are looked up in rows, too, and those may have been set back since.
        let is_at = |ends: &Ends| next >= ends.own && decided.is_at(ends);
        let caught_up = self.caught_up.as_ref().is_some_and(is_at);
        let answer = match decided.decision {
            Ok(Decision::Append(event)) => {
                self.appended = true;
                self.indeterminate = false;
                let read_at = decided.rows_at.map_or(next, |rows_at| rows_at.min(next));
                return self.go(State::Appending, Output::Append { event, read_at });
            }
            Ok(Decision::AlreadySo) => Answer::AlreadySo,
            Err(rejection) => Answer::Rejected(rejection),
        };
        if caught_up || !faults::is_on(Rule::NoAnswerFromBehind) {
            return self.answer(answer);
        }
        self.go(State::CatchingUp, Output::CatchUp)
    }

    fn appended<R>(&mut self, result: Result<u64, AppendFailure>) -> Output<R> {
        match result {
            Ok(offset) if self.stale.contains(&offset) => self.is_stale(offset),
            Ok(offset) => self.go(State::Awaiting { offset }, Output::Await),
            Err(AppendFailure::TooLarge) => self.answer(Answer::TooLarge),
            Err(AppendFailure::Unavailable) if self.indeterminate => Output::AppendAgain,
            Err(AppendFailure::Unavailable) => self.answer(Answer::Unavailable),
            Err(AppendFailure::Indeterminate) if faults::is_on(Rule::IndeterminateIsNotFailed) => {
                self.indeterminate = true;
                Output::AppendAgain
            }
            Err(AppendFailure::Indeterminate) => self.answer(Answer::Unavailable),
        }
    }

    fn passed<R>(&mut self, offset: u64, said: Said) -> Output<R> {
        match said {
            Said::Applied => self.answer(Answer::Applied { offset }),
            Said::Refused(refusal) => self.answer(Answer::Refused { offset, refusal }),
            Said::Duplicate { .. } => self.go(State::FindingFirst, Output::LookUp),
            Said::Stale if self.state == (State::Awaiting { offset }) => self.is_stale(offset),
            Said::Stale => {
                self.stale.push(offset);
                Output::Await
            }
            Said::Nothing => Output::Await,
        }
    }

    /// The present record was judged stale. Copies of it that may still come will be, too, because
    /// floors, touches and epochs only move up: the id is free to be decided anew.
    fn is_stale<R>(&mut self, offset: u64) -> Output<R> {
        if self.retries == STALE_RETRIES_MAX {
            return self.answer(Answer::Unavailable);
        }
        self.retries += 1;
        self.caught_up = None;
        self.appended = false;
        self.go(State::Reaching, Output::Reach { offset: offset + 1 })
    }

    fn expired<R>(&mut self, state: State) -> Output<R> {
        // Whoever waits for another request does not know what that one wrote.
        let unknown = self.appended || state == State::Entering || state == State::FindingFirst;
        self.answer(if unknown { Answer::Unknown } else { Answer::Unavailable })
    }
}

#[cfg(test)]
mod tests;

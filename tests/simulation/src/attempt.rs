//! One attempt: a request, or a step of the process manager, on its way through one node. It drives the
//! command side's own protocol and does what that asks for, one small piece at a time, so that a crash
//! can come between any two.

use std::collections::VecDeque;

use command_api::process_manager::Step;
use command_api::submission::{Answer, AppendFailure, Decided, Ends, Input, Output, Submission};
use domain::commands::Decision;
use event_log::{AppendError, EventLog};
use events::{Actor, Event, EventId, KeyedHash, Meta, NewRecord, Partition};
use futures::FutureExt;
use projector::MemoryTables;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::erasures::ErasureWork;
use crate::errands::ErrandWork;
use crate::log::SimLog;
use crate::node::Node;
use crate::request::{Request, subject};
use crate::rows;

/// What is attempted.
#[derive(Debug, Clone)]
pub enum Work {
    Request { index: usize, request: Request },
    Step(Step),
    Errand(Box<ErrandWork>),
    Erasure(ErasureWork),
}

impl Work {
    pub fn id(&self) -> EventId {
        match self {
            Self::Request { request, .. } => request.id,
            Self::Step(step) => step.id,
            Self::Errand(errand) => errand.id,
            Self::Erasure(erasure) => erasure.id(),
        }
    }

    pub fn partition(&self) -> Partition {
        match self {
            Self::Request { request, .. } => request.ask.partition(),
            Self::Step(step) => step.partition(),
            Self::Errand(errand) => errand.partition(),
            Self::Erasure(erasure) => erasure.partition(),
        }
    }

    pub fn rests_on(&self) -> Vec<Partition> {
        match self {
            Self::Request { request, .. } => request.ask.rests_on(),
            Self::Step(step) => vec![Partition::DIRECTORY, step.partition()],
            Self::Errand(errand) => errand.rests_on(),
            Self::Erasure(erasure) => vec![erasure.partition()],
        }
    }

    pub fn reads_rows(&self) -> bool {
        match self {
            Self::Request { request, .. } => {
                request.is_keyed() || request.ask.rows_read().is_some()
            }
            Self::Step(_) | Self::Erasure(_) => false,
            Self::Errand(errand) => errand.reads_rows(),
        }
    }

    fn awaits_rows(&self) -> Vec<Partition> {
        match self {
            Self::Request { request, .. } => request.ask.awaits_rows(),
            Self::Step(_) | Self::Errand(_) | Self::Erasure(_) => Vec::new(),
        }
    }

    pub fn sees_all_channels(&self) -> bool {
        matches!(self, Self::Request { request, .. } if request.ask.sees_all_channels())
    }

    fn is_keyed(&self) -> bool {
        matches!(self, Self::Request { request, .. } if request.is_keyed())
    }

    /// What `node` makes of it now.
    pub fn decide(
        &self,
        node: &Node,
        log: &SimLog,
        rows: &MemoryTables,
        rng: &mut SmallRng,
    ) -> Decided<String> {
        match self {
            Self::Request { request, .. } => request.ask.decide(node, rows, rng),
            Self::Step(step) => Decided::new(Ok(decide_step(step, node, log)), None),
            Self::Errand(errand) => errand.decide(node, log, rows),
            Self::Erasure(erasure) => erasure.decide(node),
        }
    }
}

fn decide_step(step: &Step, node: &Node, log: &SimLog) -> Decision {
    let cause = step
        .needs_cause()
        .then(|| log.record(step.cause.partition, step.cause.offset))
        .flatten()
        .and_then(|record| events::decode(&record).ok());
    let cause = match &cause {
        Some((_, Event::Directory(event))) => Some(event),
        _ => None,
    };
    let channels = node.set.channels(step.channel_id);
    step.decide(channels.state().channel(step.channel_id), cause)
}

/// Everything around an attempt that it may use.
pub struct Around<'w> {
    pub node: &'w mut Node,
    pub log: &'w SimLog,
    pub rows: &'w MemoryTables,
    pub rng: &'w mut SmallRng,
}

#[derive(Debug)]
pub struct Attempt {
    /// Names the attempt in the records that it appends.
    pub number: usize,
    pub node: usize,
    pub work: Work,
    /// The log's ends when it began, of what it rests on.
    pub ends_at_start: Vec<u64>,
    /// Where rows have to be before it is looked at.
    rows_from: Vec<(Partition, u64)>,
    submission: Submission,
    output: Output<String>,
    record: Option<NewRecord>,
    passed: VecDeque<Input<String>>,
    catch_up: Option<Vec<(Partition, u64)>>,
    /// Pieces of work until it gives up waiting.
    patience: u32,
    entered: bool,
}

impl Attempt {
    pub fn new(number: usize, node: usize, work: Work, log: &SimLog, patience: u32) -> Self {
        let submission = Submission::new();
        let output = submission.start();
        let ends_at_start = work.rests_on().iter().map(|p| log.end_of(*p)).collect();
        let rows_from = work.awaits_rows().into_iter().map(|p| (p, log.end_of(p))).collect();
        Self {
            number,
            node,
            work,
            ends_at_start,
            rows_from,
            submission,
            output,
            record: None,
            passed: VecDeque::new(),
            catch_up: None,
            patience,
            entered: false,
        }
    }

    /// The node's fold passed a record with this id.
    pub fn pass(&mut self, input: Input<String>) {
        self.passed.push_back(input);
    }

    /// Does one piece. Gives the answer when there is one.
    pub fn advance(&mut self, around: &mut Around<'_>) -> Option<Answer<String>> {
        let input = match self.passed.pop_front() {
            Some(passed) => passed,
            None => self.perform(around)?,
        };
        self.output = self.submission.step(input);
        let Output::Answer(answer) = &self.output else { return None };
        if self.entered {
            around.node.in_flight.remove(&self.work.id());
        }
        Some(answer.clone())
    }

    fn perform(&mut self, around: &mut Around<'_>) -> Option<Input<String>> {
        if self.patience == 0 {
            return Some(Input::Deadline);
        }
        self.patience -= 1;
        match std::mem::replace(&mut self.output, Output::Await) {
            Output::Enter if self.rows_from.iter().any(|(p, end)| around.rows.next(*p) < *end) => {
                self.again(Output::Enter)
            }
            Output::Enter if around.node.in_flight.insert(self.work.id()) => {
                self.entered = true;
                Some(Input::Entered)
            }
            Output::Enter => self.again(Output::Enter),
            Output::LookUp => Some(self.look_up(around)),
            Output::Decide => Some(Input::Decided(self.work.decide(
                around.node,
                around.log,
                around.rows,
                around.rng,
            ))),
            Output::CatchUp => self.catch_up(around),
            Output::Append { event, read_at } => {
                self.record = Some(self.encode(around, &event, read_at));
                self.append(around)
            }
            Output::AppendAgain => self.append(around),
            Output::Await => None,
            Output::Reach { offset } => self.reach(around, offset),
            Output::Answer(_) => None,
        }
    }

    fn look_up(&self, around: &Around<'_>) -> Input<String> {
        let (partition, id) = (self.work.partition(), self.work.id());
        let outcome = around.node.set.outcome(partition, id);
        let next = around.node.set.next(partition);
        if outcome.is_some() || !self.work.is_keyed() {
            return Input::LookedUp { next, outcome };
        }
        let outcome = rows::first_of(around.rows, id);
        Input::LookedUp { next: next.min(around.rows.next(partition)), outcome }
    }

    fn again(&mut self, output: Output<String>) -> Option<Input<String>> {
        self.output = output;
        None
    }

    fn catch_up(&mut self, around: &mut Around<'_>) -> Option<Input<String>> {
        let ends = self.catch_up.take().unwrap_or_else(|| {
            self.work.rests_on().into_iter().map(|p| (p, around.log.end_of(p))).collect()
        });
        let reads_rows = self.work.reads_rows();
        let reached = ends.iter().all(|(partition, end)| {
            around.node.set.next(*partition) >= *end
                && (!reads_rows || around.rows.next(*partition) >= *end)
        });
        if reached {
            return Some(Input::CaughtUp(Ends::of(self.work.partition(), ends)));
        }
        self.catch_up = Some(ends);
        self.again(Output::CatchUp)
    }

    fn reach(&mut self, around: &mut Around<'_>, offset: u64) -> Option<Input<String>> {
        let partition = self.work.partition();
        let rows_there = !self.work.reads_rows() || around.rows.next(partition) >= offset;
        if around.node.set.next(partition) >= offset && rows_there {
            return Some(Input::Reached);
        }
        self.again(Output::Reach { offset })
    }

    fn encode(&self, around: &Around<'_>, event: &Event, read_at: u64) -> NewRecord {
        let actor = Actor::System;
        let now_ms = around.node.now_ms(around.log);
        let mut meta = Meta::new(self.work.id(), subject(event), now_ms, read_at, actor);
        meta.epoch = around.node.set.epoch(self.work.partition());
        meta.request_id = Some(self.number.to_string());
        meta.request_hash = self.work.is_keyed().then(|| KeyedHash(self.work.id().0));
        if let Work::Step(step) = &self.work {
            meta.cause = Some(step.cause);
        }
        events::encode("simulation", &meta, event)
    }

    fn append(&mut self, around: &mut Around<'_>) -> Option<Input<String>> {
        // The broker may take its time: the append happens now or some pieces later.
        if around.rng.random_ratio(1, 4) {
            return self.again(Output::AppendAgain);
        }
        let record = self.record.clone().expect("an append has a record");
        let appended = around.log.append(self.work.partition(), record);
        let result = appended.now_or_never().expect("the simulated log answers at once");
        Some(Input::Appended(match result {
            Ok(appended) => Ok(appended.offset),
            Err(AppendError::Indeterminate(_)) => Err(AppendFailure::Indeterminate),
            Err(AppendError::Unavailable(_)) => Err(AppendFailure::Unavailable),
            Err(AppendError::TooLarge { .. }) => Err(AppendFailure::TooLarge),
        }))
    }
}

//! The scheduler of each node: what is due there, and the appends that each takes, as the command side's own
//! makes them.

use command_api::submission::{Answer, Decided};
use domain::commands::Decision;
use domain::errands::{Errand, Stage, Timer};
use events::channel::PostContent;
use events::scheduled_post::{
    ScheduledPostError, ScheduledPostFailed, ScheduledPostFired, ScheduledPostSent,
};
use events::{
    Body, Event, EventId, Id, Partition, Position, PostId, ScheduledPostId, Topic, UserEvent,
    UserId,
};
use projector::MemoryTables;
use rand::Rng;

use crate::attempt::{Attempt, Work};
use crate::decide::said_later;
use crate::log::SimLog;
use crate::node::Node;
use crate::world::World;

/// How long whoever fired has for what follows: less than a late append may take.
const LEFT_TO_OTHERS_MS: i64 = 2_000;

/// One append on the way of a post for later.
#[derive(Debug, Clone)]
pub struct ErrandWork {
    pub id: EventId,
    pub user: UserId,
    scheduled: ScheduledPostId,
    timer: Timer,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Fire,
    Say { fired: Position },
    End { event: UserEvent },
}

/// The post that is said for what was scheduled so.
pub fn post_id(scheduled: ScheduledPostId, said_at: u64) -> PostId {
    let said_at = said_at.to_be_bytes();
    PostId(Id::derived("scheduled_post", &[scheduled.as_bytes(), &said_at]))
}

impl ErrandWork {
    pub fn partition(&self) -> Partition {
        match self.act {
            Act::Say { .. } => Partition::of(Topic::Channels, self.timer.channel_id.as_bytes()),
            Act::Fire | Act::End { .. } => of_user(self.user),
        }
    }

    pub fn rests_on(&self) -> Vec<Partition> {
        match self.act {
            Act::Say { .. } => vec![Partition::DIRECTORY, self.partition()],
            Act::Fire | Act::End { .. } => vec![self.partition()],
        }
    }

    pub fn reads_rows(&self) -> bool {
        matches!(self.act, Act::Say { .. })
    }

    pub fn decide(&self, node: &Node, log: &SimLog, rows: &MemoryTables) -> Decided<String> {
        match &self.act {
            Act::Fire => {
                let (scheduled_id, user_id) = (self.scheduled, self.user);
                let c = ScheduledPostFired { scheduled_id, user_id, said_at: self.timer.said_at };
                let fired = UserEvent::from(Body::from(c));
                Decided::new(Ok(self.unless_changed(node, |held| *held == self.timer, fired)), None)
            }
            Act::Say { .. } => {
                let rows_at = rows.next(self.partition());
                Decided::new(self.say(node, log, rows), Some(rows_at))
            }
            Act::End { event } => {
                let is_fired = |held: &Timer| held.is_fired() && held.said_at == self.timer.said_at;
                Decided::new(Ok(self.unless_changed(node, is_fired, event.clone())), None)
            }
        }
    }

    fn unless_changed(
        &self,
        node: &Node,
        holds: impl Fn(&Timer) -> bool,
        event: UserEvent,
    ) -> Decision {
        let users = node.set.users(self.user);
        let held = users.state().errands().timer(self.user, Errand::Post(self.scheduled));
        if held.is_some_and(holds) { Decision::Append(event.into()) } else { Decision::AlreadySo }
    }

    fn say(&self, node: &Node, log: &SimLog, rows: &MemoryTables) -> Result<Decision, String> {
        let post_id = post_id(self.scheduled, self.timer.said_at);
        if rows.posts.contains_key(&post_id) {
            return Ok(Decision::AlreadySo);
        }
        let record = log.record(of_user(self.user), self.timer.said_at).ok_or("no such record")?;
        let message = match events::decode(&record) {
            Ok((_, Event::Users(UserEvent::ScheduledPostCreated(b)))) => b.p.message,
            Ok((_, Event::Users(UserEvent::ScheduledPostChanged(b)))) => b.p.message,
            other => unreachable!("{other:?} says no post"),
        };
        let directory = node.set.directory();
        let channels = node.set.channels(self.timer.channel_id);
        let content = PostContent { message, ..PostContent::default() };
        let create = said_later(self.user, self.timer.channel_id, post_id, content);
        create.decide(directory.state(), channels.state()).map_err(|r| format!("{r:?}"))
    }

    /// What comes next, if its answer is one.
    fn next(&self, answer: &Answer<String>) -> Option<Self> {
        match (&self.act, answer) {
            (Act::Fire, Answer::Applied { offset }) => {
                Some(self.saying(Position::new(of_user(self.user), *offset)))
            }
            (Act::Say { fired }, Answer::Applied { .. } | Answer::AlreadySo) => {
                let c = ScheduledPostSent {
                    scheduled_id: self.scheduled,
                    user_id: self.user,
                    channel_id: self.timer.channel_id,
                    root_id: self.timer.root_id,
                    post_id: post_id(self.scheduled, self.timer.said_at),
                };
                Some(self.ending(fired, Body::from(c).into()))
            }
            (Act::Say { fired }, Answer::Rejected(_) | Answer::Refused { .. }) => {
                let c = ScheduledPostFailed {
                    scheduled_id: self.scheduled,
                    user_id: self.user,
                    said_at: self.timer.said_at,
                    error_code: ScheduledPostError::UnableToSend,
                };
                Some(self.ending(fired, Body::from(c).into()))
            }
            _ => None,
        }
    }

    fn saying(&self, fired: Position) -> Self {
        let id = EventId::step(&fired, "post.created", self.user.as_bytes());
        Self { id, act: Act::Say { fired }, ..self.clone() }
    }

    fn ending(&self, fired: &Position, event: UserEvent) -> Self {
        let id = EventId::step(fired, event.event_type(), self.user.as_bytes());
        Self { id, act: Act::End { event }, ..self.clone() }
    }
}

fn of_user(user: UserId) -> Partition {
    Partition::of(Topic::Users, user.as_bytes())
}

impl World {
    /// The scheduler of one node looks at its states. Gives how much was due.
    pub fn schedule(&mut self, at: usize) -> usize {
        let now_ms = self.nodes[at].now_ms(&self.log);
        self.do_errands(at, now_ms, now_ms - LEFT_TO_OTHERS_MS)
    }

    /// The same once nothing goes wrong any more: nobody is waited for.
    pub fn schedule_all(&mut self, at: usize) -> usize {
        let now_ms = self.nodes[at].now_ms(&self.log);
        self.do_errands(at, now_ms, i64::MAX)
    }

    fn do_errands(&mut self, at: usize, now_ms: i64, fired_until: i64) -> usize {
        let mut due = Vec::new();
        for Partition { index, .. } in Topic::Users.partitions() {
            let users = self.nodes[at].set.users_at(index);
            due.extend(users.state().errands().due(now_ms, fired_until));
        }
        let count = due.len();
        for (user, errand, timer) in due {
            let Errand::Post(scheduled) = errand else { continue };
            let busy = |attempt: &Attempt| {
                let of_errand = |work: &ErrandWork| work.scheduled == scheduled;
                attempt.node == at && matches!(&attempt.work, Work::Errand(work) if of_errand(work))
            };
            if self.attempts.iter().any(busy) {
                continue;
            }
            let id = EventId(Id(self.rng.random()));
            let work = ErrandWork { id, user, scheduled, timer, act: Act::Fire };
            let work = match timer.stage {
                Stage::Fired { offset, .. } => work.saying(Position::new(of_user(user), offset)),
                Stage::Waiting | Stage::Failed => work,
            };
            self.attempt_on(at, Work::Errand(Box::new(work)));
        }
        count
    }

    /// Whoever got an answer goes on.
    pub fn go_on(&mut self, attempt: &Attempt, answer: &Answer<String>) {
        if let Work::Errand(work) = &attempt.work
            && let Some(next) = work.next(answer)
        {
            self.attempt_on(attempt.node, Work::Errand(Box::new(next)));
        }
    }
}

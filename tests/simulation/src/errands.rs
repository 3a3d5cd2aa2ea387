//! The scheduler of each node: what is due there, and the appends that each takes, as the command side's own
//! makes them.

use command_api::submission::{Answer, Decided};
use domain::commands::Decision;
use domain::commands::channel::OpenDirectChannel;
use domain::errands::{Errand, Stage, Timer};
use events::channel::PostContent;
use events::reminder::{ReminderEnd, ReminderEnded, ReminderFired};
use events::scheduled_post::{
    ScheduledPostError, ScheduledPostFailed, ScheduledPostFired, ScheduledPostSent,
};
use events::{
    Body, ChannelId, Event, EventId, Id, Partition, Position, PostId, Topic, UserEvent, UserId,
};
use projector::MemoryTables;
use rand::Rng;

use crate::attempt::{Attempt, Work};
use crate::decide::{create_bot, said_later};
use crate::log::SimLog;
use crate::node::Node;
use crate::world::World;

/// How long whoever fired has for what follows: less than a late append may take.
const LEFT_TO_OTHERS_MS: i64 = 2_000;

/// One append on the way of something that is to be done for somebody.
#[derive(Debug, Clone)]
pub struct ErrandWork {
    pub id: EventId,
    pub user: UserId,
    errand: Errand,
    timer: Timer,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Fire,
    /// Whoever is to write to the person has to be there, if there is anything to remind them of.
    MakeBot {
        fired: Position,
    },
    /// And so has the conversation.
    OpenConversation {
        fired: Position,
    },
    Say {
        fired: Position,
    },
    End {
        event: UserEvent,
    },
}

/// The post that comes of an errand which was said at an offset.
pub fn post_of(user: UserId, errand: Errand, said_at: u64) -> PostId {
    let said_at = said_at.to_be_bytes();
    PostId(match errand {
        Errand::Post(id) => Id::derived("scheduled_post", &[id.as_bytes(), &said_at]),
        Errand::Reminder(post) => {
            Id::derived("reminder", &[user.as_bytes(), post.as_bytes(), &said_at])
        }
    })
}

fn bot() -> UserId {
    UserId(Id::derived("system_bot", &[]))
}

impl ErrandWork {
    pub fn partition(&self) -> Partition {
        match self.act {
            Act::MakeBot { .. } => Partition::DIRECTORY,
            Act::OpenConversation { .. } | Act::Say { .. } => of_channel(self.channel()),
            Act::Fire | Act::End { .. } => of_user(self.user),
        }
    }

    pub fn rests_on(&self) -> Vec<Partition> {
        match self.act {
            Act::MakeBot { .. } => {
                vec![Partition::DIRECTORY, of_channel(self.timer.channel_id)]
            }
            Act::OpenConversation { .. } | Act::Say { .. } => {
                vec![Partition::DIRECTORY, self.partition()]
            }
            Act::Fire | Act::End { .. } => vec![self.partition()],
        }
    }

    pub fn reads_rows(&self) -> bool {
        matches!(self.act, Act::MakeBot { .. } | Act::Say { .. })
    }

    /// Where something is said.
    fn channel(&self) -> ChannelId {
        match self.errand {
            Errand::Post(_) => self.timer.channel_id,
            Errand::Reminder(_) => ChannelId::direct(bot(), self.user),
        }
    }

    fn post_id(&self) -> PostId {
        post_of(self.user, self.errand, self.timer.said_at)
    }

    pub fn decide(&self, node: &Node, log: &SimLog, rows: &MemoryTables) -> Decided<String> {
        match &self.act {
            Act::Fire => {
                let fired = self.unless_changed(node, |held| *held == self.timer, self.fired());
                Decided::new(Ok(fired), None)
            }
            Act::MakeBot { .. } => {
                let read = of_channel(self.timer.channel_id);
                let other_rows_at = Some((read, rows.next(read)));
                Decided { decision: self.make_bot(node, rows), rows_at: None, other_rows_at }
            }
            Act::OpenConversation { .. } => Decided::new(self.open_conversation(node), None),
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

    fn fired(&self) -> UserEvent {
        let (user_id, said_at) = (self.user, self.timer.said_at);
        match self.errand {
            Errand::Post(scheduled_id) => {
                Body::from(ScheduledPostFired { scheduled_id, user_id, said_at }).into()
            }
            Errand::Reminder(post_id) => {
                Body::from(ReminderFired { user_id, post_id, said_at }).into()
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
        let held = users.state().errands().timer(self.user, self.errand);
        if held.is_some_and(holds) { Decision::Append(event.into()) } else { Decision::AlreadySo }
    }

    fn make_bot(&self, node: &Node, rows: &MemoryTables) -> Result<Decision, String> {
        let Errand::Reminder(post) = self.errand else { unreachable!("people write themselves") };
        let stands = rows.posts.get(&post).is_some_and(|row| row.delete_at == 0);
        let directory = node.set.directory();
        let channels = node.set.channels(self.timer.channel_id);
        let (channel, user) = (self.timer.channel_id, self.user);
        let reads = domain::rights::may_read(directory.state(), channels.state(), channel, user);
        if !(stands && reads) {
            return Err("there is nothing to remind of".to_owned());
        }
        if directory.state().account(bot()).is_some() {
            return Ok(Decision::AlreadySo);
        }
        create_bot(bot()).decide(directory.state()).map_err(|r| format!("{r:?}"))
    }

    fn open_conversation(&self, node: &Node) -> Result<Decision, String> {
        let directory = node.set.directory();
        let channels = node.set.channels(self.channel());
        let user_ids = [bot(), self.user];
        OpenDirectChannel { actor: bot(), user_ids, knows_all: true }
            .decide(directory.state(), channels.state())
            .map_err(|r| format!("{r:?}"))
    }

    fn say(&self, node: &Node, log: &SimLog, rows: &MemoryTables) -> Result<Decision, String> {
        if rows.posts.contains_key(&self.post_id()) {
            return Ok(Decision::AlreadySo);
        }
        let (author, message) = match self.errand {
            Errand::Post(_) => (self.user, self.scheduled_text(log)?),
            Errand::Reminder(post) => (bot(), format!("reminder of {post}")),
        };
        let directory = node.set.directory();
        let channels = node.set.channels(self.channel());
        let content = PostContent { message, ..PostContent::default() };
        let create = said_later(author, self.channel(), self.post_id(), content);
        create.decide(directory.state(), channels.state()).map_err(|r| format!("{r:?}"))
    }

    fn scheduled_text(&self, log: &SimLog) -> Result<String, String> {
        let record = log.record(of_user(self.user), self.timer.said_at).ok_or("no such record")?;
        match events::decode(&record) {
            Ok((_, Event::Users(UserEvent::ScheduledPostCreated(b)))) => Ok(b.p.message),
            Ok((_, Event::Users(UserEvent::ScheduledPostChanged(b)))) => Ok(b.p.message),
            other => unreachable!("{other:?} says no post"),
        }
    }

    /// What comes next, if its answer is one.
    fn next(&self, answer: &Answer<String>) -> Option<Self> {
        let done = answer.is_success();
        let refused = matches!(answer, Answer::Rejected(_) | Answer::Refused { .. });
        match (&self.act, answer) {
            (Act::Fire, Answer::Applied { offset }) => {
                Some(self.after_fired(Position::new(of_user(self.user), *offset)))
            }
            (Act::MakeBot { fired }, _) if done => Some(self.opening(*fired)),
            (Act::OpenConversation { fired }, _) if done => Some(self.saying(*fired)),
            (Act::Say { fired }, _) if done => Some(self.ending(fired, self.done())),
            (Act::MakeBot { fired } | Act::OpenConversation { fired } | Act::Say { fired }, _)
                if refused =>
            {
                Some(self.ending(fired, self.in_vain()))
            }
            _ => None,
        }
    }

    fn after_fired(&self, fired: Position) -> Self {
        match self.errand {
            Errand::Post(_) => self.saying(fired),
            Errand::Reminder(_) => {
                let id = EventId(Id::derived("system_bot.created", &[]));
                Self { id, act: Act::MakeBot { fired }, ..self.clone() }
            }
        }
    }

    fn opening(&self, fired: Position) -> Self {
        let channel = self.channel();
        let id = EventId::step(&fired, "channel.direct_opened", channel.as_bytes());
        Self { id, act: Act::OpenConversation { fired }, ..self.clone() }
    }

    fn saying(&self, fired: Position) -> Self {
        let id = EventId::step(&fired, "post.created", self.user.as_bytes());
        Self { id, act: Act::Say { fired }, ..self.clone() }
    }

    fn ending(&self, fired: &Position, event: UserEvent) -> Self {
        let id = EventId::step(fired, event.event_type(), self.user.as_bytes());
        Self { id, act: Act::End { event }, ..self.clone() }
    }

    fn done(&self) -> UserEvent {
        match self.errand {
            Errand::Post(scheduled_id) => Body::from(ScheduledPostSent {
                scheduled_id,
                user_id: self.user,
                channel_id: self.timer.channel_id,
                root_id: self.timer.root_id,
                post_id: self.post_id(),
            })
            .into(),
            Errand::Reminder(post) => self.reminder_ended(post, ReminderEnd::Reminded),
        }
    }

    fn in_vain(&self) -> UserEvent {
        match self.errand {
            Errand::Post(scheduled_id) => Body::from(ScheduledPostFailed {
                scheduled_id,
                user_id: self.user,
                said_at: self.timer.said_at,
                error_code: ScheduledPostError::UnableToSend,
            })
            .into(),
            Errand::Reminder(post) => self.reminder_ended(post, ReminderEnd::InVain),
        }
    }

    fn reminder_ended(&self, post_id: PostId, because: ReminderEnd) -> UserEvent {
        let (user_id, said_at) = (self.user, self.timer.said_at);
        Body::from(ReminderEnded { user_id, post_id, said_at, because }).into()
    }
}

fn of_user(user: UserId) -> Partition {
    Partition::of(Topic::Users, user.as_bytes())
}

fn of_channel(channel: ChannelId) -> Partition {
    Partition::of(Topic::Channels, channel.as_bytes())
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
            let busy = |attempt: &Attempt| {
                let of_errand = |work: &ErrandWork| (work.user, work.errand) == (user, errand);
                attempt.node == at && matches!(&attempt.work, Work::Errand(work) if of_errand(work))
            };
            if self.attempts.iter().any(busy) {
                continue;
            }
            let id = EventId(Id(self.rng.random()));
            let work = ErrandWork { id, user, errand, timer, act: Act::Fire };
            let work = match timer.stage {
                Stage::Fired { offset, .. } => {
                    work.after_fired(Position::new(of_user(user), offset))
                }
                Stage::Waiting | Stage::Failed => work,
            };
            self.attempt_on(at, Work::Errand(Box::new(work)));
        }
        count
    }

    /// Whoever got an answer goes on.
    pub fn go_on(&mut self, attempt: &Attempt, answer: &Answer<String>) {
        let next = match &attempt.work {
            Work::Errand(work) => work.next(answer).map(|next| Work::Errand(Box::new(next))),
            Work::Erasure(work) => return self.erase_on(attempt.node, work, answer),
            Work::Request { .. } | Work::Step(_) => None,
        };
        if let Some(next) = next {
            self.attempt_on(attempt.node, next);
        }
    }
}

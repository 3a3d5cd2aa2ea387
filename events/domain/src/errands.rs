//! What is to be done for people at a time of theirs, and how far it got; never what it says.
//!
//! An errand waits, is fired at its time, and ends once what follows from it stands elsewhere. The clock
//! decides when somebody tries; what is fired, and whether it still can be, is decided here.

use std::collections::{BTreeMap, BTreeSet};

use events::reminder::{ReminderEnded, ReminderFired, ReminderSet};
use events::scheduled_post::{
    ScheduledPostChanged, ScheduledPostCreated, ScheduledPostFailed, ScheduledPostFired,
};
use events::{ChannelId, Id, PostId, ScheduledPostId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// What is to be done for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Errand {
    /// To send what they wrote for later.
    Post(ScheduledPostId),
    /// To remind them of a post.
    Reminder(PostId),
}

/// How far an errand got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Waiting,
    /// By the event at this offset, at this assigned time.
    Fired {
        offset: u64,
        at: i64,
    },
    /// Until the person changes it or lets go of it.
    Failed,
}

/// An errand as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Where the post is to stand, or stands.
    pub channel_id: ChannelId,
    pub root_id: Option<PostId>,
    /// Assigned time of the event that began it.
    pub created_at: i64,
    pub due_at: i64,
    /// Offset of the event that last said what it is.
    pub said_at: u64,
    pub stage: Stage,
}

/// The errands of the people in one partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Errands {
    timers: BTreeMap<(UserId, Errand), Timer>,
    /// Those that wait, by the time at which they are due.
    waiting: BTreeSet<(i64, UserId, Errand)>,
    /// Those of which something is to follow, by the time at which they were fired.
    fired: BTreeSet<(i64, UserId, Errand)>,
}

/// Questions.
impl Errands {
    pub fn timer(&self, user: UserId, errand: Errand) -> Option<&Timer> {
        self.timers.get(&(user, errand))
    }

    /// Posts that somebody wrote for later, failed ones too.
    pub fn posts(&self, user: UserId) -> usize {
        self.of(user).filter(|errand| matches!(errand, Errand::Post(_))).count()
    }

    pub fn reminders(&self, user: UserId) -> usize {
        self.of(user).filter(|errand| matches!(errand, Errand::Reminder(_))).count()
    }

    /// What is due at `now_ms` or was fired by `fired_until`, each person's in order.
    pub fn due(&self, now_ms: i64, fired_until: i64) -> Vec<(UserId, Errand, Timer)> {
        let up_to = |set: &BTreeSet<(i64, UserId, Errand)>, time: i64| {
            let keys = set.iter().take_while(|(at, ..)| *at <= time);
            keys.map(|(_, user, errand)| (*user, *errand)).collect::<Vec<_>>()
        };
        let keys = up_to(&self.waiting, now_ms).into_iter().chain(up_to(&self.fired, fired_until));
        let timers = keys.filter_map(|key| Some((key.0, key.1, *self.timers.get(&key)?)));
        let mut due: Vec<_> = timers.collect();
        due.sort_unstable_by_key(|(user, _, timer)| (*user, timer.due_at, timer.created_at));
        due
    }

    /// When the next one is due.
    pub fn next_due_at(&self) -> Option<i64> {
        self.waiting.first().map(|(at, ..)| *at)
    }

    /// When the first of those was fired of which something is to follow.
    pub fn first_fired_at(&self) -> Option<i64> {
        self.fired.first().map(|(at, ..)| *at)
    }

    fn of(&self, user: UserId) -> impl Iterator<Item = Errand> {
        let first = Errand::Post(ScheduledPostId(Id::default()));
        let from = self.timers.range((user, first)..).map(|(key, _)| *key);
        from.take_while(move |(other, _)| *other == user).map(|(_, errand)| errand)
    }
}

/// Rules.
impl Errands {
    pub(crate) fn admit_created(&self, user: UserId, errand: Errand) -> Result<(), Refusal> {
        refuse_if(self.timer(user, errand).is_some(), Refusal::Already)
    }

    pub(crate) fn admit_changed(&self, user: UserId, errand: Errand) -> Result<(), Refusal> {
        let timer = self.timer(user, errand).ok_or(Refusal::NotWaiting)?;
        refuse_if(timer.is_fired(), Refusal::NotWaiting)
    }

    pub(crate) fn admit_deleted(&self, user: UserId, errand: Errand) -> Result<(), Refusal> {
        let timer = self.timer(user, errand).ok_or(Refusal::Already)?;
        refuse_if(timer.is_fired(), Refusal::NotWaiting)
    }

    pub(crate) fn admit_fired(
        &self,
        user: UserId,
        errand: Errand,
        said_at: u64,
    ) -> Result<(), Refusal> {
        let held = self.timer(user, errand);
        let waits = held.is_some_and(|t| t.stage == Stage::Waiting && t.said_at == said_at);
        refuse_if(!waits, Refusal::NotWaiting)
    }

    pub(crate) fn admit_sent(&self, user: UserId, errand: Errand) -> Result<(), Refusal> {
        refuse_if(!self.timer(user, errand).is_some_and(Timer::is_fired), Refusal::Already)
    }

    pub(crate) fn admit_ended(
        &self,
        user: UserId,
        errand: Errand,
        said_at: u64,
    ) -> Result<(), Refusal> {
        let held = self.timer(user, errand);
        let is_fired = held.is_some_and(|t| t.is_fired() && t.said_at == said_at);
        refuse_if(!is_fired, Refusal::Already)
    }
}

/// Effects.
impl Errands {
    pub(crate) fn create(&mut self, c: &ScheduledPostCreated, at: i64, offset: u64) {
        let timer = Timer {
            channel_id: c.channel_id,
            root_id: c.root_id,
            created_at: at,
            due_at: c.due_at,
            said_at: offset,
            stage: Stage::Waiting,
        };
        self.put(c.user_id, Errand::Post(c.scheduled_id), timer);
    }

    pub(crate) fn change(&mut self, c: &ScheduledPostChanged, offset: u64) {
        let timer = Timer {
            channel_id: c.channel_id,
            root_id: c.root_id,
            created_at: c.created_at,
            due_at: c.due_at,
            said_at: offset,
            stage: Stage::Waiting,
        };
        self.put(c.user_id, Errand::Post(c.scheduled_id), timer);
    }

    pub(crate) fn fire_post(&mut self, c: &ScheduledPostFired, at: i64, offset: u64) {
        self.fire(c.user_id, Errand::Post(c.scheduled_id), at, offset);
    }

    pub(crate) fn fail(&mut self, c: &ScheduledPostFailed) {
        let errand = Errand::Post(c.scheduled_id);
        let Some(timer) = self.timer(c.user_id, errand).copied() else { return };
        self.put(c.user_id, errand, Timer { stage: Stage::Failed, ..timer });
    }

    pub(crate) fn set(&mut self, c: &ReminderSet, at: i64, offset: u64) {
        let timer = Timer {
            channel_id: c.channel_id,
            root_id: c.root_id,
            created_at: at,
            due_at: c.due_at,
            said_at: offset,
            stage: Stage::Waiting,
        };
        self.put(c.user_id, Errand::Reminder(c.post_id), timer);
    }

    pub(crate) fn fire_reminder(&mut self, c: &ReminderFired, at: i64, offset: u64) {
        self.fire(c.user_id, Errand::Reminder(c.post_id), at, offset);
    }

    pub(crate) fn end(&mut self, c: &ReminderEnded) {
        self.remove(c.user_id, Errand::Reminder(c.post_id));
    }

    pub(crate) fn remove(&mut self, user: UserId, errand: Errand) {
        let Some(timer) = self.timers.remove(&(user, errand)) else { return };
        match timer.stage {
            Stage::Waiting => drop(self.waiting.remove(&(timer.due_at, user, errand))),
            Stage::Fired { at, .. } => drop(self.fired.remove(&(at, user, errand))),
            Stage::Failed => {}
        }
    }

    pub(crate) fn erase(&mut self, user: UserId) {
        let errands: Vec<Errand> = self.of(user).collect();
        errands.into_iter().for_each(|errand| self.remove(user, errand));
    }

    fn fire(&mut self, user: UserId, errand: Errand, at: i64, offset: u64) {
        let Some(timer) = self.timer(user, errand).copied() else { return };
        self.put(user, errand, Timer { stage: Stage::Fired { offset, at }, ..timer });
    }

    fn put(&mut self, user: UserId, errand: Errand, timer: Timer) {
        self.remove(user, errand);
        match timer.stage {
            Stage::Waiting => drop(self.waiting.insert((timer.due_at, user, errand))),
            Stage::Fired { at, .. } => drop(self.fired.insert((at, user, errand))),
            Stage::Failed => {}
        }
        self.timers.insert((user, errand), timer);
    }
}

impl Timer {
    pub fn is_fired(&self) -> bool {
        matches!(self.stage, Stage::Fired { .. })
    }
}

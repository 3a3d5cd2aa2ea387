//! Posts for later and reminders: each is said once, or not at all and its end says so.

use std::collections::{BTreeMap, BTreeSet};

use domain::errands::Errand;
use events::reminder::ReminderEnd;
use events::{ChannelEvent, Event, PostId, UserEvent, UserId};

use super::{Story, ensure};
use crate::errands::post_of;
use crate::world::World;

/// How far a node's clock may be behind the log's.
const SKEW_MS: i64 = 5_000;

/// How many posts were said because their time had come.
pub fn posts_for_later(story: &Story) -> usize {
    let mut ids = BTreeSet::new();
    for (_, _, event, _) in story.applied() {
        let Event::Users(event) = event else { continue };
        if let Some((user, errand, said_at)) = fired(event) {
            ids.insert(post_of(user, errand, said_at));
        }
    }
    let said = |event: &Event| match event {
        Event::Channels(ChannelEvent::PostCreated(b)) => ids.contains(&b.c.post_id),
        _ => false,
    };
    story.applied().filter(|(_, _, event, _)| said(event)).count()
}

fn fired(event: &UserEvent) -> Option<(UserId, Errand, u64)> {
    match event {
        UserEvent::ScheduledPostFired(b) => {
            Some((b.c.user_id, Errand::Post(b.c.scheduled_id), b.c.said_at))
        }
        UserEvent::ReminderFired(b) => {
            Some((b.c.user_id, Errand::Reminder(b.c.post_id), b.c.said_at))
        }
        _ => None,
    }
}

type Key = (UserId, Errand);

/// What somebody who reads the log aloud would note.
#[derive(Default)]
struct Noted {
    /// How often each post was said.
    said: BTreeMap<PostId, usize>,
    /// What is still to be done: where it was said last, and when it is due.
    asked: BTreeMap<Key, (u64, i64)>,
    fired: BTreeMap<Key, u64>,
    /// What was fired and has not ended.
    open: BTreeSet<Key>,
}

/// A frozen producer's append may land after somebody else has given up: what was in vain may have been
/// said, but nothing is ever said twice, what counts as said was, and what is due was tried.
pub fn are_done_once(world: &World, story: &Story) -> Result<(), String> {
    let mut noted = Noted::default();
    for (_, _, event, _) in story.applied() {
        if let Event::Channels(ChannelEvent::PostCreated(b)) = event {
            *noted.said.entry(b.c.post_id).or_default() += 1;
        }
    }
    for (folded, _, event, _) in story.applied() {
        if let Event::Users(event) = event {
            noted.take(event, folded.record.offset)?;
        }
    }
    ensure(noted.open.is_empty(), || format!("{:?} were fired and left", noted.open))?;
    let past = world.log.now_ms() - SKEW_MS;
    let late = noted.asked.iter().find(|(_, (_, due_at))| *due_at <= past);
    ensure(late.is_none(), || format!("{late:?} was due and is left"))
}

impl Noted {
    fn take(&mut self, event: &UserEvent, offset: u64) -> Result<(), String> {
        if let Some((user, errand, said_at)) = fired(event) {
            return self.fire((user, errand), said_at);
        }
        match event {
            UserEvent::ScheduledPostCreated(b) => {
                self.ask((b.c.user_id, Errand::Post(b.c.scheduled_id)), offset, b.c.due_at);
            }
            UserEvent::ScheduledPostChanged(b) => {
                self.ask((b.c.user_id, Errand::Post(b.c.scheduled_id)), offset, b.c.due_at);
            }
            UserEvent::ScheduledPostSent(b) => {
                let key = (b.c.user_id, Errand::Post(b.c.scheduled_id));
                self.end(key);
                self.was_said(key, b.c.post_id)?;
            }
            UserEvent::ScheduledPostFailed(b) => {
                self.end((b.c.user_id, Errand::Post(b.c.scheduled_id)));
            }
            UserEvent::ScheduledPostDeleted(b) => {
                let key = (b.c.user_id, Errand::Post(b.c.scheduled_id));
                let sending = self.open.contains(&key);
                ensure(!sending, || format!("{key:?} is deleted while it is sent"))?;
                self.end(key);
            }
            UserEvent::ReminderSet(b) => {
                let key = (b.c.user_id, Errand::Reminder(b.c.post_id));
                // Nothing more follows from one that was fired and is set anew.
                self.end(key);
                self.ask(key, offset, b.c.due_at);
            }
            UserEvent::ReminderEnded(b) => {
                let key = (b.c.user_id, Errand::Reminder(b.c.post_id));
                let was_fired = self.fired.get(&key) == Some(&b.c.said_at);
                ensure(self.open.contains(&key) && was_fired, || {
                    format!("{key:?} ends, which was not fired")
                })?;
                self.end(key);
                if b.c.because == ReminderEnd::Reminded {
                    self.was_said(key, post_of(key.0, key.1, b.c.said_at))?;
                }
            }
            UserEvent::UserStateErased(b) => {
                self.asked.retain(|(user, _), _| *user != b.c.user_id);
                self.open.retain(|(user, _)| *user != b.c.user_id);
            }
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, key: Key, offset: u64, due_at: i64) {
        self.asked.insert(key, (offset, due_at));
    }

    fn fire(&mut self, key: Key, said_at: u64) -> Result<(), String> {
        let last = self.asked.get(&key).map(|(offset, _)| *offset) == Some(said_at);
        ensure(last, || format!("{key:?} is fired as it was said before"))?;
        let once = self.fired.insert(key, said_at) != Some(said_at);
        ensure(once && self.open.insert(key), || format!("{key:?} is fired twice"))?;
        let times = self.times(post_of(key.0, key.1, said_at));
        ensure(times <= 1, || format!("{key:?} is said {times} times"))
    }

    fn end(&mut self, key: Key) {
        self.open.remove(&key);
        self.asked.remove(&key);
    }

    fn times(&self, post: PostId) -> usize {
        self.said.get(&post).copied().unwrap_or(0)
    }

    fn was_said(&self, key: Key, post: PostId) -> Result<(), String> {
        ensure(self.times(post) == 1, || format!("{key:?} counts as said and is not"))
    }
}

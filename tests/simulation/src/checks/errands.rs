//! Posts for later and reminders: each is said once, or not at all and its end says so.

use std::collections::{BTreeMap, BTreeSet};

use domain::errands::Errand;
use events::reminder::ReminderEnd;
use events::{
    ChannelEvent, ChannelId, DirectoryEvent, Event, PostId, Record, TeamId, UserEvent, UserId,
};

use super::{Story, ensure};
use crate::errands::post_of;
use crate::world::World;

/// How far a node's clock may be behind the log's.
const SKEW_MS: i64 = 5_000;

/// How far append times may be out of order.
const JITTER_MS: i64 = 40;

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

/// What keeps somebody from being reminded of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    Gone(PostId),
    /// Some notices of the channel went, which nobody said.
    NoticesGone(ChannelId),
    LeftChannel(ChannelId, UserId),
    LeftTeam(TeamId, UserId),
    Archived(TeamId),
    Deactivated(UserId),
}

/// A post, when it was said and what it answers.
struct Said {
    channel: ChannelId,
    at: i64,
    root: Option<PostId>,
}

/// What there was of it, and when first; nothing that is in the way later counts.
#[derive(Default)]
struct Obstacles {
    first: BTreeMap<Obstacle, i64>,
    posts: BTreeMap<PostId, Said>,
    teams: BTreeMap<ChannelId, TeamId>,
}

impl Obstacles {
    fn of(story: &Story) -> Self {
        let mut obstacles = Self::default();
        for (folded, _, event, applied) in story.applied() {
            for obstacle in obstacles.take(event, applied.at) {
                let at = folded.record.appended_ms;
                let first = obstacles.first.entry(obstacle).or_insert(at);
                *first = at.min(*first);
            }
        }
        obstacles
    }

    fn take(&mut self, event: &Event, at: i64) -> Vec<Obstacle> {
        use {ChannelEvent as C, DirectoryEvent as D};
        match event {
            Event::Channels(C::ChannelCreated(b)) => {
                self.teams.insert(b.c.channel_id, b.c.team_id);
                Vec::new()
            }
            Event::Channels(C::PostCreated(b)) => {
                let root = b.c.root.as_ref().map(|root| root.post_id);
                self.posts.insert(b.c.post_id, Said { channel: b.c.channel_id, at, root });
                Vec::new()
            }
            Event::Channels(C::PostDeleted(b)) => vec![Obstacle::Gone(b.c.post_id)],
            Event::Channels(C::ChannelPostsExpired(b)) => self.before(b.c.channel_id, b.c.before),
            Event::Channels(C::ChannelMemberRemoved(b)) => {
                vec![Obstacle::LeftChannel(b.c.channel_id, b.c.user_id)]
            }
            Event::Directory(D::TeamMemberRemoved(b)) => {
                vec![Obstacle::LeftTeam(b.c.team_id, b.c.user_id)]
            }
            Event::Directory(D::TeamArchived(b)) => vec![Obstacle::Archived(b.c.team_id)],
            Event::Directory(D::UserDeactivated(b)) => vec![Obstacle::Deactivated(b.c.user_id)],
            Event::Directory(D::UserErased(b)) => vec![Obstacle::Deactivated(b.c.user_id)],
            _ => Vec::new(),
        }
    }

    fn before(&self, channel: ChannelId, time: i64) -> Vec<Obstacle> {
        let past = |said: &Said| said.channel == channel && said.at < time;
        let gone = self.posts.iter().filter(|(_, said)| past(said));
        let gone = gone.map(|(post, _)| Obstacle::Gone(*post));
        gone.chain([Obstacle::NoticesGone(channel)]).collect()
    }

    fn were_there(&self, user: UserId, post: PostId, channel: ChannelId, until: i64) -> bool {
        let team = self.teams.get(&channel).copied();
        let said = self.posts.get(&post);
        let notices = said.is_none().then_some(Obstacle::NoticesGone(channel));
        let root = said.and_then(|said| said.root);
        let gone = std::iter::once(post).chain(root).map(Obstacle::Gone);
        let of_team = |team| [Obstacle::LeftTeam(team, user), Obstacle::Archived(team)].into_iter();
        let mut any = gone
            .chain(notices)
            .chain([Obstacle::LeftChannel(channel, user), Obstacle::Deactivated(user)])
            .chain(team.into_iter().flat_map(of_team));
        any.any(|obstacle| self.first.get(&obstacle).is_some_and(|first| *first <= until))
    }
}

/// What somebody who reads the log aloud would note.
#[derive(Default)]
struct Noted {
    obstacles: Obstacles,
    /// Where the post stands that somebody is to be reminded of.
    channels: BTreeMap<PostId, ChannelId>,
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
    let mut noted = Noted { obstacles: Obstacles::of(story), ..Noted::default() };
    for (_, _, event, _) in story.applied() {
        if let Event::Channels(ChannelEvent::PostCreated(b)) = event {
            *noted.said.entry(b.c.post_id).or_default() += 1;
        }
    }
    for (folded, _, event, _) in story.applied() {
        if let Event::Users(event) = event {
            noted.take(event, &folded.record)?;
        }
    }
    ensure(noted.open.is_empty(), || format!("{:?} were fired and left", noted.open))?;
    let past = world.log.now_ms() - SKEW_MS;
    let late = noted.asked.iter().find(|(_, (_, due_at))| *due_at <= past);
    ensure(late.is_none(), || format!("{late:?} was due and is left"))
}

impl Noted {
    fn take(&mut self, event: &UserEvent, record: &Record) -> Result<(), String> {
        let offset = record.offset;
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
                self.channels.insert(b.c.post_id, b.c.channel_id);
            }
            UserEvent::ReminderEnded(b) => {
                let key = (b.c.user_id, Errand::Reminder(b.c.post_id));
                let was_fired = self.fired.get(&key) == Some(&b.c.said_at);
                ensure(self.open.contains(&key) && was_fired, || {
                    format!("{key:?} ends, which was not fired")
                })?;
                self.end(key);
                match b.c.because {
                    ReminderEnd::Reminded => {
                        self.was_said(key, post_of(key.0, key.1, b.c.said_at))?;
                    }
                    ReminderEnd::InVain => self.was_in_vain(b.c.user_id, b.c.post_id, record)?,
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

    fn was_in_vain(&self, user: UserId, post: PostId, record: &Record) -> Result<(), String> {
        let until = record.appended_ms + JITTER_MS;
        let channel = self.channels.get(&post);
        let why = channel.is_some_and(|c| self.obstacles.were_there(user, post, *c, until));
        ensure(why, || format!("{user} could have been reminded of {post}"))
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

//! Unread and mention numbers: from totals, as the read model has them, against counting by hand.

use std::collections::{BTreeMap, BTreeSet};

use events::channel::Broadcast;
use events::directory::JoinedVia;
use events::priority::PriorityLevel;
use events::{ChannelEvent, ChannelId, Event, PostId, ReadstateEvent, Topic, UserId};

use super::{Story, ensure};
use crate::rows::urgent_mentions;
use crate::world::World;

/// Somebody's numbers in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbers {
    unread: i64,
    unread_root: i64,
    mentions: i64,
    mentions_root: i64,
    /// Of the unread mentions, those in urgent posts that stand.
    urgent: i64,
}

/// Who may read a channel has the numbers that counting gives.
pub fn numbers(world: &World, story: &Story) -> Result<(), String> {
    let markers = Marker::last(story);
    let counted = Counted::all(story);
    for (channel, user) in world.rows.channel_members.keys() {
        let Some(shown) = world.rows.read_state(*user, *channel) else { continue };
        let urgent = urgent_mentions(&world.rows, *user, *channel, shown.last_viewed_at + 1);
        let shown = Numbers {
            unread: shown.unread,
            unread_root: shown.unread_root,
            mentions: shown.mentions,
            mentions_root: shown.mentions_root,
            urgent,
        };
        let Some(counted) = counted.get(channel) else {
            return Err(format!("{channel} has members and was never opened"));
        };
        let (least, most) = counted.for_person(*user, markers.get(&(*user, *channel)));
        ensure(shown == least || shown == most, || {
            format!("{user} is shown {shown:?} in {channel}, and counts {least:?} to {most:?}")
        })?;
    }
    Ok(())
}

/// The last thing that somebody said of having read a channel.
#[derive(Debug, Clone, Copy)]
struct Marker {
    as_of: i64,
    read_to: i64,
    set_back: bool,
}

impl Marker {
    fn last(story: &Story) -> BTreeMap<(UserId, ChannelId), Self> {
        let mut markers = BTreeMap::new();
        for (_, _, event, applied) in story.applied() {
            let (user, set_back) = match event {
                Event::Readstate(ReadstateEvent::ReadMarkerAdvanced(b)) => (b.c.user_id, false),
                Event::Readstate(ReadstateEvent::ReadMarkerSetBack(b)) => (b.c.user_id, true),
                _ => continue,
            };
            for moved in &applied.markers {
                let marker = Self { as_of: moved.as_of, read_to: moved.read_to, set_back };
                markers.insert((user, moved.channel_id), marker);
            }
        }
        markers
    }
}

/// Something that counts in a channel.
#[derive(Debug)]
struct Said {
    post: PostId,
    author: UserId,
    at: i64,
    is_urgent: bool,
    /// Deleted, or past its time.
    gone: bool,
    root: Option<PostId>,
    calls: BTreeSet<UserId>,
    calls_all: bool,
}

/// Where somebody's numbers begin: the latest join, or own post.
#[derive(Debug, Clone, Copy)]
struct Began {
    at: i64,
    joined: bool,
}

/// What happened in one channel, as somebody would count it by hand.
#[derive(Debug, Default)]
struct Counted {
    said: Vec<Said>,
    present: BTreeSet<UserId>,
    began: BTreeMap<UserId, Began>,
    /// Who was added by another, and when.
    added: Vec<(UserId, i64)>,
}

impl Counted {
    fn all(story: &Story) -> BTreeMap<ChannelId, Self> {
        let mut channels = BTreeMap::<ChannelId, Self>::new();
        for (folded, meta, event, applied) in story.applied() {
            if let (Topic::Channels, Event::Channels(event)) =
                (folded.record.partition.topic, event)
            {
                let joined: Vec<UserId> = applied.members.iter().map(|m| m.user_id).collect();
                channels
                    .entry(ChannelId(meta.subject))
                    .or_default()
                    .take(event, applied.at, &joined);
            }
        }
        channels
    }

    /// `moved` are those whose membership the fold let begin, or whose numbers it moved.
    fn take(&mut self, event: &ChannelEvent, at: i64, moved: &[UserId]) {
        match event {
            ChannelEvent::ChannelCreated(_)
            | ChannelEvent::ChannelDirectOpened(_)
            | ChannelEvent::ChannelGroupOpened(_) => self.come(moved, at),
            ChannelEvent::ChannelMembersAdded(b) => {
                self.come(moved, at);
                if b.c.via == JoinedVia::Add {
                    let others = moved.iter().filter(|user| **user != b.c.by);
                    self.added.extend(others.map(|user| (*user, at)));
                }
            }
            ChannelEvent::ChannelMemberRemoved(b) => {
                self.present.remove(&b.c.user_id);
            }
            ChannelEvent::PostCreated(b) => {
                let author = b.c.author_id;
                let here = |user: &&UserId| self.present.contains(user) && **user != author;
                let calls = b.c.mentions.iter().filter(here).copied().collect();
                let is_root = b.c.root.is_none();
                let to_all = matches!(b.c.broadcast, Broadcast::Channel | Broadcast::All);
                self.said.push(Said {
                    post: b.c.post_id,
                    author,
                    at,
                    is_urgent: b.c.priority.level == PriorityLevel::Urgent,
                    gone: false,
                    root: b.c.root.as_ref().map(|root| root.post_id),
                    calls,
                    calls_all: to_all && is_root,
                });
                self.began.insert(author, Began { at, joined: false });
            }
            ChannelEvent::PostDeleted(b) => {
                let deleted = self.said.iter_mut().filter(|said| said.post == b.c.post_id);
                deleted.for_each(|said| said.gone = true);
            }
            ChannelEvent::ChannelPostsExpired(b) => self.expire(b.c.before.min(at)),
            _ => {}
        }
    }

    /// A root stays, and is urgent still, for the replies that stay.
    fn expire(&mut self, before: i64) {
        let stays = |root: PostId| {
            self.said.iter().any(|said| said.root == Some(root) && said.at >= before)
        };
        let past = |said: &Said| said.at < before && !(said.root.is_none() && stays(said.post));
        let past: Vec<PostId> =
            self.said.iter().filter(|said| past(said)).map(|said| said.post).collect();
        for said in self.said.iter_mut().filter(|said| past.contains(&said.post)) {
            said.gone = true;
        }
    }

    fn come(&mut self, users: &[UserId], at: i64) {
        self.present.extend(users);
        self.began.extend(users.iter().map(|user| (*user, Began { at, joined: true })));
    }

    /// The numbers of one person: all that was said after what they have read. Where somebody marked
    /// the channel unread from before they were added to it, being added may count as read or not.
    fn for_person(&self, user: UserId, marker: Option<&Marker>) -> (Numbers, Numbers) {
        let began = self.began.get(&user).copied().unwrap_or(Began { at: 0, joined: true });
        let marker = marker.filter(|marker| marker.as_of >= began.at);
        let from = marker.map_or(began.at, |marker| marker.read_to);
        let mut least =
            Numbers { unread: 0, unread_root: 0, mentions: 0, mentions_root: 0, urgent: 0 };
        for said in self.said.iter().filter(|said| said.at > from) {
            let called = i64::from(said.calls.contains(&user)) + i64::from(said.calls_all);
            let root = i64::from(said.root.is_none());
            least.unread += 1;
            least.unread_root += root;
            least.mentions += called;
            least.mentions_root += called * root;
            let urgent = said.is_urgent && !said.gone && said.author != user && called > 0;
            least.urgent += i64::from(urgent);
        }
        let times = || self.added.iter().filter(|(whom, _)| *whom == user).map(|(_, at)| *at);
        let known = match marker {
            Some(marker) => times().filter(|at| *at > marker.as_of).count(),
            None => times().filter(|at| *at > from || (began.joined && *at == from)).count(),
        };
        let unsure = marker
            .filter(|marker| marker.set_back)
            .map_or(0, |marker| times().filter(|at| *at > from && *at <= marker.as_of).count());
        let adding = |numbers: Numbers, count: usize| Numbers {
            mentions: numbers.mentions + count as i64,
            mentions_root: numbers.mentions_root + count as i64,
            ..numbers
        };
        (adding(least, known), adding(least, known + unsure))
    }
}

//! Numbers of threads after random histories (replies, mentions, follows, reading, marking unread,
//! deletions, erasures, expiries) are those that one would count by hand.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::history::History;
use common::interleaving::Interleaving;
use common::postgres::{Postgres, empty};
use domain::{Applied, rights};
use events::channel::PostCreated;
use events::priority::PriorityLevel;
use events::thread::{ThreadMarker, ThreadScope};
use events::{ChannelEvent, ChannelId, Event, PostId, ReadstateEvent, TeamId, UserId};
use fold::{FoldSet, Folded};
use projector::{RowChanges, RowWriter};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use read_model::Reader;
use read_model::queries::{FollowedQuery, FollowedTotals};

const HISTORIES: u64 = 120;

#[tokio::test]
async fn numbers_of_threads_are_those_that_one_would_count() {
    let postgres = Postgres::start().await;
    let database = postgres.database("threads").await;
    let mut writer = RowWriter::connect(&database).await.expect("Postgres answers");
    let reader = Reader::new(database.pool(2));
    let mut seen = Seen::default();
    for seed in 0..HISTORIES {
        empty(writer.connection()).await;
        let history = History::random(seed, 300);
        let counted = play(&history, seed, &mut writer).await;
        let set = folded(&history);
        for user in history.users() {
            for team in history.teams() {
                compare(&reader, &counted, &set, *user, *team, seed, &mut seen).await;
            }
        }
    }
    assert!(seen.unread > 100 && seen.mentions > 20 && seen.read > 100, "{seen:?}");
    drop(writer);
    postgres.cluster.stop().await;
}

/// What the histories came to: a test that compares nothing with nothing shows nothing.
#[derive(Debug, Default)]
struct Seen {
    unread: i64,
    mentions: i64,
    read: i64,
}

/// Writes the history in random batches and counts along.
async fn play(history: &History, seed: u64, writer: &mut RowWriter) -> Counted {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x7ead);
    let mut interleaved = Interleaving::new(&history.log);
    let (mut counted, mut changes) = (Counted::default(), RowChanges::default());
    while let Some(folded) = interleaved.next(&mut rng) {
        counted.take(&folded);
        changes.absorb(&folded);
        if rng.random_bool(0.1) {
            let batch = std::mem::take(&mut changes);
            writer.write(&batch).await.expect("each batch starts where the last one ended");
        }
    }
    writer.write(&changes).await.expect("each batch starts where the last one ended");
    counted
}

fn folded(history: &History) -> FoldSet {
    let set = FoldSet::new();
    for record in history.log.values().flatten() {
        set.apply(Arc::clone(record)).expect("the history holds only known events");
    }
    set
}

async fn compare(
    reader: &Reader,
    counted: &Counted,
    set: &FoldSet,
    user: UserId,
    team: TeamId,
    seed: u64,
    seen: &mut Seen,
) {
    let query = FollowedQuery {
        team,
        exclude_direct: false,
        since: None,
        before: None,
        after: None,
        deleted: false,
        unread: false,
        per_page: 200,
    };
    let expected = counted.threads(set, user, team);
    let found = reader.followed_threads(user, &query).await.unwrap();
    let found: Vec<Shown> = found
        .into_iter()
        .map(|thread| Shown {
            last_reply_at: thread.root.row.last_reply_at,
            root: thread.root.row.id,
            replies: thread.root.row.reply_count,
            last_viewed_at: thread.last_viewed_at,
            unread_replies: thread.unread_replies,
            unread_mentions: thread.unread_mentions,
            is_urgent: thread.root.row.priority == PriorityLevel::Urgent,
            participants: thread.participants,
        })
        .collect();
    assert_eq!(found, expected, "seed {seed}: {user} in {team}");
    let totals = reader.followed_totals(user, &query).await.unwrap();
    let unread = || expected.iter().filter(|thread| thread.unread_replies > 0);
    let sum = FollowedTotals {
        threads: i64::try_from(expected.len()).unwrap(),
        unread_threads: i64::try_from(unread().count()).unwrap(),
        unread_mentions: unread().map(|thread| thread.unread_mentions).sum(),
        urgent_mentions: unread().filter(|t| t.is_urgent).map(|t| t.unread_mentions).sum(),
    };
    assert_eq!(totals, sum, "seed {seed}: {user} in {team}");
    seen.unread += sum.unread_threads;
    seen.mentions += sum.unread_mentions;
    seen.read += sum.threads - sum.unread_threads;
}

/// A thread as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    last_reply_at: i64,
    root: PostId,
    replies: i64,
    last_viewed_at: i64,
    unread_replies: i64,
    unread_mentions: i64,
    is_urgent: bool,
    participants: Vec<UserId>,
}

#[derive(Debug, Clone)]
struct Post {
    channel: ChannelId,
    author: UserId,
    root: Option<PostId>,
    at: i64,
    deleted: bool,
    mentions: Vec<UserId>,
    is_urgent: bool,
}

/// What somebody said of having read threads.
#[derive(Debug, Clone, Copy)]
struct Word {
    of: Of,
    as_of: i64,
    read_to: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Thread(PostId),
    Channel(ChannelId),
    Team(TeamId),
}

/// What happened, as somebody would note it by hand.
#[derive(Debug, Default)]
struct Counted {
    posts: BTreeMap<PostId, Post>,
    follows: BTreeMap<(PostId, UserId), bool>,
    /// Who follows all threads of a channel.
    auto: BTreeSet<(ChannelId, UserId)>,
    /// Own replies, and when somebody began to follow.
    bases: BTreeMap<(PostId, UserId), i64>,
    /// In the order in which they were said.
    words: BTreeMap<UserId, Vec<Word>>,
}

impl Counted {
    fn take(&mut self, folded: &Folded) {
        match folded.applied() {
            Some((_, Event::Channels(event), applied)) => self.take_channel(event, applied),
            Some((_, Event::Readstate(event), applied)) => self.take_readstate(event, applied),
            _ => {}
        }
    }

    fn take_channel(&mut self, event: &ChannelEvent, applied: &Applied) {
        let at = applied.at;
        match event {
            ChannelEvent::PostCreated(b) => self.post(&b.c, applied),
            ChannelEvent::PostDeleted(b) => {
                for (id, post) in &mut self.posts {
                    post.deleted |= *id == b.c.post_id || post.root == Some(b.c.post_id);
                }
            }
            ChannelEvent::ThreadFollowed(b) => {
                self.follows.insert((b.c.root_id, b.c.user_id), true);
                self.read_by(b.c.root_id, b.c.user_id, at);
            }
            ChannelEvent::ThreadUnfollowed(b) => {
                self.follows.insert((b.c.root_id, b.c.user_id), false);
            }
            ChannelEvent::ChannelMemberNotifyChanged(b) => {
                let key = (b.c.channel_id, b.c.user_id);
                match b.c.notify_props.get("channel_auto_follow_threads").map(String::as_str) {
                    Some("on") => drop(self.auto.insert(key)),
                    Some(_) => drop(self.auto.remove(&key)),
                    None => {}
                }
            }
            ChannelEvent::ChannelMemberRemoved(b) => {
                self.auto.remove(&(b.c.channel_id, b.c.user_id));
            }
            ChannelEvent::ChannelMembersAdded(b) => {
                for joined in &applied.members {
                    self.auto.remove(&(b.c.channel_id, joined.user_id));
                }
            }
            ChannelEvent::ChannelPostsExpired(b) => {
                let past = |post: &Post| {
                    post.channel == b.c.channel_id
                        && post.at < b.c.before.min(at)
                        && !b.c.kept_author_ids.contains(&post.author)
                };
                let answered: BTreeSet<PostId> =
                    self.posts.values().filter(|p| !past(p)).filter_map(|p| p.root).collect();
                self.posts.retain(|id, post| {
                    !past(post) || (post.root.is_none() && answered.contains(id))
                });
            }
            _ => {}
        }
    }

    fn post(&mut self, c: &PostCreated, applied: &Applied) {
        let named = applied.members.iter().filter(|member| member.base.is_none());
        let mentions: Vec<UserId> = named.map(|member| member.user_id).collect();
        let root = c.root.as_ref().map(|root| root.post_id);
        if let Some(id) = root
            && let Some(post) = self.posts.get(&id)
        {
            for user in std::iter::once(post.author).chain(post.mentions.iter().copied()) {
                self.follows.entry((id, user)).or_insert(true);
            }
            for (_, user) in self.auto.iter().filter(|(channel, _)| *channel == c.channel_id) {
                self.follows.entry((id, *user)).or_insert(true);
            }
            for user in mentions.iter().copied().chain([c.author_id]) {
                self.follows.insert((id, user), true);
            }
            self.read_by(id, c.author_id, applied.at);
        }
        let (channel, author, at) = (c.channel_id, c.author_id, applied.at);
        let is_urgent = c.priority.level == PriorityLevel::Urgent;
        let post = Post { channel, author, root, at, deleted: false, mentions, is_urgent };
        self.posts.entry(c.post_id).or_insert(post);
    }

    fn read_by(&mut self, root: PostId, user: UserId, at: i64) {
        let base = self.bases.entry((root, user)).or_default();
        *base = at.max(*base);
    }

    fn take_readstate(&mut self, event: &ReadstateEvent, applied: &Applied) {
        let of_thread = |marker: &ThreadMarker| Word {
            of: Of::Thread(marker.root_id),
            as_of: marker.as_of,
            read_to: marker.read_to,
        };
        let all = |of: Of, read_to: i64| Word { of, as_of: read_to, read_to };
        let (user, words): (UserId, Vec<Word>) = match event {
            ReadstateEvent::ThreadMarkerAdvanced(b) => (b.c.user_id, vec![of_thread(&b.c.marker)]),
            ReadstateEvent::ThreadMarkerSetBack(b) => (b.c.user_id, vec![of_thread(&b.c.marker)]),
            ReadstateEvent::ThreadMarkersAdvanced(b) => {
                let of = match b.c.scope().expect("histories name one") {
                    ThreadScope::Team(team) => Of::Team(team),
                    ThreadScope::Channel(channel) => Of::Channel(channel),
                };
                (b.c.user_id, vec![all(of, b.c.read_to)])
            }
            ReadstateEvent::ReadMarkerAdvanced(b) if b.c.threads => {
                let moved = applied.markers.iter();
                (b.c.user_id, moved.map(|m| all(Of::Channel(m.channel_id), m.as_of)).collect())
            }
            _ => return,
        };
        self.words.entry(user).or_default().extend(words);
    }

    /// The last word on the thread holds, unless the person has answered since.
    fn last_viewed_at(
        &self,
        user: UserId,
        root: PostId,
        channel: ChannelId,
        team: Option<TeamId>,
    ) -> i64 {
        let concerns = |word: &&Word| match word.of {
            Of::Thread(of) => of == root,
            Of::Channel(of) => of == channel,
            Of::Team(of) => team.is_none_or(|team| team == of),
        };
        let base = self.bases.get(&(root, user)).copied().unwrap_or(0);
        let last = self.words.get(&user).and_then(|words| words.iter().rev().find(concerns));
        match last {
            Some(word) if word.as_of >= base => word.read_to,
            _ => base,
        }
    }

    /// What the person follows in the team and in conversations, the latest answered first.
    fn threads(&self, set: &FoldSet, user: UserId, team: TeamId) -> Vec<Shown> {
        let followed = self.follows.iter().filter(|((_, who), on)| *who == user && **on);
        let mut shown: Vec<Shown> =
            followed.filter_map(|((root, _), _)| self.shown(set, user, team, *root)).collect();
        shown.sort_by_key(|thread| std::cmp::Reverse((thread.last_reply_at, thread.root)));
        shown
    }

    fn shown(&self, set: &FoldSet, user: UserId, team: TeamId, root: PostId) -> Option<Shown> {
        let post = self.posts.get(&root).filter(|post| !post.deleted)?;
        let directory = set.directory();
        let channels = set.channels(post.channel);
        let channel = channels.state().channel(post.channel)?;
        rights::member(directory.state(), channel, user)?;
        let here = channel.team_id.is_none_or(|of| of == team) && !channel.archived;
        let live = self.posts.values().filter(|p| p.root == Some(root) && !p.deleted);
        let replies: Vec<&Post> = live.collect();
        if !here || replies.is_empty() {
            return None;
        }
        let viewed = self.last_viewed_at(user, root, post.channel, channel.team_id);
        let unread = || replies.iter().filter(|reply| reply.at > viewed);
        let number = |n: usize| i64::try_from(n).unwrap();
        let mentions = |reply: &&&Post| reply.mentions.contains(&user);
        Some(Shown {
            last_reply_at: replies.iter().map(|reply| reply.at).max()?,
            root,
            replies: number(replies.len()),
            last_viewed_at: viewed,
            unread_replies: number(unread().count()),
            unread_mentions: number(unread().filter(mentions).count()),
            is_urgent: post.is_urgent,
            participants: participants(&replies),
        })
    }
}

/// Authors, whoever answered last first.
fn participants(replies: &[&Post]) -> Vec<UserId> {
    let mut last = BTreeMap::<UserId, i64>::new();
    for reply in replies {
        let at = last.entry(reply.author).or_default();
        *at = reply.at.max(*at);
    }
    let mut authors: Vec<(UserId, i64)> = last.into_iter().collect();
    authors.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    authors.into_iter().map(|(author, _)| author).collect()
}

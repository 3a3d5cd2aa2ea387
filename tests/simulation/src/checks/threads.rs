//! Threads: who follows which and what of it is unread, from rows, against counting by hand.

use std::collections::{BTreeMap, BTreeSet};

use domain::Applied;
use events::channel::PostCreated;
use events::thread::{ThreadMarker, ThreadScope, ThreadUnread};
use events::{ChannelEvent, ChannelId, Event, PostId, ReadstateEvent, TeamId, UserId};

use super::{Story, ensure};
use crate::rows::{ThreadState, thread_state};
use crate::world::World;

/// Whoever may read a thread that stands sees of it what counting gives; and it is told to have been
/// answered, last by whom, as it was.
pub fn tell_the_log(world: &World, story: &Story) -> Result<(), String> {
    let counted = Counted::of(story);
    for (root, post) in counted.posts.iter().filter(|(_, post)| post.root.is_none()) {
        if post.gone {
            continue;
        }
        let members = world.rows.channel_members.keys().filter(|(of, _)| *of == post.channel);
        for (_, user) in members {
            let Some(shown) = thread_state(&world.rows, *user, *root) else {
                let reads = world.rows.may_read(*user, post.channel);
                ensure(!reads, || format!("{user} does not find the thread {root}"))?;
                continue;
            };
            let team = world.rows.channels.get(&post.channel).and_then(|row| row.team_id);
            let expected = counted.state(*user, *root, post.channel, team);
            ensure(shown == expected, || {
                format!("{user} is shown {shown:?} of the thread {root}, and counts {expected:?}")
            })?;
        }
        is_answered(world, &counted, *root)?;
    }
    Ok(())
}

fn is_answered(world: &World, counted: &Counted, root: PostId) -> Result<(), String> {
    let mut last = BTreeMap::<UserId, i64>::new();
    for reply in counted.replies(root) {
        let at = last.entry(reply.author).or_default();
        *at = reply.at.max(*at);
    }
    let row = world.rows.posts.get(&root).ok_or_else(|| format!("thread {root} has no row"))?;
    let at = last.values().max().copied().unwrap_or(0);
    ensure(row.last_reply_at == at, || {
        format!("thread {root} was answered last at {at}, not at {}", row.last_reply_at)
    })?;
    let of_root = world.rows.thread_members.values().filter(|row| row.root_id == root);
    let took_part: BTreeMap<UserId, i64> =
        of_root.filter(|row| row.replied_at > 0).map(|row| (row.user_id, row.replied_at)).collect();
    ensure(took_part == last, || {
        format!("{took_part:?} took part in the thread {root}, and {last:?} by hand")
    })
}

struct Post {
    channel: ChannelId,
    author: UserId,
    root: Option<PostId>,
    at: i64,
    /// Deleted, itself or with its root.
    gone: bool,
    mentions: BTreeSet<UserId>,
}

/// What somebody said of having read threads.
#[derive(Clone, Copy)]
struct Word {
    of: Of,
    as_of: i64,
    read_to: i64,
}

#[derive(Clone, Copy)]
enum Of {
    Thread(PostId),
    Channel(ChannelId),
    Team(TeamId),
}

/// What happened, as somebody would note it by hand.
#[derive(Default)]
struct Counted {
    posts: BTreeMap<PostId, Post>,
    follows: BTreeMap<(PostId, UserId), bool>,
    /// Up to where somebody has read by answering, or by beginning to follow.
    bases: BTreeMap<(PostId, UserId), i64>,
    /// In the order in which each said them.
    words: BTreeMap<UserId, Vec<Word>>,
    present: BTreeSet<(ChannelId, UserId)>,
}

impl Counted {
    fn of(story: &Story) -> Self {
        let mut counted = Self::default();
        for (_, _, event, applied) in story.applied() {
            match event {
                Event::Channels(event) => counted.take(event, applied),
                Event::Readstate(event) => counted.take_word(event, applied),
                _ => {}
            }
        }
        counted
    }

    fn take(&mut self, event: &ChannelEvent, applied: &Applied) {
        let at = applied.at;
        let came = |channel| applied.members.iter().map(move |m| (channel, m.user_id));
        match event {
            ChannelEvent::ChannelCreated(b) => self.present.extend(came(b.c.channel_id)),
            ChannelEvent::ChannelDirectOpened(b) => self.present.extend(came(b.c.channel_id)),
            ChannelEvent::ChannelMembersAdded(b) => {
                self.present.extend(came(b.c.channel_id));
                let notice = b.c.notice.as_ref();
                self.tell(b.c.channel_id, notice.map(|one| (one.post_id, one.by)), at);
            }
            ChannelEvent::ChannelMemberRemoved(b) => {
                self.present.remove(&(b.c.channel_id, b.c.user_id));
                let notice = b.c.notice.as_ref();
                self.tell(b.c.channel_id, notice.map(|one| (one.post_id, one.by)), at);
            }
            ChannelEvent::PostCreated(b) => self.post(&b.c, at),
            ChannelEvent::PostDeleted(b) => {
                for (id, post) in &mut self.posts {
                    post.gone |= *id == b.c.post_id || post.root == Some(b.c.post_id);
                }
            }
            ChannelEvent::ThreadFollowed(b) => {
                self.follows.insert((b.c.root_id, b.c.user_id), true);
                self.bases.insert((b.c.root_id, b.c.user_id), at);
            }
            ChannelEvent::ThreadUnfollowed(b) => {
                self.follows.insert((b.c.root_id, b.c.user_id), false);
            }
            ChannelEvent::ChannelPostsExpired(b) => self.expire(b.c.channel_id, b.c.before.min(at)),
            _ => {}
        }
    }

    /// A notice is a post, which one can answer.
    fn tell(&mut self, channel: ChannelId, notice: Option<(PostId, UserId)>, at: i64) {
        if let Some((id, author)) = notice {
            let mentions = BTreeSet::new();
            let post = Post { channel, author, root: None, at, gone: false, mentions };
            self.posts.insert(id, post);
        }
    }

    /// Whom the root concerns begins to follow with the first answer, and stays away if they left;
    /// whoever answers, or is named in an answer, follows in any case.
    fn post(&mut self, c: &PostCreated, at: i64) {
        let here = |user: &&UserId| {
            **user != c.author_id && self.present.contains(&(c.channel_id, **user))
        };
        let mentions: BTreeSet<UserId> = c.mentions.iter().filter(here).copied().collect();
        let root = c.root.as_ref().map(|root| root.post_id);
        if let Some(id) = root {
            if let Some(post) = self.posts.get(&id) {
                for user in std::iter::once(post.author).chain(post.mentions.iter().copied()) {
                    self.follows.entry((id, user)).or_insert(true);
                }
            }
            for user in mentions.iter().copied().chain([c.author_id]) {
                self.follows.insert((id, user), true);
            }
            self.bases.insert((id, c.author_id), at);
        }
        let (channel, author) = (c.channel_id, c.author_id);
        self.posts.insert(c.post_id, Post { channel, author, root, at, gone: false, mentions });
    }

    /// A root stays for the replies that stay.
    fn expire(&mut self, channel: ChannelId, before: i64) {
        let past = |post: &Post| post.channel == channel && post.at < before;
        let answered: BTreeSet<PostId> =
            self.posts.values().filter(|post| !past(post)).filter_map(|post| post.root).collect();
        self.posts.retain(|id, post| !past(post) || (post.root.is_none() && answered.contains(id)));
    }

    fn take_word(&mut self, event: &ReadstateEvent, applied: &Applied) {
        let of_thread = |m: &ThreadMarker| Word {
            of: Of::Thread(m.root_id),
            as_of: m.as_of,
            read_to: m.read_to,
        };
        let all = |of, read_to| Word { of, as_of: read_to, read_to };
        let (user, words) = match event {
            ReadstateEvent::ThreadMarkerAdvanced(b) => (b.c.user_id, vec![of_thread(&b.c.marker)]),
            ReadstateEvent::ThreadMarkerSetBack(b) => (b.c.user_id, vec![of_thread(&b.c.marker)]),
            ReadstateEvent::ThreadMarkersAdvanced(b) => {
                let of = match b.c.scope() {
                    Some(ThreadScope::Team(team)) => Of::Team(team),
                    Some(ThreadScope::Channel(channel)) => Of::Channel(channel),
                    None => return,
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

    fn replies(&self, root: PostId) -> impl Iterator<Item = &Post> {
        self.posts.values().filter(move |post| post.root == Some(root) && !post.gone)
    }

    fn state(
        &self,
        user: UserId,
        root: PostId,
        channel: ChannelId,
        team: Option<TeamId>,
    ) -> ThreadState {
        let following = self.follows.get(&(root, user)).copied();
        // Of whom nothing was ever said nothing is known: not even what they have read.
        let last_viewed_at = following.map_or(0, |_| self.viewed(user, root, channel, team));
        let unread: Vec<&Post> =
            self.replies(root).filter(|reply| reply.at > last_viewed_at).collect();
        let naming = unread.iter().filter(|reply| reply.mentions.contains(&user));
        let unread = ThreadUnread { replies: unread.len() as i64, mentions: naming.count() as i64 };
        ThreadState { following: following.unwrap_or(false), last_viewed_at, unread }
    }

    /// The last word on the thread holds, unless the person has answered since. One on a team is one on
    /// all conversations.
    fn viewed(&self, user: UserId, root: PostId, channel: ChannelId, team: Option<TeamId>) -> i64 {
        let concerns = |word: &&Word| match word.of {
            Of::Thread(of) => of == root,
            Of::Channel(of) => of == channel,
            Of::Team(of) => team.is_none_or(|team| team == of),
        };
        let base = self.bases.get(&(root, user)).copied().unwrap_or(0);
        let last = self.words.get(&user).and_then(|words| words.iter().rev().find(concerns));
        last.filter(|word| word.as_of >= base).map_or(base, |word| word.read_to)
    }
}

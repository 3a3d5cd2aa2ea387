//! The database of the simulation: the projector's own tables in memory, written by its own changes,
//! positions by compare-and-set; and what commands read of them.

use domain::Outcome;
use domain::commands::post::PostFacts;
use domain::faults::{self, Rule};
use domain::sidebar::{Arrangement, Stored};
use events::priority::PriorityLevel;
use events::sidebar::FAVORITE_CHANNEL;
use events::thread::ThreadUnread;
use events::user::Totals;
use events::{ChannelId, EventId, Id, PostId, TeamId, UserId};
use fold::Folded;
use projector::{MemoryTables, RowChanges};
use read_model::rows::{ChannelRow, PostRow};

/// Another projector, or a database that went back, stands between.
#[derive(Debug, PartialEq, Eq)]
pub struct PositionMissed;

/// One transaction: rows and positions together, or nothing. Each batch is the next of one partition
/// and says where it begins, even if it is empty.
pub fn write(
    tables: &mut MemoryTables,
    batches: &[(events::Partition, u64, Vec<Folded>)],
) -> Result<(), PositionMissed> {
    let mut changes = RowChanges::default();
    for (partition, from, batch) in batches {
        // Nothing to write is a look at the position: a database that went back is a new connection.
        let missed = tables.next(*partition) != *from && faults::is_on(Rule::PositionsWithRows);
        if missed && batch.is_empty() {
            return Err(PositionMissed);
        }
        batch.iter().for_each(|folded| changes.absorb(folded));
    }
    tables.apply(&changes).map_err(|_| PositionMissed)
}

/// The event of a request that came with a key, whose id the rows keep.
pub fn first_of(tables: &MemoryTables, id: EventId) -> Option<Outcome> {
    let at = |offset: i64, at: i64| (offset.cast_unsigned(), at);
    let directory = tables.directory_requests.get(&id).map(|r| at(r.log_offset, r.applied_at));
    let channel = tables.channel_requests.get(&id).map(|r| at(r.log_offset, r.applied_at));
    let user = tables.user_requests.get(&id).map(|r| at(r.log_offset, r.applied_at));
    let (offset, at) = directory.or(channel).or(user)?;
    Some(Outcome { event_id: id, offset, result: Ok(at) })
}

/// What the rules have to know of a post.
pub fn facts(row: &PostRow) -> PostFacts {
    PostFacts {
        post_id: row.id,
        channel_id: row.channel_id,
        author_id: row.user_id,
        root_id: row.root_id,
        create_at: row.create_at,
        is_system: !row.notice.is_empty(),
        is_pinned: row.is_pinned,
        deleted: row.delete_at > 0,
        deleted_by: row.deleted_by,
    }
}

pub fn facts_of(tables: &MemoryTables, post: PostId) -> Option<PostFacts> {
    tables.posts.get(&post).map(facts)
}

pub fn has_reactions(tables: &MemoryTables, post: PostId) -> bool {
    tables.reactions.keys().any(|(of, _, _)| *of == post)
}

/// Totals just before `post`, for `user`: mentions are those of now without those of posts from it on.
pub fn totals_before(tables: &MemoryTables, user: UserId, post: &PostRow) -> Option<Totals> {
    if !tables.may_read(user, post.channel_id) || post.delete_at > 0 {
        return None;
    }
    let member = tables.channel_members.get(&(post.channel_id, user))?;
    let later = tables.posts.values().filter(|later| {
        later.channel_id == post.channel_id
            && later.create_at >= post.create_at
            && later.mentions.contains(&user)
    });
    let (mut mentions, mut mentions_root) = (member.mentions, member.mentions_root);
    for later in later {
        mentions -= 1;
        mentions_root -= i64::from(later.root_id.is_none());
    }
    Some(Totals {
        msgs: post.msgs,
        msgs_root: post.msgs_root,
        mentions,
        mentions_root,
        broadcasts: post.broadcasts,
    })
}

/// Urgent posts of a channel from a time on that mention `user`.
pub fn urgent_mentions(tables: &MemoryTables, user: UserId, channel: ChannelId, from: i64) -> i64 {
    let hears = tables.users.get(&user).is_some_and(|row| row.hears_broadcasts);
    let posts = tables.posts.values().filter(|post| {
        (post.channel_id, post.priority) == (channel, PriorityLevel::Urgent)
            && post.delete_at == 0
            && post.create_at >= from
            && post.user_id != user
    });
    let calls = |post: &&PostRow| post.mentions.contains(&user) || (post.is_broadcast && hears);
    posts.filter(calls).count() as i64
}

/// What somebody sees of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadState {
    pub following: bool,
    pub last_viewed_at: i64,
    pub unread: ThreadUnread,
}

/// As the view `thread_states` says it, for a root that stands and that `user` may read.
pub fn thread_state(tables: &MemoryTables, user: UserId, root: PostId) -> Option<ThreadState> {
    let post = tables.posts.get(&root).filter(|post| post.root_id.is_none())?;
    if post.delete_at > 0 || !tables.may_read(user, post.channel_id) {
        return None;
    }
    let held = tables.thread_members.get(&(root, user));
    let last_viewed_at = held.map_or(0, |row| {
        let said = last_word(tables, user, root, post.channel_id);
        said.filter(|(as_of, _)| *as_of >= row.base_at).map_or(row.base_at, |(_, read_to)| read_to)
    });
    Some(ThreadState {
        following: held.is_some_and(|row| row.following),
        last_viewed_at,
        unread: thread_unread(tables, user, root, last_viewed_at),
    })
}

/// The latest of a thread's marker and of the floors below it: as of when, and up to when it is read.
fn last_word(
    tables: &MemoryTables,
    user: UserId,
    root: PostId,
    channel: ChannelId,
) -> Option<(i64, i64)> {
    let team = tables.channels.get(&channel).and_then(|row| row.team_id);
    let marker = tables.thread_markers.get(&(user, root));
    let marker = marker.map(|row| (row.at, row.as_of, row.read_to));
    let floors = [channel.0, team.map_or_else(Id::default, |team| team.0)];
    let floors = floors.iter().filter_map(|scope| tables.thread_floors.get(&(user, *scope)));
    let floors = floors.map(|row| (row.at, row.read_to, row.read_to));
    marker.into_iter().chain(floors).max().map(|(_, as_of, read_to)| (as_of, read_to))
}

/// Replies to a thread since a time, and those of them that mention `user`.
pub fn thread_unread(
    tables: &MemoryTables,
    user: UserId,
    root: PostId,
    since: i64,
) -> ThreadUnread {
    let replies = || {
        tables.posts.values().filter(|post| {
            post.root_id == Some(root) && post.delete_at == 0 && post.create_at > since
        })
    };
    ThreadUnread {
        replies: replies().count() as i64,
        mentions: replies().filter(|post| post.mentions.contains(&user)).count() as i64,
    }
}

/// All that somebody's sidebar in a team is made of.
pub fn arrangement(tables: &MemoryTables, user: UserId, team: TeamId) -> Arrangement {
    let categories = tables.sidebar_categories.values();
    let stored = categories.filter(|row| (row.user_id, row.team_id) == (user, team)).map(|row| {
        let category = serde_json::from_str(&row.category).expect("rows hold what was written");
        Stored { category, name: row.name.clone(), listed_at: row.listed_at }
    });
    let order = tables.sidebar_orders.get(&(user, team));
    let order = order.map(|row| serde_json::from_str(&row.category_ids));
    let preferences = tables.preferences.values();
    let favorites = preferences
        .filter(|row| {
            row.user_id == user && row.category == FAVORITE_CHANNEL && row.value == "true"
        })
        .filter_map(|row| row.name.parse().ok());
    let (mut channels, mut conversations) = (Vec::new(), Vec::new());
    let visible = |row: &&ChannelRow| row.delete_at == 0 && tables.may_read(user, row.id);
    for row in tables.channels.values().filter(visible) {
        match row.team_id {
            None => conversations.push((std::cmp::Reverse(row.last_post_at), row.id)),
            Some(of) if of == team && tables.channel_names.contains_key(&row.id) => {
                channels.push((&row.display_name, row.id));
            }
            Some(_) => {}
        }
    }
    channels.sort_unstable();
    conversations.sort_unstable();
    Arrangement {
        stored: stored.collect(),
        order: order.transpose().expect("rows hold what was written").unwrap_or_default(),
        favorites: favorites.collect(),
        channels: channels.into_iter().map(|(_, id)| id).collect(),
        conversations: conversations.into_iter().map(|(_, id)| id).collect(),
    }
}

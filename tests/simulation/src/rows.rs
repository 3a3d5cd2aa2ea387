//! The database of the simulation: the projector's own tables in memory, written by its own changes,
//! positions by compare-and-set; and what commands read of them.

use domain::Outcome;
use domain::commands::post::PostFacts;
use domain::faults::{self, Rule};
use events::user::Totals;
use events::{EventId, PostId, UserId};
use fold::Folded;
use projector::{MemoryTables, RowChanges};
use read_model::rows::PostRow;

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

//! The rows against a naive ledger: kept from the log in order, and from what clients were told.

use std::collections::{BTreeMap, BTreeSet};

use command_api::submission::Answer;
use events::channel::Notice;
use events::{ChannelEvent, ChannelId, DirectoryEvent, Event, PostId, UserId};
use projector::{MemoryTables, RowChanges};
use read_model::partition_key;
use read_model::rows::PostRow;

use super::answers::by_attempt;
use super::errands::posts_for_later;
use super::{Story, ensure};
use crate::request::Ask;
use crate::world::World;

/// A post as somebody who reads the log aloud would have it.
#[derive(Debug, Default)]
struct Post {
    channel: ChannelId,
    at: i64,
    author: UserId,
    message: String,
    pinned: bool,
    gone: bool,
    replies: i64,
    root: Option<PostId>,
    reactions: BTreeSet<UserId>,
    edits: usize,
}

/// The rows are those that the whole log makes, however it came in; and each post's row says what
/// was said, pinned, answered and deleted.
pub fn tell_the_log(world: &World, story: &Story) -> Result<(), String> {
    let mut changes = RowChanges::default();
    story.folded.iter().for_each(|folded| changes.absorb(folded));
    let mut rebuilt = MemoryTables::default();
    rebuilt.apply(&changes).map_err(|_| "a rebuild does not begin at the beginning".to_owned())?;
    if let Some(difference) = world.rows.difference(&rebuilt) {
        return Err(format!("rows are not those of a rebuild: {difference}"));
    }
    let posts = posts(story)?;
    for (id, post) in &posts {
        let Some(row) = world.rows.posts.get(id) else {
            return Err(format!("post {id} has no row"));
        };
        says(world, *id, post, row, &posts)?;
    }
    let ours = world.rows.posts.len();
    ensure(ours == posts.len(), || format!("{ours} rows for {} posts", posts.len()))?;
    members(world, story)
}

/// Deleted, itself or with its root.
fn is_gone(post: &Post, posts: &BTreeMap<PostId, Post>) -> bool {
    post.gone || post.root.and_then(|root| posts.get(&root)).is_some_and(|root| root.gone)
}

fn posts(story: &Story) -> Result<BTreeMap<PostId, Post>, String> {
    let (mut posts, mut erased) = (BTreeMap::<PostId, Post>::new(), BTreeSet::new());
    for (folded, _, event, applied) in story.applied() {
        let Event::Channels(event) = event else { continue };
        absorb(&mut posts, &mut erased, event, applied.at)
            .map_err(|what| format!("{}: {what}", folded.position()))?;
    }
    Ok(posts)
}

fn absorb(
    posts: &mut BTreeMap<PostId, Post>,
    erased: &mut BTreeSet<(ChannelId, UserId)>,
    event: &ChannelEvent,
    at: i64,
) -> Result<(), String> {
    let stands = |posts: &BTreeMap<PostId, Post>, id: PostId, what: &str| {
        let gone = posts.get(&id).is_none_or(|post| is_gone(post, posts));
        ensure(!gone, || format!("post {id} {what} after it went"))
    };
    match event {
        ChannelEvent::PostCreated(b) => {
            let root = b.c.root.as_ref().map(|root| root.post_id);
            if let Some(root) = root {
                stands(posts, root, "is answered")?;
                posts.entry(root).and_modify(|post| post.replies += 1);
            }
            let message = b.p.message.clone();
            let post = Post { author: b.c.author_id, at, message, root, ..Post::default() };
            let said = (b.c.channel_id, b.c.author_id);
            ensure(!erased.contains(&said), || format!("post {} of nobody", b.c.post_id))?;
            let twice = posts.insert(b.c.post_id, Post { channel: b.c.channel_id, ..post });
            ensure(twice.is_none(), || format!("post {} was applied twice", b.c.post_id))?;
        }
        ChannelEvent::PostEdited(b) => {
            stands(posts, b.c.post_id, "is edited")?;
            posts.entry(b.c.post_id).and_modify(|post| {
                post.message.clone_from(&b.p.message);
                post.edits += 1;
            });
        }
        ChannelEvent::PostDeleted(b) => {
            stands(posts, b.c.post_id, "is deleted again")?;
            posts.entry(b.c.post_id).and_modify(|post| post.gone = true);
            if let Some(root) = b.c.root_id {
                posts.entry(root).and_modify(|post| post.replies -= 1);
            }
        }
        ChannelEvent::PostPinned(b) => {
            stands(posts, b.c.post_id, "is pinned")?;
            posts.entry(b.c.post_id).and_modify(|post| post.pinned = true);
        }
        ChannelEvent::PostUnpinned(b) => {
            stands(posts, b.c.post_id, "is unpinned")?;
            posts.entry(b.c.post_id).and_modify(|post| post.pinned = false);
        }
        ChannelEvent::ReactionAdded(b) => {
            stands(posts, b.c.post_id, "gets a reaction")?;
            posts.entry(b.c.post_id).and_modify(|post| {
                post.reactions.insert(b.c.user_id);
            });
        }
        ChannelEvent::ReactionRemoved(b) => {
            posts.entry(b.c.post_id).and_modify(|post| {
                post.reactions.remove(&b.c.user_id);
            });
        }
        ChannelEvent::ChannelAuthorErased(b) => {
            erased.insert((b.c.channel_id, b.c.user_id));
            let said =
                |post: &&mut Post| post.channel == b.c.channel_id && post.author == b.c.user_id;
            for post in posts.values_mut().filter(said) {
                post.message.clear();
                post.edits = 0;
            }
        }
        ChannelEvent::ChannelPostsExpired(b) => expire(posts, b.c.channel_id, b.c.before.min(at)),
        ChannelEvent::ChannelMembersAdded(b) => {
            tell(posts, b.c.channel_id, b.c.notice.as_ref(), at);
        }
        ChannelEvent::ChannelMemberRemoved(b) => {
            tell(posts, b.c.channel_id, b.c.notice.as_ref(), at);
        }
        _ => {}
    }
    Ok(())
}

/// A notice is a post, which one can answer and delete.
fn tell(posts: &mut BTreeMap<PostId, Post>, channel: ChannelId, notice: Option<&Notice>, at: i64) {
    posts.extend(notice.map(|notice| (notice.post_id, Post { channel, at, ..Post::default() })));
}

/// A root stays for the replies that stay, and says nothing.
fn expire(posts: &mut BTreeMap<PostId, Post>, channel: ChannelId, before: i64) {
    let past = |post: &Post| post.channel == channel && post.at < before;
    let answered: BTreeSet<PostId> =
        posts.values().filter(|post| !past(post)).filter_map(|post| post.root).collect();
    posts.retain(|id, post| !past(post) || (post.root.is_none() && answered.contains(id)));
    let live: Vec<PostId> =
        posts.values().filter(|post| !is_gone(post, posts)).filter_map(|post| post.root).collect();
    for (id, post) in posts.iter_mut().filter(|(_, post)| past(post)) {
        post.message.clear();
        post.edits = 0;
        post.replies = live.iter().filter(|root| *root == id).count() as i64;
    }
}

fn says(
    world: &World,
    id: PostId,
    post: &Post,
    row: &PostRow,
    posts: &BTreeMap<PostId, Post>,
) -> Result<(), String> {
    let gone = is_gone(post, posts);
    let versions = world.rows.post_versions.range((id, i64::MIN)..=(id, i64::MAX)).count();
    let reactions: BTreeSet<UserId> = world
        .rows
        .reactions
        .keys()
        .filter(|(of, ..)| *of == id)
        .map(|(_, user, _)| *user)
        .collect();
    ensure(row.message == post.message, || {
        format!("post {id} says {:?}, not {:?}", row.message, post.message)
    })?;
    ensure(row.is_pinned == post.pinned, || format!("post {id} is pinned in one place only"))?;
    ensure((row.delete_at > 0) == gone, || format!("post {id} is deleted in one place only"))?;
    ensure(row.reply_count == post.replies, || {
        format!("post {id} counts {} replies of {}", row.reply_count, post.replies)
    })?;
    ensure(reactions == post.reactions, || format!("post {id} has other reactions"))?;
    ensure(versions == post.edits, || {
        format!("post {id} keeps {versions} versions of {} edits", post.edits)
    })
}

/// Rows of memberships are those of people who came and did not go.
fn members(world: &World, story: &Story) -> Result<(), String> {
    let (mut teams, mut channels) = (BTreeSet::new(), BTreeSet::new());
    for (_, _, event, applied) in story.applied() {
        match event {
            Event::Directory(DirectoryEvent::TeamCreated(b)) => {
                teams.insert((b.c.creator_id, b.c.team_id));
            }
            Event::Directory(DirectoryEvent::TeamMembersAdded(b)) => {
                teams.extend(applied.admitted.iter().map(|user| (*user, b.c.team_id)));
            }
            Event::Directory(DirectoryEvent::TeamMemberRemoved(b)) => {
                teams.remove(&(b.c.user_id, b.c.team_id));
            }
            Event::Directory(DirectoryEvent::UserErased(b)) => {
                teams.retain(|(user, _)| *user != b.c.user_id);
            }
            Event::Channels(ChannelEvent::ChannelCreated(b)) => {
                channels.extend(b.c.members.iter().map(|m| (b.c.channel_id, m.user_id)));
            }
            Event::Channels(ChannelEvent::ChannelDirectOpened(b)) => {
                channels.extend(b.c.user_ids.iter().map(|user| (b.c.channel_id, *user)));
            }
            Event::Channels(ChannelEvent::ChannelMembersAdded(b)) => {
                channels.extend(b.c.members.iter().map(|m| (b.c.channel_id, m.user_id)));
            }
            Event::Channels(ChannelEvent::ChannelMemberRemoved(b)) => {
                channels.remove(&(b.c.channel_id, b.c.user_id));
            }
            _ => {}
        }
    }
    ensure(teams.iter().eq(world.rows.team_members.keys()), || {
        "rows of team members are not those who came and stayed".to_owned()
    })?;
    ensure(channels.iter().eq(world.rows.channel_members.keys()), || {
        "rows of channel members are not those who came and stayed".to_owned()
    })
}

/// Who was erased where.
fn erased(story: &Story) -> BTreeSet<(ChannelId, UserId)> {
    let erased = story.applied().filter_map(|(_, _, event, _)| match event {
        Event::Channels(ChannelEvent::ChannelAuthorErased(b)) => {
            Some((b.c.channel_id, b.c.user_id))
        }
        _ => None,
    });
    erased.collect()
}

/// Each post that a client was told of has one row, at the position that it was told, by its author
/// in its channel; and each row of a post is of a request that some client made.
pub fn tell_the_answers(world: &World, story: &Story) -> Result<(), String> {
    let mut at = BTreeMap::new();
    for row in world.rows.posts.values().filter(|row| row.notice.is_empty()) {
        let twice = at.insert((row.partition, row.log_offset), row).is_some();
        ensure(!twice, || format!("two posts stand at {}.{}", row.partition, row.log_offset))?;
    }
    let (edited, erased, expired) = (edited(world), erased(story), expired(story));
    for (index, entry) in world.ledger.requests.iter().enumerate() {
        let Ask::Post { author, channel, root, text, .. } = &entry.request.ask else { continue };
        let partition = partition_key(entry.request.ask.partition());
        for (answer, _) in world.ledger.answers(index) {
            let Answer::Applied { offset } = answer else { continue };
            let row = at.get(&(partition, offset.cast_signed()));
            if expired.contains(&(partition, *offset)) {
                let blank = row.is_none_or(|row| row.message.is_empty());
                ensure(blank, || format!("the post of request {index} is past its time"))?;
                continue;
            }
            let right = row.is_some_and(|row| {
                (row.user_id, row.channel_id, row.root_id) == (*author, *channel, *root)
                    && (row.message == format!("text {text}")
                        || edited.contains(&row.id)
                        || erased.contains(&(*channel, *author)) && row.message.is_empty())
            });
            ensure(right, || format!("the row of request {index} is not as it was told"))?;
        }
    }
    let made = by_attempt(story);
    let posted = made.iter().filter(|(number, told)| {
        let request = world.ledger.attempts[number].request;
        let ask = request.map(|index| &world.ledger.requests[index].request.ask);
        matches!(ask, Some(Ask::Post { .. })) && !told.is_empty()
    });
    let posted = posted.count() + posts_for_later(story);
    let gone = expired
        .iter()
        .filter(|(partition, offset)| !at.contains_key(&(*partition, offset.cast_signed())));
    let said = at.len() + gone.count();
    ensure(posted == said, || format!("{said} posts of {posted} attempts"))
}

/// Where posts stand that were past their time later.
fn expired(story: &Story) -> BTreeSet<(i16, u64)> {
    let (mut said, mut expired) = (BTreeMap::new(), BTreeSet::new());
    for (folded, _, event, applied) in story.applied() {
        match event {
            Event::Channels(ChannelEvent::PostCreated(b)) => {
                let position = folded.position();
                let place = (partition_key(position.partition), position.offset);
                said.insert(place, (b.c.channel_id, applied.at));
            }
            Event::Channels(ChannelEvent::ChannelPostsExpired(b)) => {
                let before = b.c.before.min(applied.at);
                let past = said
                    .iter()
                    .filter(|(_, (channel, at))| *channel == b.c.channel_id && *at < before);
                expired.extend(past.map(|(place, _)| *place));
            }
            _ => {}
        }
    }
    expired
}

fn edited(world: &World) -> BTreeSet<PostId> {
    let asks = world.ledger.requests.iter().map(|entry| &entry.request.ask);
    asks.filter_map(|ask| match ask {
        Ask::Edit { post, .. } => Some(*post),
        _ => None,
    })
    .collect()
}

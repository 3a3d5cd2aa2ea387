//! Commands on posts. They belong to the aggregate of their channel, as reactions and files do.

use std::borrow::Cow;
use std::collections::BTreeSet;

use events::channel::{
    AttachedFile, Broadcast, PostContent, PostCreated, PostDeleted, PostEdited, PostPinned,
    PostUnpinned, Root,
};
use events::priority::Priority;
use events::{ChannelId, Nothing, PostId, UserId};

pub use super::reaction::{AddReaction, RemoveReaction, UploadFile};
use super::{Decision, ensure, fits, in_channels};
use crate::channel::{Channel, Channels};
use crate::directory::Directory;
use crate::permissions::{Permission, Place, knows_channel, may};
use crate::rights;

/// Characters of a message.
pub const MESSAGE_CHARS_MAX: usize = 16_383;
/// Bytes of a post's `props` as JSON.
pub const PROPS_BYTES_MAX: usize = 800_000;
/// Files of a post.
pub const FILES_MAX: usize = 10;
/// In a larger channel nobody calls everybody.
pub const BROADCAST_MEMBERS_MAX: u32 = 1_000;

/// Why a command on a post is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    MessageTooLong,
    TooManyFiles,
    UnknownChannel,
    Archived,
    Forbidden,
    UnknownPost,
    /// None that stands, or none of the same channel.
    UnknownRoot,
    /// A file that is unknown, another's, of another channel or attached already.
    FileUnusable,
    /// Replies have the priority of their root.
    PriorityOfReply,
    /// An acknowledgement that was given too long ago to be taken back.
    TooLate,
}

use PostRejection as R;

type Decided = Result<Decision, R>;

/// What is known of a post, from the log or from its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostFacts {
    pub post_id: PostId,
    pub channel_id: ChannelId,
    pub author_id: UserId,
    pub root_id: Option<PostId>,
    pub create_at: i64,
    /// A notice of the channel, which nobody wrote.
    pub is_system: bool,
    pub is_pinned: bool,
    /// Deleted, itself or with its root.
    pub deleted: bool,
    /// By whom, where that is known.
    pub deleted_by: Option<UserId>,
}

/// What is known of a file that is to be attached.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFacts {
    pub file: AttachedFile,
    pub name: String,
    /// Base64, empty for none.
    pub mini_preview: String,
    pub owner_id: UserId,
    pub channel_id: ChannelId,
    pub attached: bool,
}

/// Whom a text calls, as far as that can be known outside the channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Accounts whose name or word stands in the text; most need not be members.
    pub named: Vec<UserId>,
    pub broadcast: Broadcast,
    /// With a broadcast: members whom it does not reach because they said so.
    pub deaf: BTreeSet<UserId>,
    /// With `@here`: members who are online.
    pub online: BTreeSet<UserId>,
}

/// Says something in a channel.
#[derive(Debug, Clone)]
pub struct CreatePost {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub post_id: PostId,
    /// The post that it answers, with what is known of it.
    pub root: Option<(PostId, Option<PostFacts>)>,
    pub calls: Calls,
    /// Ids of the files, with what is known of them.
    pub files: Vec<Option<FileFacts>>,
    /// `file_names` are filled in by the decision.
    pub content: PostContent,
    pub set_online: bool,
    /// Whether the author reads threads apart from channels: a reply then leaves the channel unread.
    pub collapses: bool,
    pub priority: Priority,
}

impl CreatePost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = member_of(directory, channels, self.channel_id, self.actor)?;
        lets(directory, channel, self.actor, Permission::CreatePost)?;
        let something = !self.content.message.is_empty()
            || !self.files.is_empty()
            || self.content.props.contains_key("attachments");
        ensure(something, R::Invalid("message"))?;
        valid_content(&self.content)?;
        let root = self.root.map(|root| self.root(root)).transpose()?;
        ensure(root.is_none() || self.priority.is_plain(), R::PriorityOfReply)?;
        let files = self.files()?;
        let Resolved { mentions, named, broadcast } =
            resolve(channel, self.actor, root.is_some(), &self.heard_calls(directory, channel));
        let mut content = self.content.clone();
        content.file_names = files.iter().map(|facts| facts.name.clone()).collect();
        let marks_read = root.is_none() || !self.collapses;
        if files.iter().any(|facts| !facts.mini_preview.is_empty()) {
            let minis = files.iter().map(|facts| facts.mini_preview.clone());
            content.mini_previews = minis.collect();
        }
        let c = PostCreated {
            channel_id: self.channel_id,
            post_id: self.post_id,
            author_id: self.actor,
            root,
            mentions,
            named,
            broadcast,
            files: files.iter().map(|facts| facts.file.clone()).collect(),
            marks_read,
            auto_follow: true,
            set_online: self.set_online,
            priority: self.priority,
        };
        Ok(in_channels(c, content))
    }

    /// A broadcast of whom the channel does not let call everybody is text.
    fn heard_calls(&self, directory: &Directory, channel: &Channel) -> Cow<'_, Calls> {
        let calls = &self.calls;
        let unheard = calls.broadcast != Broadcast::None
            && lets(directory, channel, self.actor, Permission::UseChannelMentions).is_err();
        if unheard {
            Cow::Owned(Calls { broadcast: Broadcast::None, ..calls.clone() })
        } else {
            Cow::Borrowed(calls)
        }
    }

    fn root(&self, (_, facts): (PostId, Option<PostFacts>)) -> Result<Root, R> {
        let facts = facts.ok_or(R::UnknownRoot)?;
        let here = facts.channel_id == self.channel_id;
        ensure(here && !facts.deleted && facts.root_id.is_none(), R::UnknownRoot)?;
        Ok(Root { post_id: facts.post_id, author_id: facts.author_id })
    }

    fn files(&self) -> Result<Vec<&FileFacts>, R> {
        ensure(self.files.len() <= FILES_MAX, R::TooManyFiles)?;
        let usable = |facts: &&FileFacts| {
            facts.owner_id == self.actor && facts.channel_id == self.channel_id && !facts.attached
        };
        let files = self.files.iter().map(|facts| facts.as_ref().filter(usable));
        files.collect::<Option<_>>().ok_or(R::FileUnusable)
    }
}

struct Resolved {
    mentions: Vec<UserId>,
    /// Empty where it is the same.
    named: Vec<UserId>,
    broadcast: Broadcast,
}

/// Whose mention number the post raises. A broadcast in a root raises the channel's one total instead
/// of a number per member, so that those it reaches do not stand in `mentions`; in a reply, and for
/// `@here`, they do.
fn resolve(channel: &Channel, author: UserId, is_reply: bool, calls: &Calls) -> Resolved {
    let none = Broadcast::None;
    if !channel.r#type.in_team() {
        let others = channel.members().map(|member| member.user_id).filter(|user| *user != author);
        return Resolved { mentions: others.collect(), named: Vec::new(), broadcast: none };
    }
    let small = channel.totals.member_count <= BROADCAST_MEMBERS_MAX;
    let broadcast = if small { calls.broadcast } else { none };
    let is_other_member = |user: &UserId| *user != author && channel.member(*user).is_some();
    let named: BTreeSet<UserId> = calls.named.iter().copied().filter(is_other_member).collect();
    let hearing = || {
        let members = channel.members().map(|member| member.user_id);
        members.filter(|user| *user != author && !calls.deaf.contains(user))
    };
    let mentions: BTreeSet<UserId> = match broadcast {
        Broadcast::None => named.clone(),
        Broadcast::Here => hearing()
            .filter(|user| calls.online.contains(user))
            .chain(named.iter().copied())
            .collect(),
        Broadcast::Channel | Broadcast::All if is_reply => {
            hearing().chain(named.iter().copied()).collect()
        }
        Broadcast::Channel | Broadcast::All => {
            named.iter().copied().filter(|user| calls.deaf.contains(user)).collect()
        }
    };
    let named = if named == mentions { Vec::new() } else { named.into_iter().collect() };
    Resolved { mentions: mentions.into_iter().collect(), named, broadcast }
}

fn valid_content(content: &PostContent) -> Result<(), R> {
    ensure(fits(&content.message, MESSAGE_CHARS_MAX), R::MessageTooLong)?;
    ensure(fits(&content.pending_post_id, 256), R::Invalid("pending_post_id"))?;
    // An upper bound without encoding: only what could be too long is encoded.
    if content.props.is_empty() {
        return Ok(());
    }
    let bytes = serde_json::to_vec(&content.props).map_or(usize::MAX, |json| json.len());
    ensure(bytes <= PROPS_BYTES_MAX, R::Invalid("props"))
}

/// The open channel, for somebody with rights in it. Who may not know of it is told that it is unknown.
pub(super) fn member_of<'c>(
    directory: &Directory,
    channels: &'c Channels,
    channel: ChannelId,
    user: UserId,
) -> Result<&'c Channel, R> {
    let channel = channels.channel(channel).ok_or(R::UnknownChannel)?;
    let hidden = !knows_channel(directory, user, channel);
    let refused = if hidden { R::UnknownChannel } else { R::Forbidden };
    ensure(rights::member(directory, channel, user).is_some(), refused)?;
    ensure(!channel.archived, R::Archived)?;
    Ok(channel)
}

/// Refuses whom the channel does not let do this.
pub(super) fn lets(
    directory: &Directory,
    channel: &Channel,
    user: UserId,
    what: Permission,
) -> Result<(), R> {
    ensure(may(directory, user, what, Place::Channel(channel)), R::Forbidden)
}

/// A post that stands, in an open channel of the actor's.
pub(super) fn standing<'c>(
    directory: &Directory,
    channels: &'c Channels,
    post: &PostFacts,
    actor: UserId,
) -> Result<&'c Channel, R> {
    let channel = member_of(directory, channels, post.channel_id, actor);
    let channel = channel.map_err(|rejection| match rejection {
        R::UnknownChannel => R::UnknownPost,
        other => other,
    })?;
    ensure(!post.deleted, R::UnknownPost)?;
    Ok(channel)
}

/// Changes what a post says. Carries the rest of it as read.
#[derive(Debug, Clone)]
pub struct EditPost {
    pub actor: UserId,
    pub post: PostFacts,
    pub has_reactions: bool,
    pub reply_count: i64,
    pub files: Vec<AttachedFile>,
    pub priority: Priority,
    pub current: PostContent,
    pub content: PostContent,
}

impl EditPost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        standing(directory, channels, &self.post, self.actor)?;
        // What a notice says is made when it is shown.
        ensure(!self.post.is_system, R::Forbidden)?;
        ensure(rights::may_act_for(directory, self.actor, self.post.author_id), R::Forbidden)?;
        let channel = channels.channel(self.post.channel_id);
        let erased = channel.is_some_and(|channel| channel.has_erased(self.post.author_id));
        ensure(!erased, R::Forbidden)?;
        valid_content(&self.content)?;
        let something = !self.content.message.is_empty() || !self.files.is_empty();
        ensure(something || self.content.props.contains_key("attachments"), R::Invalid("message"))?;
        if self.content == self.current {
            return Ok(Decision::AlreadySo);
        }
        let c = PostEdited {
            channel_id: self.post.channel_id,
            post_id: self.post.post_id,
            author_id: self.post.author_id,
            create_at: self.post.create_at,
            root_id: self.post.root_id,
            is_pinned: self.post.is_pinned,
            has_reactions: self.has_reactions,
            reply_count: self.reply_count,
            files: self.files.clone(),
            priority: self.priority,
        };
        Ok(in_channels(c, self.content.clone()))
    }
}

/// Deletes a post, with its replies where it is a root.
#[derive(Debug, Clone, Copy)]
pub struct DeletePost {
    pub actor: UserId,
    pub post: PostFacts,
}

impl DeletePost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let post = &self.post;
        let channel = channels.channel(post.channel_id).ok_or(R::UnknownChannel)?;
        let member = rights::member(directory, channel, self.actor).is_some();
        let admin = rights::is_system_admin(directory, self.actor)
            || channel.team_id.is_some_and(|t| rights::is_team_admin(directory, self.actor, t));
        let own = post.author_id == self.actor
            && !post.is_system
            && lets(directory, channel, self.actor, Permission::DeletePost).is_ok();
        ensure(own || admin, if member { R::Forbidden } else { R::UnknownPost })?;
        if post.deleted && post.deleted_by == Some(self.actor) {
            return Ok(Decision::AlreadySo);
        }
        ensure(!post.deleted, R::UnknownPost)?;
        let c = PostDeleted {
            channel_id: post.channel_id,
            post_id: post.post_id,
            author_id: post.author_id,
            root_id: post.root_id,
            by: self.actor,
        };
        Ok(in_channels(c, Nothing {}))
    }
}

/// Pins a post to its channel.
#[derive(Debug, Clone, Copy)]
pub struct PinPost {
    pub actor: UserId,
    pub post: PostFacts,
}

impl PinPost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        standing(directory, channels, &self.post, self.actor)?;
        if self.post.is_pinned {
            return Ok(Decision::AlreadySo);
        }
        let PostFacts { channel_id, post_id, root_id, .. } = self.post;
        Ok(in_channels(PostPinned { channel_id, post_id, root_id, by: self.actor }, Nothing {}))
    }
}

/// Takes a post off its channel's pins.
#[derive(Debug, Clone, Copy)]
pub struct UnpinPost {
    pub actor: UserId,
    pub post: PostFacts,
}

impl UnpinPost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        standing(directory, channels, &self.post, self.actor)?;
        if !self.post.is_pinned {
            return Ok(Decision::AlreadySo);
        }
        let PostFacts { channel_id, post_id, root_id, .. } = self.post;
        Ok(in_channels(PostUnpinned { channel_id, post_id, root_id, by: self.actor }, Nothing {}))
    }
}

//! Commands on the bookmarks of a channel.

use events::bookmark::{
    BookmarkChanged, BookmarkContent, BookmarkCreated, BookmarkDeleted, BookmarkMoved,
    BookmarkedFile,
};
use events::directory::ChannelType;
use events::{BookmarkId, ChannelId, Nothing, UserId};

use super::channel::{ChannelRejection as R, channel_refusal, team_stands};
use super::post::FileFacts;
use super::reaction::valid_emoji_name;
use super::{Decision, ensure, fits, in_channels};
use crate::channel::{Channel, Channels};
use crate::directory::Directory;
use crate::permissions::{Permission, Place, may};
use crate::rights;

type Decided = Result<Decision, R>;

const NAME_CHARS_MAX: usize = 64;
const URL_CHARS_MAX: usize = 1024;

/// The open channel, for somebody who may do this with its bookmarks.
fn open_to<'c>(
    directory: &Directory,
    channels: &'c Channels,
    channel: ChannelId,
    actor: UserId,
    what: fn(ChannelType) -> Permission,
) -> Result<&'c Channel, R> {
    let channel = channels.channel(channel).ok_or(R::UnknownChannel)?;
    let is_member = rights::member(directory, channel, actor).is_some();
    // Nobody administers the conversations of others.
    let may_here = channel.r#type.in_team() || is_member;
    if !may_here || !may(directory, actor, what(channel.r#type), Place::Channel(channel)) {
        return Err(channel_refusal(directory, channel, actor));
    }
    team_stands(directory, channel)?;
    ensure(!channel.archived, R::Archived)?;
    Ok(channel)
}

/// What a bookmark leads to, with what is known of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Link,
    File(Option<BookmarkFileFacts>),
    /// The file that it led to before.
    Same(Option<BookmarkedFile>),
}

/// What is known of a file that a bookmark is to lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct BookmarkFileFacts {
    pub facts: FileFacts,
    pub create_at: i64,
}

impl Target {
    fn file(&self, actor: UserId, channel: ChannelId) -> Result<Option<BookmarkedFile>, R> {
        match self {
            Self::Link => Ok(None),
            Self::Same(file) => Ok(*file),
            Self::File(known) => {
                let known = known.as_ref().ok_or(R::FileUnusable)?;
                let facts = &known.facts;
                let is_own = facts.owner_id == actor && facts.channel_id == channel;
                ensure(is_own && !facts.attached, R::FileUnusable)?;
                let (file_id, create_at) = (facts.file.file_id, known.create_at);
                Ok(Some(BookmarkedFile { file_id, owner_id: actor, create_at }))
            }
        }
    }
}

fn valid(content: &BookmarkContent, file: Option<BookmarkedFile>) -> Result<(), R> {
    let name = content.display_name.trim();
    let named = !name.is_empty() && fits(name, NAME_CHARS_MAX) && !name.contains('\0');
    ensure(named, R::Invalid("display_name"))?;
    match file {
        Some(_) => ensure(content.link_url.is_empty(), R::Invalid("link_url"))?,
        None => ensure(is_web_address(&content.link_url), R::Invalid("link_url"))?,
    }
    let image = &content.image_url;
    ensure(image.is_empty() || is_web_address(image), R::Invalid("image_url"))?;
    let emoji = content.emoji.trim_matches(':');
    ensure(emoji.is_empty() || valid_emoji_name(emoji), R::Invalid("emoji"))
}

/// Nothing that could run where it is clicked.
fn is_web_address(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
    is_web && !host.is_empty() && is_plain && fits(url, URL_CHARS_MAX)
}

/// Puts a bookmark behind the others of its channel.
#[derive(Debug, Clone)]
pub struct CreateBookmark {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    pub target: Target,
    pub content: BookmarkContent,
}

impl CreateBookmark {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let (channel_id, owner_id) = (self.channel_id, self.actor);
        let may_add = Permission::add_bookmark;
        let channel = open_to(directory, channels, channel_id, owner_id, may_add)?;
        ensure(rights::member(directory, channel, owner_id).is_some(), R::Forbidden)?;
        let file = self.target.file(owner_id, channel_id)?;
        valid(&self.content, file)?;
        ensure(!channel.bookmarks.is_full(), R::TooManyBookmarks)?;
        let c = BookmarkCreated { channel_id, bookmark_id: self.bookmark_id, owner_id, file };
        Ok(in_channels(c, self.content.clone()))
    }
}

/// Changes a bookmark. Another's is replaced by one of the actor's, at its place.
#[derive(Debug, Clone)]
pub struct ChangeBookmark {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    /// For the one that stands in the place of another's.
    pub new_id: BookmarkId,
    pub target: Target,
    /// As it was read; absent where there is none that stands.
    pub current: Option<BookmarkContent>,
    pub content: BookmarkContent,
}

impl ChangeBookmark {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let (channel_id, owner_id) = (self.channel_id, self.actor);
        let may_edit = Permission::edit_bookmark;
        let channel = open_to(directory, channels, channel_id, owner_id, may_edit)?;
        ensure(rights::member(directory, channel, owner_id).is_some(), R::Forbidden)?;
        let held = channel.bookmarks.get(self.bookmark_id).ok_or(R::UnknownBookmark)?;
        let current = self.current.as_ref().ok_or(R::UnknownBookmark)?;
        let file = self.target.file(owner_id, channel_id)?;
        valid(&self.content, file)?;
        if matches!(self.target, Target::Link | Target::Same(_)) && *current == self.content {
            return Ok(Decision::AlreadySo);
        }
        let is_own = held.owner_id == owner_id;
        let (bookmark_id, replaces) =
            if is_own { (self.bookmark_id, None) } else { (self.new_id, Some(self.bookmark_id)) };
        let c = BookmarkChanged { channel_id, bookmark_id, replaces, owner_id, file };
        Ok(in_channels(c, self.content.clone()))
    }
}

/// Takes a bookmark away.
#[derive(Debug, Clone, Copy)]
pub struct DeleteBookmark {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
}

impl DeleteBookmark {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let Self { actor, channel_id, bookmark_id } = *self;
        let may_delete = Permission::delete_bookmark;
        let channel = open_to(directory, channels, channel_id, actor, may_delete)?;
        ensure(channel.bookmarks.get(bookmark_id).is_some(), R::UnknownBookmark)?;
        Ok(in_channels(BookmarkDeleted { channel_id, bookmark_id, by: actor }, Nothing {}))
    }
}

/// Puts a bookmark at another place among those of its channel.
#[derive(Debug, Clone, Copy)]
pub struct MoveBookmark {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub bookmark_id: BookmarkId,
    pub place: u32,
}

impl MoveBookmark {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let Self { actor, channel_id, bookmark_id, place } = *self;
        let may_order = Permission::order_bookmark;
        let channel = open_to(directory, channels, channel_id, actor, may_order)?;
        let held = channel.bookmarks.place(bookmark_id).ok_or(R::UnknownBookmark)?;
        let wanted = usize::try_from(place).unwrap_or(usize::MAX);
        ensure(wanted < channel.bookmarks.count(), R::Invalid("sort_order"))?;
        if held == wanted {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_channels(BookmarkMoved { channel_id, bookmark_id, place, by: actor }, Nothing {}))
    }
}

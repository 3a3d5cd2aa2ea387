//! From what the fold admitted to the frames that clients get, and for whom each is.
//!
//! Nothing is encoded before somebody is there to hear it, and then once for all.

mod bookmarks;
mod channels;
mod directory;
mod drafts;
mod labels;
mod reminders;
mod scheduled_posts;
mod sidebar;
#[cfg(test)]
mod tests;
mod threads;
mod users;

use events::presence::TypingStarted;
use events::user::StatusKind;
use events::{BookmarkId, ChannelId, Event, Meta, PostId, ScheduledPostId, TeamId, UserId};
use fold::{FoldSet, Folded};
use wire::frame::{self, Broadcast, Frame};

pub use self::bookmarks::{bookmark_changed, bookmark_told, bookmarks_sorted};
use crate::ports::ThreadTold;

/// Whom a frame is for. Rights are judged when it is pushed, never from this alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    User(UserId),
    /// One present member of a channel.
    Member {
        channel_id: ChannelId,
        user_id: UserId,
    },
    /// Every connection of the person's, but for the one that clients call so.
    Devices {
        user: UserId,
        except: Option<String>,
    },
    /// Present members, but for one.
    Channel {
        channel_id: ChannelId,
        /// Offset of the event: who became a member after it does not hear it.
        at: Option<u64>,
        except: Option<UserId>,
    },
    /// Present members; of one of them not the connection that clients call so.
    Others {
        channel_id: ChannelId,
        at: u64,
        by: UserId,
        except: String,
    },
    /// Present members of a team, but for one, who are no guests.
    Team {
        team_id: TeamId,
        except: UserId,
    },
    /// Those who may find a channel of a team: its members, and those of the team who are no guests.
    Finding {
        channel_id: ChannelId,
        team_id: TeamId,
    },
    /// Members of a team that may be archived, of which they are told that alone.
    LastingTeam(TeamId),
    Everyone,
    /// The person and the administrators, who see an account whole.
    Intimates(UserId),
    /// Everyone else who may know of the person.
    Strangers(UserId),
    /// Both.
    Knowing(UserId),
}

impl Audience {
    /// The members of a channel who were so at `at`.
    fn channel(channel_id: ChannelId, at: u64) -> Self {
        Self::Channel { channel_id, at: Some(at), except: None }
    }

    /// All devices of the person but the one that asked.
    fn other_devices(user: UserId, meta: &Meta) -> Self {
        Self::Devices { user, except: meta.connection_id.clone() }
    }
}

/// Whose attention a post calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mentions<'e> {
    pub author: Option<UserId>,
    pub named: &'e [UserId],
    pub counted: &'e [UserId],
    /// Whether it calls everyone who hears such calls.
    pub broadcast: bool,
    /// What it answers: whoever follows that thread is told so.
    pub root: Option<PostId>,
}

impl Mentions<'_> {
    /// Whether `user` is called; `hears_broadcasts` is asked only where it matters.
    pub fn call(&self, user: UserId, hears_broadcasts: impl FnOnce() -> bool) -> bool {
        if self.author == Some(user) {
            return false;
        }
        self.named.contains(&user)
            || self.counted.contains(&user)
            || (self.broadcast && hears_broadcasts())
    }
}

/// Rows that no event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// For `post_edited`.
    Post(PostId),
    /// For `channel_updated`.
    Channel(ChannelId),
    /// For `user_updated`.
    User(UserId),
    /// For `channel_member_updated`.
    ChannelMember(ChannelId, UserId),
    /// For `channel_member_updated`, of each channel that the person is in.
    ChannelMembersOf(UserId),
    /// For `channel_member_updated`, of those who had an urgent mention in this post, which is deleted.
    UrgentMentions(PostId),
    /// For this frame about a team.
    Team(TeamId, &'static str),
    /// For `thread_updated`: a reply to the root came, or went.
    Thread { root: PostId, reply: PostId, gone: bool },
    /// For `channel_bookmark_created` or `channel_bookmark_deleted`.
    Bookmark(BookmarkId, &'static str),
    /// For `channel_bookmark_updated`: a bookmark, and the one in whose place it stands since.
    ChangedBookmark(BookmarkId, Option<BookmarkId>),
    /// For `channel_bookmark_sorted`.
    Bookmarks,
    /// For `sidebar_category_updated`, of whom the frame is for.
    Sidebar(TeamId),
    /// For `scheduled_post_updated`, of whom the frame is for.
    ScheduledPost(ScheduledPostId),
}

/// Takes frames to their audience.
pub trait Sink {
    /// Makes the frame if there is anybody to hear it.
    fn push(&mut self, audience: Audience, mentions: Mentions<'_>, make: impl FnOnce() -> Frame);

    /// Reads the rows first, once the read model has passed the event.
    fn push_rows(&mut self, audience: Audience, rows: Rows);

    /// A frame that mentions nobody.
    fn tell(&mut self, audience: Audience, make: impl FnOnce() -> Frame) {
        self.push(audience, Mentions::default(), make);
    }
}

/// The frames of an event that has an effect.
pub fn of(set: &FoldSet, folded: &Folded, sink: &mut impl Sink) {
    let Some((meta, event, applied)) = folded.applied() else { return };
    let offset = folded.record.offset;
    match event {
        Event::Directory(event) => directory::of(set, event, applied, sink),
        Event::Users(event) => users::of(set, meta, event, applied.at, sink),
        Event::Channels(event) => channels::of(set, meta, event, applied, offset, sink),
        Event::Readstate(event) => users::of_readstate(set, meta, event, applied, sink),
        Event::Presence(_) => {}
    }
}

/// Somebody types.
pub fn typing(typing: &TypingStarted, sink: &mut impl Sink) {
    let TypingStarted { user_id, channel_id, parent_id } = *typing;
    let audience = Audience::Channel { channel_id, at: None, except: Some(user_id) };
    sink.tell(audience, || {
        let broadcast = Broadcast::to_channel(channel_id).omitting(user_id);
        Frame::new("typing", &broadcast, &frame::Typing { user_id, parent_id })
    });
}

/// Somebody's status is another; only they are told.
pub fn status_change(user_id: UserId, status: StatusKind, sink: &mut impl Sink) {
    sink.tell(Audience::User(user_id), || {
        let broadcast = Broadcast::to_user(user_id);
        Frame::new("status_change", &broadcast, &frame::StatusChange { user_id, status })
    });
}

/// `post_edited` from a row.
pub fn post_edited(channel_id: ChannelId, post: bytes::Bytes) -> Frame {
    Frame::new("post_edited", &Broadcast::to_channel(channel_id), &frame::PostEdited { post })
}

/// `channel_updated` from a row.
pub fn channel_updated(channel_id: ChannelId, channel: bytes::Bytes) -> Frame {
    let broadcast = Broadcast::to_channel(channel_id);
    Frame::new("channel_updated", &broadcast, &frame::ChannelUpdated { channel })
}

/// `channel_member_updated` from a row.
pub fn channel_member_updated(user_id: UserId, channel_member: bytes::Bytes) -> Frame {
    let data = frame::ChannelMemberUpdated { channel_member };
    Frame::new("channel_member_updated", &Broadcast::to_user(user_id), &data)
}

/// `update_team`, `delete_team` or `restore_team` from a row.
pub fn team_changed(event: &'static str, team_id: TeamId, team: bytes::Bytes) -> Frame {
    Frame::new(event, &Broadcast::to_team(team_id), &frame::TeamChanged { team })
}

/// `thread_updated` from rows, for one follower.
pub fn thread_updated(told: ThreadTold) -> (Audience, Frame) {
    let ThreadTold { user_id, channel_id, team_id, .. } = told;
    let data = frame::ThreadUpdated {
        thread: told.thread,
        previous_unread_mentions: told.previous_unread_mentions,
        previous_unread_replies: told.previous_unread_replies,
    };
    let broadcast = Broadcast { team_id, ..Broadcast::to_user(user_id) };
    (Audience::Member { channel_id, user_id }, Frame::new("thread_updated", &broadcast, &data))
}

/// `sidebar_category_updated` from rows.
pub fn categories_updated(user: UserId, team: TeamId, categories: bytes::Bytes) -> Frame {
    let data = frame::CategoriesUpdated { updated_categories: categories };
    Frame::new("sidebar_category_updated", &Broadcast::to_user_in(user, team), &data)
}

/// `scheduled_post_updated` from a row.
pub fn scheduled_post_updated(user: UserId, scheduled_post: bytes::Bytes) -> Frame {
    let data = frame::ScheduledPostChanged { scheduled_post };
    Frame::new("scheduled_post_updated", &Broadcast::to_user(user), &data)
}

/// `user_updated` from a row.
pub fn user_updated(user: wire::User) -> Frame {
    Frame::new("user_updated", &Broadcast::default(), &frame::UserUpdated { user })
}

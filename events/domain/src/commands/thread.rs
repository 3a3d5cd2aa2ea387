//! Commands on threads: following them, and having read them.

use events::thread::{
    ThreadFollowed, ThreadMarker, ThreadMarkerAdvanced, ThreadMarkerSetBack, ThreadMarkersAdvanced,
    ThreadScope, ThreadUnfollowed, ThreadUnread,
};
use events::{Nothing, UserId};

use super::post::{PostFacts, PostRejection};
use super::readstate::{ReadstateRejection, Seen};
use super::{Decision, ensure, in_channels, in_readstate};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::permissions::knows_channel;
use crate::rights;

/// Begins to follow a thread, or no longer does.
#[derive(Debug, Clone, Copy)]
pub struct FollowThread {
    pub actor: UserId,
    pub user_id: UserId,
    pub root: PostFacts,
    /// Live replies, as the root's row was read.
    pub reply_count: i64,
    /// Whether the person follows it, as the rows were read.
    pub follows: bool,
    /// Whether they are to follow it.
    pub follow: bool,
}

impl FollowThread {
    /// # Errors
    /// [`PostRejection`]: it is no root that stands, or the person may not read it.
    pub fn decide(
        &self,
        directory: &Directory,
        channels: &Channels,
    ) -> Result<Decision, PostRejection> {
        use PostRejection as R;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let channel = channels.channel(self.root.channel_id).ok_or(R::UnknownPost)?;
        let hidden = !knows_channel(directory, self.user_id, channel);
        let refused = if hidden { R::UnknownPost } else { R::Forbidden };
        ensure(rights::member(directory, channel, self.user_id).is_some(), refused)?;
        ensure(is_live_root(&self.root), R::UnknownPost)?;
        if self.follows == self.follow {
            return Ok(Decision::AlreadySo);
        }
        let (channel_id, root_id) = (self.root.channel_id, self.root.post_id);
        let (user_id, reply_count) = (self.user_id, self.reply_count);
        Ok(if self.follow {
            in_channels(ThreadFollowed { channel_id, root_id, user_id, reply_count }, Nothing {})
        } else {
            in_channels(ThreadUnfollowed { channel_id, root_id, user_id, reply_count }, Nothing {})
        })
    }
}

fn is_live_root(post: &PostFacts) -> bool {
    !post.deleted && post.root_id.is_none()
}

/// What is known of a thread for somebody who has read, or not read, some of it.
#[derive(Debug, Clone, Copy)]
pub struct ThreadSeen {
    pub actor: UserId,
    pub user_id: UserId,
    pub root: PostFacts,
    /// What the person sees of its channel now.
    pub seen: Seen,
    /// Up to where it is read, as the rows were read.
    pub viewed_at: i64,
    /// What is unread, and what will be.
    pub before: ThreadUnread,
    pub now: ThreadUnread,
}

impl ThreadSeen {
    fn marker(&self, directory: &Directory, read_to: i64) -> Result<ThreadMarker, R> {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let here = self.root.channel_id == self.seen.channel_id;
        ensure(here && is_live_root(&self.root), R::UnknownPost)?;
        Ok(ThreadMarker {
            channel_id: self.root.channel_id,
            root_id: self.root.post_id,
            as_of: self.seen.last_at,
            read_to,
            before: self.before,
            now: self.now,
        })
    }
}

use ReadstateRejection as R;

/// Reads a thread up to a time, which may lie before what was read already.
#[derive(Debug, Clone, Copy)]
pub struct ReadThread {
    pub thread: ThreadSeen,
    /// Unix milliseconds, by the client's clock.
    pub until: i64,
}

impl ReadThread {
    /// Nothing is read that was not there yet.
    pub fn read_to(until: i64, seen: &Seen) -> i64 {
        until.min(seen.last_at)
    }

    /// # Errors
    /// [`ReadstateRejection`]: it is no thread that stands, or it is another's to read.
    pub fn decide(&self, directory: &Directory) -> Result<Decision, R> {
        ensure(self.until >= 0, R::Invalid("timestamp"))?;
        let read_to = Self::read_to(self.until, &self.thread.seen);
        let marker = self.thread.marker(directory, read_to)?;
        if read_to == self.thread.viewed_at {
            return Ok(Decision::AlreadySo);
        }
        let user_id = self.thread.user_id;
        Ok(in_readstate(ThreadMarkerAdvanced { user_id, marker }, Nothing {}))
    }
}

/// Marks a thread unread from one of its posts on.
#[derive(Debug, Clone, Copy)]
pub struct SetThreadUnread {
    pub thread: ThreadSeen,
    pub post: PostFacts,
}

impl SetThreadUnread {
    /// # Errors
    /// [`ReadstateRejection`]: the post is none of the thread's, or it is another's to read.
    pub fn decide(&self, directory: &Directory) -> Result<Decision, R> {
        let read_to = self.post.create_at - 1;
        let marker = self.thread.marker(directory, read_to)?;
        let root = self.thread.root.post_id;
        let of_thread = self.post.root_id.unwrap_or(self.post.post_id) == root;
        ensure(of_thread && !self.post.deleted, R::UnknownPost)?;
        if read_to == self.thread.viewed_at {
            return Ok(Decision::AlreadySo);
        }
        let (user_id, post_id) = (self.thread.user_id, self.post.post_id);
        Ok(in_readstate(ThreadMarkerSetBack { user_id, marker, post_id }, Nothing {}))
    }
}

/// Reads all threads of a team with all conversations, or of a channel.
#[derive(Debug, Clone, Copy)]
pub struct ReadThreads {
    pub actor: UserId,
    pub user_id: UserId,
    pub scope: ThreadScope,
    /// No earlier than what the person's channels hold.
    pub read_to: i64,
}

impl ReadThreads {
    /// # Errors
    /// [`ReadstateRejection::Forbidden`]: the person is not in the team, or it is another's to read.
    pub fn decide(&self, directory: &Directory) -> Result<Decision, R> {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        if let ThreadScope::Team(team) = self.scope {
            ensure(directory.active_membership(self.user_id, team).is_some(), R::Forbidden)?;
        }
        let Self { user_id, scope, read_to, .. } = *self;
        Ok(in_readstate(ThreadMarkersAdvanced::of(user_id, scope, read_to), Nothing {}))
    }
}

//! Commands on reminders.

use events::reminder::ReminderSet;
use events::{Nothing, UserId};

use super::post::{PostFacts, PostRejection};
use super::scheduled_post::is_ahead;
use super::{Decision, ensure, in_users};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::errands::{Errand, Stage};
use crate::permissions::knows_channel;
use crate::rights;
use crate::user::Users;

/// Reminders that one person waits for.
pub const REMINDERS_MAX: usize = 500;

/// Why a command on a reminder is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    TooMany,
    Post(PostRejection),
}

use ReminderRejection as R;

/// Has somebody reminded of a post, and no longer at the time that they said before.
#[derive(Debug, Clone, Copy)]
pub struct SetReminder {
    pub user_id: UserId,
    pub post: PostFacts,
    pub due_at: i64,
    /// The command's clock.
    pub now_ms: i64,
}

impl SetReminder {
    /// # Errors
    /// [`ReminderRejection`]
    pub fn decide(
        &self,
        directory: &Directory,
        channels: &Channels,
        users: &Users,
    ) -> Result<Decision, R> {
        let (post, user_id) = (&self.post, self.user_id);
        let channel = channels.channel(post.channel_id);
        let known = channel.filter(|channel| knows_channel(directory, user_id, channel));
        let channel = known.ok_or(R::Post(PostRejection::UnknownPost))?;
        let readable = rights::member(directory, channel, user_id).is_some();
        ensure(readable, R::Post(PostRejection::Forbidden))?;
        ensure(!post.deleted, R::Post(PostRejection::UnknownPost))?;
        ensure(is_ahead(self.due_at, self.now_ms), R::Invalid("target_time"))?;
        let errands = users.errands();
        let held = errands.timer(user_id, Errand::Reminder(post.post_id));
        if held.is_some_and(|t| t.due_at == self.due_at && t.stage == Stage::Waiting) {
            return Ok(Decision::AlreadySo);
        }
        let fits = held.is_some() || errands.reminders(user_id) < REMINDERS_MAX;
        ensure(fits, R::TooMany)?;
        let c = ReminderSet {
            user_id,
            post_id: post.post_id,
            channel_id: post.channel_id,
            root_id: post.root_id,
            author_id: post.author_id,
            due_at: self.due_at,
        };
        Ok(in_users(c, Nothing {}))
    }
}

//! Commands on posts that are to be sent later.

use events::scheduled_post::{
    ScheduledContent, ScheduledPostChanged, ScheduledPostCreated, ScheduledPostDeleted,
    ScheduledPostError,
};
use events::{ChannelId, FileId, Nothing, ScheduledPostId, UserId};
use serde_json::{Map, Value};

use super::post::{CreatePost, PROPS_BYTES_MAX, PostRejection};
use super::{Decision, ensure, in_users};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::errands::{Errand, Timer};
use crate::rights;
use crate::user::Users;

/// Posts that one person has written for later.
pub const SCHEDULED_MAX: usize = 500;
/// How far ahead anything may be due.
pub const AHEAD_MS_MAX: i64 = 366 * 24 * 60 * 60 * 1_000;

/// Why a command on a post that is to be sent later is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduledPostRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    TooMany,
    /// There is none, or it has been sent.
    Unknown,
    /// It could not be sent now, either.
    Post(PostRejection),
}

use ScheduledPostRejection as R;

type Decided = Result<Decision, R>;

/// Writes a post that is to be sent later.
#[derive(Debug, Clone)]
pub struct SchedulePost {
    pub scheduled_id: ScheduledPostId,
    /// As it would be sent now.
    pub post: CreatePost,
    pub priority: Map<String, Value>,
    pub due_at: i64,
    /// The command's clock.
    pub now_ms: i64,
}

impl SchedulePost {
    /// # Errors
    /// [`ScheduledPostRejection`]
    pub fn decide(&self, directory: &Directory, channels: &Channels, users: &Users) -> Decided {
        let (errands, user_id) = (users.errands(), self.post.actor);
        if errands.timer(user_id, self.errand()).is_some() {
            return Ok(Decision::AlreadySo);
        }
        self.check(directory, channels)?;
        ensure(errands.posts(user_id) < SCHEDULED_MAX, R::TooMany)?;
        let c = ScheduledPostCreated {
            scheduled_id: self.scheduled_id,
            user_id,
            channel_id: self.post.channel_id,
            root_id: self.post.root.map(|(root, _)| root),
            file_ids: self.file_ids(),
            due_at: self.due_at,
        };
        Ok(in_users(c, self.content()))
    }

    fn errand(&self) -> Errand {
        Errand::Post(self.scheduled_id)
    }

    fn check(&self, directory: &Directory, channels: &Channels) -> Result<(), R> {
        self.post.decide(directory, channels).map_err(R::Post)?;
        let bytes = serde_json::to_vec(&self.priority).map_or(usize::MAX, |json| json.len());
        ensure(bytes <= PROPS_BYTES_MAX, R::Invalid("priority"))?;
        ensure(is_ahead(self.due_at, self.now_ms), R::Invalid("scheduled_at"))
    }

    /// All are known, or it could not be sent.
    fn file_ids(&self) -> Vec<FileId> {
        self.post.files.iter().flatten().map(|facts| facts.file.file_id).collect()
    }

    fn content(&self) -> ScheduledContent {
        let content = &self.post.content;
        ScheduledContent {
            message: content.message.clone(),
            props: content.props.clone(),
            priority: self.priority.clone(),
        }
    }
}

/// Says what is to be sent, or when, anew; in the same place. One that failed is to be sent again.
#[derive(Debug, Clone)]
pub struct ChangeScheduledPost(pub SchedulePost);

impl ChangeScheduledPost {
    /// # Errors
    /// [`ScheduledPostRejection`]
    pub fn decide(&self, directory: &Directory, channels: &Channels, users: &Users) -> Decided {
        let Self(said) = self;
        let held = unsent(users, said.post.actor, said.scheduled_id)?;
        let place = (said.post.channel_id, said.post.root.map(|(root, _)| root));
        ensure(place == (held.channel_id, held.root_id), R::Invalid("channel_id"))?;
        said.check(directory, channels)?;
        let c = ScheduledPostChanged {
            scheduled_id: said.scheduled_id,
            user_id: said.post.actor,
            channel_id: held.channel_id,
            root_id: held.root_id,
            file_ids: said.file_ids(),
            due_at: said.due_at,
            created_at: held.created_at,
        };
        Ok(in_users(c, said.content()))
    }
}

/// Lets go of a post that was to be sent later, which may be one of a channel that the person has left.
#[derive(Debug, Clone, Copy)]
pub struct DeleteScheduledPost {
    pub user_id: UserId,
    pub scheduled_id: ScheduledPostId,
}

impl DeleteScheduledPost {
    /// # Errors
    /// [`ScheduledPostRejection`]
    pub fn decide(&self, users: &Users) -> Decided {
        let held = unsent(users, self.user_id, self.scheduled_id)?;
        let c = ScheduledPostDeleted {
            scheduled_id: self.scheduled_id,
            user_id: self.user_id,
            channel_id: held.channel_id,
            root_id: held.root_id,
        };
        Ok(in_users(c, Nothing {}))
    }
}

/// Whether something may be due then.
pub(super) fn is_ahead(due_at: i64, now_ms: i64) -> bool {
    due_at > now_ms && due_at - now_ms <= AHEAD_MS_MAX
}

fn unsent(users: &Users, user: UserId, id: ScheduledPostId) -> Result<&Timer, R> {
    let held = users.errands().timer(user, Errand::Post(id));
    held.filter(|timer| !timer.is_fired()).ok_or(R::Unknown)
}

/// What is said of a post that cannot be sent.
pub fn error_of(
    rejection: PostRejection,
    directory: &Directory,
    channels: &Channels,
    channel: ChannelId,
    author: UserId,
) -> ScheduledPostError {
    use ScheduledPostError as E;
    match rejection {
        PostRejection::UnknownChannel => E::ChannelNotFound,
        PostRejection::Archived => E::ChannelArchived,
        PostRejection::UnknownRoot => E::ThreadDeleted,
        PostRejection::Forbidden if directory.active_account(author).is_none() => E::UserDeleted,
        PostRejection::Forbidden if !rights::may_read(directory, channels, channel, author) => {
            E::NoChannelMember
        }
        PostRejection::Forbidden => E::NoChannelPermission,
        PostRejection::UnknownPost | PostRejection::TooLate => E::UnableToSend,
        PostRejection::Invalid(_)
        | PostRejection::MessageTooLong
        | PostRejection::TooManyFiles
        | PostRejection::PriorityOfReply
        | PostRejection::FileUnusable => E::InvalidPost,
    }
}

//! Commands on acknowledgements of posts.

use events::channel::{PostAcknowledged, PostAcknowledgementRemoved};
use events::{Nothing, UserId};

use super::post::{PostFacts, PostRejection as R, standing};
use super::{Decision, ensure, in_channels};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::rights;

type Decided = Result<Decision, R>;

/// How long an acknowledgement can be taken back.
pub const WITHDRAWAL_MS: i64 = 5 * 60 * 1_000;

/// Says that a person has taken note of a post.
#[derive(Debug, Clone, Copy)]
pub struct AcknowledgePost {
    pub actor: UserId,
    pub user_id: UserId,
    pub post: PostFacts,
    /// Whether they have already, as the row was read.
    pub stands: bool,
}

impl AcknowledgePost {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        standing(directory, channels, &self.post, self.user_id)?;
        ensure(!self.post.is_system, R::Forbidden)?;
        if self.stands {
            return Ok(Decision::AlreadySo);
        }
        let PostFacts { channel_id, post_id, root_id, .. } = self.post;
        let c = PostAcknowledged { channel_id, post_id, root_id, user_id: self.user_id };
        Ok(in_channels(c, Nothing {}))
    }
}

/// Takes that back.
#[derive(Debug, Clone, Copy)]
pub struct RemoveAcknowledgement {
    pub actor: UserId,
    pub user_id: UserId,
    pub post: PostFacts,
    /// When it was said, as the row was read.
    pub acknowledged_at: Option<i64>,
    pub now_ms: i64,
}

impl RemoveAcknowledgement {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        standing(directory, channels, &self.post, self.user_id)?;
        let Some(acknowledged_at) = self.acknowledged_at else { return Ok(Decision::AlreadySo) };
        ensure(self.now_ms <= acknowledged_at + WITHDRAWAL_MS, R::TooLate)?;
        let PostFacts { channel_id, post_id, root_id, .. } = self.post;
        let c = PostAcknowledgementRemoved { channel_id, post_id, root_id, user_id: self.user_id };
        Ok(in_channels(c, Nothing {}))
    }
}

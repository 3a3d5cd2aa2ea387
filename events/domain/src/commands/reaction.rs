//! Commands on reactions and files.

use events::channel::{AttachedFile, FileDetails, FileUploaded, ReactionAdded, ReactionRemoved};
use events::{ChannelId, Nothing, UserId};

use super::post::{PostFacts, PostRejection as R, lets, member_of, standing};
use super::{Decision, ensure, fits, in_channels};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::permissions::Permission;
use crate::rights;

type Decided = Result<Decision, R>;

/// Answers a post with an emoji.
#[derive(Debug, Clone)]
pub struct AddReaction {
    pub actor: UserId,
    pub post: PostFacts,
    pub emoji_name: String,
    /// Whether the reaction stands, as its row was read.
    pub stands: bool,
}

impl AddReaction {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = standing(directory, channels, &self.post, self.actor)?;
        lets(directory, channel, self.actor, Permission::AddReaction)?;
        ensure(valid_emoji_name(&self.emoji_name), R::Invalid("emoji_name"))?;
        if self.stands {
            return Ok(Decision::AlreadySo);
        }
        let c = ReactionAdded {
            channel_id: self.post.channel_id,
            post_id: self.post.post_id,
            root_id: self.post.root_id,
            user_id: self.actor,
            emoji_name: self.emoji_name.clone(),
        };
        Ok(in_channels(c, Nothing {}))
    }
}

/// Takes one's own reaction back; an administrator also another's.
#[derive(Debug, Clone)]
pub struct RemoveReaction {
    pub actor: UserId,
    pub user_id: UserId,
    pub post: PostFacts,
    pub emoji_name: String,
    pub stands: bool,
}

impl RemoveReaction {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = standing(directory, channels, &self.post, self.actor)?;
        lets(directory, channel, self.actor, Permission::RemoveReaction)?;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        ensure(valid_emoji_name(&self.emoji_name), R::Invalid("emoji_name"))?;
        if !self.stands {
            return Ok(Decision::AlreadySo);
        }
        let c = ReactionRemoved {
            channel_id: self.post.channel_id,
            post_id: self.post.post_id,
            root_id: self.post.root_id,
            user_id: self.user_id,
            emoji_name: self.emoji_name.clone(),
        };
        Ok(in_channels(c, Nothing {}))
    }
}

pub(super) fn valid_emoji_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+_-".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

/// States that a file's bytes are in the object store.
#[derive(Debug, Clone)]
pub struct UploadFile {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub file: AttachedFile,
    pub details: FileDetails,
    /// Where the bytes are.
    pub object: String,
}

impl UploadFile {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        member_of(directory, channels, self.channel_id, self.actor)?;
        let name = &self.details.name;
        let named = !name.is_empty() && fits(name, 255);
        ensure(named && !name.contains(['/', '\\', '\0']), R::Invalid("filename"))?;
        let c = FileUploaded {
            channel_id: self.channel_id,
            owner_id: self.actor,
            file: self.file.clone(),
            object: self.object.clone(),
        };
        Ok(in_channels(c, self.details.clone()))
    }
}

//! Facts of threads: who follows one, in the topic `channels`, and who has read what of it, in `readstate`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::fact;
use crate::{ChannelId, PostId, TeamId, UserId};

/// Somebody follows a thread from now on, and has read it up to now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadFollowed {
    pub channel_id: ChannelId,
    pub root_id: PostId,
    pub user_id: UserId,
    /// Live replies as the command read them, for the frame.
    #[serde(default)]
    pub reply_count: i64,
}
fact!(ThreadFollowed, "thread.followed", 1);

/// Somebody no longer follows a thread, until they say something in it or are named there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadUnfollowed {
    pub channel_id: ChannelId,
    pub root_id: PostId,
    pub user_id: UserId,
    /// Live replies as the command read them, for the frame.
    #[serde(default)]
    pub reply_count: i64,
}
fact!(ThreadUnfollowed, "thread.unfollowed", 1);

/// What of a thread is unread for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ThreadUnread {
    pub replies: i64,
    /// Of these, the ones that mention the person.
    pub mentions: i64,
}

/// Up to where somebody has read a thread. The latest one holds, wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadMarker {
    pub channel_id: ChannelId,
    pub root_id: PostId,
    /// The channel's end (its latest assigned time) as the command observed it.
    pub as_of: i64,
    /// Read up to this assigned time; what the contract calls `last_viewed_at`.
    pub read_to: i64,
    /// What was unread before and is now, for the frame.
    #[serde(default)]
    pub before: ThreadUnread,
    #[serde(default)]
    pub now: ThreadUnread,
}

/// Somebody has read a thread up to a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadMarkerAdvanced {
    pub user_id: UserId,
    pub marker: ThreadMarker,
}
fact!(ThreadMarkerAdvanced, "thread_marker.advanced", 1);

/// Marked unread from a reply on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadMarkerSetBack {
    pub user_id: UserId,
    pub marker: ThreadMarker,
    pub post_id: PostId,
}
fact!(ThreadMarkerSetBack, "thread_marker.set_back", 1);

/// Where all threads were read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadScope {
    /// A team, with all direct and group channels.
    Team(TeamId),
    Channel(ChannelId),
}

/// Somebody has read all threads of a team, with all direct and group channels, or of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadMarkersAdvanced {
    pub user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// Counts only without a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// Read up to this time, Unix milliseconds: no earlier than what the channels held.
    pub read_to: i64,
}
fact!(ThreadMarkersAdvanced, "thread_markers.advanced", 1);

impl ThreadMarkersAdvanced {
    pub fn of(user_id: UserId, scope: ThreadScope, read_to: i64) -> Self {
        let (team_id, channel_id) = match scope {
            ThreadScope::Team(team) => (Some(team), None),
            ThreadScope::Channel(channel) => (None, Some(channel)),
        };
        Self { user_id, team_id, channel_id, read_to }
    }

    /// Nothing where a foreign writer named neither.
    pub fn scope(&self) -> Option<ThreadScope> {
        let channel = self.channel_id.map(ThreadScope::Channel);
        self.team_id.map(ThreadScope::Team).or(channel)
    }
}

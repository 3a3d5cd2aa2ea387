//! Facts of the topic `presence`: ephemeral, never archived, never replayed, never judged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::fact;
use crate::user::StatusKind;
use crate::{ChannelId, Id, PostId, SessionId, UserId};

/// Somebody is writing in a channel or a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TypingStarted {
    pub user_id: UserId,
    pub channel_id: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<PostId>,
}
fact!(TypingStarted, "typing.started", 1);

/// Online, away or offline by activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PresenceChanged {
    pub user_id: UserId,
    pub status: StatusKind,
    /// Unix milliseconds.
    pub last_activity_at: i64,
}
fact!(PresenceChanged, "presence.changed", 1);

/// Somebody chose a status over a socket. It becomes `status.set` once a command-api has taken it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusChosen {
    pub user_id: UserId,
    pub status: StatusKind,
}
fact!(StatusChosen, "status.chosen", 1);

/// A request showed the token of a session that was not noted as used lately. It becomes `session.used` once
/// a command-api has taken it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionSeen {
    pub user_id: UserId,
    pub session_id: SessionId,
}
fact!(SessionSeen, "session.seen", 1);

/// How far a process that keeps answers open has come. Whoever takes access away waits for all of
/// them; one that was silent for the fail-closed time has closed itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PositionsNoted {
    /// Made anew at each start of a process.
    pub process_id: Id,
    /// The kind of process, as `realtime`.
    pub service: String,
    /// Per partition, as `channels-07`: everything below this offset has taken effect there. A
    /// partition that holds nothing may be left out.
    pub next: BTreeMap<String, u64>,
    /// It says goodbye: nothing is open any more, and nobody need wait for it.
    pub gone: bool,
}
fact!(PositionsNoted, "positions.noted", 1);

/// A process of the installation is there. Every one says so every few seconds, whatever its kind: what
/// changes how the log is judged may happen only once all know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessNoted {
    /// Made anew at each start of a process.
    pub process_id: Id,
    /// The kind of process, as `projector`.
    pub service: String,
    /// Of the program.
    pub version: String,
    /// The newest rules that it knows.
    pub rules: u32,
    /// It says goodbye.
    pub gone: bool,
}
fact!(ProcessNoted, "process.noted", 1);

//! What clients ask over their socket.

use std::str::FromStr;

use events::{ChannelId, PostId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Something asked, with the number that the answer names.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub seq: i64,
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Challenge {
        token: String,
    },
    Ping,
    Typing {
        channel_id: ChannelId,
        parent_id: Option<PostId>,
    },
    Activity {
        active: bool,
        manual: bool,
    },
    Statuses,
    StatusesByIds(Vec<UserId>),
    /// Which channel or thread is on the screen: nothing rests on it.
    Presence,
    /// That a notification was shown: nothing rests on it.
    NotifyAck,
    /// A known action with data that it cannot have.
    Invalid {
        param: &'static str,
    },
    Unknown,
    Missing,
}

/// A text that is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    seq: Option<i64>,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    data: Value,
}

impl Request {
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        // A list would count as the fields in their order.
        if !text.trim_start().starts_with('{') {
            return Err(Malformed);
        }
        let raw: Raw = serde_json::from_str(text).map_err(|_| Malformed)?;
        let empty = Map::new();
        let data = raw.data.as_object().unwrap_or(&empty);
        let action = Action::of(raw.action.as_deref().unwrap_or_default(), data);
        Ok(Self { seq: raw.seq.unwrap_or(0), action })
    }
}

impl Action {
    fn of(name: &str, data: &Map<String, Value>) -> Self {
        match name {
            "" => Self::Missing,
            "authentication_challenge" => {
                let token = data.get("token").and_then(Value::as_str).unwrap_or_default();
                Self::Challenge { token: token.to_owned() }
            }
            "ping" => Self::Ping,
            "user_typing" => typing(data),
            "user_update_active_status" => activity(data),
            "get_statuses" => Self::Statuses,
            "get_statuses_by_ids" => statuses_by_ids(data),
            "presence" => Self::Presence,
            "posted_notify_ack" => Self::NotifyAck,
            _ => Self::Unknown,
        }
    }

    /// The action's name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Challenge { .. } => "authentication_challenge",
            Self::Ping => "ping",
            Self::Typing { .. } => "user_typing",
            Self::Activity { .. } => "user_update_active_status",
            Self::Statuses => "get_statuses",
            Self::StatusesByIds(_) => "get_statuses_by_ids",
            Self::Presence => "presence",
            Self::NotifyAck => "posted_notify_ack",
            Self::Invalid { .. } | Self::Unknown | Self::Missing => "invalid",
        }
    }
}

fn id<T: FromStr>(value: Option<&Value>) -> Option<T> {
    value?.as_str()?.parse().ok()
}

fn typing(data: &Map<String, Value>) -> Action {
    let Some(channel_id) = id(data.get("channel_id")) else {
        return Action::Invalid { param: "channel_id" };
    };
    let parent = data.get("parent_id").filter(|v| !v.is_null() && v.as_str() != Some(""));
    let parent_id: Option<PostId> = id(parent);
    if parent.is_some() && parent_id.is_none() {
        return Action::Invalid { param: "parent_id" };
    }
    Action::Typing { channel_id, parent_id }
}

fn activity(data: &Map<String, Value>) -> Action {
    match data.get("user_is_active").and_then(Value::as_bool) {
        Some(active) => {
            let manual = data.get("manual").and_then(Value::as_bool).unwrap_or(false);
            Action::Activity { active, manual }
        }
        None => Action::Invalid { param: "user_is_active" },
    }
}

fn statuses_by_ids(data: &Map<String, Value>) -> Action {
    let ids = data.get("user_ids").and_then(Value::as_array);
    let ids = ids.map(|ids| ids.iter().map(|v| id(Some(v))).collect::<Option<Vec<UserId>>>());
    match ids {
        Some(Some(ids)) if !ids.is_empty() => Action::StatusesByIds(ids),
        _ => Action::Invalid { param: "user_ids" },
    }
}

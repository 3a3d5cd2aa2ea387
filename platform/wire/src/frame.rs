//! Socket frames: an event is encoded once and its bytes are shared by every socket that gets it.
//!
//! A frame is `{"event":…,"broadcast":{…},"data":{…},"seq":n}` with `data` last, so all that differs
//! between recipients, being mentioned and the sequence number, stands at the end: the shared bytes
//! stop before the brace that closes `data`, and a short [`Tail`] of the recipient's own follows.

mod data;

use std::collections::BTreeMap;
use std::fmt::Write;

use bytes::Bytes;
use events::{ChannelId, TeamId, UserId};
use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::ids::or_empty;
pub use data::*;

/// Whom a frame is for, as clients are told. The filter itself is realtime's.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Broadcast {
    #[serde(serialize_with = "omitted")]
    #[schemars(with = "Option<BTreeMap<UserId, bool>>")]
    pub omit_users: Vec<UserId>,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub user_id: Option<UserId>,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub channel_id: Option<ChannelId>,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub team_id: Option<TeamId>,
    pub connection_id: String,
    pub omit_connection_id: String,
}

impl Broadcast {
    pub fn to_user(user_id: UserId) -> Self {
        Self { user_id: Some(user_id), ..Self::default() }
    }

    /// To somebody, about something of theirs in a team.
    pub fn to_user_in(user_id: UserId, team_id: TeamId) -> Self {
        Self { team_id: Some(team_id), ..Self::to_user(user_id) }
    }

    pub fn to_channel(channel_id: ChannelId) -> Self {
        Self { channel_id: Some(channel_id), ..Self::default() }
    }

    pub fn to_team(team_id: TeamId) -> Self {
        Self { team_id: Some(team_id), ..Self::default() }
    }

    /// The same, but not to `user_id`.
    #[must_use]
    pub fn omitting(mut self, user_id: UserId) -> Self {
        self.omit_users.push(user_id);
        self
    }

    /// The same, but not to the connection that clients call so, if one is named.
    #[must_use]
    pub fn omitting_connection(mut self, id: Option<&str>) -> Self {
        self.omit_connection_id = id.unwrap_or_default().to_owned();
        self
    }
}

fn omitted<S: Serializer>(users: &[UserId], to: S) -> Result<S::Ok, S::Error> {
    if users.is_empty() {
        return to.serialize_none();
    }
    let mut map = to.serialize_map(Some(users.len()))?;
    for user in users {
        map.serialize_entry(user, &true)?;
    }
    map.end()
}

/// An encoded event without its end. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    event: &'static str,
    shared: Bytes,
    /// Whether `data` has members already, so that another needs a comma.
    has_data: bool,
}

#[derive(Serialize)]
struct Whole<'a, T> {
    event: &'static str,
    broadcast: &'a Broadcast,
    data: &'a T,
}

impl Frame {
    /// Encodes `data`, which must serialise as an object.
    pub fn new<T: FrameData>(event: &'static str, broadcast: &Broadcast, data: &T) -> Self {
        debug_assert!(T::EVENTS.contains(&event), "{event} has other data");
        let mut bytes = serde_json::to_vec(&Whole { event, broadcast, data })
            .expect("frames have string keys and no failing serializer");
        debug_assert!(bytes.ends_with(b"}}"), "the data of a frame is an object");
        bytes.truncate(bytes.len() - 2);
        let has_data = bytes.last() != Some(&b'{');
        Self { event, shared: bytes.into(), has_data }
    }

    /// The event's name, for filters and metrics.
    pub fn event(&self) -> &'static str {
        self.event
    }

    /// The bytes that every recipient shares; each socket's [`Tail`] follows them.
    pub fn shared(&self) -> &Bytes {
        &self.shared
    }

    /// The end for one recipient: `mentioned` is that recipient, if the event names them.
    pub fn tail(&self, seq: u64, mentioned: Option<UserId>) -> Tail {
        self.tail_for(seq, mentioned, None)
    }

    /// The same, where `follows` is that recipient, if they follow the thread that the event is of.
    pub fn tail_for(&self, seq: u64, mentioned: Option<UserId>, follows: Option<UserId>) -> Tail {
        let mut tail = Tail::default();
        let mut comma = if self.has_data { "," } else { "" };
        for (name, id) in [("mentions", mentioned), ("followers", follows)] {
            let Some(id) = id else { continue };
            write!(tail, r#"{comma}"{name}":"[\"{id}\"]""#).expect(TAIL_HAS_ROOM);
            comma = ",";
        }
        write!(tail, r#"}},"seq":{seq}}}"#).expect(TAIL_HAS_ROOM);
        tail
    }

    /// The whole text for one recipient.
    pub fn to_text(&self, seq: u64, mentioned: Option<UserId>) -> String {
        let shared = std::str::from_utf8(&self.shared).expect("JSON is UTF-8");
        format!("{shared}{}", self.tail(seq, mentioned).as_str())
    }
}

const TAIL_LEN_MAX: usize = 128;
const TAIL_HAS_ROOM: &str = "a tail has room for two ids and a number";

/// The end of a frame, on the stack.
#[derive(Clone, Copy)]
pub struct Tail {
    bytes: [u8; TAIL_LEN_MAX],
    len: usize,
}

impl Default for Tail {
    fn default() -> Self {
        Self { bytes: [0; TAIL_LEN_MAX], len: 0 }
    }
}

impl Tail {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only whole strings are written")
    }
}

impl Write for Tail {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// The answer to what a client asked over its socket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reply<T> {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ReplyError>,
    pub seq_reply: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReplyError {
    pub id: &'static str,
    pub message: &'static str,
    pub detailed_error: &'static str,
    pub status_code: u16,
}

impl Reply<()> {
    pub fn ok(seq_reply: i64) -> Self {
        Self { status: "OK", data: None, error: None, seq_reply }
    }

    pub fn fail(seq_reply: i64, id: &'static str, message: &'static str, status_code: u16) -> Self {
        let error = ReplyError { id, message, detailed_error: "", status_code };
        Self { status: "FAIL", data: None, error: Some(error), seq_reply }
    }
}

impl<T: Serialize> Reply<T> {
    pub fn with_data(seq_reply: i64, data: T) -> Self {
        Self { status: "OK", data: Some(data), error: None, seq_reply }
    }

    pub fn to_json(&self) -> Bytes {
        crate::to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Data that tell nothing, or one thing.
    #[derive(Serialize, JsonSchema)]
    struct Sample {
        #[serde(skip_serializing_if = "Option::is_none")]
        post: Option<&'static str>,
    }

    impl FrameData for Sample {
        const EVENTS: &'static [&'static str] = &["posted", "typing"];
    }

    const NOTHING: Sample = Sample { post: None };
    const POST: Sample = Sample { post: Some("{\"id\":\"x\"}") };

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_frame_is_the_same_for_all_but_its_end() {
        let me = UserId::from_bytes([9; 16]);
        let broadcast = Broadcast::to_channel(ChannelId::from_bytes([1; 16]));
        let frame = Frame::new("posted", &broadcast, &POST);
        let (plain, named) = (frame.to_text(7, None), frame.to_text(u64::MAX, Some(me)));
        assert_eq!(parsed(&plain)["seq"], 7);
        assert_eq!(parsed(&plain)["data"], json!({ "post": "{\"id\":\"x\"}" }));
        assert_eq!(parsed(&named)["seq"], u64::MAX);
        assert_eq!(parsed(&named)["data"]["mentions"], format!("[\"{me}\"]"));
        assert_eq!(parsed(&named)["broadcast"]["omit_users"], Value::Null);
        assert_eq!(parsed(&named)["event"], "posted");
    }

    #[test]
    fn a_frame_without_data_can_still_name_its_recipient() {
        let me = UserId::from_bytes([9; 16]);
        let frame = Frame::new("posted", &Broadcast::default(), &NOTHING);
        assert_eq!(parsed(&frame.to_text(0, None))["data"], json!({}));
        assert_eq!(parsed(&frame.to_text(0, Some(me)))["data"]["mentions"], format!("[\"{me}\"]"));
    }

    #[test]
    fn a_recipient_may_be_named_and_follow_at_once() {
        let me = UserId::from_bytes([9; 16]);
        let own = format!("[\"{me}\"]");
        for frame in [
            Frame::new("posted", &Broadcast::default(), &NOTHING),
            Frame::new("posted", &Broadcast::default(), &POST),
        ] {
            let shared = std::str::from_utf8(frame.shared()).unwrap().to_owned();
            let tail = |mentioned, follows| {
                parsed(&(shared.clone() + frame.tail_for(u64::MAX, mentioned, follows).as_str()))
            };
            let both = tail(Some(me), Some(me));
            assert_eq!(
                (&both["data"]["mentions"], &both["data"]["followers"]),
                (&json!(own), &json!(own))
            );
            let one = tail(None, Some(me));
            assert_eq!(
                (&one["data"]["mentions"], &one["data"]["followers"]),
                (&Value::Null, &json!(own))
            );
            assert_eq!(both["seq"], u64::MAX);
        }
    }

    #[test]
    fn people_who_are_left_out_are_listed() {
        let me = UserId::from_bytes([9; 16]);
        let broadcast = Broadcast::to_channel(ChannelId::from_bytes([1; 16])).omitting(me);
        let frame = Frame::new("typing", &broadcast, &NOTHING);
        let expected = json!({ me.to_string(): true });
        assert_eq!(parsed(&frame.to_text(0, None))["broadcast"]["omit_users"], expected);
    }

    #[test]
    fn replies_carry_seq_reply_and_never_seq() {
        let ok = parsed(std::str::from_utf8(&Reply::ok(3).to_json()).unwrap());
        assert_eq!(ok, json!({ "status": "OK", "seq_reply": 3 }));
        let fail = Reply::fail(4, "api.some.error", "it failed", 401).to_json();
        let fail = parsed(std::str::from_utf8(&fail).unwrap());
        assert_eq!(fail["seq_reply"], 4);
        assert_eq!(fail["error"]["status_code"], 401);
    }
}

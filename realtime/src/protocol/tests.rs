use std::collections::BTreeMap;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use wire::frame::FrameData;

use super::queue::QUEUE_LEN_MAX;
use super::stream::RING_LEN_MAX;
use super::*;

const ADA: UserId = UserId(Id([1; 16]));

fn info() -> ServerInfo {
    ServerInfo { version: "1.2.3".into(), hostname: "here".into() }
}

fn at(mono_ms: u64) -> Now {
    Now { mono_ms, unix_ms: 1_700_000_000_000 + mono_ms as i64 }
}

/// Data of events whose data do not matter here.
#[derive(Serialize, JsonSchema)]
struct Nothing {}

impl FrameData for Nothing {
    const EVENTS: &'static [&'static str] =
        &["posted", "typing", "status_change", "multiple_channels_viewed"];
}

fn event(name: &'static str) -> Sent {
    let frame = Frame::new(name, &Broadcast::default(), &Nothing {});
    Sent { frame: Arc::new(frame), mentioned: false, follows: false }
}

fn text(value: Value) -> Incoming {
    Incoming::Text(value.to_string())
}

/// A connection as its client sees it.
struct Peer {
    protocol: Protocol,
    now: u64,
    queued: usize,
    seen: Vec<Output>,
}

impl Peer {
    fn new(resume: Option<Resume>) -> Self {
        Self { protocol: Protocol::new(at(0), resume), now: 0, queued: 0, seen: Vec::new() }
    }

    fn known() -> Self {
        let mut peer = Self::new(None);
        peer.admit(None);
        peer
    }

    fn admit(&mut self, found: Option<EventStream>) -> Opened {
        self.protocol.admit(at(self.now), &info(), found, &mut self.seen)
    }

    fn say(&mut self, message: Incoming) -> &[Output] {
        let before = self.seen.len();
        self.protocol.message(at(self.now), &info(), message, &mut self.seen);
        &self.seen[before..]
    }

    fn ask(&mut self, request: Value) -> Value {
        match self.say(text(request)) {
            [.., Output::Text(reply)] => serde_json::from_slice(reply).unwrap(),
            other => panic!("no reply but {other:?}"),
        }
    }

    fn push(&mut self, name: &'static str) -> Admission {
        self.protocol.event(event(name), self.queued, &mut self.seen)
    }

    /// Numbers of the events seen, the hello among them.
    fn numbers(&self) -> Vec<u64> {
        let number = |output: &Output| match output {
            Output::Hello(_) => Some(0),
            Output::Event { seq, .. } => Some(*seq),
            _ => None,
        };
        self.seen.iter().filter_map(number).collect()
    }

    fn hellos(&self) -> usize {
        self.seen.iter().filter(|o| matches!(o, Output::Hello(_))).count()
    }

    fn closed(&self) -> Option<u16> {
        self.seen.iter().find_map(|o| match o {
            Output::Close { code, .. } => Some(*code),
            _ => None,
        })
    }
}

fn resume(connection_id: Id, seq: u64) -> Option<Resume> {
    Some(Resume { connection_id, seq })
}

#[test]
fn a_challenge_is_answered_before_hello_and_what_was_asked_meanwhile_after_it() {
    let mut peer = Peer::new(None);
    peer.say(text(json!({"seq": 1, "action": "authentication_challenge", "data": {"token": "t"}})));
    assert!(matches!(&peer.seen[..], [Output::Ask(Ask::Authenticate { token })] if token == "t"));
    assert!(peer.say(text(json!({"seq": 2, "action": "ping"}))).is_empty());
    peer.admit(None);
    let texts: Vec<Value> = peer
        .seen
        .iter()
        .filter_map(|output| match output {
            Output::Text(reply) => Some(serde_json::from_slice(reply).unwrap()),
            Output::Hello(frame) => Some(serde_json::from_str(&frame.to_text(0, None)).unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(texts[0], json!({"status": "OK", "seq_reply": 1}));
    assert_eq!((&texts[1]["event"], &texts[1]["seq"]), (&json!("hello"), &json!(0)));
    assert_eq!(texts[1]["data"]["connection_id"].as_str().unwrap().len(), 26);
    assert_eq!(texts[1]["data"]["server_version"], "1.2.3");
    assert_eq!(texts[2]["seq_reply"], 2);
    assert_eq!(texts[2]["data"]["text"], "pong");
}

#[test]
fn a_bad_token_is_refused_and_the_socket_closed() {
    let mut peer = Peer::new(None);
    peer.say(text(json!({"seq": 1, "action": "authentication_challenge", "data": {"token": 5}})));
    peer.protocol.refuse(&mut peer.seen);
    let [_, Output::Text(reply), Output::Close { keep: false, .. }] = &peer.seen[..] else {
        panic!("{:?}", peer.seen)
    };
    let reply: Value = serde_json::from_slice(reply).unwrap();
    assert_eq!(reply["error"]["status_code"], 401);
    assert_eq!(reply["seq_reply"], 1);
    assert_eq!(peer.admit(None), Opened::Anew);
    assert_eq!(peer.hellos(), 0, "a closed connection is not opened by a late answer");
}

#[test]
fn whoever_does_not_authenticate_in_time_is_closed() {
    let mut peer = Peer::new(None);
    let due = peer.protocol.tick(at(0), &mut peer.seen);
    assert_eq!(due, AUTHENTICATE_WITHIN_MS);
    peer.protocol.tick(at(due), &mut peer.seen);
    assert_eq!(peer.closed(), Some(close_code::POLICY));
}

#[test]
fn a_second_challenge_is_ok_without_a_second_hello() {
    let mut peer = Peer::known();
    let challenge = json!({"seq": 1, "action": "authentication_challenge", "data": {"token": "t"}});
    assert_eq!(peer.ask(challenge), json!({"status": "OK", "seq_reply": 1}));
    assert_eq!(peer.hellos(), 1);
}

#[test]
fn actions_are_answered_as_the_contract_says() {
    let mut peer = Peer::known();
    let channel = ChannelId::from_bytes([9; 16]).to_string();
    let user = ADA.to_string();
    for (request, status, code) in [
        (json!({"seq": 3, "action": "presence", "data": {"channel_id": channel}}), "OK", 0),
        (json!({"seq": 3, "action": "posted_notify_ack", "data": {"post_id": "x"}}), "OK", 0),
        (
            json!({"seq": 3, "action": "user_update_active_status",
            "data": {"user_is_active": true, "manual": false}}),
            "OK",
            0,
        ),
        (json!({"seq": 3, "action": "user_update_active_status", "data": null}), "FAIL", 400),
        (json!({"seq": 3, "action": "user_typing", "data": {"channel_id": "x"}}), "FAIL", 400),
        (
            json!({"seq": 3, "action": "user_typing",
            "data": {"channel_id": channel, "parent_id": "x"}}),
            "FAIL",
            400,
        ),
        (
            json!({"seq": 3, "action": "get_statuses_by_ids", "data": {"user_ids": [1]}}),
            "FAIL",
            400,
        ),
        (json!({"seq": 3, "action": "fly", "data": {}}), "FAIL", 500),
        (json!({"seq": 3}), "FAIL", 400),
        (json!({"seq": 0, "action": "ping"}), "FAIL", 400),
        (json!({"seq": -7, "action": "ping"}), "FAIL", 400),
    ] {
        let seq = request["seq"].clone();
        let reply = peer.ask(request.clone());
        assert_eq!(reply["status"], status, "{request}");
        assert_eq!(reply["seq_reply"], seq, "{request}");
        assert_eq!(reply["error"]["status_code"].as_u64().unwrap_or(0), code, "{request}");
        assert_eq!(reply.get("seq"), None, "a reply takes no number");
    }
    let typing = json!({"seq": 4, "action": "user_typing",
        "data": {"channel_id": channel, "parent_id": ""}});
    assert!(matches!(
        peer.say(text(typing)),
        [Output::Ask(Ask::Typing { seq: 4, parent_id: None, .. })]
    ));
    let statuses = json!({"seq": 5, "action": "get_statuses", "data": null});
    assert!(matches!(
        peer.say(text(statuses)),
        [Output::Ask(Ask::Statuses { seq: 5, user_ids: None })]
    ));
    let statuses = json!({"seq": 6, "action": "get_statuses_by_ids", "data": {"user_ids": [user]}});
    assert!(matches!(peer.say(text(statuses)),
        [Output::Ask(Ask::Statuses { seq: 6, user_ids: Some(ids) })] if *ids == [ADA]));
}

#[test]
fn strangers_are_told_that_they_are_not_authenticated() {
    let mut peer = Peer::new(None);
    let reply = peer.ask(json!({"seq": 1, "action": "ping"}));
    assert_eq!(reply["error"]["id"], "api.web_socket_router.not_authenticated.app_error");
}

#[test]
fn what_is_no_request_closes_the_socket() {
    for message in [
        Incoming::Text("{".into()),
        Incoming::Text("[]".into()),
        text(json!({"seq": "1", "action": "ping"})),
        Incoming::Binary,
    ] {
        let mut peer = Peer::known();
        peer.say(message);
        assert!(peer.closed().is_some());
        assert!(peer.protocol.events().is_none(), "and it cannot be resumed");
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_given_up_but_kept() {
    let mut peer = Peer::known();
    let due = peer.protocol.tick(at(0), &mut peer.seen);
    assert_eq!(due, PING_EVERY_MS);
    peer.protocol.tick(at(due), &mut peer.seen);
    assert!(matches!(peer.seen.last(), Some(Output::Ping)));
    peer.now = due + 1;
    peer.say(Incoming::Pong);
    let due = peer.protocol.tick(at(2 * PING_EVERY_MS), &mut peer.seen);
    assert_eq!(peer.closed(), None, "the pong was heard");
    peer.protocol.tick(at(due.max(peer.now + SILENCE_MAX_MS)), &mut peer.seen);
    assert!(matches!(peer.seen.last(), Some(Output::Close { keep: true, .. })));
    assert!(peer.protocol.events().is_some());
}

#[test]
fn a_resume_replays_what_was_missed_without_hello() {
    let mut first = Peer::known();
    for _ in 0..10 {
        first.push("posted");
    }
    let events = first.protocol.into_events().unwrap();
    let mut second = Peer::new(resume(events.id(), 7));
    assert_eq!(second.admit(Some(events)), Opened::Resumed);
    second.push("posted");
    assert_eq!(second.numbers(), [7, 8, 9, 10, 11]);
    assert_eq!(second.hellos(), 0);
}

#[test]
fn a_resume_at_the_next_number_goes_on_silently() {
    let mut first = Peer::known();
    first.push("posted");
    let events = first.protocol.into_events().unwrap();
    let mut second = Peer::new(resume(events.id(), 2));
    assert_eq!(second.admit(Some(events)), Opened::Resumed);
    assert!(second.seen.is_empty());
}

#[test]
fn a_resume_that_would_leave_a_gap_begins_anew_under_another_id() {
    for (pushed, seq) in [(RING_LEN_MAX + 10, 5), (3, 9), (3, 0), (3, u64::MAX)] {
        let mut first = Peer::known();
        for _ in 0..pushed {
            first.push("posted");
        }
        let events = first.protocol.into_events().unwrap();
        let old = events.id();
        let mut second = Peer::new(resume(old, seq));
        assert_eq!(second.admit(Some(events)), Opened::Lost);
        assert_ne!(second.protocol.events().unwrap().id(), old);
        assert_eq!(second.numbers(), [0]);
    }
}

#[test]
fn what_may_be_an_erased_persons_is_not_sent_again() {
    for (seq, opened) in [(3, Opened::Lost), (4, Opened::Resumed)] {
        let mut first = Peer::known();
        for _ in 0..3 {
            first.push("posted");
        }
        first.protocol.forget_sent();
        let events = first.protocol.into_events().unwrap();
        let mut second = Peer::new(resume(events.id(), seq));
        assert_eq!(second.admit(Some(events)), opened);
    }
}

#[test]
fn a_slow_connection_first_loses_what_nobody_misses_and_then_itself() {
    let mut peer = Peer::known();
    peer.queued = QUEUE_LEN_MAX / 2;
    assert_eq!(peer.push("typing"), Admission::Drop);
    assert_eq!(peer.push("status_change"), Admission::Drop);
    assert_eq!(peer.push("multiple_channels_viewed"), Admission::Drop);
    assert_eq!(peer.push("posted"), Admission::Send);
    assert_eq!(peer.numbers(), [0, 1], "what was dropped took no number");
    peer.queued = QUEUE_LEN_MAX;
    assert_eq!(peer.push("posted"), Admission::Overflow);
    assert!(peer.protocol.events().is_none(), "forgotten");
}

#[derive(Debug, Clone)]
enum Step {
    Say(String),
    Event(bool),
    Queue(usize),
    Wait(u64),
    Admit,
    Refuse,
    Reconnect(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let action = prop_oneof![
        Just("ping"),
        Just("authentication_challenge"),
        Just("user_typing"),
        Just("presence"),
        Just("get_statuses"),
        Just("nonsense"),
        Just(""),
    ];
    let request = (0..9i64, action).prop_map(|(seq, action)| {
        json!({"seq": seq, "action": action, "data": {"token": "t"}}).to_string()
    });
    let step = prop_oneof![
        3 => request.prop_map(Step::Say),
        1 => "\\PC{0,20}".prop_map(Step::Say),
        8 => any::<bool>().prop_map(Step::Event),
        1 => (0..QUEUE_LEN_MAX + 2).prop_map(Step::Queue),
        1 => (0..SILENCE_MAX_MS).prop_map(Step::Wait),
        3 => Just(Step::Admit),
        1 => Just(Step::Refuse),
        2 => (0..20u64).prop_map(Step::Reconnect),
    ];
    prop::collection::vec(step, 0..120)
}

/// Checks what one client sees against what any client relies on.
#[derive(Default)]
struct Client {
    expected: Option<u64>,
    events: BTreeMap<u64, &'static str>,
    ended: bool,
}

impl Client {
    fn see(&mut self, outputs: Vec<Output>, after_challenge: bool) {
        for output in outputs {
            if self.ended && matches!(output, Output::Event { .. }) {
                // Numbered for a resume; there is no socket to send it on.
                continue;
            }
            assert!(!self.ended, "nothing follows a close: {output:?}");
            match output {
                Output::Hello(_) => {
                    assert_eq!(self.expected, None, "one hello, before any event");
                    self.expected = Some(1);
                    self.events.clear();
                }
                Output::Event { seq, sent } => {
                    assert_eq!(self.expected, Some(seq), "numbers have no gap");
                    let known = self.events.insert(seq, sent.frame.event());
                    assert!(known.is_none_or(|known| known == sent.frame.event()));
                    self.expected = Some(seq + 1);
                }
                Output::Text(reply) => {
                    let reply: Value = serde_json::from_slice(&reply).unwrap();
                    assert!(reply.get("seq").is_none() && reply["seq_reply"].is_i64());
                    assert!(
                        self.expected.is_some() || after_challenge || reply["status"] == "FAIL",
                        "strangers get no answer: {reply}"
                    );
                }
                Output::Close { .. } => self.ended = true,
                Output::Ping | Output::Pong(_) | Output::Ask(_) => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_client_sees_contiguous_numbers_whatever_happens(steps in steps()) {
        let mut peer = Peer::new(None);
        let mut client = Client::default();
        for step in steps {
            let mut admitted = false;
            match step {
                Step::Say(said) => { peer.say(Incoming::Text(said)); }
                Step::Event(droppable) => {
                    peer.push(if droppable { "typing" } else { "posted" });
                }
                Step::Queue(queued) => peer.queued = queued,
                Step::Wait(ms) => {
                    peer.now += ms;
                    peer.protocol.tick(at(peer.now), &mut peer.seen);
                }
                Step::Admit => {
                    peer.admit(None);
                    admitted = true;
                }
                Step::Refuse => peer.protocol.refuse(&mut peer.seen),
                Step::Reconnect(back) => {
                    let Some(events) = peer.protocol.into_events() else {
                        peer = Peer::new(None);
                        client = Client::default();
                        continue;
                    };
                    // The client may not have read the last events that were sent.
                    let seq = client.expected.unwrap_or(0).saturating_sub(back);
                    let (now, lost) = (peer.now, !events.covers(seq));
                    peer = Peer::new(resume(events.id(), seq));
                    peer.now = now;
                    client.ended = false;
                    client.expected = if lost { None } else { Some(seq) };
                    peer.admit(Some(events));
                    admitted = true;
                }
            }
            client.see(std::mem::take(&mut peer.seen), admitted);
        }
    }
}

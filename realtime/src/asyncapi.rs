//! The socket described: AsyncAPI 3.0, from the events' table and the schemas of their data.

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use platform::http::raw_json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wire::frame::{Broadcast, EVENTS, ReplyError};

use crate::protocol::replies::{Pong, Statuses};

/// What a member of `data` may be.
#[derive(Debug, Clone, Copy)]
enum Is {
    Text,
    /// Null where there is none.
    TextOrNull,
    Flag,
    Ids,
}

/// A member of `data`, and whether a request without it is refused.
#[derive(Debug, Clone, Copy)]
struct Member(&'static str, Is, bool);

const fn needed(name: &'static str, is: Is) -> Member {
    Member(name, is, true)
}

const fn free(name: &'static str, is: Is) -> Member {
    Member(name, is, false)
}

/// What clients ask over a socket, with the members of `data` that they bring.
const ACTIONS: &[(&str, &[Member], &str)] = &[
    (
        "authentication_challenge",
        &[needed("token", Is::Text)],
        "Says who it is, where the handshake did not.",
    ),
    ("ping", &[], "Answered with `pong`, the version and the time."),
    (
        "user_typing",
        &[needed("channel_id", Is::Text), free("parent_id", Is::TextOrNull)],
        "Somebody is typing.",
    ),
    (
        "user_update_active_status",
        &[needed("user_is_active", Is::Flag), free("manual", Is::Flag)],
        "Somebody is there, or is not.",
    ),
    ("get_statuses", &[], "Answered with the statuses of those who are present."),
    (
        "get_statuses_by_ids",
        &[needed("user_ids", Is::Ids)],
        "Answered with the statuses of these people.",
    ),
    (
        "presence",
        &[
            free("channel_id", Is::Text),
            free("team_id", Is::Text),
            free("thread_channel_id", Is::Text),
            free("is_thread_view", Is::Flag),
        ],
        "What is on screen.",
    ),
    (
        "posted_notify_ack",
        &[
            free("post_id", Is::Text),
            free("user_agent", Is::Text),
            free("status", Is::Text),
            free("reason", Is::TextOrNull),
            free("data", Is::TextOrNull),
        ],
        "Whether a notification was shown.",
    ),
];

static RENDERED: LazyLock<Bytes> = LazyLock::new(|| format!("{:#}\n", document()).into());

pub(crate) async fn get() -> Response {
    raw_json(StatusCode::OK, RENDERED.clone())
}

/// The AsyncAPI 3.0 document of the socket.
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let broadcast = generator.subschema_for::<Broadcast>();
    let told = EVENTS.iter().map(|of| {
        let data = (of.schema)(&mut generator);
        (of.event.to_owned(), event(of.event, &json!(data), &json!(broadcast)))
    });
    let told: Map<String, Value> = told.collect();
    let asked: Map<String, Value> =
        ACTIONS.iter().map(|(name, members, summary)| action(name, members, summary)).collect();
    let refer =
        |name: &String| (name.clone(), json!({"$ref": format!("#/components/messages/{name}")}));
    let answered = replies(&mut generator);
    let of_channel = told.keys().chain(asked.keys()).chain(answered.keys());
    let of_channel: Map<_, _> = of_channel.map(refer).collect();
    let in_channel = |name: &String| json!({"$ref": format!("#/channels/socket/messages/{name}")});
    let hears: Vec<Value> = told.keys().map(in_channel).collect();
    let asks: Vec<Value> = asked.keys().map(in_channel).collect();
    let answers: Vec<Value> = answered.keys().map(in_channel).collect();
    let messages: Map<String, Value> = told.into_iter().chain(asked).chain(answered).collect();
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "nottermost socket",
            "version": "1",
            "description": "What a client hears over its socket, and what it may ask. Strings that hold JSON are JSON objects, encoded once more. `seq` counts from 0, which is `hello`; a client that comes again names its connection and what it has seen last.",
        },
        "channels": {"socket": {
            "address": "/api/v4/websocket",
            "messages": of_channel,
            "bindings": {"ws": {"method": "GET"}},
        }},
        "operations": {
            "hear": {"action": "receive", "channel": {"$ref": "#/channels/socket"}, "messages": hears},
            "ask": {
                "action": "send",
                "channel": {"$ref": "#/channels/socket"},
                "messages": asks,
                "reply": {"channel": {"$ref": "#/channels/socket"}, "messages": answers},
            },
        },
        "components": {"messages": messages, "schemas": generator.take_definitions(true)},
    });
    document.sort_all_objects();
    document
}

fn event(name: &str, data: &Value, broadcast: &Value) -> Value {
    let data = match name {
        "posted" => json!({"allOf": [data, {"type": "object", "properties": of_recipient()}]}),
        _ => data.clone(),
    };
    json!({
        "name": name,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {
                "event": {"const": name},
                "broadcast": broadcast,
                "data": data,
                "seq": {"type": "integer", "minimum": 0},
            },
            "required": ["event", "broadcast", "data", "seq"],
        },
    })
}

/// What stands only in the frames of some.
fn of_recipient() -> Value {
    let list = |description: &str| json!({"type": "string", "description": description});
    json!({
        "mentions": list("JSON: a list with whoever reads this, if they are mentioned."),
        "followers": list("JSON: a list with whoever reads this, if they follow the thread."),
    })
}

fn action(name: &str, members: &[Member], summary: &str) -> (String, Value) {
    let described = members.iter().map(|Member(name, is, _)| ((*name).to_owned(), is.schema()));
    let properties: Map<String, Value> = described.collect();
    let needed = members.iter().filter(|Member(.., needed)| *needed);
    let needed: Vec<&str> = needed.map(|Member(name, ..)| *name).collect();
    let mut required = vec!["action", "seq"];
    if !needed.is_empty() {
        required.push("data");
    }
    let asked = json!({
        "name": name,
        "summary": summary,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {
                "action": {"const": name},
                "seq": {"type": "integer", "minimum": 1},
                "data": {"type": "object", "properties": properties, "required": needed},
            },
            "required": required,
        },
    });
    (name.to_owned(), asked)
}

impl Is {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::TextOrNull => json!({"type": ["string", "null"]}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Ids => json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
        }
    }
}

/// The answers to what is asked, by whether it was done.
fn replies(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let pong = generator.subschema_for::<Pong<'_>>();
    let statuses = generator.subschema_for::<Statuses>();
    let error = generator.subschema_for::<ReplyError>();
    let done = json!({"data": {"anyOf": [pong, statuses]}});
    let not_done = json!({"error": error});
    let all = [
        reply("reply", "OK", "What was asked is done.", done, &[]),
        reply("reply_error", "FAIL", "What was asked is refused.", not_done, &["error"]),
    ];
    all.into_iter().collect()
}

fn reply(
    name: &str,
    status: &str,
    summary: &str,
    mut properties: Value,
    more: &[&str],
) -> (String, Value) {
    properties["status"] = json!({"const": status});
    properties["seq_reply"] =
        json!({"type": "integer", "description": "The number of what is answered."});
    let required: Vec<&str> = ["status", "seq_reply"].iter().chain(more).copied().collect();
    let said = json!({
        "name": name,
        "summary": summary,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        },
    });
    (name.to_owned(), said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Action, Request};

    fn asked(name: &str, data: &Value) -> Action {
        let request = json!({"seq": 1, "action": name, "data": data});
        Request::parse(&request.to_string()).unwrap().action
    }

    #[test]
    fn whatever_is_described_can_be_asked() {
        for (name, ..) in ACTIONS {
            assert_ne!(asked(name, &json!({})), Action::Unknown, "{name}");
        }
    }

    #[test]
    fn what_is_needed_is_refused_without_and_what_is_free_is_not() {
        let id = "y".repeat(26);
        let sample = |is: Is| match is {
            Is::Text | Is::TextOrNull => json!(id),
            Is::Flag => json!(true),
            Is::Ids => json!([id]),
        };
        for (name, members, _) in ACTIONS {
            let is_refused_without = |left_out: &str| {
                let brought = members.iter().filter(|Member(member, ..)| *member != left_out);
                let data: Map<String, Value> = brought
                    .map(|Member(member, is, _)| ((*member).to_owned(), sample(*is)))
                    .collect();
                let action = asked(name, &data.into());
                // Without a token nobody is let in, which another place says.
                let nobody = action == Action::Challenge { token: String::new() };
                nobody || matches!(action, Action::Invalid { .. })
            };
            assert!(!is_refused_without(""), "{name}");
            for Member(member, _, needed) in *members {
                assert_eq!(is_refused_without(member), *needed, "{name} without {member}");
            }
        }
    }
}

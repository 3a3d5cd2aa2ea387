//! The socket described: AsyncAPI 3.0, from the events' table and the schemas of their data.

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use platform::http::raw_json;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wire::frame::{Broadcast, EVENTS};

/// What clients ask over a socket, with the members of `data` that they may bring.
const ACTIONS: &[(&str, &[&str], &str)] = &[
    ("authentication_challenge", &["token"], "Says who it is, where the handshake did not."),
    ("ping", &[], "Answered with `pong`, the version and the time."),
    ("user_typing", &["channel_id", "parent_id"], "Somebody is typing."),
    ("user_update_active_status", &["user_is_active", "manual"], "Somebody is there, or is not."),
    ("get_statuses", &[], "Answered with the statuses of those who are present."),
    ("get_statuses_by_ids", &["user_ids"], "Answered with the statuses of these people."),
    (
        "presence",
        &["channel_id", "team_id", "thread_channel_id", "is_thread_view"],
        "What is on screen.",
    ),
    (
        "posted_notify_ack",
        &["post_id", "user_agent", "status", "reason", "data"],
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
    let of_channel: Map<_, _> = told.keys().chain(asked.keys()).map(refer).collect();
    let in_channel = |name: &String| json!({"$ref": format!("#/channels/socket/messages/{name}")});
    let hears: Vec<Value> = told.keys().map(in_channel).collect();
    let asks: Vec<Value> = asked.keys().map(in_channel).collect();
    let messages: Map<String, Value> = told.into_iter().chain(asked).collect();
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
            "ask": {"action": "send", "channel": {"$ref": "#/channels/socket"}, "messages": asks},
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

fn action(name: &str, members: &[&str], summary: &str) -> (String, Value) {
    let members: Map<String, Value> =
        members.iter().map(|member| ((*member).to_owned(), json!({}))).collect();
    let asked = json!({
        "name": name,
        "summary": summary,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "properties": {
                "action": {"const": name},
                "seq": {"type": "integer", "minimum": 1},
                "data": {"type": "object", "properties": members},
            },
            "required": ["action", "seq"],
        },
    });
    (name.to_owned(), asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Action, Request};

    #[test]
    fn whatever_is_described_can_be_asked() {
        for (name, ..) in ACTIONS {
            let request = Request::parse(&json!({"seq": 1, "action": name}).to_string()).unwrap();
            assert_ne!(request.action, Action::Unknown, "{name}");
        }
    }
}

//! `GET /api/nottermost/v1/events/asyncapi.json`: the stream described, from the table and the schemas of the
//! events.

use std::sync::LazyLock;

use axum::response::Response;
use bytes::Bytes;
use events::{TypeInfo, catalogue};
use http::StatusCode;
use platform::http::raw_json;
use serde_json::{Map, Value, json};

use super::table::{PUBLIC, PublicType};

const COMPONENTS: &str = "#/components/schemas/";

static RENDERED: LazyLock<Bytes> = LazyLock::new(|| format!("{:#}\n", document()).into());

pub(crate) async fn get() -> Response {
    raw_json(StatusCode::OK, RENDERED.clone())
}

/// The AsyncAPI 3.0 document of the stream.
pub fn document() -> Value {
    let mut schemas = Map::new();
    let mut messages = Map::new();
    for public in PUBLIC {
        messages.insert(public.event_type.to_owned(), message(public, &mut schemas));
    }
    let reference =
        |name: &String| (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") }));
    let in_channel: Map<_, _> = messages.keys().map(reference).collect();
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "nottermost events",
            "version": "1",
            "description": "What happens in an installation, as far as the bearer of the token may read it: server-sent events whose data are CloudEvents 1.0 in JSON. Events of one partition come in order, each with a cursor as its id; a client that comes again sends the last one as Last-Event-ID.",
        },
        "channels": { "events": {
            "address": "/api/nottermost/v1/events",
            "description": "Query: from (now, beginning, a cursor, or positions), channel_id, team_id, types.",
            "messages": in_channel,
            "bindings": { "http": {} },
        } },
        "operations": { "follow": {
            "action": "receive",
            "channel": { "$ref": "#/channels/events" },
            "bindings": { "http": { "method": "GET", "query": query(), "bindingVersion": "0.3.0" } },
        } },
        "components": { "messages": messages, "schemas": schemas },
    });
    document.sort_all_objects();
    document
}

fn query() -> Value {
    json!({ "type": "object", "properties": {
        "from": { "type": "string", "description": "Where to begin: now, beginning, a cursor, or positions separated by commas. Default: now." },
        "channel_id": { "type": "string", "description": "Only events of this channel." },
        "team_id": { "type": "string", "description": "Only events of this team and its channels." },
        "types": { "type": "string", "description": "Only these types, separated by commas; post.* are all of a category." },
    } })
}

fn message(public: &PublicType, schemas: &mut Map<String, Value>) -> Value {
    let info = catalogue()
        .into_iter()
        .find(|info| info.topic == public.topic && info.event_type == public.event_type)
        .expect("a test finds every public type in the catalogue");
    let schema = (info.schema)().to_value();
    let payload = resolved(&schema, &schema["properties"]["c"]);
    json!({
        "name": public.event_type,
        "title": public.event_type,
        "summary": payload["description"],
        "contentType": "application/cloudevents+json",
        "payload": envelope(&info, data(public, &schema, schemas)),
    })
}

fn envelope(info: &TypeInfo, data: Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "description": "The same for every delivery of the event." },
            "source": { "type": "string", "description": "The installation." },
            "type": { "const": info.event_type },
            "subject": { "type": "string", "description": "What it is about; what has one subject is in order." },
            "time": { "type": "string", "format": "date-time" },
            "datacontenttype": { "const": "application/json" },
            "typeversion": { "const": info.version },
            "position": { "type": "string", "description": "epoch.partition.offset" },
            "actor": { "type": "string", "description": "Who did it. Told to administrators of the system; absent where it was the server." },
            "data": data,
        },
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "typeversion", "position", "data"],
    })
}

/// The public fields of both halves. Only those that are never left out are required.
fn data(public: &PublicType, schema: &Value, schemas: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for half in ["c", "p"] {
        let half = resolved(schema, &schema["properties"][half]);
        let needed = |name: &str| {
            half["required"].as_array().is_some_and(|needed| needed.iter().any(|n| n == name))
        };
        for name in public.all_fields() {
            let Some(field) = half["properties"].get(name) else { continue };
            properties.insert(name.to_owned(), public_schema(field, schema, schemas));
            if public.fields.contains(&name) && needed(name) {
                required.push(name);
            }
        }
    }
    if public.admits {
        let said = "Who became a member by it.";
        let ids = json!({ "type": "array", "items": { "type": "string" }, "description": said });
        properties.insert("admitted".to_owned(), ids);
        required.push("admitted");
    }
    if !public.texts.is_empty() {
        let said = "True where texts or files are left out because they no longer stand.";
        properties.insert("redacted".to_owned(), json!({ "const": true, "description": said }));
    }
    required.sort_unstable();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// `schema`, with what it refers to among the components.
fn public_schema(schema: &Value, root: &Value, schemas: &mut Map<String, Value>) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let value = match value.as_str().and_then(|text| text.strip_prefix("#/$defs/")) {
                    Some(target) if name == "$ref" => referred(target, root, schemas),
                    _ => public_schema(value, root, schemas),
                };
                (name.clone(), value)
            };
            members.iter().map(member).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => {
            items.iter().map(|item| public_schema(item, root, schemas)).collect()
        }
        other => other.clone(),
    }
}

fn referred(target: &str, root: &Value, schemas: &mut Map<String, Value>) -> Value {
    if !schemas.contains_key(target) {
        // Before what it refers to, which may refer back.
        schemas.insert(target.to_owned(), Value::Null);
        let schema = public_schema(&root["$defs"][target], root, schemas);
        schemas.insert(target.to_owned(), schema);
    }
    format!("{COMPONENTS}{target}").into()
}

fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    match schema["$ref"]
        .as_str()
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
    {
        Some(target) => resolved(root, target),
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_field_is_described() {
        let document = document();
        for public in PUBLIC {
            let message = &document["components"]["messages"][public.event_type];
            let described = &message["payload"]["properties"]["data"]["properties"];
            for field in public.all_fields() {
                assert!(described.get(field).is_some(), "{}: {field}", public.event_type);
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let references: Vec<_> = text.split("\"$ref\":\"#").skip(1).collect();
        assert!(references.len() > PUBLIC.len());
        for reference in references {
            let pointer = reference.split('"').next().expect("a text ends");
            assert!(document.pointer(pointer).is_some_and(Value::is_object), "{pointer}");
        }
        assert!(!text.contains("$defs"));
    }
}

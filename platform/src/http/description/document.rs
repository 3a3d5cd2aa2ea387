//! OpenAPI 3.1 of operations.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::inputs::Session;
use super::{Answer, Kind, Operation, Param};
use crate::http::TOKEN_COOKIE;
use crate::http::urls::{Url, Verb};

const SCHEMAS: &str = "/components/schemas";

/// The description of all these operations.
///
/// # Panics
/// If one has no answer, or a type is read in another shape than it is written in: so in the test of it.
pub fn openapi(version: &str, operations: &[Operation]) -> Value {
    let settings = || SchemaSettings::draft2020_12().with(below_components);
    let null_is_absent = RecursiveTransform(null_is_absent);
    let mut read = settings().for_deserialize().with_transform(null_is_absent).into_generator();
    let mut written = settings().for_serialize().into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        let described = described(operation, &mut read, &mut written);
        let verb = operation.url.verb.name().to_ascii_lowercase();
        paths.entry(operation.url.path).or_default().insert(verb, described);
    }
    written.subschema_for::<AppError>();
    let mut schemas = written.take_definitions(true);
    for (name, schema) in read.take_definitions(true) {
        let other = schemas.insert(name.clone(), schema.clone()).filter(|other| *other != schema);
        assert!(other.is_none(), "{name} is read in another shape than it is written in");
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "nottermost",
            "version": version,
            "description": "The Mattermost REST API v4 as this server speaks it, and what it adds. \
                See docs/API.md for what differs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags(operations),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": TOKEN_COOKIE},
            },
            "responses": refusals(),
        },
    })
}

fn below_components(settings: &mut SchemaSettings) {
    settings.definitions_path = SCHEMAS.into();
    settings.meta_schema = None;
}

/// What a body need not have may be `null`: Go clients send that for everything unset.
fn null_is_absent(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let required =
        |name: &str| required.as_array().is_some_and(|all| all.iter().any(|of| of == name));
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
        *property = json!({"anyOf": [property.take(), {"type": "null"}]});
    }
}

/// What every refusal has as its body.
#[derive(Debug, schemars::JsonSchema)]
#[allow(dead_code, reason = "it is only described")]
struct AppError {
    /// What was refused, for programs: `api.context.invalid_body_param.app_error`.
    id: String,
    /// The same, for people.
    message: String,
    detailed_error: String,
    request_id: String,
    status_code: u16,
}

fn described(
    operation: &Operation,
    read: &mut SchemaGenerator,
    written: &mut SchemaGenerator,
) -> Value {
    let url = operation.url;
    let mut described = json!({
        "operationId": operation_id(operation),
        "tags": [tag(url)],
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": responses(operation, written),
        "security": security(operation.inputs.session),
    });
    if let Some(body) = body(operation, read) {
        described["requestBody"] = body;
    }
    described
}

/// Method and address are what clients know an operation by; handlers move.
fn operation_id(operation: &Operation) -> String {
    let segments = operation.url.segments().map(|(any, text)| {
        let text = text.trim_matches(['{', '}']).replace('.', "_");
        match (any, text.is_empty()) {
            (true, _) => format!("by_{text}"),
            (_, true) => "root".to_owned(),
            _ => text,
        }
    });
    let path = segments.filter(|text| !matches!(text.as_str(), "api" | "v4"));
    let verb = operation.url.verb.name().to_ascii_lowercase();
    [verb].into_iter().chain(path).collect::<Vec<_>>().join("_")
}

fn tag(url: &Url) -> &'static str {
    let mut known = url.segments().map(|(_, text)| text);
    known.find(|text| !matches!(*text, "api" | "v4" | "nottermost" | "v1")).unwrap_or_default()
}

fn tags(operations: &[Operation]) -> Vec<Value> {
    let names: BTreeSet<_> = operations.iter().map(|of| tag(of.url)).collect();
    names.into_iter().map(|name| json!({"name": name})).collect()
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let segments = operation.url.segments().filter(|(any, _)| *any);
    let of_path = segments.map(|(_, text)| {
        let name = text.trim_matches(['{', '}']);
        json!({"name": name, "in": "path", "required": true, "schema": segment(name)})
    });
    let of_query = operation
        .params
        .iter()
        .map(|param| json!({"name": param.name, "in": "query", "schema": value_of(param)}));
    of_path.chain(of_query).collect()
}

fn segment(name: &str) -> Value {
    match name {
        "user_id" => json!({"type": "string", "pattern": "^(me|[A-Za-z0-9]{26})$"}),
        "category_id" => json!({"type": "string"}),
        "timestamp" => json!({"type": "integer", "format": "int64"}),
        name if name.ends_with("_id") => id(),
        _ => json!({"type": "string"}),
    }
}

fn value_of(param: &Param) -> Value {
    match param.kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Int => json!({"type": "integer", "format": "int64"}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Id => id(),
    }
}

fn id() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9]{26}$"})
}

fn body(operation: &Operation, read: &mut SchemaGenerator) -> Option<Value> {
    if operation.url.streamed {
        let bytes = json!({"schema": {"type": "string", "format": "binary"}});
        let form = json!({"schema": {"type": "object"}});
        return Some(json!({
            "content": {"multipart/form-data": form, "application/octet-stream": bytes},
        }));
    }
    let schema = operation.inputs.body?(read);
    Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}))
}

fn responses(operation: &Operation, written: &mut SchemaGenerator) -> Value {
    let answer = operation.answer.unwrap_or_else(|| panic!("{} has no answer", operation.url));
    let (status, content) = match answer {
        Answer::Json(status, schema) => {
            (status, Some(("application/json", Value::from(schema(written)))))
        }
        Answer::Media(media) => (StatusCode::OK, Some((media, json!({})))),
        Answer::Bare(status) => (status, None),
    };
    let mut granted = json!({"description": "As asked."});
    if let Some((media, schema)) = content {
        granted["content"] = json!({media: {"schema": schema}});
    }
    if let Some(media) = operation.media {
        granted["content"][media] = json!({});
    }
    let mut responses = Map::from_iter([(status.as_str().to_owned(), granted)]);
    for status in refused_with(operation) {
        let refusal = match status.as_u16() {
            200..400 | 416 => json!({"description": status.canonical_reason()}),
            _ => json!({"$ref": format!("#/components/responses/{}", status.as_str())}),
        };
        responses.insert(status.as_str().to_owned(), refusal);
    }
    Value::Object(responses)
}

/// What may come instead: as what the request brings can be wrong.
fn refused_with(operation: &Operation) -> Vec<StatusCode> {
    let Operation { url, inputs, .. } = operation;
    let mut with = vec![StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    let has_segment = url.segments().any(|(any, _)| any);
    let has_body = inputs.body.is_some() || url.streamed;
    if has_segment || has_body || !operation.params.is_empty() || url.verb != Verb::Get {
        with.push(StatusCode::BAD_REQUEST);
    }
    if inputs.session == Session::Required {
        with.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if has_segment || has_body {
        with.push(StatusCode::NOT_FOUND);
    }
    if has_body {
        with.push(StatusCode::PAYLOAD_TOO_LARGE);
    }
    with.extend(inputs.also.iter().chain(&operation.also));
    with
}

fn refusals() -> Value {
    let of = |description: &str| {
        json!({
            "description": description,
            "content": {"application/json": {"schema": {"$ref": format!("#{SCHEMAS}/AppError")}}},
        })
    };
    json!({
        "400": of("Something in the request is not as it has to be. Nothing was changed."),
        "401": of("There is no session, or it has ended."),
        "403": of("The account may not do this."),
        "404": of("It is not there, or the account may not know that it is."),
        "409": of("It is there already, or was changed at the same time."),
        "413": of("The body is too large."),
        "422": of("The idempotency key belongs to another request."),
        "429": of("Too many requests; `Retry-After` says when to come again."),
        "501": of("This server does not have it."),
        "503": of("Something that is needed is not there at the moment."),
    })
}

fn security(session: Session) -> Value {
    let shown = [json!({"session": []}), json!({"cookie": []})];
    match session {
        Session::Unasked => json!([]),
        Session::Optional => json!([{}, shown[0], shown[1]]),
        Session::Required => json!(shown),
    }
}

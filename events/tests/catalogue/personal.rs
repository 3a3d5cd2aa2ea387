//! What is personal stands in `p`, where it can be erased, and nowhere else.

use std::collections::BTreeSet;

use events::{Event, catalogue, decode};
use serde_json::Value;

use crate::cases::{PERSONAL, cases};
use crate::golden;
use crate::schemas::{resolved, schema};

/// Every text in `value`, with where it is.
fn texts(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((at.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|v| texts(v, at, found)),
        Value::Object(members) => {
            members.iter().for_each(|(name, v)| texts(v, &format!("{at}.{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn every_personal_text_of_the_table_is_marked() {
    for case in cases() {
        let body: Value = serde_json::from_slice(&golden::record(&case).body).unwrap();
        let mut found = Vec::new();
        texts(&body["p"], "p", &mut found);
        for (at, text) in found {
            assert!(text.starts_with(PERSONAL), "{}: {at} is {text:?}", case.name());
        }
    }
}

#[test]
fn whatever_has_a_personal_half_has_somebody_whose_key_seals_it() {
    for case in cases() {
        let has_half = halves(&case.event)["p"] != serde_json::json!({});
        assert_eq!(case.event.owner().is_some(), has_half, "{}", case.name());
    }
}

/// Personal fields that came to a type when its golden file stood: that one stays as it was shipped.
const CAME_LATER: &[&str] =
    &["file.uploaded mini_preview", "post.created mini_previews", "post.edited mini_previews"];

#[test]
fn every_personal_field_is_present_in_the_table() {
    for info in catalogue() {
        let schema = schema(&info);
        let fields = resolved(&schema, &schema["properties"]["p"]).get("properties");
        let fields = fields.and_then(Value::as_object).into_iter().flat_map(|f| f.keys());
        let case = cases()
            .into_iter()
            .find(|c| (c.event.topic(), c.event.event_type()) == (info.topic, info.event_type))
            .unwrap();
        let body: Value = serde_json::from_slice(&case.record().body).unwrap();
        let came_later =
            |field: &&String| CAME_LATER.contains(&format!("{} {field}", info.event_type).as_str());
        for field in fields.filter(|field| !came_later(field)) {
            let planted = body["p"][field].to_string().contains(PERSONAL);
            assert!(planted, "{}: nothing is planted in {field}", case.name());
        }
    }
}

#[test]
fn nothing_personal_is_in_the_envelope_the_key_or_the_clear_half() {
    for case in cases() {
        let record = golden::record(&case);
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        let marked = |bytes: &[u8]| bytes.windows(PERSONAL.len()).any(|w| w == PERSONAL.as_bytes());
        assert!(!marked(&record.key), "{}: the key", case.name());
        for (name, value) in &record.headers {
            assert!(!marked(name.as_bytes()) && !marked(value), "{}: {name}", case.name());
        }
        assert!(!marked(body["c"].to_string().as_bytes()), "{}: the clear half", case.name());
        let p = &body["p"];
        assert_eq!(
            marked(p.to_string().as_bytes()),
            *p != serde_json::json!({}),
            "{}",
            case.name()
        );
    }
}

#[test]
fn an_event_without_its_personal_half_is_the_same_event_erased() {
    for case in cases() {
        let record = golden::record(&case);
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        for p in [Some("\"c2VhbGVk\""), Some("null"), Some("{}"), None] {
            let p = p.map(|p| format!(r#","p":{p}"#)).unwrap_or_default();
            let mut erased = record.clone();
            erased.body = format!(r#"{{"c":{}{p}}}"#, body["c"]).into();
            let (meta, event) = decode(&erased).unwrap_or_else(|e| panic!("{}: {e}", case.name()));
            assert_eq!(meta, case.meta());
            assert_eq!(halves(&event)["c"], halves(&case.event)["c"], "{}", case.name());
            assert!(!event.encode().windows(9).any(|w| w == PERSONAL.as_bytes()));
        }
    }
}

fn halves(event: &Event) -> Value {
    serde_json::from_slice(&event.encode()).unwrap()
}

/// Every text of a clear half that is no id, hash or choice from a list. It is clear by decision: a new
/// one belongs here only after asking whether it is personal.
const CLEAR_TEXTS: &[&str] = &[
    "cell.opened fingerprint",
    "channel.archived notice new",
    "channel.archived notice old",
    "channel.created display_name",
    "channel.created header",
    "channel.created purpose",
    "channel.member_notify_changed notify_props",
    "channel.member_removed notice new",
    "channel.member_removed notice old",
    "channel.members_added notice new",
    "channel.members_added notice old",
    "channel.privacy_changed notice new",
    "channel.privacy_changed notice old",
    "channel.restored notice new",
    "channel.restored notice old",
    "channel.settings_changed display_name",
    "channel.settings_changed header",
    "channel.settings_changed notices new",
    "channel.settings_changed notices old",
    "channel.settings_changed purpose",
    "channel_name.changed name",
    "channel_name.claimed channel display_name",
    "channel_name.claimed channel header",
    "channel_name.claimed channel purpose",
    "channel_name.claimed name",
    "emoji.created image key",
    "emoji.created image object",
    "emoji.created name",
    "file.uploaded file extension",
    "file.uploaded file mime_type",
    "file.uploaded object",
    "positions.noted next",
    "positions.noted service",
    "process.noted service",
    "process.noted version",
    "post.created files extension",
    "post.created files mime_type",
    "post.edited files extension",
    "post.edited files mime_type",
    "profile_field.changed field display_name",
    "profile_field.changed field name",
    "profile_field.changed field options color",
    "profile_field.changed field options id",
    "profile_field.changed field options name",
    "profile_field.created field display_name",
    "profile_field.created field name",
    "profile_field.created field options color",
    "profile_field.created field options id",
    "profile_field.created field options name",
    "reaction.added emoji_name",
    "reaction.removed emoji_name",
    "retention_policy.changed display_name",
    "retention_policy.created display_name",
    "team.changed company_name",
    "team.changed description",
    "team.changed display_name",
    "team.created default_channels display_name",
    "team.created default_channels name",
    "team.created description",
    "team.created display_name",
    "team.created name",
    "team.icon_changed icon key",
    "team.icon_changed icon object",
    "user.created locale",
    "user.picture_changed object",
    "user.profile_changed locale",
];

#[test]
fn the_free_texts_of_the_clear_halves_are_those_that_were_decided() {
    let mut found = BTreeSet::new();
    for info in catalogue() {
        let schema = schema(&info);
        free_texts(&schema, &schema["properties"]["c"], info.event_type, &mut found);
    }
    assert_eq!(found, CLEAR_TEXTS.iter().map(|&t| t.to_owned()).collect());
}

fn free_texts(root: &Value, schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    let schema = resolved(root, schema);
    let one = schema.get("items").into_iter();
    let some = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|k| schema.get(k)?.as_array());
    for inner in one.chain(some.flatten()) {
        free_texts(root, inner, at, found);
    }
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        free_texts(root, inner, &format!("{at} {name}"), found);
    }
    let text = schema.get("type").is_some_and(|t| {
        t == "string" || t.as_array().is_some_and(|types| types.iter().any(|t| t == "string"))
    });
    let bound = ["pattern", "enum", "const"].iter().any(|k| schema.get(k).is_some());
    let open = schema.get("additionalProperties").is_some() || *schema == Value::Bool(true);
    if (text && !bound) || open {
        found.insert(at.to_owned());
    }
}

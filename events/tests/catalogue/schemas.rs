//! The schemas are generated from the types and committed; every golden body obeys them.

use std::collections::BTreeMap;

use events::{DecodeError, Event, TypeInfo, catalogue, decode};
use serde_json::{Map, Value};

use crate::cases::{Case, cases};
use crate::{files, golden};

/// `<type>.v<version>`: a type that stands in several topics has one schema.
fn name(event_type: &str, version: u32) -> String {
    format!("{event_type}.v{version}")
}

fn path(name: &str) -> String {
    format!("schemas/{name}.json")
}

/// The schema of a type's body, titled and in one order whatever order the types' own is.
pub fn schema(info: &TypeInfo) -> Value {
    let mut schema = (info.schema)().to_value();
    schema["title"] = format!("{} version {}", info.event_type, info.version).into();
    schema["description"] = says(info, &schema).into();
    schema.sort_all_objects();
    schema
}

/// The schemas of every version that is written today.
pub fn current() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for info in catalogue() {
        let text = format!("{:#}\n", schema(&info));
        let path = path(&name(info.event_type, info.version));
        let before = all.insert(path.clone(), text.clone());
        assert!(before.is_none_or(|before| before == text), "{path} has two meanings");
    }
    all
}

/// Follows references within `root`.
pub fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
        return schema;
    };
    let target = root.pointer(reference.trim_start_matches('#'));
    resolved(root, target.unwrap_or_else(|| panic!("nothing is at {reference}")))
}

/// What the payload's comment says happened.
pub fn says<'a>(info: &TypeInfo, schema: &'a Value) -> &'a str {
    let says = resolved(schema, &schema["properties"]["c"]).get("description");
    says.and_then(Value::as_str)
        .unwrap_or_else(|| panic!("the payload of {} has no comment", info.event_type))
}

fn committed(case: &Case) -> Value {
    let path = path(&name(case.event.event_type(), case.version));
    serde_json::from_str(&files::read(&path)).unwrap()
}

/// `value` without all that `schema` does not require.
fn required_only(root: &Value, schema: &Value, value: &Value) -> Value {
    let schema = resolved(root, schema);
    let required = schema.get("required").and_then(Value::as_array);
    match value {
        Value::Object(members) if schema.get("properties").is_some() => members
            .iter()
            .filter(|(name, _)| required.is_some_and(|r| r.iter().any(|n| n == *name)))
            .map(|(name, v)| (name.clone(), required_only(root, &schema["properties"][name], v)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => {
            items.iter().map(|v| required_only(root, &schema["items"], v)).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    for (path, text) in current() {
        files::assert_committed(&path, &text);
    }
}

#[test]
fn every_type_and_version_has_its_schema_and_no_schema_is_left_over() {
    let name = |case: &Case| name(case.event.event_type(), case.version);
    let mut expected: Vec<String> = cases().iter().map(name).collect();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(files::names_in("schemas"), expected);
}

#[test]
fn every_golden_body_obeys_its_schema() {
    for case in cases() {
        let validator = jsonschema::draft202012::new(&committed(&case)).unwrap();
        let body: Value = serde_json::from_slice(&golden::record(&case).body).unwrap();
        if let Some(error) = validator.iter_errors(&body).next() {
            panic!("{}: {} {error}", case.name(), error.instance_path());
        }
        for broken in [without(&body, "c"), with(&body, "c", Value::Null), Value::Null] {
            assert!(!validator.is_valid(&broken), "{} allows {broken}", case.name());
        }
    }
}

#[test]
fn what_a_schema_does_not_require_may_be_absent() {
    for case in cases() {
        let schema = committed(&case);
        let mut record = golden::record(&case);
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        let body = required_only(&schema, &schema, &body);
        assert!(jsonschema::draft202012::is_valid(&schema, &body), "{} of {body}", case.name());
        record.body = body.to_string().into();
        decode(&record).unwrap_or_else(|e| panic!("{} of {body}: {e}", case.name()));
    }
}

#[test]
fn what_a_schema_requires_may_not_be_absent() {
    for case in cases() {
        let schema = committed(&case);
        let required = resolved(&schema, &schema["properties"]["c"])["required"].as_array();
        let record = golden::record(&case);
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        for field in required.expect("every event says at least what it is about") {
            let lacking = with(&body, "c", without(&body["c"], field.as_str().unwrap()));
            let read = Event::decode(
                record.partition.topic,
                case.event.event_type(),
                case.version,
                lacking.to_string().as_bytes(),
            );
            let invalid = matches!(read, Err(DecodeError::Invalid { .. }));
            assert!(invalid, "{} without {field} reads as {read:?}", case.name());
        }
    }
}

fn without(object: &Value, member: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(member);
    object
}

fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[member] = value;
    object
}

//! What was ever written reads for ever, and what is written today is written the same tomorrow.

use data_encoding::HEXLOWER;
use events::{NewRecord, Partition, Record, Topic, decode};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cases::{Case, cases};
use crate::files;

/// A record as a person reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    topic: Topic,
    key: String,
    headers: IndexMap<String, String>,
    body: Box<RawValue>,
}

/// Path of a case's file.
fn path(case: &Case) -> String {
    format!("golden/{}.json", case.name())
}

/// The files of every version that is written today.
pub fn current() -> impl Iterator<Item = (String, String)> {
    cases().into_iter().filter(Case::is_current).map(|case| (path(&case), rendered(&case)))
}

fn rendered(case: &Case) -> String {
    let NewRecord { key, headers, body } = case.record();
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().to_owned();
    let headers: IndexMap<_, _> = headers.iter().map(|(n, v)| (n.clone(), text(v))).collect();
    pretty(&format!(
        r#"{{"topic":"{}","key":"{}","headers":{},"body":{}}}"#,
        case.event.topic().name(),
        HEXLOWER.encode(&key),
        serde_json::to_string(&headers).unwrap(),
        text(&body),
    ))
}

/// The record that the case's file holds, at some place of its partition.
pub fn record(case: &Case) -> Record {
    let golden: Golden = serde_json::from_str(&files::read(&path(case))).unwrap();
    let key = HEXLOWER.decode(golden.key.as_bytes()).unwrap().try_into().unwrap();
    Record {
        partition: Partition::of(golden.topic, &key),
        offset: 42,
        appended_ms: 1_767_225_600_999,
        key,
        headers: golden.headers.into_iter().map(|(n, v)| (n.into(), v.into())).collect(),
        body: compact(golden.body.get()).into(),
    }
}

/// `json` with its tokens as they are and the space between them changed.
fn spaced(json: &str, mut space: impl FnMut(char, Option<char>, &mut String)) -> String {
    let (mut out, mut in_string, mut escaped) = (String::new(), false, false);
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
        } else {
            in_string = c == '"';
            space(c, chars.peek().copied(), &mut out);
        }
    }
    out
}

fn compact(json: &str) -> String {
    spaced(json, |c, _, out| {
        if !c.is_ascii_whitespace() {
            out.push(c);
        }
    })
}

/// One member a line, of JSON without spaces.
fn pretty(json: &str) -> String {
    let mut depth = 0;
    let mut text = spaced(json, |c, next, out| {
        let line = |depth| format!("\n{}", "  ".repeat(depth));
        match c {
            '{' | '[' => {
                out.push(c);
                depth += 1;
                if !matches!(next, Some('}' | ']')) {
                    out.push_str(&line(depth));
                }
            }
            '}' | ']' => {
                depth -= 1;
                if !out.ends_with(['{', '[']) {
                    out.push_str(&line(depth));
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                out.push_str(&line(depth));
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    });
    text.push('\n');
    text
}

#[test]
fn every_type_and_version_has_its_golden_file_and_no_file_is_left_over() {
    let mut expected: Vec<String> = cases().iter().map(Case::name).collect();
    expected.sort_unstable();
    assert_eq!(files::names_in("golden"), expected);
}

#[test]
fn every_golden_file_reads_as_it_always_did() {
    for case in cases() {
        let read = decode(&record(&case)).unwrap_or_else(|e| panic!("{}: {e}", case.name()));
        assert_eq!(read, (case.meta(), case.event.clone()), "{}", case.name());
    }
}

#[test]
fn every_current_event_is_written_as_in_its_golden_file() {
    for case in cases().iter().filter(|case| case.is_current()) {
        let Record { key, headers, body, .. } = record(case);
        let hint = "shipped versions never change: make a new version";
        assert_eq!(case.record(), NewRecord { key, headers, body }, "{}: {hint}", case.name());
    }
}

#[test]
fn a_body_keeps_its_bytes_through_the_layout_of_a_file() {
    for json in
        [r#"{"a":{},"b":[],"c":[1,{"d":"\" : {,[ \\"}],"e":" \\\" "}"#, "[]", r#"{"a":-1.5e9}"#]
    {
        assert_eq!(compact(&pretty(json)), json);
        assert!(serde_json::from_str::<serde_json::Value>(&pretty(json)).is_ok());
    }
}

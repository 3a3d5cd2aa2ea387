//! The envelope: what is written reads back, and what nobody writes is refused for what it is.

use bytes::Bytes;
use events::{
    Actor, DecodeError, Event, EventId, Id, KeyedHash, Meta, Partition, Position, Record, Topic,
    UserId, catalogue, decode, encode, event_id,
};
use proptest::option;
use proptest::prelude::*;

use crate::cases::{Case, SOURCE, cases, id};
use crate::golden;

/// The last millisecond of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

fn any_position() -> impl Strategy<Value = Position> {
    let all = Topic::ALL.into_iter().flat_map(Topic::partitions).collect::<Vec<_>>();
    let partition = proptest::sample::select(all);
    (any::<u32>(), partition, any::<u64>()).prop_map(|(epoch, partition, offset)| Position {
        epoch,
        partition,
        offset,
    })
}

fn any_actor() -> impl Strategy<Value = Actor> {
    option::of(any::<[u8; 16]>())
        .prop_map(|id| id.map_or(Actor::System, |id| Actor::User(UserId::from_bytes(id))))
}

prop_compose! {
    fn any_meta()(
        id: [u8; 16],
        subject: [u8; 16],
        time_ms in 0..=LAST_MS,
        read_at: u64,
        actor in any_actor(),
        cause in option::of(any_position()),
        texts in proptest::array::uniform3(option::of(".*")),
        appended_ms in option::of(0..=LAST_MS),
        request_hash in option::of(any::<[u8; 16]>()),
        epoch in prop_oneof![Just(1), any::<u32>()],
    ) -> Meta {
        let [request_id, connection_id, traceparent] = texts;
        Meta {
            id: EventId::from_bytes(id),
            subject: Id(subject),
            time_ms,
            read_at,
            actor,
            cause,
            request_id,
            connection_id,
            request_hash: request_hash.map(KeyedHash::from_bytes),
            traceparent,
            appended_ms,
            epoch,
        }
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    proptest::sample::select(cases().into_iter().map(|case| case.event).collect::<Vec<_>>())
}

fn record_of(meta: &Meta, event: &Event) -> Record {
    let new = encode(SOURCE, meta, event);
    let partition = Partition::of(event.topic(), &new.key);
    Record {
        partition,
        offset: 3,
        appended_ms: 1_767_225_601_000,
        key: new.key,
        headers: new.headers,
        body: new.body,
    }
}

proptest! {
    #[test]
    fn every_event_in_every_envelope_reads_back(meta in any_meta(), event in any_event()) {
        let record = record_of(&meta, &event);
        prop_assert_eq!(event_id(&record).unwrap(), meta.id);
        prop_assert_eq!(record.key, meta.subject.0);
        let (read, read_event) = decode(&record).unwrap();
        prop_assert_eq!(&read, &meta);
        prop_assert_eq!(&read_event, &event);
        prop_assert_eq!(encode(SOURCE, &read, &read_event).headers, record.headers);
    }

    #[test]
    fn no_bytes_make_the_reader_fail_otherwise_than_by_an_error(
        header in 0..9_usize,
        value: Vec<u8>,
        body: Vec<u8>,
        event in any_event(),
    ) {
        let mut record = record_of(&plain(), &event);
        record.headers[header].1 = value.into();
        let _ = decode(&record);
        record = record_of(&plain(), &event);
        record.body = body.into();
        let void = matches!(decode(&record), Err(DecodeError::Invalid { .. }));
        prop_assert!(void, "random bytes read as an event");
    }

    #[test]
    fn a_time_is_written_as_rfc_3339_of_that_millisecond(ms in 0..=LAST_MS) {
        let event = cases().remove(0).event;
        let record = record_of(&Meta { time_ms: ms, ..plain() }, &event);
        let text = std::str::from_utf8(record.header("ce_time").unwrap()).unwrap();
        let format = &time::format_description::well_known::Rfc3339;
        let at = time::OffsetDateTime::parse(text, format).unwrap();
        prop_assert_eq!(at.unix_timestamp_nanos(), i128::from(ms) * 1_000_000);
        prop_assert_eq!(text.len(), 24);
    }
}

/// An envelope with nothing that may be absent.
fn plain() -> Meta {
    Meta::new(EventId(id(1)), id(2), 1_767_225_600_123, 4_711, Actor::System)
}

/// A golden record with one header changed, added or taken away.
fn changed(case: &Case, name: &str, value: Option<&[u8]>) -> Record {
    let mut record = golden::record(case);
    record.headers.retain(|(n, _)| n != name);
    if let Some(value) = value {
        record.headers.push((name.to_owned().into(), Bytes::copy_from_slice(value)));
    }
    record
}

fn post() -> Case {
    cases().into_iter().find(|c| c.event.event_type() == "post.created").unwrap()
}

#[track_caller]
fn assert_envelope_error(record: &Record, about: &str) {
    match decode(record) {
        Err(DecodeError::Envelope(reason)) => {
            assert!(reason.starts_with(about), "{reason:?} is not about {about}");
        }
        Ok(_) => panic!("{:?} passes as {about}", record.header(about)),
        Err(other) => panic!("{about}: {other}"),
    }
}

const REQUIRED: [&str; 7] =
    ["ce_id", "ce_type", "ce_typeversion", "ce_subject", "ce_time", "ce_readat", "ce_actor"];
const OPTIONAL: [&str; 6] =
    ["ce_cause", "ce_requestid", "ce_connectionid", "traceparent", "ce_appended", "ce_epoch"];

#[test]
fn an_envelope_lacks_nothing_that_is_required() {
    for name in REQUIRED {
        assert_envelope_error(&changed(&post(), name, None), name);
    }
}

#[test]
fn what_is_optional_in_an_envelope_may_be_absent() {
    for name in OPTIONAL {
        let (meta, event) = decode(&changed(&post(), name, None)).unwrap();
        assert_eq!(event, post().event);
        assert_ne!(meta, post().meta(), "{name} says something");
    }
}

#[test]
fn headers_are_utf_8() {
    for name in REQUIRED.into_iter().chain(OPTIONAL) {
        assert_envelope_error(&changed(&post(), name, Some(b"\xff\xfe")), name);
    }
}

#[test]
fn headers_hold_what_their_names_say() {
    let numbers: &[&str] = &["", "x", "-1", "1.0", "18446744073709551616", " 1"];
    let ids: &[&str] = &["", "x", "yyyyyyyyyyyyyyyyyyyyyyyyyb", "System"];
    let wrong: [(&str, &[&str]); 7] = [
        ("ce_id", ids),
        ("ce_subject", ids),
        ("ce_actor", ids),
        ("ce_typeversion", numbers),
        ("ce_readat", numbers),
        ("ce_epoch", numbers),
        ("ce_cause", &["", "17", "1.directory-01.17", "1.directory-00"]),
    ];
    for (name, values) in wrong {
        for value in values {
            assert_envelope_error(&changed(&post(), name, Some(value.as_bytes())), name);
        }
    }
}

#[test]
fn times_are_written_in_one_way() {
    let wrong = [
        "",
        "1767225600123",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.1Z",
        "2026-01-01T00:00:00.1234Z",
        "2026-01-01T00:00:00.123",
        "2026-01-01T00:00:00.123+00:00",
        "2026-01-01 00:00:00.123Z",
        "2026-01-01t00:00:00.123z",
        "2026-02-29T00:00:00.123Z",
        "2026-13-01T00:00:00.123Z",
        "2026-00-01T00:00:00.123Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01T00:00:00.123Z ",
        "+2026-01-01T00:00:00.123Z",
        "-2026-01-01T00:00:00.123Z",
        "1969-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00.12éZ",
    ];
    for name in ["ce_time", "ce_appended"] {
        for value in wrong {
            assert_envelope_error(&changed(&post(), name, Some(value.as_bytes())), name);
        }
    }
}

#[test]
fn times_have_their_golden_texts() {
    let vectors = [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
        (LAST_MS, "9999-12-31T23:59:59.999Z"),
        // Clocks far beyond: the nearest that can be written.
        (-1, "1970-01-01T00:00:00.000Z"),
        (i64::MIN, "1970-01-01T00:00:00.000Z"),
        (i64::MAX, "9999-12-31T23:59:59.999Z"),
    ];
    for (ms, text) in vectors {
        let record = record_of(&Meta { time_ms: ms, ..plain() }, &post().event);
        assert_eq!(record.header("ce_time").unwrap(), text, "{ms}");
        assert_eq!(decode(&record).unwrap().0.time_ms, ms.clamp(0, LAST_MS));
    }
}

#[test]
fn the_subject_is_the_key() {
    let other = id(0x99).to_string();
    assert_envelope_error(&changed(&post(), "ce_subject", Some(other.as_bytes())), "ce_subject");
    let mut record = golden::record(&post());
    record.key[0] ^= 1;
    assert_envelope_error(&record, "ce_subject");
}

#[test]
fn an_unknown_type_or_version_stops_the_reader_whatever_its_body_is() {
    let unknown = |record: &Record, name: &str, wanted: u32| match decode(record) {
        Err(DecodeError::Unknown { topic, event_type, version }) => {
            assert_eq!(
                (topic, &*event_type, version),
                (record.partition.topic.name(), name, wanted)
            );
        }
        other => panic!("{name} version {wanted}: {other:?}"),
    };
    for case in cases() {
        for body in
            [golden::record(&case).body, Bytes::from_static(b"{}"), Bytes::from_static(b"\x00")]
        {
            for version in [0, case.event.version() + 1, u32::MAX] {
                let text = version.to_string();
                let mut record = changed(&case, "ce_typeversion", Some(text.as_bytes()));
                record.body = body.clone();
                unknown(&record, case.event.event_type(), version);
            }
            for name in ["", "post", "post.exploded", "POST.CREATED", "post.created "] {
                let mut record = changed(&case, "ce_type", Some(name.as_bytes()));
                record.body = body.clone();
                unknown(&record, name, case.version);
            }
        }
    }
}

#[test]
fn a_type_is_unknown_in_the_topics_of_others() {
    let known = catalogue();
    for case in cases() {
        for topic in Topic::ALL {
            let name = case.event.event_type();
            let stands = known.iter().any(|t| t.topic == topic && t.event_type == name);
            let read = Event::decode(topic, name, case.version, &case.event.encode());
            let unknown = matches!(read, Err(DecodeError::Unknown { .. }));
            assert_eq!(unknown, !stands, "{name} in {}: {read:?}", topic.name());
        }
    }
}

#[test]
fn a_body_that_no_writer_makes_is_invalid_and_says_of_what() {
    for case in cases() {
        for body in ["", "{}", "null", r#"{"p":{}}"#, r#"{"c":"c2VhbGVk"}"#, "\u{0}"] {
            let mut record = golden::record(&case);
            record.body = Bytes::copy_from_slice(body.as_bytes());
            match decode(&record) {
                Err(DecodeError::Invalid { event_type, version, .. }) => {
                    assert_eq!((event_type, version), (case.event.event_type(), case.version));
                }
                other => panic!("{} of {body:?}: {other:?}", case.name()),
            }
        }
    }
}

#[test]
fn an_event_of_the_first_epoch_that_nothing_caused_has_nine_headers() {
    let record = record_of(&plain(), &post().event);
    let names: Vec<&str> = record.headers.iter().map(|(name, _)| &**name).collect();
    let expected = [
        "ce_specversion",
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_typeversion",
        "ce_subject",
        "ce_time",
        "ce_readat",
        "ce_actor",
    ];
    assert_eq!(names, expected);
    assert_eq!(record.header("ce_actor").unwrap(), "system");
}

#[test]
fn the_first_append_time_of_a_copy_goes_before_its_own() {
    let record = record_of(&plain(), &post().event);
    assert_eq!(plain().first_appended_ms(&record), record.appended_ms);
    let copied = Meta { appended_ms: Some(5), ..plain() };
    assert_eq!(copied.first_appended_ms(&record), 5);
}

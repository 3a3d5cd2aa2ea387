//! From an event to its lines in the stream: one CloudEvents 1.0 document in JSON.

use bytes::Bytes;
use events::{Actor, UserId};
use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::entry::{Entry, Shown};

/// RFC 3339 in UTC with milliseconds.
const RFC3339_MS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
/// The last moment that the format can write, Unix ms.
const LAST_MS: i64 = 253_402_300_799_999;

#[derive(Serialize)]
struct Document<'e> {
    specversion: &'static str,
    id: String,
    source: &'e str,
    r#type: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    /// Of the payload of this type.
    typeversion: u32,
    position: String,
    /// An extension attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<UserId>,
    data: Map<String, Value>,
}

pub(super) fn lines(entry: &Entry, shown: Shown, names_actor: bool, source: &str) -> Bytes {
    let (meta, event, applied) = entry.decoded();
    let document = Document {
        specversion: "1.0",
        id: meta.id.to_string(),
        source,
        r#type: entry.public.event_type,
        subject: meta.subject.to_string(),
        time: rfc3339_ms(applied.at),
        datacontenttype: "application/json",
        typeversion: event.version(),
        position: entry.folded.position().to_string(),
        actor: actor(meta.actor).filter(|_| names_actor),
        data: data(entry, shown),
    };
    let json = serde_json::to_string(&document).expect("texts and values are JSON");
    format!("event: {}\ndata: {json}\n", entry.public.event_type).into()
}

fn actor(actor: Actor) -> Option<UserId> {
    match actor {
        Actor::User(user) => Some(user),
        Actor::System => None,
    }
}

/// The public fields of both halves.
fn data(entry: &Entry, shown: Shown) -> Map<String, Value> {
    let (_, event, _) = entry.decoded();
    // As it is written today, whatever version stands on the log.
    let body: Value = serde_json::from_slice(&event.encode()).expect("a body is JSON");
    let field = |name: &&str| {
        let value = body["c"].get(*name).or_else(|| body["p"].get(*name))?;
        Some(((*name).to_owned(), value.clone()))
    };
    let public = entry.public;
    let mut data: Map<String, Value> = public.fields.iter().filter_map(field).collect();
    if shown != Shown::WithoutTexts {
        data.extend(public.texts.iter().filter_map(field));
    }
    if shown == Shown::All {
        data.extend(public.files.iter().filter_map(field));
    } else {
        data.insert("redacted".to_owned(), true.into());
    }
    if public.admits {
        data.insert("admitted".to_owned(), admitted(entry));
    }
    data
}

/// Who really became a member: those who were one already are named by the event, too.
fn admitted(entry: &Entry) -> Value {
    let (_, _, applied) = entry.decoded();
    let began = applied.members.iter().filter(|member| member.base.is_some());
    let users = began.map(|member| member.user_id).chain(applied.admitted.iter().copied());
    users.map(|user: UserId| Value::from(user.to_string())).collect()
}

fn rfc3339_ms(ms: i64) -> String {
    let nanos = i128::from(ms.clamp(0, LAST_MS)) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .expect("the clamp keeps the years 1970 to 9999");
    at.format(RFC3339_MS).expect("the format names only components that a date-time has")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_millisecond() {
        assert_eq!(rfc3339_ms(1_764_161_022_007), "2025-11-26T12:43:42.007Z");
        assert_eq!(rfc3339_ms(-1), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339_ms(i64::MAX), "9999-12-31T23:59:59.999Z");
    }
}

//! The envelope: CloudEvents 1.0 in Kafka binary mode, one header per attribute, ids only.

use std::fmt;
use std::fmt::Write;
use std::str::FromStr;

use bytes::Bytes;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::catalogue::{DecodeError, Event};
use crate::{EventId, FIRST_EPOCH, Header, Id, KeyedHash, NewRecord, Position, Record, UserId};

/// RFC 3339 in UTC with milliseconds, as `ce_time` is written.
const RFC3339_MS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

const RFC3339_MS_LEN: usize = "1970-01-01T00:00:00.000Z".len();

/// What the headers of most events take.
const HEADERS: usize = 14;
const HEADER_BYTES: usize = 384;

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    System,
    User(UserId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::User(id) => fmt::Display::fmt(id, f),
        }
    }
}

/// What is true of every event, whatever its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Equal for every append of the same command.
    pub id: EventId,
    /// The topic key.
    pub subject: Id,
    /// The command's clock, Unix milliseconds.
    pub time_ms: i64,
    /// Everything below this offset of the partition was known when the command was decided: the lower
    /// of the fold's position when the id was looked up and the position of any rows that were read.
    pub read_at: u64,
    pub actor: Actor,
    /// The deciding event, for a step of a process.
    pub cause: Option<Position>,
    pub request_id: Option<String>,
    /// The socket that the command came with; frames may omit it.
    pub connection_id: Option<String>,
    /// Fingerprint of a request whose `Idempotency-Key` determined the id; another under the same key has
    /// another.
    pub request_hash: Option<KeyedHash>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// First append time of a record that a restore copied, Unix milliseconds.
    pub appended_ms: Option<i64>,
    pub epoch: u32,
}

impl Meta {
    /// The envelope of a command's event in the first epoch.
    pub fn new(id: EventId, subject: Id, time_ms: i64, read_at: u64, actor: Actor) -> Self {
        Self {
            id,
            subject,
            time_ms,
            read_at,
            actor,
            cause: None,
            request_id: None,
            connection_id: None,
            request_hash: None,
            traceparent: None,
            appended_ms: None,
            epoch: FIRST_EPOCH,
        }
    }

    /// When the log first took the event, which the fold goes by.
    pub fn first_appended_ms(&self, record: &Record) -> i64 {
        self.appended_ms.unwrap_or(record.appended_ms)
    }
}

/// Makes the record of `event`, readable as a whole: of an event that has nothing personal, and in
/// tests. `source` names the cell.
pub fn encode(source: &str, meta: &Meta, event: &Event) -> NewRecord {
    record(source, meta, event, event.encode())
}

/// Makes the record of `event` with what `seal` makes of its personal half: a text that needs no
/// escapes in JSON.
pub fn encode_sealed(
    source: &str,
    meta: &Meta,
    event: &Event,
    seal: impl FnOnce(&[u8]) -> String,
) -> NewRecord {
    record(source, meta, event, event.encode_sealed(seal))
}

fn record(source: &str, meta: &Meta, event: &Event, body: Bytes) -> NewRecord {
    let mut values = HeaderValues::with_room();
    values.add("ce_specversion", &"1.0");
    values.add("ce_id", &meta.id);
    values.add("ce_source", &source);
    values.add("ce_type", &event.event_type());
    values.add("ce_typeversion", &event.version());
    values.add("ce_subject", &meta.subject);
    values.add("ce_time", &rfc3339_ms(meta.time_ms));
    values.add("ce_readat", &meta.read_at);
    values.add("ce_actor", &meta.actor);
    if meta.epoch != FIRST_EPOCH {
        values.add("ce_epoch", &meta.epoch);
    }
    if let Some(cause) = &meta.cause {
        values.add("ce_cause", cause);
    }
    if let Some(request_hash) = &meta.request_hash {
        values.add("ce_requesthash", request_hash);
    }
    if let Some(appended_ms) = meta.appended_ms {
        values.add("ce_appended", &rfc3339_ms(appended_ms));
    }
    let optional = [
        ("ce_requestid", &meta.request_id),
        ("ce_connectionid", &meta.connection_id),
        ("traceparent", &meta.traceparent),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            values.add(name, value);
        }
    }
    NewRecord { key: meta.subject.0, headers: values.into_headers(), body }
}

/// Values of headers as parts of one text: a record is let go of on other threads than the one that made it,
/// where each piece of memory by itself costs more than its bytes.
struct HeaderValues {
    text: String,
    ends: Vec<(&'static str, usize)>,
}

impl HeaderValues {
    fn with_room() -> Self {
        Self { text: String::with_capacity(HEADER_BYTES), ends: Vec::with_capacity(HEADERS) }
    }

    fn add(&mut self, name: &'static str, value: &dyn fmt::Display) {
        write!(self.text, "{value}").expect("a string takes everything");
        self.ends.push((name, self.text.len()));
    }

    fn into_headers(self) -> Vec<Header> {
        let text = Bytes::from(self.text);
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        let values = begins.zip(&self.ends);
        values.map(|(begins, (name, end))| ((*name).into(), text.slice(begins..*end))).collect()
    }
}

/// The id of the event that `record` holds, without decoding more.
pub fn event_id(record: &Record) -> Result<EventId, DecodeError> {
    parsed(record, "ce_id")
}

/// Reads envelope and event.
///
/// # Errors
/// [`DecodeError::Unknown`] where this program is too old for the event; any other error means that
/// the bytes are no event, for every consumer alike.
pub fn decode(record: &Record) -> Result<(Meta, Event), DecodeError> {
    let event_type = required(record, "ce_type")?;
    let version = parsed(record, "ce_typeversion")?;
    let event = Event::decode(record.partition.topic, event_type, version, &record.body)?;
    let subject: Id = parsed(record, "ce_subject")?;
    if subject.0 != record.key {
        return Err(DecodeError::Envelope("ce_subject is not the record's key".to_owned()));
    }
    let optional = |name| text(record, name).map(|t| t.map(str::to_owned));
    let meta = Meta {
        id: parsed(record, "ce_id")?,
        subject,
        time_ms: parse_rfc3339_ms("ce_time", required(record, "ce_time")?)?,
        read_at: parsed(record, "ce_readat")?,
        actor: match required(record, "ce_actor")? {
            "system" => Actor::System,
            id => Actor::User(id.parse().map_err(|_| invalid("ce_actor", id))?),
        },
        cause: parsed_if_present(record, "ce_cause")?,
        request_id: optional("ce_requestid")?,
        connection_id: optional("ce_connectionid")?,
        request_hash: parsed_if_present(record, "ce_requesthash")?,
        traceparent: optional("traceparent")?,
        appended_ms: match text(record, "ce_appended")? {
            Some(time) => Some(parse_rfc3339_ms("ce_appended", time)?),
            None => None,
        },
        epoch: parsed_if_present(record, "ce_epoch")?.unwrap_or(FIRST_EPOCH),
    };
    Ok((meta, event))
}

fn invalid(name: &str, value: &str) -> DecodeError {
    DecodeError::Envelope(format!("{name} is {value:?}"))
}

fn text<'a>(record: &'a Record, name: &str) -> Result<Option<&'a str>, DecodeError> {
    match record.header(name) {
        None => Ok(None),
        Some(bytes) => std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| DecodeError::Envelope(format!("{name} is not UTF-8"))),
    }
}

fn required<'a>(record: &'a Record, name: &str) -> Result<&'a str, DecodeError> {
    text(record, name)?.ok_or_else(|| DecodeError::Envelope(format!("{name} is missing")))
}

fn parsed<T: FromStr>(record: &Record, name: &str) -> Result<T, DecodeError> {
    let value = required(record, name)?;
    value.parse().map_err(|_| invalid(name, value))
}

fn parsed_if_present<T: FromStr>(record: &Record, name: &str) -> Result<Option<T>, DecodeError> {
    match text(record, name)? {
        None => Ok(None),
        Some(value) => value.parse().map(Some).map_err(|_| invalid(name, value)),
    }
}

fn rfc3339_ms(ms: i64) -> String {
    let nanos = i128::from(ms.clamp(0, 253_402_300_799_999)) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .expect("the clamp keeps the years 1970 to 9999");
    at.format(RFC3339_MS).expect("the format names only components that a date-time has")
}

fn parse_rfc3339_ms(name: &str, value: &str) -> Result<i64, DecodeError> {
    // The library also takes a sign before the year, and years that are never written.
    let at = time::PrimitiveDateTime::parse(value, RFC3339_MS)
        .ok()
        .filter(|at| value.len() == RFC3339_MS_LEN && at.year() >= 1970)
        .ok_or_else(|| invalid(name, value))?
        .assume_utc();
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).map_err(|_| invalid(name, value))
}

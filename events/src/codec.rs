//! How a record is kept as bytes, by the embedded log and in the archive.
//!
//! Format 1: version byte · append time, Unix ms, 8 bytes big-endian · topic key, 16 bytes ·
//! number of headers · headers · body to the end. A header is the number of its name ([`NAMES`]), or 0
//! and the name itself, then the value. Counts and lengths are LEB128; names and values follow theirs.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{Header, NewRecord, Partition, Record};

/// The format of a value: its first byte.
const VERSION: u8 = 1;
const APPENDED_AT: usize = 1;
const KEY_AT: usize = APPENDED_AT + 8;
const HEADERS_AT: usize = KEY_AT + 16;

/// Header names that are stored as their number, counted from 1. Part of the format: append only.
const NAMES: [&str; 22] = [
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_subject",
    "ce_time",
    "ce_version",
    "ce_actor",
    "ce_via",
    "ce_cause",
    "ce_readat",
    "ce_directory",
    "ce_request",
    "ce_connection",
    "ce_epoch",
    "ce_appended",
    "traceparent",
    "tracestate",
    "ce_typeversion",
    "ce_requestid",
    "ce_connectionid",
    "ce_requesthash",
];

/// Bytes that are not a record in a known format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(&'static str);

/// The bytes of a record that has no append time yet: [`stamp`] fills it in.
pub fn encode(record: &NewRecord) -> Vec<u8> {
    let mut value = Vec::with_capacity(record.size_bytes() + 16);
    put(&mut value, 0, &record.key, &record.headers, &record.body);
    value
}

/// The bytes of a record; partition and offset are not among them.
pub fn encode_record(record: &Record) -> Vec<u8> {
    let mut value = Vec::with_capacity(record.body.len() + 512);
    put(&mut value, record.appended_ms, &record.key, &record.headers, &record.body);
    value
}

fn put(value: &mut Vec<u8>, appended_ms: i64, key: &[u8; 16], headers: &[Header], body: &[u8]) {
    value.push(VERSION);
    value.extend_from_slice(&appended_ms.to_be_bytes());
    value.extend_from_slice(key);
    put_len(value, headers.len());
    for (name, content) in headers {
        put_name(value, name);
        put_len(value, content.len());
        value.extend_from_slice(content);
    }
    value.extend_from_slice(body);
}

/// Writes the append time into an encoded value.
pub fn stamp(value: &mut [u8], appended_ms: i64) {
    value[APPENDED_AT..KEY_AT].copy_from_slice(&appended_ms.to_be_bytes());
}

/// Reads a value back; headers and body are slices of it.
pub fn decode(partition: Partition, offset: u64, value: &Bytes) -> Result<Record, Malformed> {
    if value.first() != Some(&VERSION) {
        return Err(Malformed("the value has another format"));
    }
    let fixed = value.get(..HEADERS_AT).ok_or(Malformed("the value is cut short"))?;
    let appended = fixed[APPENDED_AT..KEY_AT].try_into().expect("eight bytes");
    let key = fixed[KEY_AT..].try_into().expect("sixteen bytes");
    let mut rest = Reader { value, at: HEADERS_AT };
    let count = rest.len()?;
    let mut headers = Vec::with_capacity(count.min(32));
    for _ in 0..count {
        let name = rest.name()?;
        let len = rest.len()?;
        headers.push((name, rest.take(len)?));
    }
    let body = value.slice(rest.at..);
    let appended_ms = i64::from_be_bytes(appended);
    Ok(Record { partition, offset, appended_ms, key, headers, body })
}

fn put_name(value: &mut Vec<u8>, name: &str) {
    match NAMES.iter().position(|known| *known == name) {
        Some(index) => put_len(value, index + 1),
        None => {
            put_len(value, 0);
            put_len(value, name.len());
            value.extend_from_slice(name.as_bytes());
        }
    }
}

/// Appends a length as LEB128.
pub fn put_len(value: &mut Vec<u8>, len: usize) {
    let mut rest = len;
    while rest >= 0x80 {
        value.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    value.push(rest as u8);
}

/// The length that `bytes` begin with, and how many of them it takes: at most five.
pub fn read_len(bytes: &[u8]) -> Result<(usize, usize), Malformed> {
    let mut len = 0;
    for (at, shift) in [0, 7, 14, 21, 28].into_iter().enumerate() {
        let byte = *bytes.get(at).ok_or(Malformed("a length is cut short"))?;
        len |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((len, at + 1));
        }
    }
    Err(Malformed("a length is too long"))
}

struct Reader<'a> {
    value: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn len(&mut self) -> Result<usize, Malformed> {
        let (len, taken) = read_len(&self.value[self.at..])?;
        self.at += taken;
        Ok(len)
    }

    fn take(&mut self, len: usize) -> Result<Bytes, Malformed> {
        let end = self.at.saturating_add(len);
        if end > self.value.len() {
            return Err(Malformed("a header is cut short"));
        }
        let taken = self.value.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }

    fn name(&mut self) -> Result<Cow<'static, str>, Malformed> {
        let number = self.len()?;
        if number > 0 {
            let known = NAMES.get(number - 1).ok_or(Malformed("a header name is unknown"))?;
            return Ok(Cow::Borrowed(known));
        }
        let len = self.len()?;
        let name = self.take(len)?;
        let name = std::str::from_utf8(&name).map_err(|_| Malformed("a header name is no text"))?;
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> NewRecord {
        NewRecord {
            key: *b"0123456789abcdef",
            headers: vec![
                ("ce_id".into(), Bytes::from_static(b"abc")),
                ("x-own".into(), Bytes::from(vec![7; 300])),
                ("ce_type".into(), Bytes::new()),
            ],
            body: Bytes::from_static(b"{\"c\":{}}"),
        }
    }

    fn encoded() -> Bytes {
        let mut value = encode(&sample());
        stamp(&mut value, -5);
        Bytes::from(value)
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let record = decode(Partition::DIRECTORY, 9, &encoded()).unwrap();
        assert_eq!(record.offset, 9);
        assert_eq!(record.appended_ms, -5);
        assert_eq!(record.key, sample().key);
        assert_eq!(record.headers, sample().headers);
        assert_eq!(record.body, sample().body);
        assert!(matches!(record.headers[0].0, Cow::Borrowed("ce_id")));
    }

    #[test]
    fn a_record_with_its_time_is_encoded_as_one_that_is_stamped() {
        let record = decode(Partition::DIRECTORY, 9, &encoded()).unwrap();
        assert_eq!(encode_record(&record), encoded());
    }

    #[test]
    fn a_length_comes_back_and_takes_at_most_five_bytes() {
        for len in [0, 1, 127, 128, 300, 16_383, 16_384, 0x7_ffff_ffff] {
            let mut bytes = Vec::new();
            put_len(&mut bytes, len);
            assert_eq!(read_len(&bytes), Ok((len, bytes.len())));
            assert!(read_len(&bytes[..bytes.len() - 1]).is_err());
        }
        assert!(read_len(&[0x80; 6]).is_err());
    }

    #[test]
    fn a_record_without_headers_and_body_comes_back() {
        let empty = NewRecord { key: [0; 16], headers: vec![], body: Bytes::new() };
        let record = decode(Partition::DIRECTORY, 0, &encode(&empty).into()).unwrap();
        assert!(record.headers.is_empty() && record.body.is_empty());
    }

    #[test]
    fn the_stored_bytes_of_format_one_never_change() {
        let record = NewRecord {
            key: [0xaa; 16],
            headers: vec![
                ("ce_type".into(), Bytes::from_static(b"t")),
                ("n".into(), Bytes::from_static(b"v")),
            ],
            body: Bytes::from_static(b"B"),
        };
        let mut value = encode(&record);
        stamp(&mut value, 0x0102);
        let mut expected = vec![1, 0, 0, 0, 0, 0, 0, 1, 2];
        expected.extend([0xaa; 16]);
        expected.extend([2, 4, 1, b't', 0, 1, b'n', 1, b'v', b'B']);
        assert_eq!(value, expected);
    }

    #[test]
    fn no_cut_and_no_other_version_is_taken_for_a_record_with_these_headers() {
        let whole = encoded();
        let body_at = whole.len() - sample().body.len();
        for end in 0..body_at {
            assert!(decode(Partition::DIRECTORY, 0, &whole.slice(..end)).is_err(), "cut at {end}");
        }
        let mut other = whole.to_vec();
        other[0] = 2;
        assert!(decode(Partition::DIRECTORY, 0, &other.into()).is_err());
    }
}

//! JSON bodies, read as v4 clients send them.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http_body::Frame;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use super::objects::Objects;
use super::{ApiError, context::RequestContext};

/// A client that sends too much is read on to this many bytes before it is refused, because a
/// connection closed in the middle of a body shows as a network error instead of the 413.
const DISCARDED_BYTES_MAX: usize = 32 << 20;

/// How long a client may send nothing in the middle of a body.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// The limit of a request that did not come through the edge: the contract's own.
const BODY_BYTES_MAX_DEFAULT: usize = 300_000;

/// The body as JSON, whatever its content type says. Refuses, with a v4 error: an empty body,
/// malformed JSON, a wrong type, lone surrogates, a NUL in any text, too many bytes.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        JsonBytes::from_request(request, state).await.map(|body| Self(body.value))
    }
}

/// [`Json`] with the bytes that it was read from, for those who have to tell bodies apart.
#[derive(Debug, Clone)]
pub struct JsonBytes<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBytes<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = read_body(request.into_body(), bytes_max()).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// A body that nobody looks at, but that is no larger than a JSON body may be.
#[derive(Debug, Clone, Copy)]
pub struct AnyBody;

impl<S: Send + Sync> FromRequest<S> for AnyBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read_body(request.into_body(), bytes_max()).await.map(|_| Self)
    }
}

fn bytes_max() -> usize {
    RequestContext::with(|context| context.json_body_bytes_max).unwrap_or(BODY_BYTES_MAX_DEFAULT)
}

/// Reads a whole body, or refuses one of more than `bytes_max` bytes with a 413.
pub async fn read_body(mut body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    let mut read = BytesMut::new();
    let mut seen = 0usize;
    while let Some(frame) = next_frame(&mut body).await? {
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= bytes_max {
            read.extend_from_slice(&data);
        } else if seen > DISCARDED_BYTES_MAX.max(bytes_max) {
            break;
        } else {
            read = BytesMut::new();
        }
    }
    if seen > bytes_max { Err(ApiError::body_too_large()) } else { Ok(read.freeze()) }
}

async fn next_frame(body: &mut Body) -> Result<Option<Frame<Bytes>>, ApiError> {
    match timeout(FRAME_TIMEOUT, body.frame()).await {
        Ok(frame) => frame.transpose().map_err(|_| ApiError::invalid_body("it ended early")),
        Err(_) => Err(ApiError::body_timeout()),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if holds_escaped_nul(bytes) {
        return Err(ApiError::invalid_body("a NUL character"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Objects(&mut json)).map_err(ApiError::invalid_body)?;
    json.end().map_err(ApiError::invalid_body)?;
    Ok(value)
}

/// Whether a string in this JSON has a NUL, which must be written as an escape in valid JSON.
/// Postgres stores no NUL, so it must not get into an event.
fn holds_escaped_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        // The escaped character is part of the escape: the second of `\\` starts none.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// For `#[serde(default, deserialize_with = "platform::http::nullable")]`: `null` is as good as
/// absent. Go clients send `null` for everything unset.
pub fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "nullable")]
        text: String,
        #[serde(default, deserialize_with = "nullable")]
        list: Vec<String>,
    }

    fn refused(body: &[u8]) {
        let error = parse::<Sample>(body).unwrap_err();
        assert_eq!(error.id(), "api.context.invalid_body_param.app_error");
        assert_eq!(error.status(), http::StatusCode::BAD_REQUEST);
    }

    #[test]
    fn null_is_absent_and_unknown_keys_are_passed_over() {
        let sample: Sample =
            parse(br#"{"text":null,"list":null,"scheme_id":null,"other":{"a":[1]}}"#).unwrap();
        assert_eq!(sample, Sample { text: String::new(), list: vec![] });
    }

    #[test]
    fn malformed_bodies_are_refused() {
        for body in [
            &b""[..],
            b" ",
            b"{",
            b"null",
            b"[]",
            b"[null]",
            br#"["text",["list"]]"#,
            br#"{"text":"a"} {}"#,
            br#"{"text":1}"#,
            br#"{"text":["a"]}"#,
            br#"{"text":"\ud800"}"#,
            br#"{"text":"\udc00x"}"#,
            b"{\"text\":\"\xff\"}",
            b"{\"text\":\"\x00\"}",
        ] {
            refused(body);
        }
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        refused(&deep);
    }

    #[test]
    fn what_stands_in_a_list_is_an_object_too() {
        assert_eq!(parse::<Vec<Sample>>(br#"[{"text":"a"}]"#).unwrap()[0].text, "a");
        assert!(parse::<Vec<Sample>>(br#"[["a"]]"#).is_err());
        assert!(parse::<Vec<String>>(br#"{"text":"a"}"#).is_err());
        assert_eq!(
            parse::<Vec<Option<String>>>(br#"["a",null]"#).unwrap(),
            [Some("a".into()), None]
        );
        let any: serde_json::Value = parse(br#"[1,{"a":[true,null]}]"#).unwrap();
        assert_eq!(any, serde_json::json!([1, { "a": [true, null] }]));
    }

    #[test]
    fn a_nul_is_refused_but_its_spelling_is_text() {
        refused(br#"{"text":"a\u0000b"}"#);
        refused(br#"{"text":"\\\u0000"}"#);
        let sample: Sample = parse(br#"{"text":"\\u0000"}"#).unwrap();
        assert_eq!(sample.text, "\\u0000");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
        let read = read_body(Body::from(vec![b'x'; 10]), 10).await.unwrap();
        assert_eq!(read.len(), 10);
        let error = read_body(Body::from(vec![b'x'; 11]), 10).await.unwrap_err();
        assert_eq!(error, ApiError::body_too_large());
    }
}

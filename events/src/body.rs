//! The body of an event: `{"c":{…},"p":{…}}`.
//!
//! `c` is clear and all that admission reads. `p` is personal: on the log it is a text, sealed under the
//! key of its [`Owner`]. A `p` that cannot be opened reads as its default, erased, and never makes the
//! event invalid.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{ChannelId, UserId};

/// Whose key the personal half of an event is sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A person's own: their profile, sessions and preferences. It goes when the person is erased.
    Person(UserId),
    /// What somebody wrote in a channel. It goes with the author, and with the channel's past.
    Content { author: UserId, channel: ChannelId },
}

impl Owner {
    /// Who can have it erased.
    pub fn person(self) -> UserId {
        match self {
            Self::Person(person) | Self::Content { author: person, .. } => person,
        }
    }
}

/// What one event type says: its clear payload, with the names that the envelope carries.
pub trait Fact:
    Serialize + DeserializeOwned + JsonSchema + Clone + PartialEq + std::fmt::Debug
{
    /// `category.fact`, past tense.
    const TYPE: &'static str;
    /// The version that is written today.
    const VERSION: u32;
    /// What is personal about it.
    type Personal: Serialize
        + DeserializeOwned
        + JsonSchema
        + Clone
        + PartialEq
        + std::fmt::Debug
        + Default;

    /// Whose the personal half is; nobody's where there is none.
    fn owner(&self) -> Option<Owner>;

    /// Reads a version below [`Self::VERSION`]: decodes the old type ([`Body::from_halves`]) and
    /// converts it. `None`: there is no such version.
    fn upcast(version: u32, c: &str, p: Option<&str>) -> Option<serde_json::Result<Body<Self>>> {
        let _ = (version, c, p);
        None
    }
}

/// The body of an event of type `F`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound = "")]
pub struct Body<F: Fact> {
    pub c: F,
    #[serde(default)]
    pub p: F::Personal,
}

/// For facts about nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

const ENCODES: &str = "a payload has string keys and no failing serializer";

/// What stands before the clear half, and before and behind a sealed one, which ends the body.
const CLEAR_BEGINS: &[u8] = b"{\"c\":";
const SEALED_BEGINS: &[u8] = b",\"p\":\"";
const SEALED_ENDS: &[u8] = b"\"}";

/// The sealed half of a body, if it has one, and where it begins.
fn sealed_half(body: &[u8]) -> Option<(usize, &[u8])> {
    let inside = body.strip_suffix(SEALED_ENDS)?;
    let begins = memchr::memrchr(b'"', inside)? + 1;
    inside[..begins].ends_with(SEALED_BEGINS).then(|| (begins, &inside[begins..]))
}

/// The personal half of a body, where it is sealed.
pub fn sealed(body: &[u8]) -> Option<&[u8]> {
    sealed_half(body).map(|(_, sealed)| sealed)
}

/// `body` with `personal`, one JSON value, in place of its sealed half; with `null` where that is erased.
///
/// # Panics
/// If `body` has no sealed half ([`sealed`]).
pub fn opened(body: &[u8], personal: Option<&[u8]>) -> Bytes {
    let (begins, _) = sealed_half(body).expect("only a sealed body is opened");
    let clear = &body[..begins - SEALED_BEGINS.len()];
    match personal {
        // Present, so that a body that is invalid with it stays so without it.
        None => [clear, b",\"p\":null}"].concat().into(),
        Some(personal) => [clear, b",\"p\":", personal, b"}"].concat().into(),
    }
}

#[derive(Deserialize)]
struct Halves<'a> {
    #[serde(borrow)]
    c: &'a RawValue,
    #[serde(borrow, default)]
    p: Option<&'a RawValue>,
}

/// All of `text`, where it is a `T`.
fn whole<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

impl<F: Fact> Body<F> {
    /// The body with everything in it readable.
    pub fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect(ENCODES).into()
    }

    /// The body as it stands on the log: with the text that `seal` makes of the personal half, which
    /// must need no escapes in JSON.
    pub(crate) fn encode_sealed(&self, seal: impl FnOnce(&[u8]) -> String) -> Bytes {
        let personal = serde_json::to_vec(&self.p).expect(ENCODES);
        let sealed = seal(&personal);
        let mut body = Vec::with_capacity(sealed.len() + 512);
        body.extend_from_slice(CLEAR_BEGINS);
        serde_json::to_writer(&mut body, &self.c).expect(ENCODES);
        for piece in [SEALED_BEGINS, sealed.as_bytes(), SEALED_ENDS] {
            body.extend_from_slice(piece);
        }
        body.into()
    }

    /// Decodes `body` as `version` of `F`. `None`: there is no such version.
    pub(crate) fn decode(version: u32, body: &[u8]) -> Option<serde_json::Result<Self>> {
        // Before the first look at the bytes: what a later version looks like is not known here.
        if version == 0 || version > F::VERSION {
            return None;
        }
        if version == F::VERSION
            && let Some(body) = Self::decode_beside_sealed(body).or_else(|| whole(body))
        {
            return Some(Ok(body));
        }
        Self::decode_halves(version, body)
    }

    /// The way of who reads without keys: the clear half of a body as [`Self::encode_sealed`] writes
    /// it, without a look at the other. `None`: it is not quite such a body.
    fn decode_beside_sealed(body: &[u8]) -> Option<Self> {
        let (begins, sealed) = sealed_half(body)?;
        let clear = body[..begins - SEALED_BEGINS.len()].strip_prefix(CLEAR_BEGINS)?;
        let needs_no_escape = |byte: &u8| byte.is_ascii_graphic() && *byte != b'\\';
        let c = sealed.iter().all(needs_no_escape).then(|| std::str::from_utf8(clear).ok())??;
        let c = serde_json::from_str(c).ok()?;
        Some(Self { c, p: F::Personal::default() })
    }

    /// The way of old versions, of what is erased and of what is invalid: one half at a time.
    fn decode_halves(version: u32, body: &[u8]) -> Option<serde_json::Result<Self>> {
        let halves: Halves<'_> = match serde_json::from_slice(body) {
            Ok(halves) => halves,
            Err(error) => return Some(Err(error)),
        };
        let (c, p) = (halves.c.get(), halves.p.map(RawValue::get));
        if version < F::VERSION { F::upcast(version, c, p) } else { Some(Self::from_halves(c, p)) }
    }

    /// Reads both halves as they are written today; for upcasters, whose old types are facts too.
    pub(crate) fn from_halves(c: &str, p: Option<&str>) -> serde_json::Result<Self> {
        let c = serde_json::from_str(c)?;
        let p = p.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        Ok(Self { c, p })
    }
}

impl<F: Fact<Personal = Nothing>> From<F> for Body<F> {
    fn from(c: F) -> Self {
        Self { c, p: Nothing {} }
    }
}

/// Implements [`Fact`] for a payload.
macro_rules! fact {
    ($name:ident, $type:literal, $version:literal) => {
        crate::body::fact!(@$name, $type, $version, crate::body::Nothing, |_| None);
    };
    ($name:ident, $type:literal, $version:literal, $personal:ty, $owner:expr) => {
        crate::body::fact!(@$name, $type, $version, $personal, |c| Some($owner(c)));
    };
    (@$name:ident, $type:literal, $version:literal, $personal:ty, |$c:pat_param| $owner:expr) => {
        impl crate::body::Fact for $name {
            const TYPE: &'static str = $type;
            const VERSION: u32 = $version;
            type Personal = $personal;

            fn owner(&self) -> Option<crate::body::Owner> {
                let $c = self;
                $owner
            }
        }
    };
}
pub(crate) use fact;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PostId;

    /// `test.flagged` as it was once written.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct FlaggedV1 {
        post_id: PostId,
        urgent: bool,
    }
    fact!(FlaggedV1, "test.flagged", 1, RemarkV1, |_: &FlaggedV1| Owner::Person(UserId::default()));

    #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct RemarkV1 {
        text: String,
    }

    /// `test.flagged` as it is written now.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Flagged {
        post_id: PostId,
        level: u8,
    }

    #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Remark {
        lines: Vec<String>,
    }

    impl Fact for Flagged {
        const TYPE: &'static str = "test.flagged";
        const VERSION: u32 = 2;
        type Personal = Remark;

        fn owner(&self) -> Option<Owner> {
            None
        }

        fn upcast(
            version: u32,
            c: &str,
            p: Option<&str>,
        ) -> Option<serde_json::Result<Body<Self>>> {
            match version {
                1 => Some(Body::<FlaggedV1>::from_halves(c, p).map(Body::<Self>::from)),
                _ => None,
            }
        }
    }

    impl From<Body<FlaggedV1>> for Body<Flagged> {
        fn from(old: Body<FlaggedV1>) -> Self {
            let level = if old.c.urgent { 2 } else { 1 };
            let lines = old.p.text.lines().map(str::to_owned).collect();
            Self { c: Flagged { post_id: old.c.post_id, level }, p: Remark { lines } }
        }
    }

    #[test]
    fn a_sealed_half_is_a_text_that_is_taken_out_again() {
        let body = flagged(2, &["one \"two\"", "p\":\"x\"}"]);
        let sealed_body = body.encode_sealed(|personal| {
            assert_eq!(serde_json::from_slice::<Remark>(personal).unwrap(), body.p);
            "c2VhbGVk".to_owned()
        });
        assert_eq!(sealed(&sealed_body), Some(&b"c2VhbGVk"[..]));
        assert_eq!(sealed_body, format!(r#"{{"c":{C2},"p":"c2VhbGVk"}}"#));
        let personal = serde_json::to_vec(&body.p).unwrap();
        assert_eq!(opened(&sealed_body, Some(&personal)), body.encode());
        let erased = Body::decode(2, &opened(&sealed_body, None)).unwrap().unwrap();
        assert_eq!(erased, flagged(2, &[]));
    }

    #[test]
    fn a_sealed_body_reads_without_keys_as_an_erased_one_and_is_invalid_where_that_is() {
        for c in
            [C2, C1, "{}", "null", &format!("{C2},\"x\":1"), &format!("{C2},\"c\":{C2}"), "", "{"]
        {
            for p in ["c2VhbGVk", "", "\\n", "\\", "\n", "\u{e4}"] {
                let text = format!(r#"{{"c":{c},"p":"{p}"}}"#);
                let halves = Body::<Flagged>::decode_halves(2, text.as_bytes()).unwrap();
                assert_eq!(read(2, &text).unwrap().ok(), halves.ok(), "{text}");
            }
        }
        assert_eq!(read(2, &format!(r#"{{"c":{C2},"p":"x"}}"#)).unwrap().unwrap(), flagged(2, &[]));
        let beside = [C2.strip_suffix('}').unwrap().as_bytes(), b",\"x\":\"\xff\"}"].concat();
        let no_text = [CLEAR_BEGINS, &beside, SEALED_BEGINS, b"x", SEALED_ENDS].concat();
        assert!(Body::<Flagged>::decode(2, &no_text).unwrap().is_err());
    }

    #[test]
    fn what_is_readable_is_not_taken_for_sealed() {
        for text in ["", "p", "\",\"p\":\"x", "x\"}"] {
            assert_eq!(sealed(&flagged(2, &[text]).encode()), None, "{text}");
        }
        for body in [&b""[..], b"{}", b"\"}", b",\"p\":\"", b"{\"c\":{},\"p\":null}", b"\xff\"}"] {
            assert_eq!(sealed(body), None, "{body:?}");
        }
    }

    fn read(version: u32, body: &str) -> Option<serde_json::Result<Body<Flagged>>> {
        Body::decode(version, body.as_bytes())
    }

    fn flagged(level: u8, lines: &[&str]) -> Body<Flagged> {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        Body { c: Flagged { post_id: PostId::from_bytes([0; 16]), level }, p: Remark { lines } }
    }

    const C1: &str = r#"{"post_id":"yyyyyyyyyyyyyyyyyyyyyyyyyy","urgent":true}"#;
    const C2: &str = r#"{"post_id":"yyyyyyyyyyyyyyyyyyyyyyyyyy","level":2}"#;

    #[test]
    fn an_old_version_reads_as_the_current_one() {
        let body = read(1, &format!(r#"{{"c":{C1},"p":{{"text":"one\ntwo"}}}}"#));
        assert_eq!(body.unwrap().unwrap(), flagged(2, &["one", "two"]));
    }

    #[test]
    fn what_was_upcast_is_written_as_the_current_version() {
        let body = read(1, &format!(r#"{{"c":{C1},"p":{{"text":"one"}}}}"#)).unwrap().unwrap();
        assert_eq!(body.encode(), format!(r#"{{"c":{C2},"p":{{"lines":["one"]}}}}"#));
        assert_eq!(Body::decode(2, &body.encode()).unwrap().unwrap(), body);
    }

    #[test]
    fn an_unknown_version_is_no_version_whatever_its_bytes_are() {
        for body in [&format!(r#"{{"c":{C2}}}"#), "{}", "sealed as a whole"] {
            assert!(read(3, body).is_none(), "version 3 of {body}");
            assert!(read(0, body).is_none(), "version 0 of {body}");
        }
    }

    #[test]
    fn an_invalid_clear_half_is_an_error_in_every_version() {
        let bodies = [
            format!(r#"{{"c":{C2},"p":{{}}}}"#),
            format!(r#"{{"c":{C1},"p":{{}}}}"#),
            r#"{"c":{},"p":{}}"#.to_owned(),
            r#"{"c":null}"#.to_owned(),
            r#"{"p":{}}"#.to_owned(),
            format!(r#"{{"c":{C1},"c":{C1}}}"#),
            format!(r#"{{"c":{C1}}} "#).repeat(2),
            String::new(),
        ];
        for (i, body) in bodies.iter().enumerate() {
            assert_eq!(read(1, body).unwrap().is_err(), i != 1, "version 1 of {body}");
            assert_eq!(read(2, body).unwrap().is_err(), i != 0, "version 2 of {body}");
        }
    }

    #[test]
    fn an_unreadable_personal_half_reads_as_erased_in_every_version() {
        for p in ["null", "1", r#""sealed""#, "[]", r#"{"text":1,"lines":{}}"#] {
            let erased = |version, c| read(version, &format!(r#"{{"c":{c},"p":{p}}}"#));
            assert_eq!(erased(1, C1).unwrap().unwrap(), flagged(2, &[]), "version 1 with p {p}");
            assert_eq!(erased(2, C2).unwrap().unwrap(), flagged(2, &[]), "version 2 with p {p}");
        }
        for (version, c) in [(1, C1), (2, C2)] {
            let body = read(version, &format!(r#"{{"c":{c}}}"#)).unwrap().unwrap();
            assert_eq!(body, flagged(2, &[]), "version {version} without p");
        }
    }
}

//! The body of an event: `{"c":{…},"p":{…}}`.
//!
//! `c` is clear and all that admission reads. `p` is personal and may one day be sealed: a `p` that
//! cannot be opened reads as its default, erased, and never makes the event invalid.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What one event type says: its clear payload, with the names that the envelope carries.
pub trait Fact: Serialize + DeserializeOwned + JsonSchema + Clone + PartialEq + std::fmt::Debug {
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

    /// Reads a version below [`Self::VERSION`]: decodes the old type and converts it.
    /// `None`: there is no such version.
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

#[derive(Deserialize)]
struct Halves<'a> {
    #[serde(borrow)]
    c: &'a RawValue,
    #[serde(borrow, default)]
    p: Option<&'a RawValue>,
}

impl<F: Fact> Body<F> {
    /// The body as it stands on the log.
    pub fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("a payload has string keys and no failing serializer").into()
    }

    /// Decodes `body` as `version` of `F`. The outer error: no such version.
    pub(crate) fn decode(version: u32, body: &[u8]) -> Option<serde_json::Result<Self>> {
        let halves: Halves<'_> = match serde_json::from_slice(body) {
            Ok(halves) => halves,
            Err(error) => return Some(Err(error)),
        };
        let personal = halves.p.map(RawValue::get);
        if version != F::VERSION {
            return F::upcast(version, halves.c.get(), personal);
        }
        let p = personal.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        Some(serde_json::from_str(halves.c.get()).map(|c| Self { c, p }))
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
        crate::body::fact!($name, $type, $version, crate::body::Nothing);
    };
    ($name:ident, $type:literal, $version:literal, $personal:ty) => {
        impl crate::body::Fact for $name {
            const TYPE: &'static str = $type;
            const VERSION: u32 = $version;
            type Personal = $personal;
        }
    };
}
pub(crate) use fact;

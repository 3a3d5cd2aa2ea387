//! A post's `props`: an object that passes through without being understood.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// An object of arbitrary JSON.
#[derive(Debug, Clone, Default)]
pub enum Props {
    #[default]
    Empty,
    Map(Map<String, Value>),
    /// As it stands in a row: an object already encoded.
    Raw(Box<RawValue>),
}

impl Props {
    pub fn from_map(map: &Map<String, Value>) -> Self {
        if map.is_empty() { Self::Empty } else { Self::Map(map.clone()) }
    }

    /// Takes encoded JSON; what is no object counts as empty.
    pub fn from_json(json: String) -> Self {
        if json.is_empty() || json == "{}" {
            return Self::Empty;
        }
        match RawValue::from_string(json) {
            Ok(raw) if raw.get().starts_with('{') => Self::Raw(raw),
            _ => Self::Empty,
        }
    }
}

impl JsonSchema for Props {
    fn schema_name() -> Cow<'static, str> {
        "Props".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Map::<String, Value>::json_schema(generator)
    }
}

impl Serialize for Props {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => to.collect_map::<&str, &str, _>([]),
            Self::Map(map) => map.serialize(to),
            Self::Raw(raw) => raw.serialize(to),
        }
    }
}

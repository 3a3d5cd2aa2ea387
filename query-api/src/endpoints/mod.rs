//! The endpoints, by subject.

pub(crate) mod absent;
pub(crate) mod channels;
pub(crate) mod counted;
pub(crate) mod emoji;
pub(crate) mod files;
pub(crate) mod links;
pub(crate) mod participants;
pub(crate) mod posts;
pub(crate) mod profile_fields;
pub(crate) mod retention;
pub(crate) mod roles;
pub(crate) mod searching;
pub(crate) mod system;
pub(crate) mod teams;
pub(crate) mod threads;
pub(crate) mod users;

use std::borrow::Cow;

use events::{ChannelId, Id, PostId, TeamId, UserId};
use platform::http::{ApiError, IdKind, UrlId, parse_id};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub(crate) type TeamPath = UrlId<TeamId>;
pub(crate) type ChannelPath = UrlId<ChannelId>;
pub(crate) type PostPath = UrlId<PostId>;

/// A body that must be an object: what is derived for a struct would take a list of its fields too.
pub(crate) struct Object<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::<String, Value>::deserialize(deserializer)?;
        T::deserialize(Value::Object(map)).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for Object<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A body that is a list of ids.
pub(crate) fn ids<K: IdKind>(texts: &[String]) -> Result<Vec<K>, ApiError> {
    texts.iter().map(|text| parse_id(text).ok_or_else(|| ApiError::invalid_body("an id"))).collect()
}

/// A field that names something, or is empty.
pub(crate) fn optional_id<K: IdKind>(name: &str, text: &str) -> Result<Option<K>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    parse_id(text).map(Some).ok_or_else(|| ApiError::invalid_body(name))
}

/// A parameter of the query that names something, if it is there.
pub(crate) fn id_param<K: IdKind>(
    query: &platform::http::Query,
    name: &str,
) -> Result<Option<K>, ApiError> {
    let id = |text| parse_id(text).ok_or_else(|| ApiError::invalid_param(name));
    query.get(name).map(id).transpose()
}

/// The page of rows that a query asks for.
pub(crate) fn rows_page(page: platform::http::Page) -> read_model::Page {
    read_model::Page { page: page.page, per_page: page.per_page }
}

/// Every row.
pub(crate) const ALL: read_model::Page = read_model::Page { page: 0, per_page: u32::MAX };

pub(crate) type UserIds = Vec<UserId>;
pub(crate) type InviteId = UrlId<Id>;

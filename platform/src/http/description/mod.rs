//! What an address takes and gives, said where it is mounted: OpenAPI is made of it.
//!
//! What a request brings is read off the handler: its extractors are its arguments. What comes of it
//! stands beside the handler in the service's `routes`, and tests hold it against what official clients
//! were answered.

mod document;
mod inputs;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

pub use document::openapi;
pub use inputs::{Described, Inputs};

use super::urls::Url;

/// Makes the schema of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub(crate) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One method of one address, as its handler is declared.
#[derive(Debug, Clone)]
pub struct Operation {
    pub(crate) url: &'static Url,
    pub(crate) inputs: Inputs,
    pub(crate) summary: &'static str,
    pub(crate) answer: Option<Answer>,
    pub(crate) params: Vec<Param>,
    pub(crate) also: Vec<StatusCode>,
    /// Another media type that some are answered in.
    pub(crate) media: Option<&'static str>,
}

/// What is answered to a request that is granted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Json(StatusCode, SchemaOf),
    /// Something else than JSON, of this media type.
    Media(&'static str),
    /// Only a status.
    Bare(StatusCode),
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
}

/// What a parameter's text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Flag,
    Id,
}

impl Param {
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    pub const fn int(name: &'static str) -> Self {
        Self { name, kind: Kind::Int }
    }

    pub const fn flag(name: &'static str) -> Self {
        Self { name, kind: Kind::Flag }
    }

    pub const fn id(name: &'static str) -> Self {
        Self { name, kind: Kind::Id }
    }
}

/// Which page of a list, counted from 0, and how much is on one.
pub const PAGE: [Param; 2] = [Param::int("page"), Param::int("per_page")];

/// The answer of what has no object to show.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "StatusOK")]
pub(crate) struct StatusOk {
    /// `OK`.
    #[allow(dead_code, reason = "it is only described")]
    status: &'static str,
}

impl Operation {
    pub(crate) fn new(url: &'static Url, inputs: Inputs) -> Self {
        let params = if inputs.pages { PAGE.to_vec() } else { Vec::new() };
        Self { url, inputs, summary: "", answer: None, params, also: Vec::new(), media: None }
    }
}

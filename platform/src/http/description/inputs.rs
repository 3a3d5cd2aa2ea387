//! What a request brings, read off a handler's arguments.

use axum::extract::{ConnectInfo, Extension, OriginalUri, RawQuery, Request, State};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use schemars::JsonSchema;

use super::SchemaOf;
use crate::http::{AnyBody, Json, JsonBytes, Page, Path, Query};

/// What the arguments of a handler read of a request.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub(crate) session: Session,
    pub(crate) body: Option<SchemaOf>,
    pub(crate) pages: bool,
    pub(crate) also: Vec<StatusCode>,
}

/// Whether an address asks who comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Session {
    #[default]
    Unasked,
    Optional,
    Required,
}

impl Inputs {
    /// Nobody without a session.
    pub fn needs_session(&mut self) {
        self.session = Session::Required;
    }

    /// A session is looked at where there is one.
    pub fn knows_session(&mut self) {
        self.session = Session::Optional;
    }

    /// It is refused with this status, too.
    pub fn may_answer(&mut self, status: StatusCode) {
        self.also.push(status);
    }

    /// A body in JSON.
    pub fn reads<T: JsonSchema>(&mut self) {
        // In place: what a body is called in our code says nothing to a client.
        self.body = Some(|generator| T::json_schema(generator));
    }
}

/// An argument of a handler, or all of them.
pub trait Described {
    /// Adds what it reads.
    fn describe(inputs: &mut Inputs);
}

// Segments of the path and parameters of the query are named elsewhere: in the URL table, and beside the
// handler.
macro_rules! nothing_described {
    ($($type:ty),*) => {$(
        impl Described for $type {
            fn describe(_: &mut Inputs) {}
        }
    )*};
}

macro_rules! nothing_described_with {
    ($($generic:ident),*) => {$(
        impl<T> Described for $generic<T> {
            fn describe(_: &mut Inputs) {}
        }
    )*};
}

nothing_described!(HeaderMap, Method, Uri, OriginalUri, RawQuery, Request, Query, AnyBody, Bytes);
nothing_described_with!(State, Extension, ConnectInfo, Path);

impl<T: Described> Described for Option<T> {
    fn describe(inputs: &mut Inputs) {
        T::describe(inputs);
    }
}

impl<T: JsonSchema> Described for Json<T> {
    fn describe(inputs: &mut Inputs) {
        inputs.reads::<T>();
    }
}

impl<T: JsonSchema> Described for JsonBytes<T> {
    fn describe(inputs: &mut Inputs) {
        inputs.reads::<T>();
    }
}

impl Described for Page {
    fn describe(inputs: &mut Inputs) {
        inputs.pages = true;
    }
}

// axum's handlers are told apart by a tuple: a marker, then the arguments' types.
impl Described for ((),) {
    fn describe(_: &mut Inputs) {}
}

macro_rules! arguments_described {
    ($($argument:ident),+) => {
        impl<M, $($argument: Described),+> Described for (M, $($argument,)+) {
            fn describe(inputs: &mut Inputs) {
                $($argument::describe(inputs);)+
            }
        }
    };
}

arguments_described!(A);
arguments_described!(A, B);
arguments_described!(A, B, C);
arguments_described!(A, B, C, D);
arguments_described!(A, B, C, D, E);
arguments_described!(A, B, C, D, E, F);
arguments_described!(A, B, C, D, E, F, G);

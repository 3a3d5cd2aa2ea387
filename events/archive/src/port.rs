//! The port of the object store: whole objects by name, conditional creation, listing.

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Names are `/`-separated, relative, without empty parts, `.` or `..`.
    #[error("{0:?} is no object name")]
    InvalidName(String),
    /// Nobody put an object of that name.
    #[error("there is no object {0:?}")]
    NotFound(String),
    #[error("failed to {action} object {name:?}: {reason}")]
    Unavailable { action: &'static str, name: String, reason: String },
}

/// What a conditional put did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is this one.
    Yes,
    /// An object of that name stood already and still does.
    AlreadyThere,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    pub name: String,
    pub size_bytes: u64,
}

/// Durable objects. A put is seen whole or not at all, and survives a crash once it has resolved.
pub trait ObjectStore: fmt::Debug + Send + Sync + 'static {
    /// Puts an object, replacing one of the same name.
    fn put<'a>(&'a self, name: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<(), ObjectError>>;

    /// Puts an object unless there is one of the same name: exactly one of several callers wins.
    fn put_if_absent<'a>(
        &'a self,
        name: &'a str,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<Created, ObjectError>>;

    /// The whole object.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Bytes, ObjectError>>;

    /// Bytes `from..to` of an object, fewer where it ends.
    fn get_range<'a>(
        &'a self,
        name: &'a str,
        from: u64,
        to: u64,
    ) -> BoxFuture<'a, Result<Bytes, ObjectError>>;

    /// The objects whose names begin with `prefix`, in order of their names.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<ObjectInfo>, ObjectError>>;

    /// Removes an object; an absent one is removed already.
    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), ObjectError>>;
}

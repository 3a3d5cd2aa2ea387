//! Ids as the contract writes them: absent ones are empty strings.

use std::fmt::Display;

use serde::Serializer;

/// An id, or `""`.
pub(crate) fn or_empty<T: Display, S: Serializer>(
    id: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => to.collect_str(id),
        None => to.serialize_str(""),
    }
}

//! query-api: the read side of the contract.
//!
//! Owns every answer that changes nothing: it authenticates on the fold, reads rows, index and objects,
//! fetches what links lead to, and renders. It must never append to the log, never answer with rows under
//! rights that are older than they are, and never refuse from behind. Each answer rests on one snapshot of
//! the database, which judges the rights itself, or on memory that was checked against the fold at that
//! moment.
//!
//! An endpoint is a file under `endpoints` (extract, authorise, read, render), a line in `routes` with its
//! description, and one in the URL table (`platform::http::urls`).

mod app;
mod cache;
mod caller;
mod ended;
mod endpoints;
mod links;
mod pictures;
mod render;
mod rights;
mod routes;
mod rows;
mod stream;

pub use app::Parts;
pub use links::LinkOptions;
pub use routes::{operations, router};
pub use rows::Rows;
pub use stream::{StreamOptions, asyncapi_document};

//! The read model in Postgres: its tables, what a row is, and what can be asked.
//!
//! Owns migrations, row types and queries. It must never write rows (only the projector does, from
//! the log) and never answer with content under rights older than the rows: each query that takes a
//! viewer judges the viewer's rights in the same snapshot. To add a table: a migration, its row in
//! `rows`, the changes in the projector, the queries in a file of their own.

mod access;
mod column;
mod database;
mod key;
mod polled;
pub mod queries;
mod reader;
pub mod rows;
mod stored;
mod unread;

pub use access::{Access, Page};
pub use column::Column;
pub use database::{CONTROL, Database, OpenError, POSITIONS_MOVED, READER_ROLE, SCHEMA};
pub use key::{Key, partition_key, partition_of_key};
pub use polled::PolledRows;
pub use reader::{QueryError, Reader};
pub use rows::Table;
pub use stored::{StoredFile, files_json, hears_broadcasts, stored_files};
pub use unread::{ReadState, read_state};

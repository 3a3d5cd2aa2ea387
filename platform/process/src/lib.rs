//! What every process of an installation is made of: how it begins and ends, where its log, objects and
//! secrets are, what it calls itself, what it watches, and how processes hear of each other.
//!
//! Owns nothing of chat and knows no service: a service's process is a composition of these parts with
//! that service, and the one-process server is one with all of them.

mod announced;
mod arguments;
mod edge;
mod folding;
mod identity;
mod lag;
mod memory;
mod notes;
mod parts;
mod running;
mod storage;
mod stores;
mod uses;
pub mod watch;

pub use announced::Announced;
pub use arguments::main;
pub use domain::RULES_KNOWN;
pub use edge::edge;
pub use folding::folded;
pub use identity::{cell, client_config, collapsed_threads, kept, site_url, version_id};
pub use memory::set_up as set_up_memory;
pub use notes::{Notes, Progress};
pub use parts::{Parts, ServiceParts};
pub use running::{
    Patience, Running, ended_in_time, run_only_service, run_service, run_service_knowing, serve,
    watch_service, with_telemetry,
};
pub use storage::{Storage, kafka_options, open_key_store, open_log, open_objects};
pub use stores::{archive_signer, open_archive, open_archive_of};

/// How far fold and index are behind the log.
pub use lag::report as report_lag;
/// Which sessions are in use here.
pub use uses::say as say_uses;

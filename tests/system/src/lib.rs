//! What the tests and the load program of the whole system need: the real binaries, people who use them
//! over HTTP and sockets, nginx in front of it, a collector of spans, and rooms in which a machine lacks
//! something.
//!
//! It knows the product only from outside: its binaries, its configuration, the v4 contract with its URL
//! table. It must never link a service, and it leaves no process behind: a server ends with its value.

mod binaries;
mod cell;
mod collector;
mod deadline;
mod edge;
mod kms;
mod ledger;
mod metrics;
mod people;
mod processes;
mod room;
mod server;
mod socket;

pub use binaries::Program;
pub use cell::{Cell, SERVICES};
pub use collector::Collector;
pub use deadline::{PATIENCE, until, within};
pub use edge::{Behind, Edge};
pub use kms::Kms;
pub use ledger::{Acknowledged, Posters, agrees};
pub use metrics::Metrics;
pub use people::{Answer, PASSWORD, Person, Visitor};
pub use processes::{kill, postmaster, processes_in, reload, terminate};
pub use room::{Lack, Room};
pub use server::{Ended, LogLine, Server, Setup, replayed, without_settings};
pub use socket::Socket;

//! A whole installation for tests and for looking around: Kafka, Postgres, the four services, nginx.
//! Says on standard output where it is, as the one-process server does, and ends with SIGTERM or SIGINT.
//! The environment's `NOTTERMOST_*` are for the services. So whoever can drive the one can drive the other.

use anyhow::Result;
use system_tests::{Cell, Setup};
use tokio::signal::unix::{SignalKind, signal};

/// What a cell decides by itself.
const OURS: [&str; 3] = ["NOTTERMOST_DATA__DIR", "NOTTERMOST_HTTP__LISTEN", "NOTTERMOST_BIN"];

#[tokio::main]
async fn main() -> Result<()> {
    let mut setup = Setup::default();
    for (name, value) in std::env::vars() {
        if name.starts_with("NOTTERMOST_") && !OURS.contains(&name.as_str()) {
            setup = setup.set(&name, value);
        }
    }
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let cell = Cell::start(1, setup).await?;
    println!("nottermost is ready at {}", cell.url());
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    cell.stop().await
}

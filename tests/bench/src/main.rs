//! The figures of `docs/PERFORMANCE.md`: a load program against the real server in its default
//! configuration, on the same machine, with what the machine gives beside it.

mod bare;
mod client;
mod floors;
mod posts;
mod reads;
mod rebuild;
mod scene;
mod server;
mod sockets;
mod stats;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use scene::Scene;
use server::Server;

const POSTERS: [usize; 3] = [1, 32, 128];

/// Measures a server.
#[derive(Parser)]
struct Args {
    /// The server's binary, built in release mode.
    #[arg(long, env = "NOTTERMOST_BIN", default_value = "target/release/nottermost")]
    binary: PathBuf,
    /// What to measure; everything by default.
    #[arg(value_enum)]
    rows: Vec<Row>,
    /// Be the server without rules and storage that other rows are compared with.
    #[arg(long, hide = true)]
    serve_bare: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Row {
    Floors,
    Posts,
    Reads,
    Sockets,
    /// Rebuild and start-up, on what the other rows wrote.
    Rebuild,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    if args.serve_bare {
        return bare::serve().await;
    }
    let wanted = |row: Row| args.rows.is_empty() || args.rows.contains(&row);
    if wanted(Row::Floors) {
        floors::fsynced_appends()?;
        floors::plain_copy().await?;
        limits().await?;
    }
    let server = Server::start(&args.binary)?;
    let scene = Scene::set(&server).await?;
    if wanted(Row::Posts) {
        for posters in POSTERS {
            posts::figures(&server, &scene, posters).await?;
        }
    }
    if wanted(Row::Reads) {
        reads::figures(&server, &scene).await?;
    }
    if wanted(Row::Sockets) {
        sockets(&server, &scene, "").await?;
    }
    let data = server.stop()?;
    if wanted(Row::Rebuild) {
        rebuild::figures(&args.binary, data)?;
    }
    Ok(())
}

/// The same load on a server without rules and storage.
async fn limits() -> Result<()> {
    let server = Server::start_bare()?;
    let scene = Scene::bare();
    posts::bare(&server, &scene, 32).await?;
    reads::bare(&server, &scene).await?;
    sockets(&server, &scene, " of a bare server").await
}

async fn sockets(server: &Server, scene: &Scene, of: &str) -> Result<()> {
    for sockets in [100, 1_000] {
        sockets::latency(server, scene, sockets, of).await?;
    }
    sockets::fan_out(server, scene, 10_000, of).await
}

//! The figures of `docs/PERFORMANCE.md`: a load program against the real product in its default
//! configuration but for the limits of requests, on the same machine, with what the machine gives
//! beside it. It builds the product itself, as its users do and in the profile of its own build.

mod bare;
mod client;
mod floors;
mod kafka;
mod long_log;
mod posts;
mod processes;
mod reads;
mod rebuild;
mod scene;
mod sockets;
mod stats;
mod streams;
mod target;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use system_tests::Program;
use tokio::signal::unix::{SignalKind, signal};

use scene::Scene;
use target::{Form, Target};

const IDLE_SOCKETS: usize = 8_000;
const POSTERS: [usize; 3] = [1, 32, 128];

/// Measures the product: the one process, or a cell.
#[derive(Parser)]
struct Args {
    /// Measure the services as processes of their own behind nginx, on so many brokers of Kafka: 1, or 3
    /// with three copies of everything.
    #[arg(long, value_name = "BROKERS", value_parser = brokers)]
    cell: Option<u32>,
    /// How long each run takes; a row of posts or reads is three of them.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Posts of the row `long-log`; each takes about 1.5 KB of disk in all.
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// What to measure; everything else by default.
    #[arg(value_enum)]
    rows: Vec<Row>,
    /// Be the server without rules and storage that other rows are compared with.
    #[arg(long, hide = true)]
    serve_bare: bool,
}

fn brokers(text: &str) -> Result<u32, &'static str> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("a cluster has 1 broker or 3"),
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Row {
    /// What disk, Postgres and a bare server give.
    Floors,
    /// What a cell's Kafka gives.
    Kafka,
    Posts,
    Reads,
    Sockets,
    /// Streams of events.
    Streams,
    /// Reads while rows and index are made anew beside those that serve, of what the other rows wrote.
    Beside,
    /// Rebuild and start-up, on what the other rows wrote.
    Rebuild,
    /// Start-up on a log of as many posts as `--records` says; of the one process, and only if it is asked for.
    LongLog,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    if args.serve_bare {
        return bare::serve().await;
    }
    // Whoever ends this program ends what it has started.
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        measured = measure(args) => measured,
        _ = term.recv() => bail!("ended by SIGTERM"),
        _ = interrupt.recv() => bail!("ended by SIGINT"),
    }
}

async fn measure(args: Args) -> Result<()> {
    let wanted = |row: Row| args.rows.is_empty() || args.rows.contains(&row);
    let form = args.cell.map_or(Form::OneProcess, |brokers| Form::Cell { brokers });
    let time = Duration::from_secs(args.seconds);
    // Builds all programs now: no compiler may run beside a row.
    let _ = Program::Nottermost.binary();
    println!("{form}");
    if wanted(Row::Floors) {
        if let Form::OneProcess = form {
            floors::fsynced_appends(time / 3)?;
        }
        floors::plain_copy().await?;
        limits(form, time).await?;
    }
    let mut target = Target::start(form).await?;
    if wanted(Row::Kafka)
        && let Some(cluster) = target.kafka()
    {
        kafka::figures(cluster, time).await?;
    }
    let scene = Scene::set(&target).await?;
    if wanted(Row::Sockets) {
        sockets::memory(&target, &scene, IDLE_SOCKETS, "").await?;
    }
    if wanted(Row::Posts) {
        for posters in POSTERS {
            posts::figures(&target, &scene, posters, time).await?;
        }
    }
    if wanted(Row::Reads) {
        reads::figures(&target, &scene, time).await?;
    }
    if wanted(Row::Sockets) {
        sockets(&target, &scene, "").await?;
    }
    if wanted(Row::Streams) {
        streams::fan_out(&target, &scene).await?;
    }
    if wanted(Row::Beside) {
        rebuild::beside(&target, &scene, time).await?;
    }
    if wanted(Row::Rebuild) {
        rebuild::figures(&mut target).await?;
    }
    if args.rows.contains(&Row::LongLog) {
        long_log::figures(&mut target, &scene, args.records).await?;
    }
    target.stop().await
}

/// The same load on a server without rules and storage.
async fn limits(form: Form, time: Duration) -> Result<()> {
    let target = Target::start_bare(form).await?;
    let scene = Scene::bare();
    sockets::memory(&target, &scene, IDLE_SOCKETS, " of a bare server").await?;
    posts::bare(&target, &scene, 32, time).await?;
    reads::bare(&target, &scene, time).await?;
    sockets(&target, &scene, " of a bare server").await?;
    target.stop().await
}

async fn sockets(target: &Target, scene: &Scene, of: &str) -> Result<()> {
    for sockets in [100, 1_000] {
        sockets::latency(target, scene, sockets, of).await?;
    }
    sockets::fan_out(target, scene, 10_000, of).await
}

//! What an operator waits for: rows and index anew from the log, and a start; and what readers notice of the
//! former while the server serves.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use system_tests::{Room, Server, Setup};

use crate::reads;
use crate::scene::Scene;
use crate::target::{Target, stop};

pub async fn figures(target: &mut Target) -> Result<()> {
    target.stop_servers().await?;
    let (room, setup, programs) = target.programs()?;
    let rebuilt = setup.replayed(room, &["rebuild"]).await?;
    ensure!(rebuilt.status.success(), "replay rebuild: {}", rebuilt.stderr);
    print!("replay rebuild: {}", rebuilt.stdout);
    for program in programs {
        let began = Instant::now();
        let server = Server::start(room, &setup.clone().program(*program)).await?;
        let took = began.elapsed().as_secs_f64();
        println!("start of {} on that log, until ready: {took:.2} s", program.name());
        stop(server).await?;
    }
    Ok(())
}

/// Pages while nothing else goes on, and while rows and index are made anew beside those that serve, again
/// and again.
pub async fn beside(target: &Target, scene: &Scene, time: Duration) -> Result<()> {
    reads::pages(target, scene, time, ", no rebuild").await?;
    let (room, setup, _) = target.programs()?;
    tokio::select! {
        measured = reads::pages(target, scene, time, ", during rebuilds beside") => measured?,
        failed = rebuilding(room, setup) => return failed,
    }
    let settled = setup.replayed(room, &["settle"]).await?;
    ensure!(settled.status.success(), "replay settle: {}", settled.stderr);
    Ok(())
}

/// Ends only if it fails.
async fn rebuilding(room: &Room, setup: &Setup) -> Result<()> {
    loop {
        let began = Instant::now();
        let rebuilt = setup.replayed(room, &["rebuild", "--beside"]).await?;
        ensure!(rebuilt.status.success(), "replay rebuild --beside: {}", rebuilt.stderr);
        println!("a rebuild beside took {:.1} s", began.elapsed().as_secs_f64());
    }
}

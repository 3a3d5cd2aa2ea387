//! What an operator waits for: rows and index anew from the log, and a start.

use std::time::Instant;

use anyhow::{Result, ensure};
use system_tests::Server;

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

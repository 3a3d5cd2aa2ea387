//! What sockets tell is true: whoever applies the events of their socket to what they knew comes to
//! what REST says when it is asked anew; nobody hears of what they could not read; and a socket ends
//! with the right to it.
//!
//! Random people do random things, one after the other. `SOCKET_TRUTHS_SEED` repeats the run of a
//! failure, and compares after each command instead of now and then.

mod client;
mod commands;
mod judge;
mod model;
mod run;
mod truth;
mod world;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use system_tests::{Room, Server, Setup};

use self::commands::KINDS;
use self::run::Run;

const SEEDS: [u64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const COMMANDS: usize = 150;
/// Comparing asks for everything.
const COMPARE_EVERY: usize = 30;

#[tokio::test]
async fn events_add_up_to_what_rest_says_and_tell_nobody_too_much() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let given = std::env::var("SOCKET_TRUTHS_SEED").ok().map(|seed| seed.parse()).transpose()?;
    let seeds = given.map_or_else(|| SEEDS.to_vec(), |seed: u64| vec![seed]);
    let compare_every = if given.is_some() { 1 } else { COMPARE_EVERY };
    let mut taken = BTreeSet::<&str>::new();
    for seed in seeds {
        let mut run = Run::begun(&server.visitor()?, &ada, seed).await?;
        let held = run.take(COMMANDS, compare_every).await;
        held.with_context(|| format!("SOCKET_TRUTHS_SEED={seed}\n{}", run.told()))?;
        taken.extend(run.taken());
    }
    // A kind that is always refused would show nothing.
    let idle = KINDS.iter().filter(|kind| !taken.contains(kind.name)).map(|kind| kind.name);
    let idle: Vec<&str> = idle.collect();
    ensure!(given.is_some() || idle.is_empty(), "never taken: {idle:?}");
    server.stop().await?;
    Ok(())
}

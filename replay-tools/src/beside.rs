//! What an operator wishes of a running server: a version of rows and index beside the one that serves,
//! compared, in its place, back again. The server does it; here it is asked for and followed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use platform::config::Config;
use platform::postgres;
use projector::beside::{Outcome as Answered, Progressing, Wish, Wishes};
use read_model::Database;

use crate::Outcome;
use crate::progress::Teller;
use crate::stopped::there;
use crate::versions;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A server that runs takes a wish within moments.
const TAKEN_WITHIN: Duration = Duration::from_secs(15);

/// Has the server fulfil `wish`, and tells what it came to.
pub(crate) async fn run(config: &Config, wish: Wish) -> Result<Outcome> {
    let database = beside(config)?;
    let failed = || format!("failed to ask for `{wish}`");
    let mut wishes = Wishes::connect(&database).await.with_context(failed)?;
    let asked = wishes.ask(wish).await.with_context(failed)?;
    if asked.joined {
        println!("the server is at it already");
    }
    let (outcome, said) = answered(&mut wishes, asked.number).await?;
    match outcome {
        Answered::Failed => bail!("{said}"),
        Answered::Done => println!("{said}"),
        Answered::Different => {
            println!("{said}");
            return Ok(Outcome::Different);
        }
    }
    Ok(Outcome::Good)
}

/// The versions that there are, and what the server is at.
pub(crate) async fn status(config: &Config) -> Result<Outcome> {
    let database = beside(config)?;
    versions::tell(&database, &index(config)?).await?;
    let mut wishes = Wishes::connect(&database).await?;
    if let Some(Progressing { wish, phase, progress, .. }) = wishes.current().await? {
        println!("under way: {wish}, {phase}, {} of {} records", progress.records, progress.of);
    }
    Ok(Outcome::Good)
}

async fn answered(wishes: &mut Wishes, number: i64) -> Result<(Answered, String)> {
    let (asked, mut tell) = (Instant::now(), None);
    loop {
        let so_far = wishes.progress(number).await?.context("the wish was taken away")?;
        if let Some(answer) = so_far.outcome {
            return Ok(answer);
        }
        if so_far.taken {
            let teller = tell.get_or_insert_with(Teller::new);
            teller.hear(so_far.progress.records, so_far.progress.of);
        } else if asked.elapsed() > TAKEN_WITHIN && wishes.take_back(number).await? {
            bail!("no server takes the wish: it is asked of the process that writes the rows");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The read model's database, whose server runs.
fn beside(config: &Config) -> Result<Database> {
    let data = std::fs::canonicalize(there(config)?)?;
    Ok(Database::new(postgres::Database::options_beside(&config.database, &data)?))
}

fn index(config: &Config) -> Result<std::path::PathBuf> {
    let index = there(config)?.join("index");
    ensure!(index.exists(), "there is no search index in {}", index.display());
    Ok(index)
}

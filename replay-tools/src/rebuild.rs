//! `replay rebuild` on a stopped server: rows and index anew, beside those that are there; these give way at
//! the end, and with the rows whatever other version there is. Or one of them alone: a start goes on from the
//! lower of both positions, so the other one stays valid.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use fold::snapshots::Snapshots;
use platform::config::Config;
use projector::beside::Versions;
use projector::{Place, Rebuilt};
use read_model::{Database, SCHEMA};
use sqlx::{AssertSqlSafe, Connection};

use crate::Outcome;
use crate::progress::Teller;
use crate::stopped::{MadeFrom, Stopped, WithRows, remove};

const BESIDE: &str = "rebuild";

/// What is made alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The read model in Postgres.
    Rows,
    /// The search index.
    Index,
}

/// What is made, both if it is not said, and what from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rebuild {
    pub what: Option<Part>,
    pub from: MadeFrom,
}

pub(crate) async fn run(config: &Config, stopped: &Stopped, what: Option<Part>) -> Result<Outcome> {
    let started = Instant::now();
    let rebuilt = match what {
        Some(Part::Index) => index(stopped).await?,
        _ => {
            stopped
                .with_database(config, async |with: WithRows<'_>| rows(with, what.is_none()).await)
                .await?
        }
    };
    let made = match what {
        None => "the read model and the search index",
        Some(Part::Rows) => "the read model",
        Some(Part::Index) => "the search index",
    };
    // They only shorten the next start, which has to fold everything else.
    if let Err(error) = Snapshots::new(Arc::clone(&stopped.objects)).write_all(&rebuilt.folds).await
    {
        println!("no newer snapshots could be written ({error}): the next start may take longer");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("made from {} records in {seconds:.1} s: {made}", rebuilt.records);
    Ok(Outcome::Good)
}

async fn index(stopped: &Stopped) -> Result<Rebuilt> {
    let new = stopped.index(Some(BESIDE));
    let rebuilt = made(stopped, Place { rows: None, index: Some(&new) }).await?;
    replace_index(&stopped.index(None), &new)?;
    Ok(rebuilt)
}

/// The rows, and the index too if it is wanted.
async fn rows(with: WithRows<'_>, indexed: bool) -> Result<Rebuilt> {
    let beside = with.database.beside(&format!("{SCHEMA}_{BESIDE}"));
    let (index, new_index) = (with.stopped.index(None), with.stopped.index(Some(BESIDE)));
    let new_index = indexed.then_some(new_index);
    let place = Place { rows: Some(&beside), index: new_index.as_deref() };
    let rebuilt = made(with.stopped, place).await?;
    replace_schema(&beside).await.context("failed to put the new read model in place")?;
    if let Some(new) = &new_index {
        replace_index(&index, new)?;
    }
    // They hold rows of before, too.
    Versions::new(with.database.clone(), Some(index)).remove_all_beside().await?;
    forget(&with.database).await?;
    Ok(rebuilt)
}

/// Makes rows and index in `place`, whatever was there before.
pub(crate) async fn made(stopped: &Stopped, place: Place<'_>) -> Result<Rebuilt> {
    if let Some(index) = place.index {
        remove(index)?;
    }
    let mut tell = Teller::new();
    let hear = |progress: projector::Progress| tell.hear(progress.records, progress.of);
    let made = projector::rebuild(&stopped.log, place, hear).await;
    made.context("failed to make the read model")
}

/// In one transaction: whoever looks sees the old one or the new one.
async fn replace_schema(beside: &Database) -> sqlx::Result<()> {
    let mut connection = beside.connect().await?;
    let mut transaction = connection.begin().await?;
    let swap = [
        format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"),
        format!("ALTER SCHEMA {} RENAME TO {SCHEMA}", beside.schema()),
    ];
    for statement in swap {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    connection.close().await
}

/// Lets the database's own log and its planner's samples go: they hold the rows of before, and among
/// them perhaps those of people who were erased.
async fn forget(database: &Database) -> Result<()> {
    let mut connection = database.connect().await?;
    for statement in ["VACUUM FULL pg_catalog.pg_statistic", "SELECT pg_switch_wal()", "CHECKPOINT"]
    {
        match sqlx::query(statement).execute(&mut connection).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(refused)) => println!(
                "the database keeps what it logged of the old rows until it overwrites it: \
                 {statement} is refused ({refused})"
            ),
            Err(error) => return Err(error).context("failed to let go of the old rows"),
        }
    }
    Ok(connection.close().await?)
}

/// A crash in between leaves no index, and the server makes one at its next start.
fn replace_index(index: &Path, new: &Path) -> Result<()> {
    remove(index)?;
    fs::rename(new, index).with_context(|| format!("failed to put {} in place", index.display()))
}

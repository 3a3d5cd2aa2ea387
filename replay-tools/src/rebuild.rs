//! `replay rebuild` on a stopped server: rows and index anew, beside those that are there; these give way at
//! the end, and with them whatever other version there is.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use projector::Rebuilt;
use projector::beside::Versions;
use read_model::{Database, SCHEMA};
use sqlx::{AssertSqlSafe, Connection};

use crate::Outcome;
use crate::progress::Teller;
use crate::stopped::{WithRows, remove};

const BESIDE: &str = "rebuild";

pub(crate) async fn run(with: WithRows<'_>) -> Result<Outcome> {
    let started = Instant::now();
    let beside = with.database.beside(&format!("{SCHEMA}_{BESIDE}"));
    let (index, new_index) = (with.stopped.index(None), with.stopped.index(Some(BESIDE)));
    let rebuilt = made(&with, &beside, &new_index).await?;
    replace_schema(&beside).await.context("failed to put the new read model in place")?;
    replace_index(&index, &new_index)?;
    // They hold rows of before, too.
    Versions::new(with.database.clone(), Some(index)).remove_all_beside().await?;
    forget(&with.database).await?;
    println!(
        "made from {} records in {:.1} s: the read model and the search index",
        rebuilt.records,
        started.elapsed().as_secs_f64()
    );
    Ok(Outcome::Good)
}

/// Makes rows in the schema of `database` and an index in `index`, whatever was there before.
pub(crate) async fn made(
    with: &WithRows<'_>,
    database: &Database,
    index: &Path,
) -> Result<Rebuilt> {
    remove(index)?;
    let mut tell = Teller::new();
    let log = &with.stopped.log;
    projector::rebuild(log, database, Some(index), |progress| {
        tell.hear(progress.records, progress.of)
    })
    .await
    .context("failed to make the read model")
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

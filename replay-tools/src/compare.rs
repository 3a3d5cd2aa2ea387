//! `replay compare`: makes rows and index once more from the log, beside those that are there, and
//! says whether they are equal.

use std::path::Path;

use anyhow::{Context, Result};
use projector::{CompareError, Place};
use read_model::{Database, SCHEMA};
use search_index::{Positions, Searcher};

use crate::Outcome;
use crate::rebuild::made;
use crate::stopped::{WithRows, remove};

const BESIDE: &str = "compare";

pub(crate) async fn run(with: WithRows<'_>) -> Result<Outcome> {
    let beside = with.database.beside(&format!("{SCHEMA}_{BESIDE}"));
    let index = with.stopped.index(Some(BESIDE));
    let outcome = compared(&with, &beside, &index).await;
    beside.drop_schema().await.context("failed to remove what was made to compare")?;
    remove(&index)?;
    outcome
}

async fn compared(with: &WithRows<'_>, beside: &Database, index: &Path) -> Result<Outcome> {
    with.database.migrate().await?;
    let place = Place { rows: Some(beside), index: Some(index) };
    let made = made(with.stopped, place).await?;
    let rows = rows(&with.database, beside).await?;
    let indexed = indexes(with, index).await?;
    if rows == Outcome::Good && indexed == Outcome::Good {
        println!("equal to what {} records of the log say", made.records);
        return Ok(Outcome::Good);
    }
    Ok(Outcome::Different)
}

async fn rows(held: &Database, made: &Database) -> Result<Outcome> {
    let differences = match projector::compare(held, made).await {
        Ok(differences) => differences,
        Err(CompareError::Positions { partition, left, right }) => {
            println!("{partition}: the rows are at {left}, the log is at {right}");
            return Ok(Outcome::Different);
        }
        Err(error) => return Err(error.into()),
    };
    for difference in &differences {
        println!(
            "{}: the read model has {} rows, the log says {} (checksums {} and {})",
            difference.table,
            difference.left.0,
            difference.right.0,
            difference.left.1,
            difference.right.1
        );
    }
    Ok(if differences.is_empty() { Outcome::Good } else { Outcome::Different })
}

/// An index that has not come as far as the log is behind, not different: it is told apart.
async fn indexes(with: &WithRows<'_>, made: &Path) -> Result<Outcome> {
    let path = with.stopped.index(None);
    let held =
        Searcher::open(&path).with_context(|| format!("failed to open {}", path.display()))?;
    let made = Searcher::open(made)?;
    let positions = held.positions();
    let mut outcome = Outcome::Good;
    for (partition, end) in behind(&positions, with.stopped.ends().await?) {
        let next = positions.get(partition).map_or(0, |last| last.offset + 1);
        println!("{partition}: the search index is at {next}, the log is at {end}");
        outcome = Outcome::Different;
    }
    let (held, made) = (held.fingerprint(), made.fingerprint());
    if held != made {
        println!(
            "the search index has {} posts, the log says {} (checksums {:016x} and {:016x})",
            held.posts, made.posts, held.sum, made.sum
        );
        outcome = Outcome::Different;
    }
    Ok(outcome)
}

fn behind(
    positions: &Positions,
    ends: Vec<(events::Partition, u64)>,
) -> impl Iterator<Item = (events::Partition, u64)> {
    let next = |partition| positions.get(partition).map_or(0, |last| last.offset + 1);
    ends.into_iter().filter(move |(partition, end)| next(*partition) < *end)
}

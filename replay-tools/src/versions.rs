//! The versions of rows and index, as `replay status` shows them.

use std::path::Path;

use anyhow::Result;
use projector::beside::{Version, Versions};
use read_model::{Database, Reader};
use search_index::{OpenError, Searcher};

/// One line for each version whose rows are there: how many records rows and index hold.
pub(crate) async fn tell(database: &Database, index: &Path) -> Result<()> {
    let versions = Versions::new(database.clone(), Some(index.to_owned()));
    println!("{:<14}{:>24}{:>24}", "version", "records in rows", "records in index");
    for (version, rows, indexed) in held(&versions).await? {
        println!("{:<14}{rows:>24}{indexed:>24}", version.name());
    }
    Ok(())
}

/// Each version with the records that its rows and its index hold.
async fn held(versions: &Versions) -> Result<Vec<(Version, u64, u64)>> {
    loop {
        let found = versions.found().await?;
        match held_by(versions, &found).await {
            // They have changed places, or one went, while they were looked at.
            Err(_) if versions.found().await? != found => {}
            held => return held,
        }
    }
}

async fn held_by(versions: &Versions, found: &[Version]) -> Result<Vec<(Version, u64, u64)>> {
    let mut held = Vec::with_capacity(found.len());
    for &version in found {
        let rows = rows(&versions.database(version)).await?;
        let indexed = versions.index(version).map_or(Ok(0), |index| indexed(&index))?;
        held.push((version, rows, indexed));
    }
    Ok(held)
}

async fn rows(database: &Database) -> Result<u64> {
    let pool = database.pool(1);
    let positions = Reader::new(pool.clone()).positions().await;
    pool.close().await;
    Ok(positions?.values().sum())
}

fn indexed(index: &Path) -> Result<u64> {
    match Searcher::open(index) {
        Ok(searcher) => Ok(searcher.positions().iter().map(|last| last.offset + 1).sum()),
        Err(OpenError::Missing | OpenError::OtherFormat) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

//! The versions of rows and index, as `replay status` shows them.

use std::path::Path;

use anyhow::Result;
use projector::beside::Versions;
use read_model::{Database, Reader};
use search_index::{OpenError, Searcher};

/// One line for each version whose rows are there: how many records rows and index hold.
pub(crate) async fn tell(database: &Database, index: &Path) -> Result<()> {
    let versions = Versions::new(database.clone(), Some(index.to_owned()));
    println!("{:<14}{:>24}{:>24}", "version", "records in rows", "records in index");
    for version in versions.found().await? {
        let rows = rows(&versions.database(version)).await?;
        let indexed = versions.index(version).map_or(Ok(0), |index| indexed(&index))?;
        println!("{:<14}{rows:>24}{indexed:>24}", version.name());
    }
    Ok(())
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

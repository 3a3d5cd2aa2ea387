//! The search index that the projector of the same machine writes, opened for reading alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use search_index::Searcher;

/// The projector commits about once a second.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Between two lines about an index that is not there.
const TELL_EVERY: u32 = 25;
/// Tantivy replaces it with each commit.
const COMMITTED: &str = "meta.json";

/// Opens the index; waits for the projector to make it.
///
/// # Errors
/// It is there and cannot be opened.
pub(crate) async fn opened(directory: &Path) -> Result<Searcher> {
    let mut looks = 0_u32;
    while committed(directory).is_none() {
        if looks.is_multiple_of(TELL_EVERY) {
            tracing::info!(directory = %directory.display(), "waiting for the projector to make the search index");
        }
        looks += 1;
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(Searcher::open(directory)?)
}

/// Shows each new commit, for ever.
pub(crate) async fn follow(searcher: Searcher, directory: PathBuf) {
    let mut shown = None;
    loop {
        let newest = committed(&directory);
        if newest != shown {
            let reloading = searcher.clone();
            let reloaded = tokio::task::spawn_blocking(move || reloading.reload()).await;
            match reloaded.context("the search index").and_then(|reloaded| Ok(reloaded?)) {
                Ok(()) => shown = newest,
                Err(error) => tracing::warn!(
                    error = platform::failure_line(&*error),
                    "failed to show the newest commit"
                ),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// When the newest commit was made; nothing while there is none.
fn committed(directory: &Path) -> Option<SystemTime> {
    std::fs::metadata(directory.join(COMMITTED)).ok()?.modified().ok()
}

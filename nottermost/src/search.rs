//! The searcher, which follows the commits of the index.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use projector::Projector;
use search_index::Searcher;
use tokio::sync::watch;

/// The writer opens the index within moments; one that cannot says why in the log.
const FIRST_COMMIT: Duration = Duration::from_secs(60);

/// Opens the index as soon as its writer has made it.
pub(crate) async fn open(projector: &Projector, directory: &Path) -> Result<Searcher> {
    let mut commits = projector.index_commits();
    let first = tokio::time::timeout(FIRST_COMMIT, commits.wait_for(|commit| *commit > 0));
    let first = tokio::select! {
        first = first => first,
        reason = projector.stopped() => return Err(reason.into()),
    };
    match first {
        Ok(Ok(_)) => Ok(Searcher::open(directory)?),
        Ok(Err(_)) => bail!("failed to open the search index: its writer has ended"),
        Err(_) => bail!("failed to open the search index within {FIRST_COMMIT:?}: see the log"),
    }
}

/// Shows each new commit, for as long as there are any.
pub(crate) async fn follow(searcher: Searcher, mut commits: watch::Receiver<u64>) {
    while commits.changed().await.is_ok() {
        commits.borrow_and_update();
        let reloading = searcher.clone();
        let reloaded = tokio::task::spawn_blocking(move || reloading.reload()).await;
        if let Err(error) = reloaded.context("the search index").and_then(|r| Ok(r?)) {
            tracing::warn!(
                error = platform::failure_line(&*error),
                "failed to show the newest commit"
            );
        }
    }
}

//! Waiting for conditions: as long as it takes, but not for ever.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{sleep, timeout};

/// How long anything may take on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What `future` comes to, or an error that says what was waited for.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> Result<T> {
    timeout(PATIENCE, future).await.with_context(|| format!("waited in vain until {what}"))
}

/// Asks again and again until there is an answer.
pub async fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    within(what, async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            sleep(LOOK_AGAIN).await;
        }
    })
    .await?
}

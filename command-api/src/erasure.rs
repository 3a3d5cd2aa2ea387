//! The end of an erasure: once every channel has erased what the person said, their own state goes, then
//! their key.

mod ending;

use std::convert::Infallible;
use std::sync::Arc;

use domain::Directory;
use events::{Actor, Position, UserId};
use platform::http::ApiError;
use sealing::Uploads;

pub use ending::{Append, Ending, Step};

use crate::executor::{CommandApi, Order, undelayed};

impl CommandApi {
    /// Whether the account is erased and its key may still be there.
    pub(crate) fn is_being_erased(&self, user: UserId) -> bool {
        self.ending(user).is_some()
    }

    /// Whether a legal hold keeps what the person wrote: one that names them, or a channel that they were
    /// ever in.
    pub(crate) fn keeps(&self, directory: &Directory, user: UserId) -> bool {
        let retention = directory.retention();
        let mut channels = retention.holds().flat_map(|(_, hold)| &hold.channels);
        retention.holds_person(user)
            || channels.any(|id| {
                let fold = self.fold.channels(*id);
                let channel = fold.state().channel(*id);
                channel.is_some_and(|channel| channel.any_member(user).is_some())
            })
    }

    /// Erases the person's own state and destroys their key, unless that is done; answers the positions of
    /// what was written. Killed in between, it goes on where it was: each part may be done twice.
    ///
    /// # Errors
    /// A 503: the erasure stands, and the process manager finishes it.
    pub(crate) async fn finish_erasure(&self, user: UserId) -> Result<Vec<Position>, ApiError> {
        let mut left = self.ending(user);
        let mut written = Vec::new();
        while let Some(ending) = left {
            match ending.step() {
                Step::Append(append) => written.extend(self.append_of_erasure(&append).await?),
                Step::RemoveUploads => {
                    let uploads = Uploads::new(Arc::clone(&self.objects)).remove_of(user).await;
                    uploads.map_err(ApiError::unavailable)?;
                }
                Step::DestroyKey => {
                    let destroyed = self.keys.destroy(user);
                    let destroyed = tokio::time::timeout(self.settings.deadline, destroyed).await;
                    destroyed.map_err(ApiError::unavailable)?.map_err(ApiError::unavailable)?;
                }
            }
            left = ending.done();
        }
        Ok(written)
    }

    fn ending(&self, user: UserId) -> Option<Ending> {
        Ending::of(self.fold.directory().state(), user)
    }

    async fn append_of_erasure(&self, append: &Append) -> Result<Option<Position>, ApiError> {
        let partition = append.partition();
        let order = Order {
            id: append.id.into(),
            partition,
            rests_on: &[partition],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let ended = self
            .submit(order, || undelayed(Ok::<_, Infallible>(append.decide(&self.fold))))
            .await?;
        let written = ended.written_or(|never| match never {})?;
        Ok(written.map(|written| written.position))
    }

    /// Finishes those that a crash left in between; answers those that failed.
    pub(crate) async fn finish_erasures(&self) -> Vec<UserId> {
        let unfinished: Vec<UserId> = {
            let directory = self.fold.directory();
            Ending::unfinished(directory.state()).map(|ending| ending.user()).collect()
        };
        let mut failed = Vec::new();
        for user in unfinished {
            if let Err(error) = self.finish_erasure(user).await {
                let error = error.message();
                tracing::warn!(error, "failed to finish an erasure; trying again");
                failed.push(user);
            }
        }
        failed
    }
}

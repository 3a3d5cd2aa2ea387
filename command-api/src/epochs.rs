//! The end of an epoch: a log in whose place a restore put another is sealed, so that nothing more is
//! written behind what was archived of it.

use std::time::Duration;

use event_archive::segments::{Archive, PublicKey};
use events::Partition;
use events::directory::EpochSealed;
use futures::stream::{self, StreamExt};
use platform::http::ApiError;
use tokio::time::MissedTickBehavior;

use crate::executor::CommandApi;
use crate::of_log::AT_ONCE;

const LOOK_EVERY: Duration = Duration::from_secs(15);

impl CommandApi {
    /// Looks now and then whether a newer epoch was opened in the archive, by one who signs as `signer`, and
    /// seals this log then. Without end; the fold's end ends the process.
    pub async fn seal_once_replaced(&self, archive: Archive, signer: PublicKey) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let opened = match archive.clone().open(&[signer]).await {
                Ok(archive) => archive.epochs().last().cloned(),
                Err(error) => {
                    tracing::warn!(%error, "failed to look for a newer epoch; trying again");
                    continue;
                }
            };
            let Some(opened) = opened else { continue };
            if opened.epoch <= self.fold.epoch(Partition::DIRECTORY) {
                continue;
            }
            tracing::error!(
                epoch = opened.epoch,
                log = opened.log,
                "another log goes on: sealing this"
            );
            if let Err(error) = self.seal_log().await {
                tracing::warn!(error = error.message(), "failed to seal the log; trying again");
            }
        }
    }

    /// The directory last: its end ends every process.
    async fn seal_log(&self) -> Result<(), ApiError> {
        let others = Partition::durable().filter(|partition| *partition != Partition::DIRECTORY);
        let sealed = others.map(|partition| self.seal_partition(partition));
        let sealed: Vec<_> = stream::iter(sealed).buffer_unordered(AT_ONCE).collect().await;
        self.seal_partition(Partition::DIRECTORY).await?;
        sealed.into_iter().collect()
    }

    async fn seal_partition(&self, partition: Partition) -> Result<(), ApiError> {
        let epoch = self.fold.epoch(partition);
        let event = events::of_log(partition.topic, EpochSealed { epoch });
        self.say_of_log((partition, epoch), &event, || self.fold.is_sealed(partition)).await
    }
}

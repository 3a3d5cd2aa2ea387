//! The end of an epoch: a log in whose place a restore put another is sealed, so that nothing more is
//! written behind what was archived of it.

use std::time::Duration;

use domain::commands::Decision;
use event_archive::segments::{Archive, PublicKey};
use events::directory::EpochSealed;
use events::{
    Actor, Body, ChannelEvent, DirectoryEvent, Event, EventId, Id, Partition, ReadstateEvent,
    Topic, UserEvent,
};
use futures::stream::{self, StreamExt};
use platform::http::ApiError;
use tokio::time::MissedTickBehavior;

use crate::executor::{CommandApi, Order, undelayed};

/// Partitions that are sealed at once.
const AT_ONCE: usize = 16;
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
        let name = [partition.to_string().into_bytes(), epoch.to_be_bytes().to_vec()];
        let order = Order {
            id: EventId(Id::derived("epoch.sealed", &[&name[0], &name[1]])).into(),
            partition,
            rests_on: &[partition],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let decision = if self.fold.is_sealed(partition) {
                Decision::AlreadySo
            } else {
                Decision::Append(sealed(partition.topic, EpochSealed { epoch }.into()))
            };
            undelayed(Ok::<_, ()>(decision))
        });
        ended.await.map(drop)
    }
}

fn sealed(topic: Topic, body: Body<EpochSealed>) -> Event {
    match topic {
        Topic::Directory => DirectoryEvent::from(body).into(),
        Topic::Channels => ChannelEvent::from(body).into(),
        Topic::Users => UserEvent::from(body).into(),
        Topic::Readstate => ReadstateEvent::from(body).into(),
        Topic::Presence => unreachable!("what is never judged has no epochs"),
    }
}

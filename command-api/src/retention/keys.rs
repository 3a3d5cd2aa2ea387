//! Keys of channels move on, so that nobody can read the past of log and archive.

use std::collections::BTreeSet;
use std::convert::Infallible;

use domain::commands::Decision;
use domain::retention::DAY_MS;
use domain::{Channel, Retention};
use events::retention::{ChannelKeyAdvanced, RetentionRunFinished};
use events::{
    Actor, Body, ChannelEvent, ChannelId, EventId, Id, PARTITIONS, Partition, Topic, UserId,
};
use platform::http::ApiError;
use sealing::Month;

use super::people_of;
use crate::executor::{CommandApi, Order, undelayed};

/// The first moment of the oldest month whose key is needed where all of before a time is gone; 0 for no
/// time. A day less, because a key's month follows the clock of whoever wrote, which may be behind the
/// time that was assigned.
pub(super) fn over_by(before: i64) -> i64 {
    if before < DAY_MS { 0 } else { Month::of(before - DAY_MS).begins_at_ms() }
}

impl CommandApi {
    /// A month's key goes once all that was said in it is past its time, unless a hold names the channel or
    /// anyone who was ever in it.
    pub(super) async fn advance_keys(&self, run: &mut RetentionRunFinished) {
        for (channel_id, sealed_from) in self.due_keys() {
            match self.advance_key(channel_id, sealed_from).await {
                Ok(advanced) => run.keys_advanced += u64::from(advanced),
                Err(error) => {
                    let error = error.message();
                    tracing::warn!(error, channel.id = %channel_id, "failed to move a channel's key on");
                    run.channels_failed += 1;
                }
            }
        }
    }

    fn due_keys(&self) -> Vec<(ChannelId, i64)> {
        let directory = self.fold.directory();
        let retention = directory.state().retention();
        let held = retention.held_people();
        let mut due = Vec::new();
        for index in 0..PARTITIONS {
            let channels = self.fold.channels_at(index);
            for (id, channel) in channels.state().channels() {
                let sealed_from = over_by(channel.cleared_before);
                if sealed_from > channel.sealed_from && !is_held(retention, &held, id, channel) {
                    due.push((id, sealed_from));
                }
            }
        }
        due
    }

    /// The key first: once the event stands, everyone has forgotten it, and none is left to come back. A hold
    /// that was placed meanwhile keeps it.
    async fn advance_key(&self, channel_id: ChannelId, sealed_from: i64) -> Result<bool, ApiError> {
        let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
        let caught_up =
            self.fold.catch_up(&[Partition::DIRECTORY, partition], self.deadline()).await;
        caught_up.map_err(ApiError::unavailable)?;
        let held = {
            let (directory, channels) = (self.fold.directory(), self.fold.channels(channel_id));
            let (retention, channel) =
                (directory.state().retention(), channels.state().channel(channel_id));
            let held = retention.held_people();
            channel.is_none_or(|channel| is_held(retention, &held, channel_id, channel))
        };
        if held {
            return Ok(false);
        }
        let advanced = self.keys.advance(channel_id, sealed_from);
        let advanced = tokio::time::timeout(self.settings.deadline, advanced).await;
        advanced.map_err(ApiError::unavailable)?.map_err(ApiError::unavailable)?;
        let fields: [&[u8]; 2] = [channel_id.as_bytes(), &sealed_from.to_be_bytes()];
        let order = Order {
            id: EventId(Id::derived("channel.key_advanced", &fields)).into(),
            partition,
            rests_on: &[partition],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let event =
                ChannelEvent::from(Body::from(ChannelKeyAdvanced { channel_id, sealed_from }));
            undelayed(Ok::<_, Infallible>(Decision::Append(event.into())))
        });
        ended.await.map(|_| true)
    }
}

/// Whether a hold names the channel or anyone who was ever in it; `held` are all whom one names.
fn is_held(
    retention: &Retention,
    held: &BTreeSet<UserId>,
    id: ChannelId,
    channel: &Channel,
) -> bool {
    retention.holds_channel(id) || people_of(held, channel).next().is_some()
}

//! Keys of channels move on, so that nobody can read the past of log and archive.

use std::convert::Infallible;

use domain::commands::Decision;
use events::retention::ChannelKeyAdvanced;
use events::{Actor, Body, ChannelEvent, ChannelId, EventId, Id, PARTITIONS, Partition, Topic};
use platform::http::ApiError;
use sealing::Month;

use super::{Report, held_people};
use crate::executor::{CommandApi, Order, undelayed};

/// The first moment of the month of a time, Unix ms; 0 for no time.
pub(super) fn month_begins(time_ms: i64) -> i64 {
    if time_ms == 0 { 0 } else { Month::of(time_ms).begins_at_ms() }
}

impl CommandApi {
    /// A month's key goes once all that was said in it is past its time, unless a hold names the channel or
    /// anyone who was ever in it.
    pub(super) async fn advance_keys(&self, report: &mut Report) {
        for (channel_id, sealed_from) in self.due_keys() {
            match self.advance_key(channel_id, sealed_from).await {
                Ok(()) => report.keys_advanced += 1,
                Err(error) => {
                    let error = error.message();
                    tracing::warn!(error, channel.id = %channel_id, "failed to move a channel's key on");
                    report.channels_failed += 1;
                }
            }
        }
    }

    fn due_keys(&self) -> Vec<(ChannelId, i64)> {
        let directory = self.fold.directory();
        let mut due = Vec::new();
        for index in 0..PARTITIONS {
            let channels = self.fold.channels_at(index);
            for (id, channel) in channels.state().channels() {
                let sealed_from = month_begins(channel.expired_before);
                if sealed_from > channel.sealed_from
                    && !directory.state().retention().holds_channel(id)
                    && held_people(directory.state(), channel).is_empty()
                {
                    due.push((id, sealed_from));
                }
            }
        }
        due
    }

    /// The key first: once the event stands, everyone has forgotten it, and none is left to come back.
    async fn advance_key(&self, channel_id: ChannelId, sealed_from: i64) -> Result<(), ApiError> {
        let advanced = self.keys.advance(channel_id, sealed_from);
        let advanced = tokio::time::timeout(self.settings.deadline, advanced).await;
        advanced.map_err(ApiError::unavailable)?.map_err(ApiError::unavailable)?;
        let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
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
        ended.await.map(drop)
    }
}

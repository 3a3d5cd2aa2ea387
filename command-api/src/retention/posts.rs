//! Posts and files that are past their time: one event per channel.

use domain::commands::Decision;
use events::retention::ChannelPostsExpired;
use events::{Actor, Body, ChannelEvent, EventId, Id, Partition, Topic, UserId};
use platform::http::ApiError;
use read_model::queries::PastRows;

use super::{Candidate, ChannelReport, people_of};
use crate::executor::{CommandApi, Ended, Order, undelayed};
use crate::facts::unreadable;

/// Channels that are counted in one query.
const COUNTED_AT_ONCE: usize = 500;

impl CommandApi {
    /// What is there of it, as the rows know; channels that have nothing are left out.
    pub(super) async fn counted(
        &self,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<ChannelReport>, ApiError> {
        let held: Vec<UserId> =
            self.fold.directory().state().retention().held_people().into_iter().collect();
        let mut due = Vec::new();
        for some in candidates.chunks(COUNTED_AT_ONCE) {
            let past: Vec<PastRows> = some
                .iter()
                .map(|c| PastRows {
                    channel_id: c.channel_id,
                    posts_before: c.past.posts_before,
                    files_before: c.past.files_before,
                })
                .collect();
            let counts = self.reader.count_past(&past, &held).await.map_err(unreadable)?;
            due.extend(some.iter().zip(counts).filter_map(|(candidate, counted)| {
                let there = counted.posts + counted.files > 0 || candidate.opens_a_month;
                there.then_some(ChannelReport {
                    channel_id: candidate.channel_id,
                    policy_id: candidate.past.policy_id,
                    posts_before: candidate.past.posts_before,
                    files_before: candidate.past.files_before,
                    posts: counted.posts,
                    files: counted.files,
                })
            }));
        }
        Ok(due)
    }

    /// Says so in the channel, and waits until the rows have followed, so that a run does not hold up what
    /// people say. Answers whether that was done.
    pub(super) async fn expire(&self, due: &ChannelReport, run: Id, by: Option<UserId>) -> bool {
        let channel_id = due.channel_id;
        let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
        // Two processes that run it do it once.
        let id = EventId(Id::derived("retention.expiry", &[run.as_bytes(), channel_id.as_bytes()]));
        let order = Order {
            id: id.into(),
            partition,
            rests_on: &[Partition::DIRECTORY, partition],
            actor: by.map_or(Actor::System, Actor::User),
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let (directory, channels) = (self.fold.directory(), self.fold.channels(channel_id));
            let channel = channels.state().channel(channel_id);
            let retention = directory.state().retention();
            let decision = match channel.filter(|_| !retention.holds_channel(channel_id)) {
                None => Decision::AlreadySo,
                Some(channel) => {
                    let expired = ChannelPostsExpired {
                        channel_id,
                        before: due.posts_before,
                        files_before: due.files_before,
                        kept_author_ids: people_of(&retention.held_people(), channel).collect(),
                        policy_id: due.policy_id,
                        run_id: run,
                        posts: due.posts,
                        files: due.files,
                    };
                    Decision::Append(ChannelEvent::from(Body::from(expired)).into())
                }
            };
            undelayed(Ok::<_, std::convert::Infallible>(decision))
        });
        match ended.await {
            Ok(Ended::Written(written)) => {
                self.visible(&[written.position]).await;
                true
            }
            Ok(_) => true,
            Err(error) => {
                let error = error.message();
                tracing::warn!(error, channel.id = %channel_id, "failed to expire a channel's posts");
                false
            }
        }
    }
}

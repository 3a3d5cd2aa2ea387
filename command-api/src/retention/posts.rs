//! Posts and files that are past their time: an event for each so many posts of a channel.

use std::ops::Range;

use domain::commands::Decision;
use events::retention::ChannelPostsExpired;
use events::{Actor, Body, ChannelEvent, EventId, Id, Partition, Topic, UserId};
use platform::http::ApiError;
use read_model::queries::{PastCounts, PastRows};

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
        let held = self.held();
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

    /// Has what is past its time in a channel go, so many posts at a time; files of posts that stay go with the last
    /// of them. Answers whether that was done.
    ///
    /// # Errors
    /// A 503: the rows do not follow, and more would hold up what people say.
    pub(super) async fn expire(
        &self,
        due: ChannelReport,
        run: Id,
        by: Option<UserId>,
    ) -> Result<bool, ApiError> {
        let at_once = u64::from(self.settings.retention.posts_at_once);
        if due.posts <= at_once {
            return self.expire_at_once(&due, run, by).await;
        }
        let mut from = 0;
        while let Some(until) = self.end_of_piece(&due, from..due.posts_before).await? {
            from = until;
            let piece = self.recounted(due.until(until)).await?;
            // Each event costs a walk over what stays, as a hold keeps it: it has to be worth it.
            if piece.posts >= at_once && !self.expire_at_once(&piece, run, by).await? {
                return Ok(false);
            }
        }
        self.expire_at_once(&self.recounted(due).await?, run, by).await
    }

    /// The time behind the first posts of a span, as many as go at once; none where there are fewer.
    async fn end_of_piece(
        &self,
        due: &ChannelReport,
        span: Range<i64>,
    ) -> Result<Option<i64>, ApiError> {
        let posts = self.settings.retention.posts_at_once.into();
        let latest = self.reader.latest_of_piece(due.channel_id, span, posts).await;
        Ok(latest.map_err(unreadable)?.map(|latest| latest + 1))
    }

    async fn recounted(&self, piece: ChannelReport) -> Result<ChannelReport, ApiError> {
        let counts = self.reader.count_past(&[piece.past()], &self.held()).await;
        let counted = counts.map_err(unreadable)?.into_iter().next();
        let PastCounts { posts, files } = counted.unwrap_or_default();
        Ok(ChannelReport { posts, files, ..piece })
    }

    fn held(&self) -> Vec<UserId> {
        self.fold.directory().state().retention().held_people().into_iter().collect()
    }

    /// Says so in the channel, and waits until the rows have followed, so that a run does not hold up what
    /// people say.
    async fn expire_at_once(
        &self,
        due: &ChannelReport,
        run: Id,
        by: Option<UserId>,
    ) -> Result<bool, ApiError> {
        let channel_id = due.channel_id;
        let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
        let [posts, files] = [due.posts_before, due.files_before].map(i64::to_be_bytes);
        // Two processes that run it do it once.
        let fields: [&[u8]; 4] = [run.as_bytes(), channel_id.as_bytes(), &posts, &files];
        let order = Order {
            id: EventId(Id::derived("retention.expiry", &fields)).into(),
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
            Ok(Ended::Written(written)) => self.rows_hold(written.position).await.map(|()| true),
            Ok(_) => Ok(true),
            Err(error) => {
                let error = error.message();
                tracing::warn!(error, channel.id = %channel_id, "failed to expire a channel's posts");
                Ok(false)
            }
        }
    }
}

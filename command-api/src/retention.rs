//! Retention: what is past its time goes, once a day. What a run does to a channel is one event there; each
//! process may run it, and may stop anywhere: the next run goes on.

mod keys;
mod objects;
mod posts;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::retention::DAY_MS;
use domain::{Channel, Directory, Kept, Past};
use events::retention::RetentionRunFinished;
use events::{
    Actor, Body, ChannelId, DirectoryEvent, EventId, Id, PARTITIONS, Partition, PolicyId, Topic,
    UserId,
};
use platform::clock;
use platform::http::ApiError;
use read_model::queries::PastRows;
use schemars::JsonSchema;
use serde::Serialize;

use crate::executor::CommandApi;

pub(crate) use objects::{object_of, picture_object};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// How often it is looked whether a run is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// So many go from the rows in a second or so.
const POSTS_AT_ONCE: u32 = 10_000;

/// Channels that a report names.
const NAMED_MAX: usize = 1_000;

/// How long the installation keeps things, and when it looks.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSettings {
    pub kept: Kept,
    /// Hour of the day in UTC.
    pub run_hour: u8,
    /// Posts of a channel that go with one event: at least so many, but for the last, and less than twice as many
    /// with the roots that they held.
    pub posts_at_once: u32,
}

impl RetentionSettings {
    pub fn new(kept: Kept, run_hour: u8) -> Self {
        Self { kept, run_hour, posts_at_once: POSTS_AT_ONCE }
    }
}

/// What a run does, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Report {
    #[serde(flatten)]
    pub run: RetentionRunFinished,
    pub dry_run: bool,
    /// The first thousand of its channels.
    pub named: Vec<ChannelReport>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct ChannelReport {
    pub channel_id: ChannelId,
    /// Absent: as the installation says.
    pub policy_id: Option<PolicyId>,
    pub posts_before: i64,
    pub files_before: i64,
    pub posts: u64,
    pub files: u64,
}

impl ChannelReport {
    /// What of it is of before a time, whatever that comes to.
    fn until(&self, time: i64) -> Self {
        let posts_before = self.posts_before.min(time);
        let files_before = self.files_before.min(time);
        Self { posts_before, files_before, ..self.clone() }
    }

    fn past(&self) -> PastRows {
        let Self { channel_id, posts_before, files_before, .. } = *self;
        PastRows { channel_id, posts_before, files_before }
    }
}

/// A channel with something past its time, unless the rows say that nothing is there.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    channel_id: ChannelId,
    past: Past,
    /// Its key can move on, so that the event is due whatever the rows hold.
    opens_a_month: bool,
}

impl CommandApi {
    /// Runs retention each day. Never ends.
    pub async fn run_retention_daily(&self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = clock::now_ms();
            let due_at = latest(now, self.settings.retention.run_hour);
            let done = self.fold.directory().state().retention().last_run_began_at() >= due_at;
            if done {
                continue;
            }
            let run_id = Id::derived("retention.run", &[&due_at.to_be_bytes()]);
            if let Err(error) = self.run_retention(run_id, None, false).await {
                tracing::warn!(error = error.message(), "failed to run retention; trying again");
            }
        }
    }

    /// Does what is due now, or only says what that is.
    ///
    /// # Errors
    /// A 503: what was done is done, and the next run goes on.
    pub(crate) async fn run_retention(
        &self,
        run_id: Id,
        by: Option<UserId>,
        dry_run: bool,
    ) -> Result<Report, ApiError> {
        let now = clock::now_ms();
        let mut report = Report::begun(run_id, by, now, dry_run);
        let partitions: Vec<Partition> =
            std::iter::once(Partition::DIRECTORY).chain(Topic::Channels.partitions()).collect();
        self.rows_at_ends(&partitions).await?;
        let candidates = self.candidates(now, &mut report.run);
        for due in self.counted(candidates).await? {
            report.note(&due);
            if !dry_run {
                report.run.channels_failed += u64::from(!self.expire(due, run_id, by).await?);
            }
        }
        if !dry_run {
            self.advance_keys(&mut report.run).await;
            match self.sweep_objects(now).await {
                Ok(removed) => report.run.objects_removed = removed,
                Err(error) => {
                    let error = error.message();
                    tracing::warn!(
                        error,
                        "failed to remove objects without a file; the next run does"
                    );
                }
            }
            self.finish_run(&report.run).await?;
        }
        Ok(report)
    }

    /// Channels of which something may be past its time.
    fn candidates(&self, now: i64, run: &mut RetentionRunFinished) -> Vec<Candidate> {
        let directory = self.fold.directory();
        let retention = directory.state().retention();
        let held = retention.held_people();
        let kept = self.settings.retention.kept;
        let mut candidates = Vec::new();
        for index in 0..PARTITIONS {
            let channels = self.fold.channels_at(index);
            for (channel_id, channel) in channels.state().channels() {
                let Some(past) = retention.past(channel_id, channel.team_id, kept, now) else {
                    continue;
                };
                // What a hold spared goes once it holds nobody any more.
                let spared = past.posts_before > channel.cleared_before
                    && people_of(&held, channel).next().is_none();
                let later = past.posts_before > channel.expired_before
                    || past.files_before > channel.files_expired_before;
                if !spared && !later {
                    continue;
                }
                if retention.holds_channel(channel_id) {
                    run.channels_held += 1;
                    continue;
                }
                let opens_a_month = keys::over_by(past.posts_before) > channel.sealed_from;
                candidates.push(Candidate { channel_id, past, opens_a_month });
            }
        }
        candidates
    }

    async fn finish_run(&self, run: &RetentionRunFinished) -> Result<(), ApiError> {
        tracing::info!(
            channels = run.channels,
            posts = run.posts,
            files = run.files,
            channels_held = run.channels_held,
            keys_advanced = run.keys_advanced,
            objects_removed = run.objects_removed,
            channels_failed = run.channels_failed,
            "retention has run"
        );
        let id = EventId(Id::derived("retention.run_finished", &[run.run_id.as_bytes()]));
        let actor = run.by.map_or(Actor::System, Actor::User);
        let decide = |_: &Directory| {
            let event = DirectoryEvent::from(Body::from(run.clone()));
            Ok::<_, DirectoryRejection>(Decision::Append(event.into()))
        };
        let written = self.in_directory(actor, id, decide).await?;
        self.visible(&self.position_of(written.as_ref(), Partition::DIRECTORY)).await;
        Ok(())
    }
}

impl Report {
    fn begun(run_id: Id, by: Option<UserId>, began_at: i64, dry_run: bool) -> Self {
        let run = RetentionRunFinished {
            run_id,
            began_at,
            by,
            channels: 0,
            posts: 0,
            files: 0,
            channels_held: 0,
            keys_advanced: 0,
            objects_removed: 0,
            channels_failed: 0,
        };
        Self { run, dry_run, named: Vec::new() }
    }

    fn note(&mut self, due: &ChannelReport) {
        self.run.channels += 1;
        self.run.posts += due.posts;
        self.run.files += due.files;
        if self.named.len() < NAMED_MAX {
            self.named.push(due.clone());
        }
    }
}

/// Those of a channel's people, past ones too, who are `held`.
fn people_of(held: &BTreeSet<UserId>, channel: &Channel) -> impl Iterator<Item = UserId> {
    // Mostly nobody is: nor are the people then looked at.
    let people = if held.is_empty() { &[] } else { channel.all_members() };
    people.iter().map(|member| member.user_id).filter(|user| held.contains(user))
}

/// The latest moment that is no later than `now_ms` at which a day's run is due.
fn latest(now_ms: i64, hour: u8) -> i64 {
    let offset = i64::from(hour) * HOUR_MS;
    (now_ms - offset).div_euclid(DAY_MS) * DAY_MS + offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_due_at_its_hour_of_each_day() {
        let day = 20_000 * DAY_MS;
        assert_eq!(latest(day + 2 * HOUR_MS, 2), day + 2 * HOUR_MS);
        assert_eq!(latest(day + 2 * HOUR_MS - 1, 2), day - 22 * HOUR_MS);
        assert_eq!(latest(day + DAY_MS - 1, 2), day + 2 * HOUR_MS);
        assert_eq!(latest(day, 0), day);
    }
}

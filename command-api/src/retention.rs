//! Retention: what is past its time goes, once a day. What a run does to a channel is one event there; each
//! process may run it, and may stop anywhere: the next run goes on.

mod keys;
mod objects;
mod posts;

use std::time::Duration;

use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::{Channel, Directory, Kept, Past};
use events::retention::RetentionRunFinished;
use events::{
    Actor, Body, ChannelId, DirectoryEvent, EventId, Id, PARTITIONS, Partition, PolicyId, Topic,
    UserId,
};
use platform::clock;
use platform::http::ApiError;
use serde::Serialize;

use crate::executor::CommandApi;

pub(crate) use objects::object_of;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How often it is looked whether a run is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Channels that a report names.
const NAMED_MAX: usize = 1_000;

/// How long the installation keeps things, and when it looks.
#[derive(Debug, Clone, Copy)]
pub struct RetentionSettings {
    pub kept: Kept,
    /// Hour of the day in UTC.
    pub run_hour: u8,
}

/// What a run does, or would do.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub run_id: Id,
    pub dry_run: bool,
    pub began_at: i64,
    /// Channels in which something is past its time.
    pub channels: u64,
    pub posts: u64,
    pub files: u64,
    /// Channels that a hold keeps whole.
    pub channels_held: u64,
    pub keys_advanced: u64,
    pub objects_removed: u64,
    pub channels_failed: u64,
    /// The first thousand of `channels`.
    pub named: Vec<ChannelReport>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChannelReport {
    pub channel_id: ChannelId,
    /// Absent: as the installation says.
    pub policy_id: Option<PolicyId>,
    pub posts_before: i64,
    pub files_before: i64,
    pub posts: u64,
    pub files: u64,
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
        let mut report = Report { run_id, dry_run, began_at: now, ..Report::default() };
        let partitions: Vec<Partition> =
            std::iter::once(Partition::DIRECTORY).chain(Topic::Channels.partitions()).collect();
        self.rows_at_ends(&partitions).await?;
        let candidates = self.candidates(now, &mut report);
        for due in self.counted(candidates).await? {
            report.note(&due);
            if !dry_run {
                report.channels_failed += u64::from(!self.expire(&due, run_id, by).await);
            }
        }
        if !dry_run {
            self.advance_keys(&mut report).await;
            match self.sweep_objects(now).await {
                Ok(removed) => report.objects_removed = removed,
                Err(error) => {
                    let error = error.message();
                    tracing::warn!(
                        error,
                        "failed to remove objects without a file; the next run does"
                    );
                }
            }
            self.finish_run(&report, by).await?;
        }
        Ok(report)
    }

    /// Channels of which something may be past its time.
    fn candidates(&self, now: i64, report: &mut Report) -> Vec<Candidate> {
        let directory = self.fold.directory();
        let kept = self.settings.retention.kept;
        let mut candidates = Vec::new();
        for index in 0..PARTITIONS {
            let channels = self.fold.channels_at(index);
            for (channel_id, channel) in channels.state().channels() {
                let retention = directory.state().retention();
                let Some(past) = retention.past(channel_id, channel.team_id, kept, now) else {
                    continue;
                };
                // What a hold spared goes once it holds nobody any more.
                let spared = past.posts_before > channel.cleared_before
                    && held_people(directory.state(), channel).is_empty();
                let later = past.posts_before > channel.expired_before
                    || past.files_before > channel.files_expired_before;
                if !spared && !later {
                    continue;
                }
                if retention.holds_channel(channel_id) {
                    report.channels_held += 1;
                    continue;
                }
                let opens_a_month = keys::over_by(past.posts_before) > channel.sealed_from;
                candidates.push(Candidate { channel_id, past, opens_a_month });
            }
        }
        candidates
    }

    async fn finish_run(&self, report: &Report, by: Option<UserId>) -> Result<(), ApiError> {
        let finished = RetentionRunFinished {
            run_id: report.run_id,
            began_at: report.began_at,
            by,
            channels: report.channels,
            posts: report.posts,
            files: report.files,
            channels_held: report.channels_held,
            keys_advanced: report.keys_advanced,
            objects_removed: report.objects_removed,
            channels_failed: report.channels_failed,
        };
        tracing::info!(
            channels = report.channels,
            posts = report.posts,
            files = report.files,
            channels_held = report.channels_held,
            keys_advanced = report.keys_advanced,
            objects_removed = report.objects_removed,
            channels_failed = report.channels_failed,
            "retention has run"
        );
        let id = EventId(Id::derived("retention.run_finished", &[report.run_id.as_bytes()]));
        let actor = by.map_or(Actor::System, Actor::User);
        let decide = |_: &Directory| {
            let event = DirectoryEvent::from(Body::from(finished.clone()));
            Ok::<_, DirectoryRejection>(Decision::Append(event.into()))
        };
        let written = self.in_directory(actor, id, decide).await?;
        self.visible(&self.position_of(written.as_ref(), Partition::DIRECTORY)).await;
        Ok(())
    }
}

impl Report {
    fn note(&mut self, due: &ChannelReport) {
        self.channels += 1;
        self.posts += due.posts;
        self.files += due.files;
        if self.named.len() < NAMED_MAX {
            self.named.push(due.clone());
        }
    }
}

/// Those of a channel's people, past ones too, whom a hold names.
fn held_people(directory: &Directory, channel: &Channel) -> Vec<UserId> {
    let held = directory.retention().held_people();
    let people = channel.all_members().iter().map(|member| member.user_id);
    people.filter(|user| held.contains(user)).collect()
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

//! How long things are kept: policies of teams and channels, legal holds, runs. A part of `directory`.

use std::collections::{BTreeMap, BTreeSet};

use events::retention::{RetentionPolicyChanged, RetentionPolicyCreated};
use events::{ChannelId, DirectoryEvent, HoldId, PolicyId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// Teams and channels that keep their messages for a time of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub display_name: String,
    /// Days; below zero for ever.
    pub post_days: i32,
    pub teams: BTreeSet<TeamId>,
    pub channels: BTreeSet<ChannelId>,
}

/// People and channels of which nothing is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub users: BTreeSet<UserId>,
    pub channels: BTreeSet<ChannelId>,
    /// When it was placed, assigned.
    pub placed_at: i64,
}

/// A team or a channel has one policy at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    policies: BTreeMap<PolicyId, Policy>,
    holds: BTreeMap<HoldId, Hold>,
    /// Released holds: their ids are never taken again.
    released: BTreeSet<HoldId>,
    last_run_began_at: i64,
}

/// What is known of it.
impl Retention {
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(&id)
    }

    /// Every policy, in order of id.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = (PolicyId, &Policy)> {
        self.policies.iter().map(|(id, policy)| (*id, policy))
    }

    /// The channel's own policy.
    pub fn policy_of_channel(&self, channel: ChannelId) -> Option<(PolicyId, &Policy)> {
        self.policies().find(|(_, policy)| policy.channels.contains(&channel))
    }

    pub fn policy_of_team(&self, team: TeamId) -> Option<(PolicyId, &Policy)> {
        self.policies().find(|(_, policy)| policy.teams.contains(&team))
    }

    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// The holds in force, in order of id.
    pub fn holds(&self) -> impl Iterator<Item = (HoldId, &Hold)> {
        self.holds.iter().map(|(id, hold)| (*id, hold))
    }

    pub fn holds_person(&self, user: UserId) -> bool {
        self.holds.values().any(|hold| hold.users.contains(&user))
    }

    pub fn holds_channel(&self, channel: ChannelId) -> bool {
        self.holds.values().any(|hold| hold.channels.contains(&channel))
    }

    /// Everyone whom a hold names.
    pub fn held_people(&self) -> BTreeSet<UserId> {
        self.holds.values().flat_map(|hold| hold.users.iter().copied()).collect()
    }

    /// When the newest run that has ended began, Unix ms; 0 for none.
    pub fn last_run_began_at(&self) -> i64 {
        self.last_run_began_at
    }
}

/// By which things are kept.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long the installation keeps what no policy speaks of, in days; 0 for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    pub message_days: u32,
    pub file_days: u32,
}

/// What of a channel is past its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Posts of before this time, Unix ms; 0 for none.
    pub posts_before: i64,
    /// Files of before this time; never earlier than that of posts.
    pub files_before: i64,
    /// The policy that says so; absent for the installation.
    pub policy_id: Option<PolicyId>,
}

/// What is kept for `days` is kept until the end of a day in UTC: before the beginning of the day that was
/// `days` before `now_ms` nothing is. 0 for what is kept for ever.
pub fn cutoff(now_ms: i64, days: u32) -> i64 {
    if days == 0 {
        return 0;
    }
    ((now_ms - i64::from(days) * DAY_MS).div_euclid(DAY_MS) * DAY_MS).max(0)
}

impl Retention {
    /// What of the channel is past its time at `now_ms`, whatever holds it.
    pub fn past(
        &self,
        channel: ChannelId,
        team: Option<TeamId>,
        kept: Kept,
        now_ms: i64,
    ) -> Option<Past> {
        let of_team = || self.policy_of_team(team?);
        // A channel's own comes before its team's.
        let policy = self.policy_of_channel(channel).or_else(of_team);
        let days = match policy {
            Some((_, policy)) => u32::try_from(policy.post_days).unwrap_or(0),
            None => kept.message_days,
        };
        let posts_before = cutoff(now_ms, days);
        // Who keeps messages for ever by a policy keeps their files, too.
        let for_ever = policy.is_some() && days == 0;
        let own = if for_ever { 0 } else { cutoff(now_ms, kept.file_days) };
        let files_before = own.max(posts_before);
        let past = Past { posts_before, files_before, policy_id: policy.map(|(id, _)| id) };
        (files_before > 0).then_some(past)
    }
}

/// Rules and effects; `directory` passes on what concerns retention.
impl Retention {
    pub(crate) fn admit(&self, event: &DirectoryEvent) -> Result<(), Refusal> {
        use DirectoryEvent as E;
        match event {
            E::RetentionPolicyCreated(b) => {
                refuse_if(self.policies.contains_key(&b.c.policy_id), Refusal::Already)
            }
            E::RetentionPolicyChanged(b) => self.known(b.c.policy_id),
            E::RetentionPolicyDeleted(b) => self.known(b.c.policy_id),
            E::LegalHoldPlaced(b) => {
                let taken = self.holds.contains_key(&b.c.hold_id);
                refuse_if(taken || self.released.contains(&b.c.hold_id), Refusal::Already)
            }
            E::LegalHoldReleased(b) => {
                refuse_if(!self.holds.contains_key(&b.c.hold_id), Refusal::Already)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn evolve(&mut self, event: &DirectoryEvent, at: i64) {
        use DirectoryEvent as E;
        match event {
            E::RetentionPolicyCreated(b) => self.create(&b.c),
            E::RetentionPolicyChanged(b) => self.change(&b.c),
            E::RetentionPolicyDeleted(b) => {
                self.policies.remove(&b.c.policy_id);
            }
            E::LegalHoldPlaced(b) => {
                let users = b.c.user_ids.iter().copied().collect();
                let channels = b.c.channel_ids.iter().copied().collect();
                self.holds.insert(b.c.hold_id, Hold { users, channels, placed_at: at });
            }
            E::LegalHoldReleased(b) => {
                self.holds.remove(&b.c.hold_id);
                self.released.insert(b.c.hold_id);
            }
            E::RetentionRunFinished(b) => {
                self.last_run_began_at = self.last_run_began_at.max(b.c.began_at.min(at));
            }
            _ => {}
        }
    }

    fn known(&self, policy: PolicyId) -> Result<(), Refusal> {
        refuse_if(!self.policies.contains_key(&policy), Refusal::UnknownPolicy)
    }

    fn create(&mut self, created: &RetentionPolicyCreated) {
        self.take_over(&created.team_ids, &created.channel_ids);
        let policy = Policy {
            display_name: created.display_name.clone(),
            post_days: created.post_days,
            teams: created.team_ids.iter().copied().collect(),
            channels: created.channel_ids.iter().copied().collect(),
        };
        self.policies.insert(created.policy_id, policy);
    }

    fn change(&mut self, changed: &RetentionPolicyChanged) {
        let whole = (changed.team_ids.as_deref(), changed.channel_ids.as_deref());
        self.take_over(whole.0.unwrap_or_default(), whole.1.unwrap_or_default());
        self.take_over(&changed.teams_added, &changed.channels_added);
        let Some(policy) = self.policies.get_mut(&changed.policy_id) else { return };
        if let Some(name) = &changed.display_name {
            policy.display_name.clone_from(name);
        }
        policy.post_days = changed.post_days.unwrap_or(policy.post_days);
        if let Some(teams) = whole.0 {
            policy.teams = teams.iter().copied().collect();
        }
        if let Some(channels) = whole.1 {
            policy.channels = channels.iter().copied().collect();
        }
        policy.teams.extend(&changed.teams_added);
        policy.channels.extend(&changed.channels_added);
        policy.teams.retain(|team| !changed.teams_removed.contains(team));
        policy.channels.retain(|channel| !changed.channels_removed.contains(channel));
    }

    /// These leave the policies that they are in.
    fn take_over(&mut self, teams: &[TeamId], channels: &[ChannelId]) {
        for policy in self.policies.values_mut() {
            policy.teams.retain(|team| !teams.contains(team));
            policy.channels.retain(|channel| !channels.contains(channel));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000 * DAY_MS + 5_000;

    fn with(policies: &[(u8, i32, Option<u8>, Option<u8>)]) -> Retention {
        let mut retention = Retention::default();
        for (id, post_days, team, channel) in policies {
            retention.create(&RetentionPolicyCreated {
                policy_id: PolicyId::from_bytes([*id; 16]),
                display_name: String::new(),
                post_days: *post_days,
                team_ids: team.iter().map(|n| TeamId::from_bytes([*n; 16])).collect(),
                channel_ids: channel.iter().map(|n| ChannelId::from_bytes([*n; 16])).collect(),
                by: UserId::default(),
            });
        }
        retention
    }

    /// Days that posts and files of channel 1 in team 1 are kept.
    fn days(retention: &Retention, message_days: u32, file_days: u32) -> Option<(i64, i64)> {
        let (channel, team) = (ChannelId::from_bytes([1; 16]), TeamId::from_bytes([1; 16]));
        let kept = Kept { message_days, file_days };
        let past = retention.past(channel, Some(team), kept, NOW)?;
        let days = |before: i64| if before == 0 { 0 } else { 1_000 - before / DAY_MS };
        Some((days(past.posts_before), days(past.files_before)))
    }

    #[test]
    fn a_channel_follows_its_own_policy_before_its_teams_before_the_installations() {
        assert_eq!(days(&with(&[]), 0, 0), None);
        assert_eq!(days(&with(&[]), 30, 0), Some((30, 30)));
        assert_eq!(days(&with(&[(1, 7, Some(1), None)]), 30, 0), Some((7, 7)));
        let both = with(&[(1, 7, Some(1), None), (2, 90, None, Some(1))]);
        assert_eq!(days(&both, 30, 0), Some((90, 90)));
        assert_eq!(days(&with(&[(1, 7, Some(2), Some(2))]), 30, 0), Some((30, 30)));
    }

    #[test]
    fn files_go_with_their_posts_at_the_latest() {
        assert_eq!(days(&with(&[]), 0, 10), Some((0, 10)));
        assert_eq!(days(&with(&[]), 30, 10), Some((30, 10)));
        assert_eq!(days(&with(&[]), 10, 30), Some((10, 10)));
        assert_eq!(days(&with(&[(1, -1, Some(1), None)]), 10, 10), None, "for ever is for ever");
    }

    #[test]
    fn a_team_or_channel_leaves_the_policy_that_it_had() {
        let retention = with(&[(1, 7, Some(1), Some(1)), (2, 8, Some(1), None)]);
        let policies: Vec<_> =
            retention.policies().map(|(_, p)| (p.teams.len(), p.channels.len())).collect();
        assert_eq!(policies, [(0, 1), (1, 0)]);
    }
}

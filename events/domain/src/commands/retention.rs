//! Commands on retention: policies and legal holds. All are an administrator's.

use events::retention::{
    HoldMatter, LegalHoldPlaced, LegalHoldReleased, RetentionPolicyChanged, RetentionPolicyCreated,
    RetentionPolicyDeleted,
};
use events::{ChannelId, HoldId, Nothing, PolicyId, TeamId, UserId};

use super::directory::{DirectoryRejection as R, known};
use super::{Decision, ensure, fits, in_directory};
use crate::directory::Directory;
use crate::rights;

type Decided = Result<Decision, R>;

/// Teams and channels that a policy or a hold names.
const NAMED_MAX: usize = 1_000;

/// Ten years and more are as good as for ever.
const DAYS_MAX: i32 = 36_500;

/// Makes a policy.
#[derive(Debug, Clone)]
pub struct CreatePolicy {
    pub actor: UserId,
    pub policy_id: PolicyId,
    pub display_name: String,
    pub post_days: i32,
    pub team_ids: Vec<TeamId>,
    pub channel_ids: Vec<ChannelId>,
}

impl CreatePolicy {
    /// `channel_is_known` knows all channels.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn decide(
        &self,
        directory: &Directory,
        channel_is_known: impl Fn(ChannelId) -> bool,
    ) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if directory.retention().policy(self.policy_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        valid_name(&self.display_name)?;
        valid_days(self.post_days)?;
        valid_places(directory, &self.team_ids, &self.channel_ids, channel_is_known)?;
        let c = RetentionPolicyCreated {
            policy_id: self.policy_id,
            display_name: self.display_name.clone(),
            post_days: self.post_days,
            team_ids: self.team_ids.clone(),
            channel_ids: self.channel_ids.clone(),
            by: self.actor,
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// What becomes of a policy. What is absent or empty stays.
#[derive(Debug, Clone, Default)]
pub struct ChangePolicy {
    pub actor: UserId,
    pub policy_id: PolicyId,
    pub display_name: Option<String>,
    pub post_days: Option<i32>,
    /// In place of those that it has.
    pub team_ids: Option<Vec<TeamId>>,
    pub channel_ids: Option<Vec<ChannelId>>,
    pub teams_added: Vec<TeamId>,
    pub teams_removed: Vec<TeamId>,
    pub channels_added: Vec<ChannelId>,
    pub channels_removed: Vec<ChannelId>,
}

impl ChangePolicy {
    /// `channel_is_known` knows all channels.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn decide(
        &self,
        directory: &Directory,
        channel_is_known: impl Fn(ChannelId) -> bool,
    ) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        ensure(directory.retention().policy(self.policy_id).is_some(), R::UnknownPolicy)?;
        self.display_name.as_deref().map_or(Ok(()), valid_name)?;
        self.post_days.map_or(Ok(()), valid_days)?;
        let teams = [self.team_ids.as_deref().unwrap_or_default(), &self.teams_added].concat();
        let channels =
            [self.channel_ids.as_deref().unwrap_or_default(), &self.channels_added].concat();
        valid_places(directory, &teams, &channels, channel_is_known)?;
        let c = RetentionPolicyChanged {
            policy_id: self.policy_id,
            display_name: self.display_name.clone(),
            post_days: self.post_days,
            team_ids: self.team_ids.clone(),
            channel_ids: self.channel_ids.clone(),
            teams_added: self.teams_added.clone(),
            teams_removed: self.teams_removed.clone(),
            channels_added: self.channels_added.clone(),
            channels_removed: self.channels_removed.clone(),
            by: self.actor,
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Ends a policy.
#[derive(Debug, Clone, Copy)]
pub struct DeletePolicy {
    pub actor: UserId,
    pub policy_id: PolicyId,
}

impl DeletePolicy {
    /// # Errors
    /// Why it is refused.
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        ensure(directory.retention().policy(self.policy_id).is_some(), R::UnknownPolicy)?;
        let c = RetentionPolicyDeleted { policy_id: self.policy_id, by: self.actor };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Keeps all of some people, and all of some channels.
#[derive(Debug, Clone)]
pub struct PlaceHold {
    pub actor: UserId,
    pub hold_id: HoldId,
    pub name: String,
    pub user_ids: Vec<UserId>,
    pub channel_ids: Vec<ChannelId>,
}

impl PlaceHold {
    /// `channel_is_known` knows all channels.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn decide(
        &self,
        directory: &Directory,
        channel_is_known: impl Fn(ChannelId) -> bool,
    ) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if directory.retention().hold(self.hold_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        valid_name(&self.name).map_err(|_| R::Invalid("name"))?;
        let named = self.user_ids.len() + self.channel_ids.len();
        ensure((1..=NAMED_MAX).contains(&named), R::Invalid("user_ids"))?;
        for user in &self.user_ids {
            known(directory, *user)?;
        }
        valid_places(directory, &[], &self.channel_ids, channel_is_known)?;
        let c = LegalHoldPlaced {
            hold_id: self.hold_id,
            user_ids: self.user_ids.clone(),
            channel_ids: self.channel_ids.clone(),
            by: self.actor,
        };
        Ok(in_directory(c, HoldMatter { name: self.name.clone() }))
    }
}

/// Ends a hold.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseHold {
    pub actor: UserId,
    pub hold_id: HoldId,
}

impl ReleaseHold {
    /// # Errors
    /// Why it is refused.
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        ensure(directory.retention().hold(self.hold_id).is_some(), R::UnknownHold)?;
        let c = LegalHoldReleased { hold_id: self.hold_id, by: self.actor };
        Ok(in_directory(c, Nothing {}))
    }
}

fn valid_name(name: &str) -> Result<(), R> {
    ensure(!name.trim().is_empty() && fits(name, 64), R::Invalid("display_name"))
}

/// Nothing is kept for no time: whoever means that means another setting.
fn valid_days(days: i32) -> Result<(), R> {
    ensure(days == -1 || (1..=DAYS_MAX).contains(&days), R::Invalid("post_duration"))
}

fn valid_places(
    directory: &Directory,
    teams: &[TeamId],
    channels: &[ChannelId],
    channel_is_known: impl Fn(ChannelId) -> bool,
) -> Result<(), R> {
    ensure(teams.len() <= NAMED_MAX, R::Invalid("team_ids"))?;
    ensure(channels.len() <= NAMED_MAX, R::Invalid("channel_ids"))?;
    ensure(teams.iter().all(|team| directory.team(*team).is_some()), R::UnknownTeam)?;
    ensure(channels.iter().all(|channel| channel_is_known(*channel)), R::UnknownChannel)
}

//! Commands on what somebody says they are at.

use events::custom_status::{
    CustomStatus, CustomStatusCleared, CustomStatusContent, CustomStatusRecentRemoved,
    CustomStatusSet, RecentCustomStatuses,
};
use events::{Nothing, UserId};

use super::user::{UserRejection as R, self_or_admin};
use super::{Decision, ensure, fits, in_users};
use crate::directory::Directory;
use crate::user::Users;

/// What is kept of what somebody said before.
pub const RECENT_MAX: usize = 5;
const TEXT_CHARS_MAX: usize = 100;
const EMOJI_CHARS_MAX: usize = 64;
const DURATIONS: [&str; 7] =
    ["", "thirty_minutes", "one_hour", "four_hours", "today", "this_week", "date_and_time"];

type Decided = Result<Decision, R>;

/// What the rows hold of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldStatus {
    pub status: CustomStatus,
    pub recent: Vec<CustomStatus>,
}

/// Says what somebody is at.
#[derive(Debug, Clone)]
pub struct SetCustomStatus {
    pub actor: UserId,
    pub user_id: UserId,
    pub status: CustomStatus,
    /// Unix milliseconds, 0 for no end.
    pub expires_at_ms: i64,
    /// The command's clock.
    pub now_ms: i64,
    pub held: HeldStatus,
}

impl SetCustomStatus {
    /// # Errors
    /// [`UserRejection`](super::user::UserRejection)
    pub fn decide(&self, directory: &Directory) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        let status = &self.status;
        let something = !status.emoji.is_empty() || !status.text.is_empty();
        ensure(something && fits(&status.text, TEXT_CHARS_MAX), R::Invalid("custom_status"))?;
        let name = |c: char| c.is_ascii_alphanumeric() || "+_-".contains(c);
        let emoji = fits(&status.emoji, EMOJI_CHARS_MAX) && status.emoji.chars().all(name);
        ensure(emoji, R::Invalid("emoji"))?;
        ensure(DURATIONS.contains(&status.duration.as_str()), R::Invalid("duration"))?;
        let ends = self.expires_at_ms > self.now_ms;
        ensure(status.duration.is_empty() || ends, R::Invalid("expires_at"))?;
        ensure(self.expires_at_ms == 0 || ends, R::Invalid("expires_at"))?;
        if self.held.status == *status {
            return Ok(Decision::AlreadySo);
        }
        let others = self.held.recent.iter().filter(|one| !is_same(one, status)).cloned();
        let recent = std::iter::once(status.clone()).chain(others).take(RECENT_MAX).collect();
        let c = CustomStatusSet { user_id: self.user_id, expires_at_ms: self.expires_at_ms };
        Ok(in_users(c, CustomStatusContent { status: status.clone(), recent }))
    }
}

/// Whether both say the same, whenever they end.
fn is_same(a: &CustomStatus, b: &CustomStatus) -> bool {
    (&a.emoji, &a.text) == (&b.emoji, &b.text)
}

/// Says no longer what somebody is at.
#[derive(Debug, Clone, Copy)]
pub struct ClearCustomStatus {
    pub actor: UserId,
    pub user_id: UserId,
}

impl ClearCustomStatus {
    /// # Errors
    /// [`UserRejection`](super::user::UserRejection)
    pub fn decide(&self, directory: &Directory, users: &Users) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        if !users.has_custom_status(self.user_id) {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_users(CustomStatusCleared { user_id: self.user_id }, Nothing {}))
    }
}

/// Forgets something that somebody said lately.
#[derive(Debug, Clone)]
pub struct RemoveRecentCustomStatus {
    pub actor: UserId,
    pub user_id: UserId,
    pub status: CustomStatus,
    pub held: HeldStatus,
}

impl RemoveRecentCustomStatus {
    /// # Errors
    /// [`UserRejection`](super::user::UserRejection)
    pub fn decide(&self, directory: &Directory) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        let kept = self.held.recent.iter().filter(|one| !is_same(one, &self.status));
        let recent: Vec<CustomStatus> = kept.cloned().collect();
        if recent.len() == self.held.recent.len() {
            return Ok(Decision::AlreadySo);
        }
        let c = CustomStatusRecentRemoved { user_id: self.user_id };
        Ok(in_users(c, RecentCustomStatuses { recent }))
    }
}

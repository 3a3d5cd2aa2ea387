//! Commands on a person's own state: sessions, preferences, status.

use events::user::{
    Preference, Preferences, PreferencesDeleted, PreferencesSet, SessionCreated, SessionOrigin,
    SessionRevoked, SessionUsed, StatusKind, StatusSet, TokenHash,
};
use events::{Nothing, SessionId, UserId};

use super::{Decision, ensure, fits, in_users};
use crate::directory::Directory;
use crate::rights;
use crate::user::Users;

/// Preferences that one request may name.
pub const PREFERENCES_MAX: usize = 100;

/// Why a command on a person's own state is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    Forbidden,
    UnknownUser,
    UserInactive,
    UnknownSession,
    /// The sessions of the account were ended while the password was checked.
    SessionsEnded,
}

use UserRejection as R;

type Decided = Result<Decision, R>;

/// Begins a session. The password was checked against its hash as of `auth_generation`.
#[derive(Debug, Clone)]
pub struct CreateSession {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub token_hash: TokenHash,
    pub expires_at: i64,
    pub auth_generation: u64,
    pub origin: SessionOrigin,
}

impl CreateSession {
    pub fn decide(&self, directory: &Directory, users: &Users) -> Decided {
        if users.session(&self.token_hash).is_some_and(|s| s.session_id == self.session_id) {
            return Ok(Decision::AlreadySo);
        }
        let account = directory.account(self.user_id).ok_or(R::UnknownUser)?;
        ensure(account.active, R::UserInactive)?;
        ensure(account.auth_generation == self.auth_generation, R::SessionsEnded)?;
        let c = SessionCreated {
            user_id: self.user_id,
            session_id: self.session_id,
            token_hash: self.token_hash,
            expires_at: self.expires_at,
            auth_generation: self.auth_generation,
        };
        Ok(in_users(c, self.origin.clone()))
    }
}

/// Ends a session.
#[derive(Debug, Clone, Copy)]
pub struct RevokeSession {
    pub actor: UserId,
    pub user_id: UserId,
    pub session_id: SessionId,
}

impl RevokeSession {
    pub fn decide(&self, directory: &Directory, users: &Users) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        let stands = users.sessions_of(self.user_id).any(|s| s.session_id == self.session_id);
        if !stands {
            return Ok(Decision::AlreadySo);
        }
        let c = SessionRevoked { user_id: self.user_id, session_id: self.session_id };
        Ok(in_users(c, Nothing {}))
    }
}

/// Notes that a session is used, unless that was noted lately.
#[derive(Debug, Clone, Copy)]
pub struct UseSession {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub now_ms: i64,
}

impl UseSession {
    pub fn decide(&self, users: &Users) -> Decided {
        let mut sessions = users.sessions_of(self.user_id);
        let session = sessions.find(|s| s.session_id == self.session_id);
        let session = session.ok_or(R::UnknownSession)?;
        if !session.is_use_due(self.now_ms) {
            return Ok(Decision::AlreadySo);
        }
        let (user_id, session_id) = (self.user_id, self.session_id);
        let c = SessionUsed { user_id, session_id, used_before: session.used_at };
        Ok(in_users(c, Nothing {}))
    }
}

/// Sets preferences. `current` are those of the same names as their rows were read, if they were.
#[derive(Debug, Clone)]
pub struct SetPreferences {
    pub actor: UserId,
    pub user_id: UserId,
    pub preferences: Vec<Preference>,
    pub current: Vec<Preference>,
}

impl SetPreferences {
    pub fn decide(&self, directory: &Directory) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        valid_preferences(&self.preferences)?;
        if self.preferences.iter().all(|preference| self.current.contains(preference)) {
            return Ok(Decision::AlreadySo);
        }
        let p = Preferences { preferences: self.preferences.clone() };
        Ok(in_users(PreferencesSet { user_id: self.user_id }, p))
    }
}

/// Deletes preferences. `current` are those of the same names as their rows were read.
#[derive(Debug, Clone)]
pub struct DeletePreferences {
    pub actor: UserId,
    pub user_id: UserId,
    pub preferences: Vec<Preference>,
    pub current: Vec<Preference>,
}

impl DeletePreferences {
    pub fn decide(&self, directory: &Directory) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        valid_preferences(&self.preferences)?;
        let named = |a: &Preference, b: &Preference| a.category == b.category && a.name == b.name;
        let stands = |one: &&Preference| self.current.iter().any(|held| named(held, one));
        let preferences: Vec<Preference> =
            self.preferences.iter().filter(stands).cloned().collect();
        if preferences.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let c = PreferencesDeleted { user_id: self.user_id };
        Ok(in_users(c, Preferences { preferences }))
    }
}

fn valid_preferences(preferences: &[Preference]) -> Result<(), R> {
    let count = (1..=PREFERENCES_MAX).contains(&preferences.len());
    ensure(count, R::Invalid("preferences"))?;
    for preference in preferences {
        let category = !preference.category.is_empty() && fits(&preference.category, 32);
        ensure(category, R::Invalid("category"))?;
        ensure(fits(&preference.name, 32), R::Invalid("name"))?;
        ensure(fits(&preference.value, 20_000), R::Invalid("value"))?;
    }
    Ok(())
}

/// Chooses a status by hand.
#[derive(Debug, Clone, Copy)]
pub struct SetStatus {
    pub actor: UserId,
    pub user_id: UserId,
    pub status: StatusKind,
    /// Unix milliseconds, 0 for no end.
    pub dnd_end_ms: i64,
}

impl SetStatus {
    pub fn decide(&self, directory: &Directory, users: &Users) -> Decided {
        self_or_admin(directory, self.actor, self.user_id)?;
        ensure(self.dnd_end_ms >= 0, R::Invalid("dnd_end_time"))?;
        if users.status(self.user_id) == Some((self.status, self.dnd_end_ms)) {
            return Ok(Decision::AlreadySo);
        }
        let (user_id, status, dnd_end_ms) = (self.user_id, self.status, self.dnd_end_ms);
        Ok(in_users(StatusSet { user_id, status, dnd_end_ms }, Nothing {}))
    }
}

pub(super) fn self_or_admin(directory: &Directory, actor: UserId, user: UserId) -> Result<(), R> {
    ensure(rights::may_act_for(directory, actor, user), R::Forbidden)?;
    ensure(directory.account(user).is_some(), R::UnknownUser)
}

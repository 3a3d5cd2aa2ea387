//! Commands on accounts. They belong to the aggregate of the directory.

use events::directory::{
    NewProfile, PasswordHash, ProfilePatch, UserActivated, UserCreated, UserDeactivated,
    UserErased, UserGuestChanged, UserPasswordChanged, UserProfileChanged, UserRolesChanged,
    UserSessionsRevoked,
};
use events::{KeyedHash, Nothing, UserId};

use super::directory::{DirectoryRejection as R, known};
use super::{Decision, ensure, fits, in_directory};
use crate::directory::Directory;
use crate::rights;
use crate::user::Session;

type Decided = Result<Decision, R>;

/// Usernames that would read as something else in a text.
const RESERVED_USERNAMES: [&str; 5] = ["all", "channel", "here", "system", "me"];

/// Signs somebody up.
#[derive(Debug, Clone)]
pub struct CreateUser {
    pub user_id: UserId,
    pub username_hash: KeyedHash,
    pub email_hash: KeyedHash,
    pub is_bot: bool,
    pub locale: String,
    pub profile: NewProfile,
}

impl CreateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        if directory.account(self.user_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        valid_username(&self.profile.username)?;
        valid_email(&self.profile.email)?;
        let p = &self.profile;
        let texts = [&p.nickname, &p.first_name, &p.last_name, &p.position].map(String::as_str);
        valid_texts(texts.map(Some))?;
        ensure(directory.by_username(self.username_hash).is_none(), R::UsernameTaken)?;
        ensure(directory.by_email(self.email_hash).is_none(), R::EmailTaken)?;
        let c = UserCreated {
            user_id: self.user_id,
            username_hash: self.username_hash,
            email_hash: self.email_hash,
            is_bot: self.is_bot,
            locale: self.locale.clone(),
        };
        Ok(in_directory(c, self.profile.clone()))
    }
}

/// Changes what an account says of itself. `current` is the profile as its row was read.
#[derive(Debug, Clone)]
pub struct ChangeProfile {
    pub actor: UserId,
    pub user_id: UserId,
    pub username_hash: Option<KeyedHash>,
    pub email_hash: Option<KeyedHash>,
    pub locale: Option<String>,
    pub patch: ProfilePatch,
    pub current: NewProfile,
    pub current_locale: String,
}

impl ChangeProfile {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let p = &self.patch;
        p.username.as_deref().map_or(Ok(()), valid_username)?;
        p.email.as_deref().map_or(Ok(()), valid_email)?;
        valid_texts([&p.nickname, &p.first_name, &p.last_name, &p.position].map(Option::as_deref))?;
        let taken = |owner: Option<UserId>| owner.is_some_and(|owner| owner != self.user_id);
        let by_username = self.username_hash.and_then(|hash| directory.by_username(hash));
        ensure(!taken(by_username), R::UsernameTaken)?;
        let by_email = self.email_hash.and_then(|hash| directory.by_email(hash));
        ensure(!taken(by_email), R::EmailTaken)?;
        if self.changes_nothing() {
            return Ok(Decision::AlreadySo);
        }
        let c = UserProfileChanged {
            user_id: self.user_id,
            username_hash: self.username_hash,
            email_hash: self.email_hash,
            locale: self.locale.clone(),
        };
        Ok(in_directory(c, self.patch.clone()))
    }

    fn changes_nothing(&self) -> bool {
        fn same<T: PartialEq>(new: &Option<T>, held: &T) -> bool {
            new.as_ref().is_none_or(|new| new == held)
        }
        let (p, held) = (&self.patch, &self.current);
        same(&p.username, &held.username)
            && same(&p.email, &held.email)
            && same(&p.nickname, &held.nickname)
            && same(&p.first_name, &held.first_name)
            && same(&p.last_name, &held.last_name)
            && same(&p.position, &held.position)
            && same(&p.props, &held.props)
            && same(&p.notify_props, &held.notify_props)
            && same(&p.timezone, &held.timezone)
            && same(&self.locale, &self.current_locale)
    }
}

/// Sets a new password. Whether the old one was right was found out before.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    pub actor: UserId,
    pub user_id: UserId,
    pub password_hash: String,
    /// The session by which the account's owner asks, the one that stays.
    pub kept_session: Option<Session>,
}

impl ChangePassword {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        // It may have ended since the request was let in: then nothing brings it back.
        let stands = |session: &Session| rights::unended_account(directory, session).is_some();
        ensure(self.kept_session.as_ref().is_none_or(stands), R::Forbidden)?;
        let kept_session = self.kept_session.map(|session| session.session_id);
        let c = UserPasswordChanged { user_id: self.user_id, kept_session };
        Ok(in_directory(c, PasswordHash { password_hash: self.password_hash.clone() }))
    }
}

/// Ends every session of an account.
#[derive(Debug, Clone, Copy)]
pub struct RevokeSessions {
    pub actor: UserId,
    pub user_id: UserId,
    /// Whether any session is live, as the fold of `users` has it.
    pub any_live: bool,
}

impl RevokeSessions {
    pub fn decide(&self, directory: &Directory) -> Decided {
        known(directory, self.user_id)?;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        if !self.any_live {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(UserSessionsRevoked { user_id: self.user_id }, Nothing {}))
    }
}

/// Makes an account an administrator of the system, or an ordinary one.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRoles {
    pub actor: UserId,
    pub user_id: UserId,
    pub system_admin: bool,
}

impl ChangeRoles {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let account = known(directory, self.user_id)?;
        if account.system_admin == self.system_admin {
            return Ok(Decision::AlreadySo);
        }
        ensure(!(self.system_admin && account.guest.is_some()), R::Guest)?;
        ensure(self.system_admin || !directory.is_last_admin(self.user_id), R::LastAdmin)?;
        let c = UserRolesChanged { user_id: self.user_id, system_admin: self.system_admin };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Makes an account a guest's, or an ordinary one.
#[derive(Debug, Clone, Copy)]
pub struct ChangeGuest {
    pub actor: UserId,
    pub user_id: UserId,
    pub is_guest: bool,
}

impl ChangeGuest {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let account = known(directory, self.user_id)?;
        if account.guest.is_some() == self.is_guest {
            return Ok(Decision::AlreadySo);
        }
        ensure(!account.is_bot, R::Bot)?;
        ensure(!directory.is_last_admin(self.user_id), R::LastAdmin)?;
        let (user_id, is_guest) = (self.user_id, self.is_guest);
        Ok(in_directory(UserGuestChanged { user_id, is_guest }, Nothing {}))
    }
}

/// Deactivates an account.
#[derive(Debug, Clone, Copy)]
pub struct DeactivateUser {
    pub actor: UserId,
    pub user_id: UserId,
}

impl DeactivateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if !known(directory, self.user_id)?.active {
            return Ok(Decision::AlreadySo);
        }
        ensure(!directory.is_last_admin(self.user_id), R::LastAdmin)?;
        Ok(in_directory(UserDeactivated { user_id: self.user_id }, Nothing {}))
    }
}

/// Erases an account for ever: one's own, or another's as an administrator.
#[derive(Debug, Clone, Copy)]
pub struct EraseUser {
    pub actor: UserId,
    pub user_id: UserId,
}

impl EraseUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let account = directory.account(self.user_id).ok_or(R::UnknownUser)?;
        if account.erased.is_some() {
            return Ok(Decision::AlreadySo);
        }
        ensure(!directory.is_last_admin(self.user_id), R::LastAdmin)?;
        ensure(!directory.retention().holds_person(self.user_id), R::Held)?;
        Ok(in_directory(UserErased { user_id: self.user_id, by: self.actor }, Nothing {}))
    }
}

/// Makes a deactivated account active again.
#[derive(Debug, Clone, Copy)]
pub struct ActivateUser {
    pub actor: UserId,
    pub user_id: UserId,
}

impl ActivateUser {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        if known(directory, self.user_id)?.active {
            return Ok(Decision::AlreadySo);
        }
        Ok(in_directory(UserActivated { user_id: self.user_id }, Nothing {}))
    }
}

fn valid_username(name: &str) -> Result<(), R> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let valid = (1..=64).contains(&name.len())
        && name.bytes().all(allowed)
        && !RESERVED_USERNAMES.contains(&name);
    ensure(valid, R::Invalid("username"))
}

fn valid_email(email: &str) -> Result<(), R> {
    let parts = email.split_once('@');
    let valid = email.len() <= 128
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || c.is_uppercase())
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
    ensure(valid, R::Invalid("email"))
}

/// Nickname, first name, last name, position.
fn valid_texts(texts: [Option<&str>; 4]) -> Result<(), R> {
    let limits = [("nickname", 64), ("first_name", 64), ("last_name", 64), ("position", 128)];
    for (text, (field, max)) in texts.into_iter().zip(limits) {
        ensure(text.is_none_or(|text| fits(text, max)), R::Invalid(field))?;
    }
    Ok(())
}

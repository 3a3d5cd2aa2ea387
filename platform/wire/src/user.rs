//! Accounts.

use events::UserId;
use events::directory::{NewProfile, ProfilePatch, UserCreated, UserProfileChanged};
use schemars::JsonSchema;
use serde::Serialize;

use crate::StringMap;

/// An account as its owner and administrators see it; others get [`User::for_others`].
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub username: String,
    pub auth_data: &'static str,
    pub auth_service: &'static str,
    pub email: String,
    pub email_verified: bool,
    pub nickname: String,
    pub first_name: String,
    pub last_name: String,
    pub position: String,
    pub roles: String,
    pub props: StringMap,
    #[serde(skip_serializing_if = "StringMap::is_empty")]
    pub notify_props: StringMap,
    pub last_password_update: i64,
    pub last_picture_update: i64,
    pub failed_attempts: i32,
    pub locale: String,
    pub timezone: StringMap,
    pub mfa_active: bool,
    pub remote_id: &'static str,
    pub last_activity_at: i64,
    pub is_bot: bool,
    pub bot_description: String,
    pub terms_of_service_id: &'static str,
    pub terms_of_service_create_at: i64,
    pub disable_welcome_email: bool,
}

/// What people see of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    pub show_email: bool,
    pub show_full_name: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { show_email: true, show_full_name: true }
    }
}

/// The `roles` of an account. A guest administers nothing.
pub fn system_roles(system_admin: bool, guest: bool) -> &'static str {
    match (system_admin, guest) {
        (_, true) => "system_guest",
        (true, false) => "system_admin system_user",
        (false, false) => "system_user",
    }
}

impl User {
    /// The account as `user.created` made it.
    pub fn from_created(c: &UserCreated, p: &NewProfile, at: i64, system_admin: bool) -> Self {
        Self {
            id: c.user_id,
            create_at: at,
            update_at: at,
            delete_at: 0,
            username: p.username.clone(),
            auth_data: "",
            auth_service: "",
            email: p.email.clone(),
            email_verified: false,
            nickname: p.nickname.clone(),
            first_name: p.first_name.clone(),
            last_name: p.last_name.clone(),
            position: p.position.clone(),
            roles: system_roles(system_admin, false).to_owned(),
            props: p.props.clone(),
            notify_props: or_default(&p.notify_props, default_notify_props),
            last_password_update: at,
            last_picture_update: 0,
            failed_attempts: 0,
            locale: locale_or_default(&c.locale),
            timezone: or_default(&p.timezone, default_timezone),
            mfa_active: false,
            remote_id: "",
            last_activity_at: 0,
            is_bot: c.is_bot,
            bot_description: String::new(),
            terms_of_service_id: "",
            terms_of_service_create_at: 0,
            disable_welcome_email: false,
        }
    }

    /// The account after `user.profile_changed`.
    pub fn patch(&mut self, c: &UserProfileChanged, p: &ProfilePatch, at: i64) {
        fn set<T: Clone>(field: &mut T, value: &Option<T>) {
            if let Some(value) = value {
                field.clone_from(value);
            }
        }
        if p.email.as_ref().is_some_and(|email| *email != self.email) {
            self.email_verified = false;
        }
        set(&mut self.username, &p.username);
        set(&mut self.email, &p.email);
        set(&mut self.nickname, &p.nickname);
        set(&mut self.first_name, &p.first_name);
        set(&mut self.last_name, &p.last_name);
        set(&mut self.position, &p.position);
        set(&mut self.props, &p.props);
        set(&mut self.notify_props, &p.notify_props);
        set(&mut self.timezone, &p.timezone);
        set(&mut self.locale, &c.locale);
        self.update_at = at;
    }

    /// What another account may see of this one.
    #[must_use]
    pub fn for_others(mut self, privacy: Privacy) -> Self {
        self.email_verified = false;
        self.notify_props = StringMap::new();
        self.props.remove("recentCustomStatuses");
        self.last_password_update = 0;
        self.failed_attempts = 0;
        self.last_activity_at = 0;
        if !privacy.show_email {
            self.email = String::new();
        }
        if !privacy.show_full_name {
            self.first_name = String::new();
            self.last_name = String::new();
        }
        self
    }
}

pub(crate) fn or_default(map: &StringMap, default: fn() -> StringMap) -> StringMap {
    if map.is_empty() { default() } else { map.clone() }
}

fn locale_or_default(locale: &str) -> String {
    if locale.is_empty() { "en".to_owned() } else { locale.to_owned() }
}

fn string_map(pairs: &[(&str, &str)]) -> StringMap {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// How people are notified until they say otherwise.
pub fn default_notify_props() -> StringMap {
    string_map(&[
        ("auto_responder_active", "false"),
        ("channel", "true"),
        ("comments", "never"),
        ("desktop", "mention"),
        ("desktop_sound", "true"),
        ("desktop_threads", "all"),
        ("email", "true"),
        ("email_threads", "all"),
        ("first_name", "false"),
        ("mention_keys", ""),
        ("push", "mention"),
        ("push_status", "online"),
        ("push_threads", "all"),
    ])
}

pub fn default_timezone() -> StringMap {
    string_map(&[
        ("automaticTimezone", ""),
        ("manualTimezone", ""),
        ("useAutomaticTimezone", "true"),
    ])
}

/// The answer of `GET /users/autocomplete`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserAutocomplete {
    pub users: Vec<User>,
    pub out_of_channel: Vec<User>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created() -> User {
        let c = UserCreated {
            user_id: UserId::from_bytes([1; 16]),
            username_hash: Default::default(),
            email_hash: Default::default(),
            is_bot: false,
            locale: String::new(),
        };
        let p = NewProfile {
            username: "ada".into(),
            email: "ada@example.org".into(),
            password_hash: "$argon2id$secret".into(),
            ..NewProfile::default()
        };
        User::from_created(&c, &p, 1000, true)
    }

    #[test]
    fn a_user_never_carries_a_password_hash() {
        let json = String::from_utf8(crate::to_json(&created()).to_vec()).unwrap();
        assert!(!json.contains("argon2id") && !json.contains("\"password\""), "{json}");
    }

    #[test]
    fn others_do_not_see_notification_settings() {
        let others = created().for_others(Privacy { show_email: false, show_full_name: true });
        let json = serde_json::to_value(&others).unwrap();
        assert_eq!(json.get("notify_props"), None);
        assert_eq!(json["email"], "");
        assert_eq!(json["username"], "ada");
    }

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let mut user = created();
        user.email_verified = true;
        let c = UserProfileChanged {
            user_id: user.id,
            username_hash: None,
            email_hash: None,
            locale: Some("de".into()),
        };
        let p = ProfilePatch { email: Some("a@example.org".into()), ..ProfilePatch::default() };
        user.patch(&c, &p, 2000);
        assert_eq!((user.email.as_str(), user.locale.as_str()), ("a@example.org", "de"));
        assert_eq!((user.username.as_str(), user.update_at), ("ada", 2000));
        assert!(!user.email_verified, "a new address is unverified");
    }
}

//! Names, beside the fold: what people and teams are called and which words call them. Outside the
//! fold's state and hash, because names are personal and never decide a verdict.

use std::collections::{BTreeMap, HashMap};

use events::directory::{NewProfile, ProfilePatch, erased_username};
use events::{ChannelId, DirectoryEvent, TeamId, UserId};
use serde::{Deserialize, Serialize};

/// What an account is called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PersonName {
    pub username: String,
    pub nickname: String,
    pub first_name: String,
    pub last_name: String,
    /// As clients set them; `mention_keys`, `first_name` and `channel` decide what calls the person.
    pub notify_props: BTreeMap<String, String>,
}

impl PersonName {
    /// Words besides the username that mention the person, lower-case.
    pub fn mention_words(&self) -> Vec<String> {
        let keys = self.notify_props.get("mention_keys").map_or("", String::as_str);
        let mut words: Vec<String> = keys
            .split(',')
            .map(str::trim)
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        if self.notify_props.get("first_name").is_some_and(|on| on == "true")
            && !self.first_name.is_empty()
        {
            words.push(self.first_name.to_lowercase());
        }
        words
    }

    /// Whether `@channel` and its like reach the person.
    pub fn hears_broadcasts(&self) -> bool {
        self.notify_props.get("channel").is_none_or(|on| on != "false")
    }
}

/// The names of everyone, of teams and of channels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    people: BTreeMap<UserId, PersonName>,
    teams: BTreeMap<TeamId, String>,
    channels: BTreeMap<ChannelId, String>,
    #[serde(skip)]
    by_username: HashMap<String, UserId>,
    #[serde(skip)]
    by_word: HashMap<String, Vec<UserId>>,
}

impl Names {
    pub fn person(&self, user: UserId) -> Option<&PersonName> {
        self.people.get(&user)
    }

    /// The username, or empty for an unknown account.
    pub fn username(&self, user: UserId) -> &str {
        self.people.get(&user).map_or("", |person| &person.username)
    }

    pub fn by_username(&self, username: &str) -> Option<UserId> {
        self.by_username.get(username).copied()
    }

    /// Who set `word` (lower-case) as one that mentions them.
    pub fn called_by(&self, word: &str) -> &[UserId] {
        self.by_word.get(word).map_or(&[], Vec::as_slice)
    }

    /// Whether anybody is called by a word besides their username.
    pub fn has_words(&self) -> bool {
        !self.by_word.is_empty()
    }

    /// The display name of a team.
    pub fn team(&self, team: TeamId) -> &str {
        self.teams.get(&team).map_or("", String::as_str)
    }

    /// The URL name of a channel that has one.
    pub fn channel(&self, channel: ChannelId) -> Option<&str> {
        self.channels.get(&channel).map(String::as_str)
    }

    /// Follows an applied event.
    pub fn absorb(&mut self, event: &DirectoryEvent) {
        match event {
            DirectoryEvent::UserCreated(b) => self.add(b.c.user_id, &b.p),
            DirectoryEvent::UserProfileChanged(b) => self.change(b.c.user_id, &b.p),
            DirectoryEvent::UserErased(b) => self.erase(b.c.user_id),
            DirectoryEvent::TeamCreated(b) => {
                self.teams.insert(b.c.team_id, b.c.display_name.clone());
                let channels = b.c.default_channels.iter();
                self.channels.extend(channels.map(|c| (c.channel_id, c.name.clone())));
            }
            DirectoryEvent::TeamChanged(b) => {
                if let Some(name) = &b.c.display_name {
                    self.teams.insert(b.c.team_id, name.clone());
                }
            }
            DirectoryEvent::ChannelNameClaimed(b) => {
                self.channels.insert(b.c.channel_id, b.c.name.clone());
            }
            DirectoryEvent::ChannelNameChanged(b) => {
                self.channels.insert(b.c.channel_id, b.c.name.clone());
            }
            DirectoryEvent::CellOpened(_)
            | DirectoryEvent::RulesActivated(_)
            | DirectoryEvent::EpochOpened(_)
            | DirectoryEvent::EpochSealed(_)
            | DirectoryEvent::UserPasswordChanged(_)
            | DirectoryEvent::UserRolesChanged(_)
            | DirectoryEvent::UserGuestChanged(_)
            | DirectoryEvent::UserDeactivated(_)
            | DirectoryEvent::UserActivated(_)
            | DirectoryEvent::UserKeyDestroyed(_)
            | DirectoryEvent::UserSessionsRevoked(_)
            | DirectoryEvent::TeamMembersAdded(_)
            | DirectoryEvent::TeamMemberRemoved(_)
            | DirectoryEvent::TeamMemberRolesChanged(_)
            | DirectoryEvent::TeamInviteRegenerated(_)
            | DirectoryEvent::TeamArchived(_)
            | DirectoryEvent::TeamRestored(_)
            | DirectoryEvent::UserPictureChanged(_)
            | DirectoryEvent::TeamIconChanged(_)
            | DirectoryEvent::EmojiCreated(_)
            | DirectoryEvent::EmojiDeleted(_)
            | DirectoryEvent::ProfileFieldCreated(_)
            | DirectoryEvent::ProfileFieldChanged(_)
            | DirectoryEvent::ProfileFieldDeleted(_)
            | DirectoryEvent::RetentionPolicyCreated(_)
            | DirectoryEvent::RetentionPolicyChanged(_)
            | DirectoryEvent::RetentionPolicyDeleted(_)
            | DirectoryEvent::LegalHoldPlaced(_)
            | DirectoryEvent::LegalHoldReleased(_)
            | DirectoryEvent::RetentionRunFinished(_) => {}
        }
    }

    /// Rebuilds the lookups, which a snapshot leaves out.
    pub fn reindex(&mut self) {
        self.by_username.clear();
        self.by_word.clear();
        let people: Vec<(UserId, PersonName)> =
            self.people.iter().map(|(id, person)| (*id, person.clone())).collect();
        for (user, person) in people {
            self.index(user, &person);
        }
    }

    fn add(&mut self, user: UserId, profile: &NewProfile) {
        let person = PersonName {
            username: profile.username.clone(),
            nickname: profile.nickname.clone(),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            notify_props: profile.notify_props.clone(),
        };
        self.index(user, &person);
        self.people.insert(user, person);
    }

    fn change(&mut self, user: UserId, patch: &ProfilePatch) {
        let Some(mut person) = self.people.remove(&user) else { return };
        self.unindex(user, &person);
        let texts = [
            (&mut person.username, &patch.username),
            (&mut person.nickname, &patch.nickname),
            (&mut person.first_name, &patch.first_name),
            (&mut person.last_name, &patch.last_name),
        ];
        for (text, new) in texts {
            if let Some(new) = new {
                text.clone_from(new);
            }
        }
        if let Some(props) = &patch.notify_props {
            person.notify_props.clone_from(props);
        }
        self.index(user, &person);
        self.people.insert(user, person);
    }

    /// Nobody is called so, and no word calls for it.
    fn erase(&mut self, user: UserId) {
        if let Some(person) = self.people.remove(&user) {
            self.unindex(user, &person);
        }
        let username = erased_username(user);
        self.people.insert(user, PersonName { username, ..PersonName::default() });
    }

    fn index(&mut self, user: UserId, person: &PersonName) {
        self.by_username.insert(person.username.clone(), user);
        for word in person.mention_words() {
            self.by_word.entry(word).or_default().push(user);
        }
    }

    fn unindex(&mut self, user: UserId, person: &PersonName) {
        self.by_username.remove(&person.username);
        for word in person.mention_words() {
            if let Some(users) = self.by_word.get_mut(&word) {
                users.retain(|other| *other != user);
                if users.is_empty() {
                    self.by_word.remove(&word);
                }
            }
        }
    }
}

//! What people, teams and channels were called when.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use events::directory::erased_username;
use events::{ChannelId, DirectoryEvent, Event, Partition, TeamId, UserId};
use fold::Folded;

use super::source::{Entry, Source, is_applied};
use super::{Until, text};

/// Names with the times from which they were in use.
type Since = Vec<(i64, String)>;

/// The names of everyone and everything, over time.
#[derive(Debug, Default)]
pub(crate) struct Names {
    people: BTreeMap<UserId, Since>,
    teams: BTreeMap<TeamId, Since>,
    channels: BTreeMap<ChannelId, (TeamId, Since)>,
    erased: BTreeSet<UserId>,
}

impl Names {
    /// Reads all of the directory: a name that came later is known of whoever had none before.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read(source: &Source) -> Result<Self> {
        let mut names = Self::default();
        let wanted = |folded: &Folded| is_applied(folded);
        let each = |entry: Entry| names.absorb(&entry);
        source.walk(Partition::DIRECTORY, Until::END, wanted, each).await?;
        Ok(names)
    }

    fn absorb(&mut self, entry: &Entry) {
        let Some((_, Event::Directory(event), applied)) = entry.opened.applied() else { return };
        let at = applied.at;
        match event {
            DirectoryEvent::UserCreated(b) => {
                let name = or_erased(b.c.user_id, &b.p.username);
                self.people.entry(b.c.user_id).or_default().push((at, name));
            }
            DirectoryEvent::UserProfileChanged(b) if b.c.username_hash.is_some() => {
                let name = or_erased(b.c.user_id, b.p.username.as_deref().unwrap_or_default());
                self.people.entry(b.c.user_id).or_default().push((at, name));
            }
            DirectoryEvent::UserErased(b) => {
                self.erased.insert(b.c.user_id);
                let name = erased_username(b.c.user_id);
                self.people.entry(b.c.user_id).or_default().push((at, name));
            }
            DirectoryEvent::TeamCreated(b) => {
                self.teams.insert(b.c.team_id, vec![(at, b.c.name.clone())]);
                for channel in &b.c.default_channels {
                    let since = vec![(at, channel.name.clone())];
                    self.channels.insert(channel.channel_id, (b.c.team_id, since));
                }
            }
            DirectoryEvent::TeamChanged(b) => {
                if let (Some(since), Some(name)) =
                    (self.teams.get_mut(&b.c.team_id), &b.c.display_name)
                {
                    since.push((at, name.clone()));
                }
            }
            DirectoryEvent::ChannelNameClaimed(b) => {
                let since = vec![(at, b.c.name.clone())];
                self.channels.insert(b.c.channel_id, (b.c.team_id, since));
            }
            DirectoryEvent::ChannelNameChanged(b) => {
                if let Some((_, since)) = self.channels.get_mut(&b.c.channel_id) {
                    since.push((at, b.c.name.clone()));
                }
            }
            DirectoryEvent::CellOpened(_)
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
            | DirectoryEvent::RetentionRunFinished(_)
            | DirectoryEvent::RulesActivated(_)
            | DirectoryEvent::EpochOpened(_)
            | DirectoryEvent::EpochSealed(_)
            | DirectoryEvent::UserProfileChanged(_)
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
            | DirectoryEvent::TeamRestored(_) => {}
        }
    }

    pub fn knows_person(&self, user: UserId) -> bool {
        self.people.contains_key(&user)
    }

    /// Whether nothing that they said can be read any more.
    pub fn has_erased(&self, user: UserId) -> bool {
        self.erased.contains(&user)
    }

    /// Something that `author` said, if it can still be read.
    pub fn said(&self, author: UserId, text: &str) -> String {
        if self.has_erased(author) { "(erased)".to_owned() } else { text::quoted(text) }
    }

    /// The username then.
    pub fn person(&self, user: UserId, at: i64) -> String {
        let name = self.people.get(&user).and_then(|since| then(since, at));
        name.map_or_else(|| format!("account {user}"), text::plain)
    }

    pub fn people(&self, users: impl IntoIterator<Item = UserId>, at: i64) -> String {
        let names: Vec<String> = users.into_iter().map(|user| self.person(user, at)).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }

    pub fn team(&self, team: TeamId, at: i64) -> String {
        let name = self.teams.get(&team).and_then(|since| then(since, at));
        name.map_or_else(|| format!("team {team}"), text::plain)
    }

    /// The channel's name with its team's; a conversation has none.
    pub fn channel(&self, channel: ChannelId, at: i64) -> String {
        match self.channels.get(&channel) {
            Some((team, since)) => {
                let name = then(since, at).unwrap_or_default();
                format!("{}/{}", self.team(*team, at), text::plain(name))
            }
            None => format!("conversation {channel}"),
        }
    }

    pub fn team_of(&self, channel: ChannelId) -> Option<TeamId> {
        self.channels.get(&channel).map(|(team, _)| *team)
    }
}

/// Each partition has clocks of its own, so somebody may be met just before their first name.
fn then(since: &Since, at: i64) -> Option<&str> {
    let before = since.iter().rev().find(|(from, _)| *from <= at);
    before.or_else(|| since.first()).map(|(_, name)| name.as_str())
}

fn or_erased(user: UserId, username: &str) -> String {
    if username.is_empty() { erased_username(user) } else { username.to_owned() }
}

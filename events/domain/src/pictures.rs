//! Pictures of people and teams, custom emoji. A part of `directory`.

use std::collections::{BTreeMap, BTreeSet};

use events::pictures::{EmojiCreated, StoredPicture, TeamIconChanged, UserPictureChanged};
use events::{EmojiId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// A custom emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emoji {
    pub name: String,
    pub creator_id: UserId,
    pub image: StoredPicture,
    /// Assigned.
    pub create_at: i64,
}

/// A team's icon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamIcon {
    pub picture: StoredPicture,
    /// Assigned.
    pub update_at: i64,
}

/// Pictures by whose they are; what is not here has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Names of objects. The keys are personal.
    of_people: BTreeMap<UserId, String>,
    of_teams: BTreeMap<TeamId, TeamIcon>,
    emoji: BTreeMap<EmojiId, Emoji>,
    emoji_names: BTreeMap<String, EmojiId>,
}

/// What is known of it.
impl Pictures {
    /// The object of the picture that the account chose.
    pub fn of_person(&self, user: UserId) -> Option<&str> {
        self.of_people.get(&user).map(String::as_str)
    }

    pub fn of_team(&self, team: TeamId) -> Option<&TeamIcon> {
        self.of_teams.get(&team)
    }

    pub fn emoji(&self, id: EmojiId) -> Option<&Emoji> {
        self.emoji.get(&id)
    }

    pub fn emoji_by_name(&self, name: &str) -> Option<(EmojiId, &Emoji)> {
        let id = *self.emoji_names.get(name)?;
        Some((id, self.emoji.get(&id)?))
    }

    /// Every custom emoji, in order of name.
    pub fn all_emoji(&self) -> impl Iterator<Item = (EmojiId, &Emoji)> {
        self.emoji_names.values().filter_map(|id| Some((*id, self.emoji.get(id)?)))
    }

    pub fn emoji_count(&self) -> usize {
        self.emoji.len()
    }

    /// Every object that something shows.
    pub fn objects(&self) -> BTreeSet<&str> {
        let of_people = self.of_people.values().map(String::as_str);
        let of_teams = self.of_teams.values().map(|icon| icon.picture.object.as_str());
        let of_emoji = self.emoji.values().map(|emoji| emoji.image.object.as_str());
        of_people.chain(of_teams).chain(of_emoji).collect()
    }
}

/// Rules. That accounts and teams exist is for `directory` to say.
impl Pictures {
    pub(crate) fn admit_picture(&self, changed: &UserPictureChanged) -> Result<(), Refusal> {
        refuse_if(self.of_person(changed.user_id) == changed.object.as_deref(), Refusal::Already)
    }

    pub(crate) fn admit_icon(&self, changed: &TeamIconChanged) -> Result<(), Refusal> {
        let held = self.of_team(changed.team_id).map(|icon| &icon.picture);
        refuse_if(held == changed.icon.as_ref(), Refusal::Already)
    }

    pub(crate) fn admit_emoji(&self, created: &EmojiCreated) -> Result<(), Refusal> {
        refuse_if(self.emoji.contains_key(&created.emoji_id), Refusal::Already)?;
        refuse_if(self.emoji_names.contains_key(&created.name), Refusal::EmojiNameTaken)
    }

    pub(crate) fn admit_deletion(&self, emoji: EmojiId) -> Result<(), Refusal> {
        refuse_if(!self.emoji.contains_key(&emoji), Refusal::Already)
    }
}

/// Effects.
impl Pictures {
    pub(crate) fn change_picture(&mut self, changed: &UserPictureChanged) {
        match &changed.object {
            Some(object) => self.of_people.insert(changed.user_id, object.clone()),
            None => self.of_people.remove(&changed.user_id),
        };
    }

    pub(crate) fn change_icon(&mut self, changed: &TeamIconChanged, at: i64) {
        let icon = |picture: &StoredPicture| TeamIcon { picture: picture.clone(), update_at: at };
        match &changed.icon {
            Some(picture) => self.of_teams.insert(changed.team_id, icon(picture)),
            None => self.of_teams.remove(&changed.team_id),
        };
    }

    pub(crate) fn create_emoji(&mut self, created: &EmojiCreated, at: i64) {
        self.emoji_names.insert(created.name.clone(), created.emoji_id);
        let emoji = Emoji {
            name: created.name.clone(),
            creator_id: created.creator_id,
            image: created.image.clone(),
            create_at: at,
        };
        self.emoji.insert(created.emoji_id, emoji);
    }

    pub(crate) fn delete_emoji(&mut self, emoji: EmojiId) {
        if let Some(emoji) = self.emoji.remove(&emoji) {
            self.emoji_names.remove(&emoji.name);
        }
    }

    /// The picture goes with the person.
    pub(crate) fn erase(&mut self, user: UserId) {
        self.of_people.remove(&user);
    }
}

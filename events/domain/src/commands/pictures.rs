//! Commands on pictures of people and teams, and on custom emoji.

use events::pictures::{
    EmojiCreated, EmojiDeleted, PictureKey, StoredPicture, TeamIconChanged, UserPictureChanged,
};
use events::{EmojiId, Nothing, TeamId, UserId};

use super::directory::{DirectoryRejection as R, active, known};
use super::reaction::valid_emoji_name;
use super::team::managed;
use super::{Decision, ensure, in_directory};
use crate::directory::Directory;
use crate::permissions::{Permission, Place, may};
use crate::rights;

type Decided = Result<Decision, R>;

/// Custom emoji of an installation: every process holds their names in memory.
pub const EMOJI_MAX: usize = 10_000;

/// Custom emoji of one creator who does not administer the system: nobody takes all names.
pub const EMOJI_OF_ONE_MAX: usize = 500;

/// Gives an account another picture, or takes it away.
#[derive(Debug, Clone)]
pub struct ChangeUserPicture {
    pub actor: UserId,
    pub user_id: UserId,
    pub picture: Option<StoredPicture>,
}

impl ChangeUserPicture {
    /// Whether the actor may, before anything is uploaded.
    ///
    /// # Errors
    /// They may not.
    pub fn allowed(directory: &Directory, actor: UserId, user: UserId) -> Result<(), R> {
        ensure(rights::may_act_for(directory, actor, user), R::Forbidden)?;
        known(directory, user).map(drop)
    }

    pub fn decide(&self, directory: &Directory) -> Decided {
        Self::allowed(directory, self.actor, self.user_id)?;
        if self.picture.is_none() && directory.pictures().of_person(self.user_id).is_none() {
            return Ok(Decision::AlreadySo);
        }
        let picture = self.picture.as_ref();
        let object = picture.map(|picture| picture.object.clone());
        let key = picture.map(|picture| picture.key.clone()).unwrap_or_default();
        Ok(in_directory(UserPictureChanged { user_id: self.user_id, object }, PictureKey { key }))
    }
}

/// Gives a team another icon, or takes it away.
#[derive(Debug, Clone)]
pub struct ChangeTeamIcon {
    pub actor: UserId,
    pub team_id: TeamId,
    pub icon: Option<StoredPicture>,
}

impl ChangeTeamIcon {
    /// Whether the actor may, before anything is uploaded.
    ///
    /// # Errors
    /// They may not.
    pub fn allowed(directory: &Directory, actor: UserId, team: TeamId) -> Result<(), R> {
        managed(directory, actor, Permission::ManageTeam, team).map(drop)
    }

    pub fn decide(&self, directory: &Directory) -> Decided {
        Self::allowed(directory, self.actor, self.team_id)?;
        if self.icon.is_none() && directory.pictures().of_team(self.team_id).is_none() {
            return Ok(Decision::AlreadySo);
        }
        let c = TeamIconChanged { team_id: self.team_id, icon: self.icon.clone() };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Gives a picture a name.
#[derive(Debug, Clone)]
pub struct CreateEmoji {
    pub actor: UserId,
    pub emoji_id: EmojiId,
    pub name: String,
    pub image: StoredPicture,
}

impl CreateEmoji {
    /// Whether a name can be given now. Built-in names are not known here.
    ///
    /// # Errors
    /// It cannot.
    pub fn allowed(directory: &Directory, actor: UserId, name: &str) -> Result<(), R> {
        ensure(may(directory, actor, Permission::CreateEmojis, Place::System), R::Forbidden)?;
        ensure(valid_emoji_name(name), R::EmojiName)?;
        ensure(directory.pictures().emoji_by_name(name).is_none(), R::EmojiNameTaken)?;
        let pictures = directory.pictures();
        ensure(pictures.emoji_count() < EMOJI_MAX, R::TooManyEmoji)?;
        if rights::is_system_admin(directory, actor) {
            return Ok(());
        }
        let own = pictures.all_emoji().filter(|(_, emoji)| emoji.creator_id == actor).count();
        ensure(own < EMOJI_OF_ONE_MAX, R::TooManyEmoji)
    }

    pub fn decide(&self, directory: &Directory) -> Decided {
        Self::allowed(directory, self.actor, &self.name)?;
        let c = EmojiCreated {
            emoji_id: self.emoji_id,
            name: self.name.clone(),
            creator_id: self.actor,
            image: self.image.clone(),
        };
        Ok(in_directory(c, Nothing {}))
    }
}

/// Takes a picture its name: its creator's, or anybody's as an administrator.
#[derive(Debug, Clone, Copy)]
pub struct DeleteEmoji {
    pub actor: UserId,
    pub emoji_id: EmojiId,
}

impl DeleteEmoji {
    pub fn decide(&self, directory: &Directory) -> Decided {
        active(directory, self.actor)?;
        let emoji = directory.pictures().emoji(self.emoji_id).ok_or(R::UnknownEmoji)?;
        ensure(rights::may_act_for(directory, self.actor, emoji.creator_id), R::Forbidden)?;
        let c = EmojiDeleted { emoji_id: self.emoji_id, by: self.actor };
        Ok(in_directory(c, Nothing {}))
    }
}

#[cfg(test)]
mod tests {
    use events::directory::UserErased;
    use events::{DirectoryEvent, Id};

    use super::super::given::{Given, team, user};
    use super::super::team::ArchiveTeam;
    use super::*;
    use crate::verdict::Refusal;

    /// Users 1 (administrator of the system), 2 and 3; team 1 of user 2 with user 3.
    fn scene() -> Given {
        Given::new().with_user(1).with_user(2).with_user(3).with_team(1, 2).with_member(1, 3)
    }

    fn stored(n: u8) -> StoredPicture {
        StoredPicture { object: format!("pictures/2026-01-01/{n}"), key: format!("key{n}") }
    }

    fn emoji(n: u8) -> EmojiId {
        EmojiId(Id([n; 16]))
    }

    fn picture(actor: u8, of: u8, picture: Option<StoredPicture>) -> ChangeUserPicture {
        ChangeUserPicture { actor: user(actor), user_id: user(of), picture }
    }

    fn icon(actor: u8, icon: Option<StoredPicture>) -> ChangeTeamIcon {
        ChangeTeamIcon { actor: user(actor), team_id: team(1), icon }
    }

    fn create(actor: u8, n: u8, name: &str) -> CreateEmoji {
        let (emoji_id, name) = (emoji(n), name.to_owned());
        CreateEmoji { actor: user(actor), emoji_id, name, image: stored(n) }
    }

    #[test]
    fn a_picture_is_its_owners_and_the_administrators_to_change() {
        let mut given = scene();
        assert_eq!(picture(3, 2, Some(stored(1))).decide(&given.directory), Err(R::Forbidden));
        assert_eq!(picture(2, 2, None).decide(&given.directory), Ok(Decision::AlreadySo));
        given.done(picture(2, 2, Some(stored(1))).decide(&given.directory));
        assert_eq!(given.directory.pictures().of_person(user(2)), Some("pictures/2026-01-01/1"));
        given.done(picture(1, 2, Some(stored(2))).decide(&given.directory));
        given.done(picture(2, 2, None).decide(&given.directory));
        assert!(given.directory.pictures().objects().is_empty());
        let unknown = picture(1, 9, Some(stored(1))).decide(&given.directory);
        assert_eq!(unknown, Err(R::UnknownUser));
    }

    #[test]
    fn a_picture_goes_with_its_person_and_what_is_everybodys_stays() {
        let mut given = scene();
        given.done(picture(3, 3, Some(stored(1))).decide(&given.directory));
        given.done(create(3, 7, "parrot").decide(&given.directory));
        let erased = UserErased { user_id: user(3), by: user(1) };
        given.apply(&DirectoryEvent::UserErased(erased.into()).into()).unwrap();
        assert_eq!(given.directory.pictures().of_person(user(3)), None);
        assert!(given.directory.pictures().emoji_by_name("parrot").is_some());
        let late = UserPictureChanged { user_id: user(3), object: Some("x".into()) };
        let late = events::Body { c: late, p: PictureKey::default() };
        let late = DirectoryEvent::UserPictureChanged(late).into();
        assert_eq!(given.apply(&late), Err(Refusal::UserInactive));
    }

    #[test]
    fn an_icon_is_for_administrators_of_the_team() {
        let mut given = scene();
        assert_eq!(icon(3, Some(stored(1))).decide(&given.directory), Err(R::Forbidden));
        given.done(icon(2, Some(stored(1))).decide(&given.directory));
        let at = given.directory.pictures().of_team(team(1)).unwrap().update_at;
        given.done(icon(1, Some(stored(2))).decide(&given.directory));
        assert!(given.directory.pictures().of_team(team(1)).unwrap().update_at > at);
        given.done(icon(2, None).decide(&given.directory));
        assert_eq!(icon(2, None).decide(&given.directory), Ok(Decision::AlreadySo));
        let unknown = |actor| ChangeTeamIcon { team_id: team(9), ..icon(actor, None) };
        assert_eq!(unknown(1).decide(&given.directory), Err(R::UnknownTeam));
        assert_eq!(unknown(2).decide(&given.directory), Err(R::UnknownTeam));
    }

    #[test]
    fn an_archived_team_keeps_its_icon() {
        let mut given = scene();
        let raced = icon(2, Some(stored(1))).decide(&given.directory).unwrap().event().unwrap();
        let archive = ArchiveTeam { actor: user(2), team_id: team(1) };
        given.done(archive.decide(&given.directory));
        assert_eq!(icon(1, Some(stored(1))).decide(&given.directory), Err(R::TeamArchived));
        assert_eq!(icon(2, Some(stored(1))).decide(&given.directory), Err(R::Forbidden));
        assert_eq!(given.apply(&raced), Err(Refusal::TeamArchived));
    }

    #[test]
    fn an_emoji_has_a_name_of_its_own_until_it_is_deleted() {
        let mut given = scene();
        for name in ["", "a b", "ä", ":a:", &"x".repeat(65)] {
            assert_eq!(create(3, 1, name).decide(&given.directory), Err(R::EmojiName), "{name}");
        }
        given.done(create(3, 1, "party_parrot").decide(&given.directory));
        let taken = create(2, 2, "party_parrot");
        assert_eq!(taken.decide(&given.directory), Err(R::EmojiNameTaken));
        // Decided where the first was not known.
        let raced = taken.decide(&scene().directory).unwrap().event().unwrap();
        assert_eq!(given.apply(&raced), Err(Refusal::EmojiNameTaken));
        let delete = |actor| DeleteEmoji { actor: user(actor), emoji_id: emoji(1) };
        assert_eq!(delete(2).decide(&given.directory), Err(R::Forbidden));
        given.done(delete(3).decide(&given.directory));
        assert_eq!(delete(1).decide(&given.directory), Err(R::UnknownEmoji));
        given.done(taken.decide(&given.directory));
        let (id, held) = given.directory.pictures().emoji_by_name("party_parrot").unwrap();
        assert_eq!((id, held.creator_id), (emoji(2), user(2)));
        let delete = DeleteEmoji { actor: user(1), emoji_id: emoji(2) };
        given.done(delete.decide(&given.directory));
        assert_eq!(given.directory.pictures().emoji_count(), 0);
    }
}

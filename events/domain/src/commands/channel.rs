//! Commands on channels and their members.

use events::channel::{
    ChannelArchived, ChannelDirectOpened, ChannelGroupOpened, ChannelMemberRemoved,
    ChannelMembersAdded, ChannelRestored, ChannelSettingsChanged, LeftBecause, NewMember, Notice,
    NoticeKind,
};
use events::directory::{ChannelType, JoinedVia};
use events::{ChannelId, Nothing, PostId, TeamId, UserId};

use super::directory::valid_channel_texts;
use super::{Decision, ensure, in_channels};
use crate::channel::{Channel, Channels};
use crate::directory::Directory;
use crate::permissions::{Permission, Place, knows_channel, may};
use crate::rights;

/// Why a command on a channel is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelRejection {
    /// The named field has a value that is not allowed.
    Invalid(&'static str),
    UnknownChannel,
    Archived,
    /// The channels of an archived team take nothing.
    TeamArchived,
    Forbidden,
    UnknownUser,
    /// Whom a command is about is no member.
    NoSuchMember,
    /// Somebody who is not in the channel's team cannot come into the channel.
    NotATeamMember,
    /// Nobody leaves a default channel, and it is not archived.
    DefaultChannel,
    /// Direct and group channels keep the members they began with.
    FixedMembers,
    UnknownBookmark,
    TooManyBookmarks,
    /// A file that is unknown, another's, of another channel or in use already.
    FileUnusable,
    /// Guests administer nothing.
    Guest,
}

use ChannelRejection as R;

type Decided = Result<Decision, R>;

pub(super) fn team_of(channel: &Channel) -> Result<TeamId, R> {
    channel.team_id.ok_or(R::FixedMembers)
}

/// The same before any right is judged: anybody can compute the id of a conversation, and only who is or
/// was in it hears that it exists.
fn team_known_to(channel: &Channel, actor: UserId) -> Result<TeamId, R> {
    let concerned = channel.any_member(actor).is_some();
    channel.team_id.ok_or(if concerned { R::FixedMembers } else { R::UnknownChannel })
}

/// A conversation has no team that could be archived.
pub(super) fn team_stands(directory: &Directory, channel: &Channel) -> Result<(), R> {
    let archived = channel.team_id.is_some_and(|team| directory.is_archived(team));
    ensure(!archived, R::TeamArchived)
}

/// What somebody without rights in a channel hears: that it is unknown, unless they may know of it.
pub(super) fn channel_refusal(directory: &Directory, channel: &Channel, user: UserId) -> R {
    if knows_channel(directory, user, channel) { R::Forbidden } else { R::UnknownChannel }
}

fn allowed(
    directory: &Directory,
    channel: &Channel,
    actor: UserId,
    what: Permission,
) -> Result<(), R> {
    if may(directory, actor, what, Place::Channel(channel)) {
        return Ok(());
    }
    Err(channel_refusal(directory, channel, actor))
}

/// Opens the conversation of two people, or of one with themselves.
#[derive(Debug, Clone, Copy)]
pub struct OpenDirectChannel {
    pub actor: UserId,
    pub user_ids: [UserId; 2],
    /// Whether the actor may know of everyone.
    pub knows_all: bool,
}

impl OpenDirectChannel {
    /// What the two determine.
    pub fn channel_id(&self) -> ChannelId {
        ChannelId::direct(self.user_ids[0], self.user_ids[1])
    }

    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        may_open(directory, self.actor, &self.user_ids, self.knows_all)?;
        let channel_id = self.channel_id();
        if channels.channel(channel_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        let c =
            ChannelDirectOpened { channel_id, user_ids: sorted(&self.user_ids), by: self.actor };
        Ok(in_channels(c, Nothing {}))
    }
}

/// Opens the conversation of three to eight people.
#[derive(Debug, Clone)]
pub struct OpenGroupChannel {
    pub actor: UserId,
    pub user_ids: Vec<UserId>,
    /// Whether the actor may know of everyone.
    pub knows_all: bool,
}

impl OpenGroupChannel {
    pub fn channel_id(&self) -> ChannelId {
        ChannelId::group(&self.user_ids)
    }

    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let user_ids = sorted(&self.user_ids);
        ensure((3..=8).contains(&user_ids.len()), R::Invalid("user_ids"))?;
        may_open(directory, self.actor, &user_ids, self.knows_all)?;
        let channel_id = self.channel_id();
        if channels.channel(channel_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        let c = ChannelGroupOpened { channel_id, user_ids, by: self.actor };
        Ok(in_channels(c, Nothing {}))
    }
}

fn sorted(users: &[UserId]) -> Vec<UserId> {
    let mut sorted = users.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

fn may_open(
    directory: &Directory,
    actor: UserId,
    users: &[UserId],
    knows_all: bool,
) -> Result<(), R> {
    ensure(directory.active_account(actor).is_some(), R::Forbidden)?;
    let known = knows_all && users.iter().all(|user| directory.account(*user).is_some());
    ensure(known, R::UnknownUser)?;
    let allowed = users.contains(&actor) || rights::is_system_admin(directory, actor);
    ensure(allowed, R::Forbidden)
}

/// Changes what a channel says of itself. Texts that stand in no fold come as their rows were read.
#[derive(Debug, Clone)]
pub struct ChangeChannelSettings {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub display_name: Option<String>,
    pub header: Option<String>,
    pub purpose: Option<String>,
    pub current_header: String,
    pub current_purpose: String,
    /// Ids for the notices of the three changes.
    pub notice_ids: [PostId; 3],
}

impl ChangeChannelSettings {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        let what = Permission::manage_properties(channel.r#type);
        allowed(directory, channel, self.actor, what)?;
        team_stands(directory, channel)?;
        ensure(!channel.archived, R::Archived)?;
        let display_name = changed(&self.display_name, &channel.display_name);
        let header = changed(&self.header, &self.current_header);
        let purpose = changed(&self.purpose, &self.current_purpose);
        ensure(display_name.is_none() || channel.r#type.in_team(), R::FixedMembers)?;
        valid_channel_texts(
            display_name.unwrap_or("unchanged"),
            header.unwrap_or_default(),
            purpose.unwrap_or_default(),
        )
        .map_err(R::Invalid)?;
        let changes = [
            (NoticeKind::DisplaynameChange, &channel.display_name, display_name),
            (NoticeKind::HeaderChange, &self.current_header, header),
            (NoticeKind::PurposeChange, &self.current_purpose, purpose),
        ];
        let notices: Vec<Notice> = changes
            .into_iter()
            .zip(self.notice_ids)
            .filter_map(|((kind, old, new), post_id)| {
                let (old, new) = (old.clone(), new?.to_owned());
                Some(Notice { old, new, ..notice(post_id, kind, self.actor, &[]) })
            })
            .collect();
        if notices.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let c = ChannelSettingsChanged {
            channel_id: self.channel_id,
            display_name: display_name.map(str::to_owned),
            header: header.map(str::to_owned),
            purpose: purpose.map(str::to_owned),
            notices,
        };
        Ok(in_channels(c, Nothing {}))
    }
}

fn changed<'n>(new: &'n Option<String>, held: &str) -> Option<&'n str> {
    new.as_deref().filter(|new| *new != held)
}

/// Puts a channel into the archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveChannel {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub notice_id: PostId,
}

impl ArchiveChannel {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        team_known_to(channel, self.actor)?;
        let what = Permission::delete_channel(channel.r#type);
        allowed(directory, channel, self.actor, what)?;
        team_stands(directory, channel)?;
        if channel.archived {
            return Ok(Decision::AlreadySo);
        }
        ensure(!channel.is_default, R::DefaultChannel)?;
        let notice = notice(self.notice_id, NoticeKind::ChannelDeleted, self.actor, &[]);
        Ok(in_channels(ChannelArchived { channel_id: self.channel_id, notice }, Nothing {}))
    }
}

/// Takes a channel out of the archive.
#[derive(Debug, Clone, Copy)]
pub struct RestoreChannel {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub notice_id: PostId,
}

impl RestoreChannel {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        team_known_to(channel, self.actor)?;
        allowed(directory, channel, self.actor, Permission::ManageTeam)?;
        team_stands(directory, channel)?;
        if !channel.archived {
            return Ok(Decision::AlreadySo);
        }
        let notice = notice(self.notice_id, NoticeKind::ChannelRestored, self.actor, &[]);
        Ok(in_channels(ChannelRestored { channel_id: self.channel_id, notice }, Nothing {}))
    }
}

/// Brings people into a channel, or joins it.
#[derive(Debug, Clone)]
pub struct AddChannelMembers {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub user_ids: Vec<UserId>,
    pub notice_id: PostId,
}

impl AddChannelMembers {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        let team = team_known_to(channel, self.actor)?;
        let by_oneself = self.user_ids == [self.actor];
        self.allowed(directory, channel, by_oneself)?;
        ensure(!self.user_ids.is_empty(), R::Invalid("user_ids"))?;
        team_stands(directory, channel)?;
        ensure(!channel.archived, R::Archived)?;
        let mut members = Vec::with_capacity(self.user_ids.len());
        for user in sorted(&self.user_ids) {
            ensure(directory.account(user).is_some(), R::UnknownUser)?;
            let held = directory.active_membership(user, team).ok_or(R::NotATeamMember)?;
            if rights::member(directory, channel, user).is_none() {
                let generation = held.generation;
                members.push(NewMember { user_id: user, generation, scheme_admin: false });
            }
        }
        if members.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let users: Vec<UserId> = members.iter().map(|member| member.user_id).collect();
        let told = if by_oneself {
            notice(self.notice_id, NoticeKind::JoinChannel, self.actor, &[])
        } else {
            notice(self.notice_id, NoticeKind::AddToChannel, self.actor, &users)
        };
        let c = ChannelMembersAdded {
            channel_id: self.channel_id,
            members,
            by: self.actor,
            via: if by_oneself { JoinedVia::Join } else { JoinedVia::Add },
            notice: Some(told),
        };
        Ok(in_channels(c, Nothing {}))
    }

    /// Open channels let everyone of the team in; members bring in others. Who may not even see a
    /// private channel is told nothing of it.
    fn allowed(&self, directory: &Directory, channel: &Channel, by_oneself: bool) -> Result<(), R> {
        let joins = by_oneself && channel.r#type == ChannelType::Open;
        if joins && allowed(directory, channel, self.actor, Permission::JoinPublicChannels).is_ok()
        {
            return Ok(());
        }
        let what = Permission::manage_members(channel.r#type);
        allowed(directory, channel, self.actor, what)
    }
}

/// Leaves a channel, or takes somebody out of it.
#[derive(Debug, Clone, Copy)]
pub struct RemoveChannelMember {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub notice_id: PostId,
}

impl RemoveChannelMember {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        let by_oneself = self.actor == self.user_id;
        if by_oneself {
            ensure(directory.active_account(self.actor).is_some(), R::Forbidden)?;
            ensure(knows_channel(directory, self.actor, channel), R::UnknownChannel)?;
        } else {
            let what = Permission::manage_members(channel.r#type);
            allowed(directory, channel, self.actor, what)?;
            ensure(directory.account(self.user_id).is_some(), R::UnknownUser)?;
        }
        team_of(channel)?;
        let is_guest = rights::is_guest(directory, self.user_id);
        ensure(!channel.is_default || is_guest, R::DefaultChannel)?;
        let Some(member) = channel.member(self.user_id) else {
            return Ok(Decision::AlreadySo);
        };
        let (because, kind) = if by_oneself {
            (LeftBecause::Left, NoticeKind::LeaveChannel)
        } else {
            (LeftBecause::Removed, NoticeKind::RemoveFromChannel)
        };
        let c = ChannelMemberRemoved {
            channel_id: self.channel_id,
            user_id: self.user_id,
            membership: Some(member.since),
            generation: member.generation,
            by: self.actor,
            because,
            is_guest,
            notice: Some(notice(self.notice_id, kind, self.actor, &[self.user_id])),
        };
        Ok(in_channels(c, Nothing {}))
    }
}

pub(super) fn notice(post_id: PostId, kind: NoticeKind, by: UserId, users: &[UserId]) -> Notice {
    let (old, new) = (String::new(), String::new());
    Notice { post_id, kind, by, user_ids: users.to_vec(), old, new }
}

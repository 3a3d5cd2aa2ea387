//! Commands of those who administer a channel.

use std::collections::BTreeMap;

use events::channel::{
    ChannelMemberRolesChanged, ChannelModerated, ChannelPrivacyChanged, Moderated, Moderatee,
    Moderation, NoticeKind,
};
use events::directory::ChannelType;
use events::{ChannelId, Nothing, PostId, UserId};

use super::channel::{ChannelRejection as R, channel_refusal, notice, team_of, team_stands};
use super::{Decision, ensure, in_channels};
use crate::channel::{Channel, Channels};
use crate::directory::Directory;
use crate::permissions::{Permission, Place, may};
use crate::rights;

type Decided = Result<Decision, R>;

/// The channel, for somebody who may do this there. Who may not know of it is told that it is unknown.
fn administered<'c>(
    directory: &Directory,
    channels: &'c Channels,
    channel: ChannelId,
    actor: UserId,
    what: Permission,
) -> Result<&'c Channel, R> {
    let channel = channels.channel(channel).ok_or(R::UnknownChannel)?;
    if may(directory, actor, what, Place::Channel(channel)) {
        return Ok(channel);
    }
    Err(channel_refusal(directory, channel, actor))
}

/// Makes an open channel private, or the other way round.
#[derive(Debug, Clone, Copy)]
pub struct ChangeChannelPrivacy {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub r#type: ChannelType,
    pub notice_id: PostId,
}

impl ChangeChannelPrivacy {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        ensure(self.r#type.in_team(), R::Invalid("privacy"))?;
        let what = Permission::convert_channel(self.r#type);
        let channel = administered(directory, channels, self.channel_id, self.actor, what)?;
        team_of(channel)?;
        team_stands(directory, channel)?;
        ensure(!channel.archived, R::Archived)?;
        if channel.r#type == self.r#type {
            return Ok(Decision::AlreadySo);
        }
        ensure(!channel.is_default, R::DefaultChannel)?;
        let mut told = notice(self.notice_id, NoticeKind::ChangeChanPrivacy, self.actor, &[]);
        told.old = channel.r#type.letter().to_owned();
        told.new = self.r#type.letter().to_owned();
        let (channel_id, r#type, notice) = (self.channel_id, self.r#type, told);
        Ok(in_channels(ChannelPrivacyChanged { channel_id, r#type, notice }, Nothing {}))
    }
}

/// Makes a member an administrator of the channel, or no longer one.
#[derive(Debug, Clone, Copy)]
pub struct ChangeChannelMemberRoles {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub user_id: UserId,
    pub scheme_admin: bool,
}

impl ChangeChannelMemberRoles {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        let (channel_id, user_id) = (self.channel_id, self.user_id);
        let what = Permission::ManageChannelRoles;
        let channel = administered(directory, channels, channel_id, self.actor, what)?;
        team_of(channel)?;
        team_stands(directory, channel)?;
        let held = channel.member(user_id).ok_or(R::NoSuchMember)?;
        if held.scheme_admin == self.scheme_admin {
            return Ok(Decision::AlreadySo);
        }
        ensure(!(self.scheme_admin && rights::is_guest(directory, user_id)), R::Guest)?;
        let (membership, scheme_admin) = (held.since, self.scheme_admin);
        let c = ChannelMemberRolesChanged { channel_id, user_id, membership, scheme_admin };
        Ok(in_channels(c, Nothing {}))
    }
}

/// Says what members and guests may do in a channel without administering it.
#[derive(Debug, Clone)]
pub struct ModerateChannel {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub changes: Vec<Moderation>,
}

impl ModerateChannel {
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        team_of(channel)?;
        team_stands(directory, channel)?;
        ensure(!channel.archived, R::Archived)?;
        ensure(self.changes.iter().all(could_be), R::Invalid("roles"))?;
        // What is named twice is as it was named last.
        let wanted: BTreeMap<(Moderatee, Moderated), bool> =
            self.changes.iter().map(|one| ((one.whom, one.what), one.allowed)).collect();
        let changes: Vec<Moderation> = wanted
            .into_iter()
            .filter(|((whom, what), allowed)| channel.keeps(*what, *whom) == *allowed)
            .map(|((whom, what), allowed)| Moderation { whom, what, allowed })
            .collect();
        if changes.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let (channel_id, by) = (self.channel_id, self.actor);
        Ok(in_channels(ChannelModerated { channel_id, changes, by }, Nothing {}))
    }
}

fn could_be(change: &Moderation) -> bool {
    !change.allowed || change.whom != Moderatee::Guests || change.what.is_for_guests()
}

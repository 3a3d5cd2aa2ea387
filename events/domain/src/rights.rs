//! Rights are conjunctions, evaluated where they are used: member of the channel *and* of its team
//! *and* an active account. Nothing is enumerated when one of them ends.

use events::{ChannelId, TeamId, UserId};

use crate::channel::{Channel, Channels, Member};
use crate::directory::{Account, Directory};
use crate::faults::{self, Rule};
use crate::user::{Session, Users};

/// The membership of `user` in `channel`, if it gives rights.
pub fn member<'c>(directory: &Directory, channel: &'c Channel, user: UserId) -> Option<&'c Member> {
    let member = channel.member(user)?;
    rests(directory, channel, member).then_some(member)
}

/// Whether a present membership still rests on what it began with.
pub fn rests(directory: &Directory, channel: &Channel, member: &Member) -> bool {
    if !faults::is_on(Rule::Conjunctions) {
        return true;
    }
    match channel.team_id {
        None => directory.active_account(member.user_id).is_some(),
        Some(team) => directory
            .active_membership(member.user_id, team)
            .is_some_and(|membership| membership.generation == member.generation),
    }
}

/// Whether a present membership still rests on one of the channel's team, whether or not the account is
/// active and the team in use.
pub fn stands(directory: &Directory, channel: &Channel, member: &Member) -> bool {
    channel.team_id.is_none_or(|team| {
        directory
            .membership(member.user_id, team)
            .is_some_and(|held| held.active && held.generation == member.generation)
    })
}

/// Whether `user` is the administrator of the whole system, with an active account.
pub fn is_system_admin(directory: &Directory, user: UserId) -> bool {
    directory.active_account(user).is_some_and(|account| account.system_admin)
}

/// Whether the account is a guest's, who sees only the channels that they were brought into, and whom they
/// meet there.
pub fn is_guest(directory: &Directory, user: UserId) -> bool {
    directory.account(user).is_some_and(|account| account.guest.is_some())
}

/// Whether `actor`, with an active account, may do in `user`'s name what people do for themselves: it is
/// they, or the administrator of the whole system.
pub fn may_act_for(directory: &Directory, actor: UserId, user: UserId) -> bool {
    directory.active_account(actor).is_some_and(|account| actor == user || account.system_admin)
}

/// Whether `user` administers `team`.
pub fn is_team_admin(directory: &Directory, user: UserId, team: TeamId) -> bool {
    directory.active_membership(user, team).is_some_and(|membership| membership.scheme_admin)
}

/// Whether `user` may read what is said in `channel`.
pub fn may_read(
    directory: &Directory,
    channels: &Channels,
    channel: ChannelId,
    user: UserId,
) -> bool {
    channels.channel(channel).is_some_and(|channel| member(directory, channel, user).is_some())
}

/// The account behind `session`, unless all its sessions ended since; it may have expired.
pub fn unended_account<'d>(directory: &'d Directory, session: &Session) -> Option<&'d Account> {
    let account = directory.active_account(session.user_id)?;
    let current = account.auth_generation == session.auth_generation
        || account.kept_session == Some(session.session_id);
    current.then_some(account)
}

/// The account behind `session`, if the session is live at `now_ms` of the reader's clock.
pub fn session_account<'d>(
    directory: &'d Directory,
    session: &Session,
    now_ms: i64,
) -> Option<&'d Account> {
    unended_account(directory, session).filter(|_| session.expires_at > now_ms)
}

/// The live session that `token` names, with its account.
pub fn authenticate<'u, 'd>(
    directory: &'d Directory,
    users: &'u Users,
    token: &events::user::TokenHash,
    now_ms: i64,
) -> Option<(&'u Session, &'d Account)> {
    let session = users.session(token)?;
    session_account(directory, session, now_ms).map(|account| (session, account))
}

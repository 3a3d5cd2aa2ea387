//! What happened to accounts and teams, in words.

use events::directory::{
    ChannelType, JoinedVia, TeamChanged, TeamCreated, TeamMembersAdded, TeamType,
    UserProfileChanged,
};
use events::{Actor, Body, DirectoryEvent, Event, TeamId, UserId};

use crate::history::names::Names;
use crate::history::past::DirectoryPast;
use crate::history::source::Entry;
use crate::history::text::quoted;

/// What the event does to a directory that was `past` before. None: it says nothing to people.
pub(super) fn told(entry: &Entry, past: &DirectoryPast, names: &Names) -> Option<String> {
    let (meta, event) = entry.opened.decoded.as_ref()?;
    let Event::Directory(event) = event else { return None };
    let at = entry.at();
    let actor = match meta.actor {
        Actor::User(user) => names.person(user, at),
        Actor::System => "the system".to_owned(),
    };
    DirectoryTeller { names, past, at, actor }.told(event, entry)
}

struct DirectoryTeller<'t> {
    names: &'t Names,
    past: &'t DirectoryPast,
    at: i64,
    actor: String,
}

impl DirectoryTeller<'_> {
    fn told(&self, event: &DirectoryEvent, entry: &Entry) -> Option<String> {
        use DirectoryEvent as E;
        let by = &self.actor;
        let applied = entry.opened.verdict.applied();
        Some(match event {
            E::CellOpened(_) | E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => {
                return None;
            }
            E::UserPictureChanged(b) => {
                let did = if b.c.object.is_some() { "chose a picture" } else { "took the picture" };
                format!("{by} {did} of {}", self.person(b.c.user_id))
            }
            E::TeamIconChanged(b) => {
                let did = if b.c.icon.is_some() { "chose an icon" } else { "took the icon" };
                format!("{by} {did} of the team {}", self.names.team(b.c.team_id, self.at))
            }
            E::EmojiCreated(b) => format!("{by} made the emoji {}", quoted(&b.c.name)),
            E::EmojiDeleted(b) => format!("{by} deleted the emoji {}", b.c.emoji_id),
            E::ProfileFieldCreated(b) => {
                format!("{by} added the field {} to profiles", quoted(&b.c.field.name))
            }
            E::ProfileFieldChanged(b) => {
                format!("{by} changed the field {} of profiles", quoted(&b.c.field.name))
            }
            E::ProfileFieldDeleted(b) => {
                format!("{by} took the field {} from profiles", b.c.field_id)
            }
            E::RetentionPolicyCreated(b) => format!(
                "{by} made the retention policy {} of {} days",
                quoted(&b.c.display_name),
                b.c.post_days
            ),
            E::RetentionPolicyChanged(b) => {
                format!("{by} changed the retention policy {}", b.c.policy_id)
            }
            E::RetentionPolicyDeleted(b) => {
                format!("{by} ended the retention policy {}", b.c.policy_id)
            }
            E::LegalHoldPlaced(b) => format!(
                "{by} placed the legal hold {}, {}",
                b.c.hold_id,
                self.names.said(b.c.by, &b.p.name)
            ),
            E::LegalHoldReleased(b) => format!("{by} released the legal hold {}", b.c.hold_id),
            E::RetentionRunFinished(b) => format!(
                "retention let go of {} posts and {} files in {} channels",
                b.c.posts, b.c.files, b.c.channels
            ),
            E::UserCreated(b) => {
                let kind = if b.c.is_bot { "bot " } else { "" };
                let first = applied.is_some_and(|applied| applied.system_admin);
                let first = if first { ", the first, so an administrator" } else { "" };
                format!("the {kind}account {} was created{first}", self.person(b.c.user_id))
            }
            E::UserProfileChanged(b) => self.profile(b),
            E::UserPasswordChanged(b) => {
                format!("{by} set another password of {}", self.person(b.c.user_id))
            }
            E::UserRolesChanged(b) => {
                let who = self.person(b.c.user_id);
                if b.c.system_admin {
                    format!("{by} made {who} an administrator of the system")
                } else {
                    format!("{by} ended that {who} is an administrator of the system")
                }
            }
            E::UserGuestChanged(b) => {
                let who = self.person(b.c.user_id);
                if b.c.is_guest {
                    format!("{by} made {who} a guest")
                } else {
                    format!("{by} ended that {who} is a guest")
                }
            }
            E::UserDeactivated(b) => format!("{by} deactivated {}", self.person(b.c.user_id)),
            E::UserActivated(b) => format!("{by} activated {}", self.person(b.c.user_id)),
            E::UserErased(b) => {
                format!("{} erased {}", self.person(b.c.by), self.person(b.c.user_id))
            }
            E::UserKeyDestroyed(b) => {
                format!("the key of {} was destroyed", self.person(b.c.user_id))
            }
            E::UserSessionsRevoked(b) => {
                format!("{by} ended all sessions of {}", self.person(b.c.user_id))
            }
            E::TeamCreated(b) => self.team_created(&b.c),
            E::TeamMembersAdded(b) => {
                let admitted = applied.map(|applied| applied.admitted.as_slice());
                self.team_added(&b.c, admitted)
            }
            E::TeamMemberRemoved(b) => {
                let (who, team) = (self.person(b.c.user_id), self.names.team(b.c.team_id, self.at));
                if *by == who {
                    format!("{who} left the team {team}")
                } else {
                    format!("{by} removed {who} from the team {team}")
                }
            }
            E::TeamMemberRolesChanged(b) => {
                let (who, team) = (self.person(b.c.user_id), self.names.team(b.c.team_id, self.at));
                if b.c.scheme_admin {
                    format!("{by} made {who} an administrator of the team {team}")
                } else {
                    format!("{by} ended that {who} is an administrator of the team {team}")
                }
            }
            E::TeamChanged(b) => self.team_changed(&b.c),
            E::TeamInviteRegenerated(b) => {
                format!("{by} made another invitation to the team {}", self.team(b.c.team_id))
            }
            E::TeamArchived(b) => format!("{by} archived the team {}", self.team(b.c.team_id)),
            E::TeamRestored(b) => format!("{by} restored the team {}", self.team(b.c.team_id)),
            E::ChannelNameClaimed(b) => {
                let kind =
                    if b.c.channel.r#type == ChannelType::Private { "private" } else { "open" };
                let (name, team) = (quoted(&b.c.name), self.names.team(b.c.team_id, self.at));
                format!("{by} took the name {name} in the team {team} for a new {kind} channel")
            }
            E::ChannelNameChanged(b) => {
                let old = self.past.channels.get(&b.c.channel_id).map(|(_, name)| name.as_str());
                let old = old.map(|old| format!("{} of ", quoted(old))).unwrap_or_default();
                format!(
                    "{by} changed the name {old}channel {} to {}",
                    b.c.channel_id,
                    quoted(&b.c.name)
                )
            }
        })
    }

    fn person(&self, user: UserId) -> String {
        self.names.person(user, self.at)
    }

    fn profile(&self, b: &Body<UserProfileChanged>) -> String {
        let mut changes: Vec<String> = self
            .past
            .changes(b)
            .map(|(field, old, new)| format!("{field} from {} to {}", quoted(old), quoted(new)))
            .collect();
        changes.extend(b.c.locale.as_ref().map(|locale| format!("locale to {}", quoted(locale))));
        let settings = [
            ("props", b.p.props.is_some()),
            ("notify_props", b.p.notify_props.is_some()),
            ("timezone", b.p.timezone.is_some()),
        ];
        let settings = settings.into_iter().filter(|(_, changed)| *changed);
        changes.extend(settings.map(|(field, _)| field.to_owned()));
        let what = if changes.is_empty() { "nothing".to_owned() } else { changes.join(", ") };
        let what = if self.names.has_erased(b.c.user_id) { "(erased)".to_owned() } else { what };
        format!("{} changed of the profile of {}: {what}", self.actor, self.person(b.c.user_id))
    }

    fn team_created(&self, c: &TeamCreated) -> String {
        let (who, team) = (self.person(c.creator_id), self.names.team(c.team_id, self.at));
        let channels: Vec<&str> = c.default_channels.iter().map(|c| c.name.as_str()).collect();
        let (name, channels) = (quoted(&c.display_name), channels.join(", "));
        format!("{who} created the team {team}, {name}, with the channels {channels}")
    }

    fn team(&self, team: TeamId) -> String {
        self.names.team(team, self.at)
    }

    fn team_changed(&self, c: &TeamChanged) -> String {
        let texts = [
            ("display name", &c.display_name),
            ("description", &c.description),
            ("company name", &c.company_name),
        ];
        let texts = texts.into_iter();
        let mut changes: Vec<String> = texts
            .filter_map(|(what, new)| Some(format!("the {what} to {}", quoted(new.as_ref()?))))
            .collect();
        changes.extend(c.r#type.map(|new| match new {
            TeamType::Open => "it to an open team".to_owned(),
            TeamType::InviteOnly => "it to a team by invitation".to_owned(),
        }));
        changes.extend(c.allow_open_invite.map(|anybody| {
            if anybody { "it so that anybody may join" } else { "it so that not anybody may join" }
                .to_owned()
        }));
        format!(
            "{} changed of the team {}: {}",
            self.actor,
            self.team(c.team_id),
            changes.join(", ")
        )
    }

    fn team_added(&self, c: &TeamMembersAdded, admitted: Option<&[UserId]>) -> String {
        let listed = || c.members.iter().map(|member| member.user_id).collect();
        let who = admitted.map_or_else(listed, <[UserId]>::to_vec);
        let (who, team) = (self.names.people(who, self.at), self.names.team(c.team_id, self.at));
        match c.via {
            JoinedVia::Join => format!("{who} joined the team {team}"),
            JoinedVia::Add | JoinedVia::Step => {
                format!("{} added {who} to the team {team}", self.actor)
            }
        }
    }
}

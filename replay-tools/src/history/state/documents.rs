//! States as documents.

use events::channel::AttachedFile;
use events::directory::{ChannelType, TeamType};
use events::{ChannelId, FileId, PostId, TeamId, UserId};
use serde::Serialize;
use wire::notice_text;

use crate::history::moment::Instant;
use crate::history::names::Names;
use crate::history::past::{
    AccountPast, ChannelPast, DirectoryPast, MemberPast, PostPast, TeamPast,
};

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum State {
    Channel(Channel),
    Team(Team),
    Account(Account),
}

/// Somebody, by what they were called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Person {
    pub id: UserId,
    pub username: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Member {
    #[serde(flatten)]
    pub person: Person,
    pub roles: &'static str,
    pub since: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Channel {
    pub at: i64,
    pub id: ChannelId,
    /// Its team's and its own; none of a conversation.
    pub team: Option<TeamId>,
    pub name: String,
    pub r#type: ChannelType,
    pub display_name: String,
    pub header: String,
    pub purpose: String,
    pub creator: Option<Person>,
    pub create_at: i64,
    pub archived_at: Option<i64>,
    pub members: Vec<Member>,
    /// How many posts there were; `posts` are the newest of them.
    pub posts_total: usize,
    pub posts: Vec<Post>,
    pub pinned: Vec<PostId>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Post {
    pub id: PostId,
    pub author: Person,
    pub root_id: Option<PostId>,
    pub create_at: i64,
    pub edit_at: i64,
    /// The contract's type of a system post, else empty.
    pub r#type: &'static str,
    pub message: String,
    pub is_erased: bool,
    pub is_pinned: bool,
    pub files: Vec<File>,
    pub reactions: Vec<Reaction>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct File {
    pub id: FileId,
    pub name: String,
    pub size: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reaction {
    pub person: Person,
    pub emoji_name: String,
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Team {
    pub at: i64,
    pub id: TeamId,
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub r#type: TeamType,
    pub allow_open_invite: bool,
    pub creator: Person,
    pub create_at: i64,
    pub archived_at: Option<i64>,
    pub members: Vec<Member>,
    pub channels: Vec<NamedChannel>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct NamedChannel {
    pub id: ChannelId,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Account {
    pub at: i64,
    #[serde(flatten)]
    pub person: Person,
    pub email: String,
    pub nickname: String,
    pub first_name: String,
    pub last_name: String,
    pub position: String,
    pub locale: String,
    pub is_bot: bool,
    pub roles: &'static str,
    pub create_at: i64,
    pub deactivated_at: Option<i64>,
    pub erased_at: Option<i64>,
    pub teams: Vec<Membership<TeamId>>,
    pub channels: Vec<Membership<ChannelId>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Membership<I> {
    pub id: I,
    pub name: String,
    pub roles: &'static str,
    pub since: i64,
}

fn person(id: UserId, at: Instant, names: &Names) -> Person {
    Person { id, username: names.person(id, at.0) }
}

fn team_roles(member: MemberPast) -> &'static str {
    if member.is_admin { "team_user team_admin" } else { "team_user" }
}

fn channel_roles(member: MemberPast) -> &'static str {
    if member.is_admin { "channel_user channel_admin" } else { "channel_user" }
}

fn members<'m>(
    members: impl IntoIterator<Item = (&'m UserId, &'m MemberPast)>,
    roles: fn(MemberPast) -> &'static str,
    at: Instant,
    names: &Names,
) -> Vec<Member> {
    let members = members.into_iter().map(|(id, member)| Member {
        person: person(*id, at, names),
        roles: roles(*member),
        since: member.since,
    });
    let mut members: Vec<Member> = members.collect();
    members.sort_by(|a, b| a.person.username.cmp(&b.person.username));
    members
}

impl Channel {
    pub fn of(past: &ChannelPast, posts: usize, at: Instant, names: &Names) -> Self {
        let live = past.live_posts();
        let pinned = live.iter().filter(|post| post.is_pinned).map(|post| post.id).collect();
        Self {
            at: at.0,
            id: past.id,
            team: past.team_id,
            name: names.channel(past.id, at.0),
            r#type: past.r#type,
            display_name: past.display_name.clone(),
            header: past.header.clone(),
            purpose: past.purpose.clone(),
            creator: past.creator_id.map(|creator| person(creator, at, names)),
            create_at: past.create_at,
            archived_at: past.archived_at,
            members: members(&past.members, channel_roles, at, names),
            posts_total: live.len(),
            posts: live.iter().take(posts).map(|post| Post::of(post, at, names)).collect(),
            pinned,
        }
    }
}

impl Post {
    pub fn of(post: &PostPast, at: Instant, names: &Names) -> Self {
        let latest = post.latest();
        let username = |id: UserId| Some(names.person(id, at.0));
        let message = match &post.notice {
            Some(notice) => notice_text(notice, &username).message,
            None => latest.message.clone(),
        };
        let reactions = post.reactions.iter().map(|((user, emoji_name), at_ms)| Reaction {
            person: person(*user, at, names),
            emoji_name: emoji_name.clone(),
            at: *at_ms,
        });
        Self {
            id: post.id,
            author: person(post.author_id, at, names),
            root_id: post.root_id,
            create_at: post.create_at,
            edit_at: post.edit_at(),
            r#type: post.notice.as_ref().map_or("", |notice| notice.kind.post_type()),
            message,
            is_erased: post.is_erased
                || (post.notice.is_none() && names.has_erased(post.author_id)),
            is_pinned: post.is_pinned,
            files: latest.files.iter().map(File::of).collect(),
            reactions: reactions.collect(),
        }
    }
}

impl File {
    fn of((file, name): &(AttachedFile, String)) -> Self {
        Self { id: file.file_id, name: name.clone(), size: file.size }
    }
}

impl Team {
    pub fn of(
        id: TeamId,
        team: &TeamPast,
        directory: &DirectoryPast,
        at: Instant,
        names: &Names,
    ) -> Self {
        let channels = directory.channels.iter().filter(|(_, (of, _))| *of == id);
        let mut channels: Vec<NamedChannel> =
            channels.map(|(id, (_, name))| NamedChannel { id: *id, name: name.clone() }).collect();
        channels.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            at: at.0,
            id,
            name: team.created.name.clone(),
            display_name: team.created.display_name.clone(),
            description: team.created.description.clone(),
            r#type: team.created.r#type,
            allow_open_invite: team.created.allow_open_invite,
            creator: person(team.created.creator_id, at, names),
            create_at: team.create_at,
            archived_at: team.archived_at,
            members: members(&team.members, team_roles, at, names),
            channels,
        }
    }
}

impl Account {
    pub fn of(
        id: UserId,
        account: &AccountPast,
        directory: &DirectoryPast,
        channels: &[ChannelPast],
        at: Instant,
        names: &Names,
    ) -> Self {
        let teams = directory.teams_of(id).map(|(team, member)| Membership {
            id: team,
            name: names.team(team, at.0),
            roles: team_roles(member),
            since: member.since,
        });
        let channels = channels.iter().filter_map(|channel| {
            let member = *channel.members.get(&id)?;
            let (name, roles) = (names.channel(channel.id, at.0), channel_roles(member));
            Some(Membership { id: channel.id, name, roles, since: member.since })
        });
        let text = |field| account.text(field).to_owned();
        Self {
            at: at.0,
            person: person(id, at, names),
            email: text("email"),
            nickname: text("nickname"),
            first_name: text("first_name"),
            last_name: text("last_name"),
            position: text("position"),
            locale: account.locale.clone(),
            is_bot: account.is_bot,
            roles: wire::system_roles(account.is_system_admin, account.is_guest),
            create_at: account.create_at,
            deactivated_at: account.deactivated_at,
            erased_at: account.erased_at,
            teams: teams.collect(),
            channels: channels.collect(),
        }
    }
}

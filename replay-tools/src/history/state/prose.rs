//! States, told for people.

use events::directory::{ChannelType, TeamType};

use super::documents::{Account, Channel, Member, Membership, Post, State, Team};
use crate::history::moment::Instant;
use crate::history::text::{plain, quoted};

pub(super) fn lines(state: &State) -> Vec<String> {
    match state {
        State::Channel(channel) => of_channel(channel),
        State::Team(team) => of_team(team),
        State::Account(account) => of_account(account),
    }
}

fn of_channel(channel: &Channel) -> Vec<String> {
    let kind = match channel.r#type {
        ChannelType::Open => "open channel",
        ChannelType::Private => "private channel",
        ChannelType::Direct => "conversation of two",
        ChannelType::Group => "conversation of several",
    };
    let creator = channel.creator.as_ref().map(|by| format!(" by {}", by.username));
    let mut lines = vec![
        format!("{} ({}) at {} UTC", channel.name, channel.id, Instant(channel.at)),
        format!("{kind}, created {}{}", Instant(channel.create_at), creator.unwrap_or_default()),
        match channel.archived_at {
            Some(at) => format!("archived since {}", Instant(at)),
            None => "not archived".to_owned(),
        },
        format!("display name {}", quoted(&channel.display_name)),
        format!("header {}", quoted(&channel.header)),
        format!("purpose {}", quoted(&channel.purpose)),
    ];
    lines.extend(of_members(&channel.members));
    let (shown, total) = (channel.posts.len(), channel.posts_total);
    lines.push(format!(
        "{total} posts, the newest {shown} of them, {} pinned:",
        channel.pinned.len()
    ));
    lines.extend(channel.posts.iter().map(of_post));
    lines
}

fn of_members(members: &[Member]) -> Vec<String> {
    let mut lines = vec![format!("{} members:", members.len())];
    lines.extend(members.iter().map(|member| {
        format!(
            "  {} ({}), {}, since {}",
            member.person.username,
            member.person.id,
            member.roles,
            Instant(member.since)
        )
    }));
    lines
}

fn of_post(post: &Post) -> String {
    let text = if post.is_erased { "(erased)".to_owned() } else { quoted(&post.message) };
    let mut more = String::new();
    if post.edit_at > 0 {
        more.push_str(&format!(", edited {}", Instant(post.edit_at)));
    }
    if post.is_pinned {
        more.push_str(", pinned");
    }
    for file in &post.files {
        more.push_str(&format!(", file {} ({})", quoted(&file.name), file.id));
    }
    for reaction in &post.reactions {
        let (emoji, who) = (plain(&reaction.emoji_name), &reaction.person.username);
        more.push_str(&format!(", :{emoji}: of {who}"));
    }
    let author = &post.author.username;
    let reply = if post.root_id.is_some() { " in reply" } else { "" };
    format!("  {}  {author}{reply}: {text}{more} ({})", Instant(post.create_at), post.id)
}

fn of_team(team: &Team) -> Vec<String> {
    let kind = match team.r#type {
        TeamType::Open => "open",
        TeamType::InviteOnly => "invitation only",
    };
    let invite =
        if team.allow_open_invite { "anyone may join" } else { "joining needs an invitation" };
    let mut lines = vec![
        format!("the team {} ({}) at {} UTC", team.name, team.id, Instant(team.at)),
        format!(
            "{kind}, {invite}, created {} by {}",
            Instant(team.create_at),
            team.creator.username
        ),
        format!("display name {}", quoted(&team.display_name)),
        format!("description {}", quoted(&team.description)),
    ];
    lines.extend(team.archived_at.map(|at| format!("archived since {}", Instant(at))));
    lines.extend(of_members(&team.members));
    lines.push(format!("{} channels:", team.channels.len()));
    let channels = team.channels.iter();
    lines.extend(channels.map(|channel| format!("  {} ({})", plain(&channel.name), channel.id)));
    lines
}

fn of_account(account: &Account) -> Vec<String> {
    let state = match (account.erased_at, account.deactivated_at) {
        (Some(at), _) => format!("erased {}", Instant(at)),
        (None, Some(at)) => format!("deactivated {}", Instant(at)),
        (None, None) => "active".to_owned(),
    };
    let bot = if account.is_bot { ", a bot" } else { "" };
    let (username, id) = (&account.person.username, account.person.id);
    let name = format!("{} {}", account.first_name, account.last_name);
    let mut lines = vec![
        format!("{username} ({id}) at {} UTC", Instant(account.at)),
        format!("{state}{bot}, {}, created {}", account.roles, Instant(account.create_at)),
        format!("e-mail address {}", quoted(&account.email)),
        format!(
            "name {}, nickname {}, position {}",
            quoted(name.trim()),
            quoted(&account.nickname),
            quoted(&account.position)
        ),
    ];
    lines.extend(of_memberships("teams", &account.teams));
    lines.extend(of_memberships("channels", &account.channels));
    lines
}

fn of_memberships<I: std::fmt::Display>(what: &str, memberships: &[Membership<I>]) -> Vec<String> {
    let mut lines = vec![format!("{} {what}:", memberships.len())];
    lines.extend(memberships.iter().map(|membership| {
        let Membership { id, name, roles, since } = membership;
        format!("  {name} ({id}), {roles}, since {}", Instant(*since))
    }));
    lines
}

//! Mattermost's format for loading in bulk: what stands, without what was deleted, without earlier
//! versions and system posts. It takes an address of everyone: who has none gets one that reaches nobody.

use std::collections::BTreeMap;

use events::{PostId, TeamId, UserId};
use serde_json::{Map, Value, json};

use super::collect::Collected;
use super::data::Copied;
use crate::history::past::{ChannelPast, PostPast};

/// In the order in which they may refer to each other.
pub(super) fn lines(collected: &Collected, copied: &Copied) -> Vec<Value> {
    let mut lines = vec![json!({"type": "version", "version": 1})];
    for id in &collected.teams {
        if let Some(team) = collected.directory.teams.get(id) {
            let team = json!({
                "name": team.created.name,
                "display_name": team.created.display_name,
                "type": team.created.r#type,
                "description": team.created.description,
                "allow_open_invite": team.created.allow_open_invite,
            });
            lines.push(json!({"type": "team", "team": team}));
        }
    }
    let (in_teams, conversations): (Vec<_>, Vec<_>) =
        collected.channels.iter().partition(|channel| channel.team_id.is_some());
    lines.extend(in_teams.iter().filter_map(|channel| of_channel(channel, collected)));
    lines.extend(collected.people.iter().filter_map(|user| of_user(*user, collected)));
    for channel in in_teams {
        let Some(place) = place(channel, collected) else { continue };
        lines.extend(posts(channel, collected, copied).into_iter().map(|mut post| {
            post.extend(place.clone());
            json!({"type": "post", "post": post})
        }));
    }
    for channel in conversations {
        let members = members(channel, collected);
        let direct = json!({"members": members, "header": channel.header});
        lines.push(json!({"type": "direct_channel", "direct_channel": direct}));
        lines.extend(posts(channel, collected, copied).into_iter().map(|mut post| {
            post.insert("channel_members".to_owned(), json!(members));
            json!({"type": "direct_post", "direct_post": post})
        }));
    }
    lines
}

fn team_name(team: Option<TeamId>, collected: &Collected) -> Option<&str> {
    Some(&collected.directory.teams.get(&team?)?.created.name)
}

/// Where a post of a team's channel is.
fn place(channel: &ChannelPast, collected: &Collected) -> Option<Map<String, Value>> {
    let (_, name) = collected.directory.channels.get(&channel.id)?;
    let team = team_name(channel.team_id, collected)?;
    let place = [("team", team), ("channel", name)];
    Some(place.map(|(field, name)| (field.to_owned(), json!(name))).into_iter().collect())
}

fn of_channel(channel: &ChannelPast, collected: &Collected) -> Option<Value> {
    let (_, name) = collected.directory.channels.get(&channel.id)?;
    let mut of = json!({
        "team": team_name(channel.team_id, collected)?,
        "name": name,
        "display_name": channel.display_name,
        "type": channel.r#type,
        "header": channel.header,
        "purpose": channel.purpose,
    });
    if let Some(at) = channel.archived_at {
        of["deleted_at"] = json!(at);
    }
    Some(json!({"type": "channel", "channel": of}))
}

fn of_user(user: UserId, collected: &Collected) -> Option<Value> {
    let account = collected.directory.accounts.get(&user)?;
    let username = collected.username(user);
    let email = match collected.profile(user, "email") {
        "" => format!("{username}@unknown.invalid"),
        email => email.to_owned(),
    };
    let teams = collected.directory.teams_of(user);
    let teams = teams.filter(|(team, _)| collected.teams.contains(team));
    let teams = teams.filter_map(|(team, member)| {
        let roles = if member.is_admin { "team_user team_admin" } else { "team_user" };
        let name = team_name(Some(team), collected)?;
        Some(json!({"name": name, "roles": roles, "channels": channels_of(user, team, collected)}))
    });
    let mut of = json!({
        "username": username,
        "email": email,
        "nickname": collected.profile(user, "nickname"),
        "first_name": collected.profile(user, "first_name"),
        "last_name": collected.profile(user, "last_name"),
        "position": collected.profile(user, "position"),
        "locale": account.locale,
        "roles": wire::system_roles(account.is_system_admin, account.is_guest),
        "teams": teams.collect::<Vec<_>>(),
    });
    if let Some(at) = account.deactivated_at {
        of["delete_at"] = json!(at);
    }
    Some(json!({"type": "user", "user": of}))
}

fn channels_of(user: UserId, team: TeamId, collected: &Collected) -> Vec<Value> {
    let channels = collected.channels.iter().filter(|channel| channel.team_id == Some(team));
    let channels = channels.filter_map(|channel| {
        let member = channel.members.get(&user)?;
        let (_, name) = collected.directory.channels.get(&channel.id)?;
        let roles = if member.is_admin { "channel_user channel_admin" } else { "channel_user" };
        Some(json!({"name": name, "roles": roles}))
    });
    channels.collect()
}

fn members(channel: &ChannelPast, collected: &Collected) -> Vec<String> {
    channel.members.keys().map(|user| collected.username(*user)).collect()
}

/// Roots with their replies, oldest first; a reply whose root is not here stands by itself.
fn posts(channel: &ChannelPast, collected: &Collected, copied: &Copied) -> Vec<Map<String, Value>> {
    let mut live = channel.live_posts();
    live.retain(|post| post.notice.is_none());
    live.reverse();
    let mut replies: BTreeMap<PostId, Vec<Value>> = BTreeMap::new();
    let is_reply = |post: &PostPast| {
        post.root_id.is_some_and(|root| channel.posts.get(&root).is_some_and(PostPast::is_live))
    };
    for post in live.iter().filter(|post| is_reply(post)) {
        let root = post.root_id.expect("a reply has a root");
        let reply = Value::Object(of_post(post, collected, copied));
        replies.entry(root).or_default().push(reply);
    }
    let roots = live.into_iter().filter(|post| !is_reply(post)).map(|post| {
        let mut of = of_post(post, collected, copied);
        of.insert("is_pinned".to_owned(), json!(post.is_pinned));
        if let Some(replies) = replies.remove(&post.id) {
            of.insert("replies".to_owned(), Value::Array(replies));
        }
        of
    });
    roots.collect()
}

fn of_post(post: &PostPast, collected: &Collected, copied: &Copied) -> Map<String, Value> {
    let latest = post.latest();
    let reactions = post.reactions.iter().map(|((user, emoji_name), at)| {
        json!({"user": collected.username(*user), "emoji_name": emoji_name, "create_at": at})
    });
    let attachments = latest.files.iter().filter_map(|(file, _)| {
        Some(json!({"path": copied.paths.get(&file.file_id)?.strip_prefix("data/")?}))
    });
    let fields = [
        ("user", json!(collected.username(post.author_id))),
        ("message", json!(latest.message)),
        ("props", json!(latest.props)),
        ("create_at", json!(post.create_at)),
        ("edit_at", json!(post.edit_at())),
        ("reactions", Value::Array(reactions.collect())),
        ("attachments", Value::Array(attachments.collect())),
    ];
    fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}

//! Documents with all that is known, one a line. `type` says what a line is:
//!
//! | `type` | what it holds |
//! |---|---|
//! | `export` | the first line: format, and the time that it is of |
//! | `team` | a team |
//! | `account` | an account that occurs |
//! | `team_member`, `member` | a membership of a team, of a channel |
//! | `channel` | a channel or a conversation |
//! | `post` | a post with every version, oldest first, its reactions, and who deleted it |
//!
//! Ids are those of the API, times Unix ms.

use events::TeamId;
use serde_json::{Value, json};

use super::collect::Collected;
use super::data::Copied;
use crate::history::past::{ChannelPast, PostPast, Version};

pub(super) fn lines(collected: &Collected, copied: &Copied) -> Vec<Value> {
    let mut lines = vec![json!({"type": "export", "format": 1, "at": collected.at.0})];
    for team in &collected.teams {
        lines.extend(of_team(*team, collected));
    }
    for user in &collected.people {
        let Some(account) = collected.directory.accounts.get(user) else { continue };
        lines.push(json!({
            "type": "account",
            "id": user,
            "username": collected.username(*user),
            "email": collected.profile(*user, "email"),
            "nickname": collected.profile(*user, "nickname"),
            "first_name": collected.profile(*user, "first_name"),
            "last_name": collected.profile(*user, "last_name"),
            "position": collected.profile(*user, "position"),
            "locale": account.locale,
            "is_bot": account.is_bot,
            "is_system_admin": account.is_system_admin,
            "is_guest": account.is_guest,
            "create_at": account.create_at,
            "deactivated_at": account.deactivated_at,
            "erased_at": account.erased_at,
        }));
    }
    for channel in &collected.channels {
        lines.extend(of_channel(channel, collected, copied));
    }
    lines
}

fn of_team(id: TeamId, collected: &Collected) -> Vec<Value> {
    let Some(team) = collected.directory.teams.get(&id) else { return Vec::new() };
    let mut lines = vec![json!({
        "type": "team",
        "id": id,
        "name": team.created.name,
        "display_name": team.created.display_name,
        "description": team.created.description,
        "team_type": team.created.r#type,
        "email": team.email,
        "allow_open_invite": team.created.allow_open_invite,
        "creator_id": team.created.creator_id,
        "company_name": team.company_name,
        "create_at": team.create_at,
        "archived_at": team.archived_at,
    })];
    let members = team.members.iter().filter(|(user, _)| collected.people.contains(user));
    lines.extend(members.map(|(user, member)| {
        json!({
            "type": "team_member",
            "team_id": id,
            "user_id": user,
            "is_admin": member.is_admin,
            "since": member.since,
        })
    }));
    lines
}

fn of_channel(channel: &ChannelPast, collected: &Collected, copied: &Copied) -> Vec<Value> {
    let name = collected.directory.channels.get(&channel.id).map(|(_, name)| name);
    let mut lines = vec![json!({
        "type": "channel",
        "id": channel.id,
        "team_id": channel.team_id,
        "name": name,
        "channel_type": channel.r#type,
        "display_name": channel.display_name,
        "header": channel.header,
        "purpose": channel.purpose,
        "creator_id": channel.creator_id,
        "create_at": channel.create_at,
        "archived_at": channel.archived_at,
    })];
    let members = channel.members.iter().filter(|(user, _)| collected.people.contains(user));
    lines.extend(members.map(|(user, member)| {
        json!({
            "type": "member",
            "channel_id": channel.id,
            "user_id": user,
            "is_admin": member.is_admin,
            "since": member.since,
        })
    }));
    let mut posts: Vec<&PostPast> = channel.posts.values().collect();
    posts.sort_by_key(|post| (post.create_at, post.id));
    lines.extend(posts.into_iter().map(|post| of_post(channel, post, copied)));
    lines
}

fn of_post(channel: &ChannelPast, post: &PostPast, copied: &Copied) -> Value {
    let reactions = post.reactions.iter().map(
        |((user, emoji_name), at)| json!({"user_id": user, "emoji_name": emoji_name, "at": at}),
    );
    json!({
        "type": "post",
        "id": post.id,
        "channel_id": channel.id,
        "user_id": post.author_id,
        "root_id": post.root_id,
        "create_at": post.create_at,
        "notice": post.notice,
        "is_pinned": post.is_pinned,
        "is_erased": post.is_erased,
        "versions": post.versions.iter().map(|v| of_version(v, copied)).collect::<Vec<_>>(),
        "deleted": post.deleted.map(|(at, by)| json!({"at": at, "by": by})),
        "reactions": reactions.collect::<Vec<_>>(),
    })
}

fn of_version(version: &Version, copied: &Copied) -> Value {
    let files = version.files.iter().map(|(file, name)| {
        json!({
            "id": file.file_id,
            "name": name,
            "size": file.size,
            "mime_type": file.mime_type,
            "path": copied.paths.get(&file.file_id),
        })
    });
    json!({
        "at": version.at,
        "message": version.message,
        "props": version.props,
        "files": files.collect::<Vec<_>>(),
    })
}

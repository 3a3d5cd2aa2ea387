//! What is decided on channels and in them.

use events::PostId;
use events::channel::{Moderated, Moderatee, Moderation, PostContent};
use events::directory::ChannelType;

use super::super::channel::*;
use super::super::channel_admin::*;
use super::super::directory::RenameChannel;
use super::super::given::*;
use super::super::notify::ChangeMemberNotify;
use super::super::post::*;
use super::{Command, Decided, Rows, said};

pub(super) fn channels(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, c, actor_id) = (&given.directory, &given.channels, user(actor));
    let (user_id, channel_id, notice_id) = (user(a), channel(a), PostId::default());
    match kind {
        11 => {
            let name = format!("renamed-{b}");
            let rename = RenameChannel { actor: actor_id, channel_id, name };
            said(rename.decide(d, c.channel(channel_id)))
        }
        12 => {
            let (user_ids, knows_all) = ([actor_id, user_id], true);
            said(OpenDirectChannel { actor: actor_id, user_ids, knows_all }.decide(d, c))
        }
        13 => {
            let user_ids = vec![actor_id, user_id, user(b)];
            let knows_all = true;
            said(OpenGroupChannel { actor: actor_id, user_ids, knows_all }.decide(d, c))
        }
        14 => said(add(a, actor, b).decide(d, c)),
        15 => said(
            ChangeChannelSettings {
                actor: actor_id,
                channel_id,
                display_name: None,
                header: Some(format!("header {b}")),
                purpose: None,
                current_header: rows.headers.get(&a).cloned().unwrap_or_default(),
                current_purpose: String::new(),
                notice_ids: [notice_id; 3],
            }
            .decide(d, c),
        ),
        16 => said(ArchiveChannel { actor: actor_id, channel_id, notice_id }.decide(d, c)),
        _ => said(RestoreChannel { actor: actor_id, channel_id, notice_id }.decide(d, c)),
    }
}

pub(super) fn posts(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, c, actor_id) = (&given.directory, &given.channels, user(actor));
    let stands = rows.reactions.contains(&(a, actor));
    let emoji_name = "tada".to_owned();
    match kind {
        18 => said(CreatePost { post_id: post(b), ..say(a, actor, "first") }.decide(d, c)),
        19 => {
            let text =
                |message: &str| PostContent { message: message.into(), ..Default::default() };
            let edit = EditPost {
                actor: actor_id,
                post: rows.facts(a)?,
                has_reactions: false,
                reply_count: 0,
                files: vec![],
                current: text(rows.texts.get(&a)?),
                content: text(&format!("text {b}")),
                priority: Default::default(),
            };
            said(edit.decide(d, c))
        }
        20 => said(DeletePost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        21 => said(PinPost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        22 => said(UnpinPost { actor: actor_id, post: rows.facts(a)? }.decide(d, c)),
        23 => {
            let post = rows.facts(a)?;
            said(AddReaction { actor: actor_id, post, emoji_name, stands }.decide(d, c))
        }
        _ => {
            let (user_id, post) = (actor_id, rows.facts(a)?);
            said(RemoveReaction { actor: actor_id, user_id, post, emoji_name, stands }.decide(d, c))
        }
    }
}

pub(super) fn leaving(given: &Given, Command { actor, a, b, .. }: Command) -> Decided {
    let leave = RemoveChannelMember {
        actor: user(actor),
        channel_id: channel(a),
        user_id: user(b),
        notice_id: PostId::default(),
    };
    said(leave.decide(&given.directory, &given.channels))
}

/// What administrators of channels do.
pub(super) fn administration(given: &Given, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, c, actor, channel_id) = (&given.directory, &given.channels, user(actor), channel(a));
    if kind == 39 {
        let r#type = if b % 2 == 0 { ChannelType::Open } else { ChannelType::Private };
        let notice_id = PostId::default();
        return said(ChangeChannelPrivacy { actor, channel_id, r#type, notice_id }.decide(d, c));
    }
    let (user_id, scheme_admin) = (user(b), kind == 40);
    said(ChangeChannelMemberRoles { actor, channel_id, user_id, scheme_admin }.decide(d, c))
}

/// How a member is told of a channel.
pub(super) fn notify_props(given: &Given, Command { actor, a, b, .. }: Command) -> Decided {
    let how = if b % 2 == 0 { "mention" } else { "all" };
    let change = ChangeMemberNotify {
        actor: user(actor),
        channel_id: channel(a),
        user_id: user(actor),
        notify_props: [("mark_unread".to_owned(), how.to_owned())].into(),
    };
    said(change.decide(&given.directory, &given.channels))
}

/// What a channel keeps to its administrators.
pub(super) fn moderation(given: &Given, Command { kind, actor, a, b }: Command) -> Decided {
    let whom = if b % 2 == 0 { Moderatee::Members } else { Moderatee::Guests };
    let change = Moderation { whom, what: Moderated::CreatePost, allowed: kind == 66 };
    let (channel_id, changes) = (channel(a), vec![change]);
    let moderate = ModerateChannel { actor: user(actor), channel_id, changes };
    said(moderate.decide(&given.directory, &given.channels))
}

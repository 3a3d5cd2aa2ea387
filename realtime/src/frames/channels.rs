//! Frames of the topic `channels`.

use domain::Applied;
use events::channel::{
    Broadcast as Calls, ChannelArchived, ChannelDirectOpened, ChannelMemberRemoved,
    ChannelMembersAdded, ChannelPrivacyChanged, Notice, PostContent, PostCreated, PostDeleted,
    ReactionAdded, ReactionRemoved,
};
use events::directory::ChannelType;
use events::{Body, ChannelEvent, ChannelId, Meta, PostId, UserId};
use fold::FoldSet;
use wire::frame::{self, Broadcast, Frame};
use wire::{Post, Reaction, to_json};

use super::labels::Labels;
use super::{Audience, Mentions, Rows, Sink, bookmarks, threads};

/// What system posts are signed with.
const SYSTEM_SENDER: &str = "System";

pub(super) fn of(
    set: &FoldSet,
    meta: &Meta,
    event: &ChannelEvent,
    applied: &Applied,
    offset: u64,
    sink: &mut impl Sink,
) {
    use ChannelEvent as E;
    let at = applied.at;
    match event {
        E::RulesActivated(_)
        | E::EpochOpened(_)
        | E::EpochSealed(_)
        | E::FileUploaded(_)
        | E::ChannelKeyAdvanced(_) => {}
        E::ChannelAuthorErased(b) => bookmarks::gone(b.c.channel_id, applied, offset, sink),
        E::ChannelPostsExpired(b) => bookmarks::gone(b.c.channel_id, applied, offset, sink),
        E::ChannelMemberNotifyChanged(b) => {
            sink.push_rows(
                Audience::User(b.c.user_id),
                Rows::ChannelMember(b.c.channel_id, b.c.user_id),
            );
        }
        E::ChannelCreated(b) => created(&b.c, sink),
        E::ChannelDirectOpened(b) => direct_added(&b.c, offset, sink),
        E::ChannelGroupOpened(b) => sink.tell(Audience::channel(b.c.channel_id, offset), || {
            let data = frame::GroupAdded { teammate_ids: b.c.user_ids.clone() };
            Frame::new("group_added", &Broadcast::to_channel(b.c.channel_id), &data)
        }),
        E::ChannelSettingsChanged(b) => {
            let channel_id = b.c.channel_id;
            sink.push_rows(Audience::channel(channel_id, offset), Rows::Channel(channel_id));
            for notice in &b.c.notices {
                notice_posted(set, channel_id, notice, at, offset, sink);
            }
        }
        E::ChannelPrivacyChanged(b) => converted(set, &b.c, at, offset, sink),
        E::ChannelArchived(b) => archived(set, &b.c, at, offset, sink),
        E::ChannelRestored(b) => {
            let data = frame::ChannelArchived { channel_id: b.c.channel_id, delete_at: None };
            open_or_closed(set, "channel_restored", data, offset, sink);
            notice_posted(set, b.c.channel_id, &b.c.notice, at, offset, sink);
        }
        E::ChannelMembersAdded(b) => members_added(set, &b.c, applied, offset, sink),
        E::ChannelMemberRemoved(b) => member_removed(set, &b.c, at, offset, sink),
        E::ChannelMemberRolesChanged(b) => {
            let rows = Rows::ChannelMember(b.c.channel_id, b.c.user_id);
            sink.push_rows(Audience::User(b.c.user_id), rows);
        }
        E::ChannelModerated(b) => moderated(b.c.channel_id, offset, sink),
        E::PostCreated(b) => posted(set, b, at, offset, sink),
        E::PostEdited(b) => sink.tell(Audience::channel(b.c.channel_id, offset), || {
            super::post_edited(b.c.channel_id, shown(set, Post::from_edited(&b.c, &b.p, at)))
        }),
        E::PostDeleted(b) => {
            post_deleted(&b.c, at, offset, sink);
            match b.c.root_id {
                Some(root) => {
                    threads::touched(b.c.channel_id, (root, b.c.post_id), true, offset, sink);
                }
                // Clients count mentions by what was posted, and do not know whom a deleted post called.
                None => {
                    let audience = Audience::channel(b.c.channel_id, offset);
                    sink.push_rows(audience, Rows::UrgentMentions(b.c.post_id));
                }
            }
        }
        E::ThreadFollowed(b) => {
            let (thread_id, reply_count) = (b.c.root_id, b.c.reply_count);
            let data = frame::ThreadFollowChanged { thread_id, state: true, reply_count };
            threads::followed(set, b.c.channel_id, b.c.user_id, data, sink);
        }
        E::ThreadUnfollowed(b) => {
            let (thread_id, reply_count) = (b.c.root_id, b.c.reply_count);
            let data = frame::ThreadFollowChanged { thread_id, state: false, reply_count };
            threads::followed(set, b.c.channel_id, b.c.user_id, data, sink);
        }
        E::PostPinned(b) => push_post(b.c.channel_id, b.c.post_id, offset, sink),
        E::PostUnpinned(b) => push_post(b.c.channel_id, b.c.post_id, offset, sink),
        E::ReactionAdded(b) => reaction_added(&b.c, at, offset, sink),
        E::ReactionRemoved(b) => reaction_removed(&b.c, at, offset, sink),
        E::PostAcknowledged(b) => {
            let (event, by) = ("post_acknowledgement_added", (b.c.user_id, at));
            acknowledgement(event, b.c.channel_id, b.c.post_id, by, offset, sink);
        }
        E::PostAcknowledgementRemoved(b) => {
            let (event, by) = ("post_acknowledgement_removed", (b.c.user_id, 0));
            acknowledgement(event, b.c.channel_id, b.c.post_id, by, offset, sink);
        }
        E::BookmarkCreated(_)
        | E::BookmarkChanged(_)
        | E::BookmarkDeleted(_)
        | E::BookmarkMoved(_) => bookmarks::of(event, meta, offset, sink),
    }
}

fn push_post(channel_id: ChannelId, post_id: PostId, offset: u64, sink: &mut impl Sink) {
    sink.push_rows(Audience::channel(channel_id, offset), Rows::Post(post_id));
}

fn created(c: &events::channel::ChannelCreated, sink: &mut impl Sink) {
    let Some(creator) = c.creator_id else { return };
    sink.tell(Audience::User(creator), || {
        let data = frame::ChannelCreated { channel_id: c.channel_id, team_id: Some(c.team_id) };
        Frame::new("channel_created", &Broadcast::to_user(creator), &data)
    });
}

fn direct_added(c: &ChannelDirectOpened, offset: u64, sink: &mut impl Sink) {
    let other = c.user_ids.iter().copied().find(|id| *id != c.by);
    sink.tell(Audience::channel(c.channel_id, offset), || {
        let data = frame::DirectAdded { creator_id: c.by, teammate_id: other.unwrap_or(c.by) };
        Frame::new("direct_added", &Broadcast::to_channel(c.channel_id), &data)
    });
}

/// Told to the whole team, which could find the channel before or finds it now.
fn converted(set: &FoldSet, c: &ChannelPrivacyChanged, at: i64, offset: u64, sink: &mut impl Sink) {
    let channel_id = c.channel_id;
    let team_id = set.channels(channel_id).state().channel(channel_id).and_then(|c| c.team_id);
    if let Some(team_id) = team_id {
        sink.tell(Audience::Finding { channel_id, team_id }, || {
            let data = frame::ChannelConverted { channel_id };
            Frame::new("channel_converted", &Broadcast::to_team(team_id), &data)
        });
    }
    sink.push_rows(Audience::channel(channel_id, offset), Rows::Channel(channel_id));
    notice_posted(set, channel_id, &c.notice, at, offset, sink);
}

/// What members may do stands in their roles, which clients ask for again.
fn moderated(channel_id: ChannelId, offset: u64, sink: &mut impl Sink) {
    sink.push_rows(Audience::channel(channel_id, offset), Rows::Channel(channel_id));
    sink.tell(Audience::channel(channel_id, offset), || {
        let data = frame::ChannelSchemeUpdated {};
        Frame::new("channel_scheme_updated", &Broadcast::to_channel(channel_id), &data)
    });
}

fn archived(set: &FoldSet, c: &ChannelArchived, at: i64, offset: u64, sink: &mut impl Sink) {
    let data = frame::ChannelArchived { channel_id: c.channel_id, delete_at: Some(at) };
    open_or_closed(set, "channel_deleted", data, offset, sink);
    notice_posted(set, c.channel_id, &c.notice, at, offset, sink);
}

/// What becomes of an open channel concerns its team, of another one its members.
fn open_or_closed(
    set: &FoldSet,
    event: &'static str,
    data: frame::ChannelArchived,
    offset: u64,
    sink: &mut impl Sink,
) {
    let channel_id = data.channel_id;
    let team_id = set
        .channels(channel_id)
        .state()
        .channel(channel_id)
        .filter(|channel| channel.r#type == ChannelType::Open)
        .and_then(|channel| channel.team_id);
    let (audience, broadcast) = match team_id {
        Some(team_id) => (Audience::Finding { channel_id, team_id }, Broadcast::to_team(team_id)),
        None => (Audience::channel(channel_id, offset), Broadcast::to_channel(channel_id)),
    };
    sink.tell(audience, || Frame::new(event, &broadcast, &data));
}

fn members_added(
    set: &FoldSet,
    c: &ChannelMembersAdded,
    applied: &Applied,
    offset: u64,
    sink: &mut impl Sink,
) {
    let channel_id = c.channel_id;
    let team_id =
        set.channels(channel_id).state().channel(channel_id).and_then(|channel| channel.team_id);
    for member in &applied.members {
        let user_id = member.user_id;
        sink.tell(Audience::channel(channel_id, offset), || {
            let data = frame::UserAdded { user_id, team_id };
            Frame::new("user_added", &Broadcast::to_channel(channel_id), &data)
        });
    }
    if let Some(notice) = &c.notice {
        notice_posted(set, channel_id, notice, applied.at, offset, sink);
    }
}

/// Those who stay are told who left, and whoever left of which channel.
fn member_removed(
    set: &FoldSet,
    c: &ChannelMemberRemoved,
    at: i64,
    offset: u64,
    sink: &mut impl Sink,
) {
    let (user_id, channel_id, remover_id) = (c.user_id, c.channel_id, c.by);
    sink.tell(Audience::User(user_id), || {
        let data = frame::UserRemoved { user_id: None, channel_id: Some(channel_id), remover_id };
        Frame::new("user_removed", &Broadcast::to_user(user_id), &data)
    });
    sink.tell(Audience::channel(channel_id, offset), || {
        let data = frame::UserRemoved { user_id: Some(user_id), channel_id: None, remover_id };
        Frame::new("user_removed", &Broadcast::to_channel(channel_id), &data)
    });
    if let Some(notice) = &c.notice {
        notice_posted(set, channel_id, notice, at, offset, sink);
    }
}

fn posted(set: &FoldSet, b: &Body<PostCreated>, at: i64, offset: u64, sink: &mut impl Sink) {
    let (c, p) = (&b.c, &b.p);
    let mentions = Mentions {
        author: Some(c.author_id),
        named: &c.named,
        counted: &c.mentions,
        broadcast: c.broadcast != Calls::None,
        root: c.root.as_ref().map(|root| root.post_id),
    };
    sink.push(Audience::channel(c.channel_id, offset), mentions, || post_frame(set, c, p, at));
    if let Some(root) = &c.root {
        threads::touched(c.channel_id, (root.post_id, c.post_id), false, offset, sink);
    }
}

fn post_frame(set: &FoldSet, c: &PostCreated, p: &PostContent, at: i64) -> Frame {
    let sender = format!("@{}", set.names().username(c.author_id));
    let image = c.files.iter().any(|file| file.mime_type.starts_with("image/"));
    let shown = Shown {
        post: shown(set, Post::from_created(c, p, at)),
        sender,
        set_online: c.set_online,
        other_file: !c.files.is_empty(),
        image,
    };
    posted_frame(set, c.channel_id, shown)
}

/// The post with the custom emoji that it names.
fn shown(set: &FoldSet, mut post: Post) -> bytes::Bytes {
    let directory = set.directory();
    post.show_emoji(|name| wire::Emoji::known(directory.state().pictures(), name));
    to_json(&post)
}

fn notice_posted(
    set: &FoldSet,
    channel_id: ChannelId,
    notice: &Notice,
    at: i64,
    offset: u64,
    sink: &mut impl Sink,
) {
    sink.tell(Audience::channel(channel_id, offset), || {
        let names = |id: UserId| set.names().person(id).map(|person| person.username.clone());
        let shown = Shown {
            post: to_json(&Post::from_notice(channel_id, notice, at, &names)),
            sender: SYSTEM_SENDER.to_owned(),
            set_online: false,
            other_file: false,
            image: false,
        };
        posted_frame(set, channel_id, shown)
    });
}

struct Shown {
    post: bytes::Bytes,
    sender: String,
    set_online: bool,
    other_file: bool,
    image: bool,
}

fn posted_frame(set: &FoldSet, channel_id: ChannelId, shown: Shown) -> Frame {
    let labels = Labels::of(set, channel_id, &shown.sender).unwrap_or_else(Labels::unknown);
    let data = frame::Posted {
        post: shown.post,
        channel_type: labels.r#type,
        channel_display_name: labels.display_name,
        channel_name: labels.name,
        sender_name: shown.sender,
        team_id: labels.team_id,
        set_online: shown.set_online,
        other_file: shown.other_file,
        image: shown.image,
    };
    Frame::new("posted", &Broadcast::to_channel(channel_id), &data)
}

fn post_deleted(c: &PostDeleted, at: i64, offset: u64, sink: &mut impl Sink) {
    sink.tell(Audience::channel(c.channel_id, offset), || {
        let data = frame::PostDeleted {
            post: to_json(&Post::from_deleted(c, at)),
            delete_by: (c.by != c.author_id).then_some(c.by),
        };
        Frame::new("post_deleted", &Broadcast::to_channel(c.channel_id), &data)
    });
}

fn acknowledgement(
    event: &'static str,
    channel_id: ChannelId,
    post_id: PostId,
    (user_id, acknowledged_at): (UserId, i64),
    offset: u64,
    sink: &mut impl Sink,
) {
    sink.tell(Audience::channel(channel_id, offset), || {
        let acknowledgement = wire::Acknowledgement { user_id, post_id, acknowledged_at };
        let data = frame::AcknowledgementChanged { acknowledgement: to_json(&acknowledgement) };
        Frame::new(event, &Broadcast::to_channel(channel_id), &data)
    });
}

fn reaction_added(c: &ReactionAdded, at: i64, offset: u64, sink: &mut impl Sink) {
    sink.tell(Audience::channel(c.channel_id, offset), || {
        let data = frame::ReactionChanged { reaction: to_json(&Reaction::from_added(c, at)) };
        Frame::new("reaction_added", &Broadcast::to_channel(c.channel_id), &data)
    });
}

fn reaction_removed(c: &ReactionRemoved, at: i64, offset: u64, sink: &mut impl Sink) {
    sink.tell(Audience::channel(c.channel_id, offset), || {
        let data = frame::ReactionChanged { reaction: to_json(&Reaction::from_removed(c, at)) };
        Frame::new("reaction_removed", &Broadcast::to_channel(c.channel_id), &data)
    });
}

//! Frames of posts that are to be sent later: to their writer's devices.

use events::scheduled_post::{
    ScheduledPostChanged, ScheduledPostCreated, ScheduledPostDeleted, ScheduledPostSent,
};
use events::{Body, Meta};
use wire::frame::{self, Broadcast, Frame};
use wire::{ScheduledPost, to_json};

use super::{Audience, Sink};

pub(super) fn created(
    created: &Body<ScheduledPostCreated>,
    meta: &Meta,
    at: i64,
    sink: &mut impl Sink,
) {
    let Body { c, p } = created;
    tell("scheduled_post_created", meta, sink, &ScheduledPost::from_created(c, p, at));
}

pub(super) fn changed(
    changed: &Body<ScheduledPostChanged>,
    meta: &Meta,
    at: i64,
    sink: &mut impl Sink,
) {
    let Body { c, p } = changed;
    tell("scheduled_post_updated", meta, sink, &ScheduledPost::from_changed(c, p, at));
}

pub(super) fn deleted(c: &ScheduledPostDeleted, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let gone = ScheduledPost::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at);
    tell("scheduled_post_deleted", meta, sink, &gone);
}

/// What is sent is scheduled no more.
pub(super) fn sent(c: &ScheduledPostSent, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let gone = ScheduledPost::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at);
    tell("scheduled_post_deleted", meta, sink, &gone);
}

fn tell(event: &'static str, meta: &Meta, sink: &mut impl Sink, post: &ScheduledPost) {
    let user = post.user_id;
    sink.tell(Audience::Devices { user, except: meta.connection_id.clone() }, || {
        let omit_connection_id = meta.connection_id.clone().unwrap_or_default();
        let broadcast = Broadcast { omit_connection_id, ..Broadcast::to_user(user) };
        Frame::new(
            event,
            &broadcast,
            &frame::ScheduledPostChanged { scheduled_post: to_json(post) },
        )
    });
}

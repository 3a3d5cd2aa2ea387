//! Frames of posts that are to be sent later: to their writer's other devices.

use events::scheduled_post::{
    ScheduledPostChanged, ScheduledPostCreated, ScheduledPostDeleted, ScheduledPostSent,
};
use events::{Body, Meta, UserId};
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
    let post = || ScheduledPost::from_created(c, p, at);
    tell("scheduled_post_created", c.user_id, meta, sink, post);
}

pub(super) fn changed(
    changed: &Body<ScheduledPostChanged>,
    meta: &Meta,
    at: i64,
    sink: &mut impl Sink,
) {
    let Body { c, p } = changed;
    let post = || ScheduledPost::from_changed(c, p, at);
    tell("scheduled_post_updated", c.user_id, meta, sink, post);
}

pub(super) fn deleted(c: &ScheduledPostDeleted, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let post = || ScheduledPost::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at);
    tell("scheduled_post_deleted", c.user_id, meta, sink, post);
}

/// What is sent is scheduled no more.
pub(super) fn sent(c: &ScheduledPostSent, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let post = || ScheduledPost::gone(c.scheduled_id, c.user_id, c.channel_id, c.root_id, at);
    tell("scheduled_post_deleted", c.user_id, meta, sink, post);
}

fn tell(
    event: &'static str,
    user: UserId,
    meta: &Meta,
    sink: &mut impl Sink,
    post: impl FnOnce() -> ScheduledPost,
) {
    sink.tell(Audience::other_devices(user, meta), || {
        let connection = meta.connection_id.as_deref();
        let broadcast = Broadcast::to_user(user).omitting_connection(connection);
        let data = frame::ScheduledPostChanged { scheduled_post: to_json(&post()) };
        Frame::new(event, &broadcast, &data)
    });
}

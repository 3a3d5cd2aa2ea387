//! Frames of drafts: to their writer's other devices.

use events::draft::{DraftDeleted, DraftSaved};
use events::{Body, Meta, UserId};
use wire::frame::{self, Broadcast, Frame};
use wire::{Draft, to_json};

use super::{Audience, Sink};

/// Whoever saves it, anew or again, is answered; their other devices are told the same either way.
pub(super) fn saved(saved: &Body<DraftSaved>, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let user = saved.c.user_id;
    sink.tell(others(user, meta), || {
        draft("draft_created", user, meta, &Draft::from_saved(&saved.c, &saved.p, at))
    });
}

pub(super) fn deleted(deleted: &DraftDeleted, meta: &Meta, at: i64, sink: &mut impl Sink) {
    let user = deleted.user_id;
    sink.tell(others(user, meta), || {
        draft("draft_deleted", user, meta, &Draft::from_deleted(deleted, at))
    });
}

fn others(user: UserId, meta: &Meta) -> Audience {
    Audience::Devices { user, except: meta.connection_id.clone() }
}

fn draft(event: &'static str, user: UserId, meta: &Meta, draft: &Draft) -> Frame {
    let omit_connection_id = meta.connection_id.clone().unwrap_or_default();
    let broadcast = Broadcast {
        channel_id: Some(draft.channel_id),
        omit_connection_id,
        ..Broadcast::to_user(user)
    };
    Frame::new(event, &broadcast, &frame::DraftChanged { draft: to_json(draft) })
}

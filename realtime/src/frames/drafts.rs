//! Frames of drafts: to their writer's other devices.

use events::draft::{DraftDeleted, DraftSaved};
use events::{Body, Meta};
use wire::frame::{self, Broadcast, Frame};
use wire::{Draft, to_json};

use super::{Audience, Sink};

/// Whoever saves it, anew or again, is answered; their other devices are told the same either way.
pub(super) fn saved(saved: &Body<DraftSaved>, meta: &Meta, at: i64, sink: &mut impl Sink) {
    sink.tell(Audience::other_devices(saved.c.user_id, meta), || {
        draft("draft_created", meta, &Draft::from_saved(&saved.c, &saved.p, at))
    });
}

pub(super) fn deleted(deleted: &DraftDeleted, meta: &Meta, at: i64, sink: &mut impl Sink) {
    sink.tell(Audience::other_devices(deleted.user_id, meta), || {
        draft("draft_deleted", meta, &Draft::from_deleted(deleted, at))
    });
}

fn draft(event: &'static str, meta: &Meta, draft: &Draft) -> Frame {
    let broadcast =
        Broadcast { channel_id: Some(draft.channel_id), ..Broadcast::to_user(draft.user_id) };
    let broadcast = broadcast.omitting_connection(meta.connection_id.as_deref());
    Frame::new(event, &broadcast, &frame::DraftChanged { draft: to_json(draft) })
}

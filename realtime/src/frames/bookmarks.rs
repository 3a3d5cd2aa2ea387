//! Frames of bookmarks: to everyone in the channel, but for the connection that asked for the change.

use bytes::Bytes;
use domain::Applied;
use events::bookmark::BookmarkContent;
use events::{Actor, BookmarkId, ChannelEvent, ChannelId, Meta};
use wire::frame::{self, Broadcast, Frame};
use wire::{Bookmark, BookmarkFacts, BookmarkUpdate, bookmarked_file, to_json};

use super::{Audience, Rows, Sink};

pub(super) fn of(event: &ChannelEvent, meta: &Meta, offset: u64, sink: &mut impl Sink) {
    use ChannelEvent as E;
    let (channel_id, rows) = match event {
        E::BookmarkCreated(b) => {
            (b.c.channel_id, Rows::Bookmark(b.c.bookmark_id, "channel_bookmark_created"))
        }
        E::BookmarkChanged(b) => {
            (b.c.channel_id, Rows::ChangedBookmark(b.c.bookmark_id, b.c.replaces))
        }
        E::BookmarkDeleted(b) => {
            (b.c.channel_id, Rows::Bookmark(b.c.bookmark_id, "channel_bookmark_deleted"))
        }
        E::BookmarkMoved(b) => (b.c.channel_id, Rows::Bookmarks),
        _ => return,
    };
    let audience = match (meta.actor, meta.connection_id.clone()) {
        (Actor::User(by), Some(except)) => Audience::Others { channel_id, at: offset, by, except },
        (_, _) => Audience::channel(channel_id, offset),
    };
    sink.push_rows(audience, rows);
}

/// Those that went with their author, or with their time: all that is left to tell is which.
pub(super) fn gone(channel_id: ChannelId, applied: &Applied, offset: u64, sink: &mut impl Sink) {
    for gone in &applied.bookmarks_gone {
        let audience = Audience::channel(channel_id, offset);
        let told = audience.clone();
        sink.tell(audience, || {
            let facts = BookmarkFacts {
                id: gone.bookmark_id,
                channel_id,
                owner_id: gone.owner_id,
                original_id: None,
                file_id: bookmarked_file(gone.file),
                create_at: 0,
                update_at: applied.at,
                sort_order: 0,
            };
            let shown = Bookmark::new(&facts, &BookmarkContent::default(), None);
            let bookmark = Bookmark { delete_at: applied.at, ..shown };
            bookmark_told("channel_bookmark_deleted", &told, &bookmark)
        });
    }
}

/// To whom a frame for `audience` says that it goes.
fn broadcast(audience: &Audience) -> Broadcast {
    match audience {
        Audience::Others { channel_id, except, .. } => {
            Broadcast::to_channel(*channel_id).omitting_connection(Some(except))
        }
        Audience::Channel { channel_id, .. } => Broadcast::to_channel(*channel_id),
        _ => Broadcast::default(),
    }
}

/// `channel_bookmark_created` or `channel_bookmark_deleted` from a row.
pub fn bookmark_told(event: &'static str, audience: &Audience, bookmark: &Bookmark) -> Frame {
    let data = frame::BookmarkChanged { bookmark: to_json(bookmark) };
    Frame::new(event, &broadcast(audience), &data)
}

/// `channel_bookmark_updated` from rows; nothing where the bookmark has gone since.
pub fn bookmark_changed(audience: &Audience, id: BookmarkId, rows: Vec<Bookmark>) -> Option<Frame> {
    let (updated, mut replaced): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.id == id);
    let updated = updated.into_iter().next()?;
    let bookmarks = to_json(&BookmarkUpdate { updated, deleted: replaced.pop() });
    Some(sorted_or_changed("channel_bookmark_updated", audience, bookmarks))
}

/// `channel_bookmark_sorted` from rows.
pub fn bookmarks_sorted(audience: &Audience, rows: &[Bookmark]) -> Frame {
    sorted_or_changed("channel_bookmark_sorted", audience, to_json(rows))
}

fn sorted_or_changed(event: &'static str, audience: &Audience, bookmarks: Bytes) -> Frame {
    Frame::new(event, &broadcast(audience), &frame::BookmarksChanged { bookmarks })
}

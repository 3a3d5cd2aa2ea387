//! Rows of bookmarks.

use domain::Applied;
use events::bookmark::{BookmarkChanged, BookmarkContent, BookmarkCreated, BookmarkedFile};
use events::{BookmarkId, ChannelId, FileId, UserId};
use read_model::rows::BookmarkRow;

use super::{Change, RowChanges, amend};
use crate::patches::{BookmarkPatch, text};

impl RowChanges {
    pub(super) fn create_bookmark(&mut self, c: &BookmarkCreated, p: &BookmarkContent, at: i64) {
        let facts = (c.bookmark_id, c.channel_id, c.owner_id);
        let row = row(facts, c.file, p, at);
        self.bookmarks.insert(c.bookmark_id, Change::New(row));
    }

    pub(super) fn change_bookmark(&mut self, c: &BookmarkChanged, p: &BookmarkContent, at: i64) {
        if let Some(replaced) = c.replaces {
            self.delete_bookmark(replaced, at);
            let facts = (c.bookmark_id, c.channel_id, c.owner_id);
            let row = BookmarkRow { original_id: Some(replaced), ..row(facts, c.file, p, at) };
            self.bookmarks.insert(c.bookmark_id, Change::New(row));
            return;
        }
        let (file_id, file_owner_id, file_at) = file_columns(c.file);
        let patch = BookmarkPatch {
            update_at: Some(at),
            display_name: Some(text(&p.display_name)),
            link_url: Some(text(&p.link_url)),
            image_url: Some(text(&p.image_url)),
            emoji: Some(text(&p.emoji)),
            file_id: Some(file_id),
            file_owner_id: Some(file_owner_id),
            file_at: Some(file_at),
            ..BookmarkPatch::default()
        };
        amend(&mut self.bookmarks, c.bookmark_id, patch);
    }

    pub(super) fn delete_bookmark(&mut self, bookmark: BookmarkId, at: i64) {
        let (update_at, delete_at) = (Some(at), Some(at));
        let patch = BookmarkPatch { update_at, delete_at, ..BookmarkPatch::default() };
        amend(&mut self.bookmarks, bookmark, patch);
    }

    /// Where each of a channel stands now. Clients that were away are told of a move, not of a gap.
    pub(super) fn order_bookmarks(&mut self, applied: &Applied, moved: bool) {
        let update_at = moved.then_some(applied.at);
        for (place, bookmark) in (0..).zip(applied.bookmarks.iter().flatten()) {
            let sort_order = Some(place);
            let patch = BookmarkPatch { sort_order, update_at, ..BookmarkPatch::default() };
            amend(&mut self.bookmarks, *bookmark, patch);
        }
    }
}

fn row(
    (id, channel_id, owner_id): (BookmarkId, ChannelId, UserId),
    file: Option<BookmarkedFile>,
    content: &BookmarkContent,
    at: i64,
) -> BookmarkRow {
    let (file_id, file_owner_id, file_at) = file_columns(file);
    BookmarkRow {
        id,
        channel_id,
        owner_id,
        original_id: None,
        file_id,
        file_owner_id,
        file_at,
        create_at: at,
        update_at: at,
        delete_at: 0,
        sort_order: 0,
        display_name: text(&content.display_name),
        link_url: text(&content.link_url),
        image_url: text(&content.image_url),
        emoji: text(&content.emoji),
    }
}

/// Which file, whose, and when it was uploaded; zeros for none.
fn file_columns(file: Option<BookmarkedFile>) -> (FileId, UserId, i64) {
    file.map(|file| (file.file_id, file.owner_id, file.create_at)).unwrap_or_default()
}

//! Acknowledgements and bookmarks.

use std::collections::BTreeMap;

use events::BookmarkId;
use events::bookmark::BookmarkContent;

use super::super::acknowledgement::*;
use super::super::bookmark::*;
use super::super::given::*;
use super::{Command, Decided, Rows, said};

pub(super) fn acknowledgements(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, .. } = command;
    let (d, c, user_id, post) = (&given.directory, &given.channels, user(actor), rows.facts(a)?);
    let stands = rows.acknowledgements.contains(&(a, actor));
    if kind == 57 {
        return said(AcknowledgePost { actor: user_id, user_id, post, stands }.decide(d, c));
    }
    let acknowledged_at = stands.then_some(5);
    let remove =
        RemoveAcknowledgement { actor: user_id, user_id, post, acknowledged_at, now_ms: 5 };
    said(remove.decide(d, c))
}

fn bookmark(n: u8) -> BookmarkId {
    BookmarkId::from_bytes([n; 16])
}

/// What stands in the place of another's.
fn replacing(n: u8) -> u8 {
    n + 100
}

fn link(name: &str) -> BookmarkContent {
    let (display_name, link_url) = (name.to_owned(), "https://example.org".to_owned());
    BookmarkContent { display_name, link_url, ..BookmarkContent::default() }
}

pub(super) fn bookmarks(given: &Given, rows: &Rows, command: Command) -> Decided {
    let Command { kind, actor, a, b } = command;
    let (d, c) = (&given.directory, &given.channels);
    let (actor, channel_id, bookmark_id) = (user(actor), channel(1), bookmark(a));
    match kind {
        // Ids are fresh.
        59 if rows.bookmarks.contains_key(&a) => None,
        59 => {
            let (target, content) = (Target::Link, link("first"));
            said(CreateBookmark { actor, channel_id, bookmark_id, target, content }.decide(d, c))
        }
        60 => {
            let change = ChangeBookmark {
                actor,
                channel_id,
                bookmark_id,
                new_id: bookmark(replacing(a)),
                target: Target::Link,
                current: rows.bookmarks.get(&a).map(|(_, name)| link(name)),
                content: link(&format!("name {b}")),
            };
            // The one that it would make has been made.
            let is_fresh = !rows.bookmarks.contains_key(&replacing(a));
            is_fresh.then(|| said(change.decide(d, c))).flatten()
        }
        61 => said(DeleteBookmark { actor, channel_id, bookmark_id }.decide(d, c)),
        _ => {
            let place = u32::from(b) - 1;
            said(MoveBookmark { actor, channel_id, bookmark_id, place }.decide(d, c))
        }
    }
}

pub(super) fn follow_change(bookmarks: &mut BTreeMap<u8, (u8, String)>, command: Command) {
    let Command { actor, a, b, .. } = command;
    let Some((owner, _)) = bookmarks.remove(&a) else { return };
    let n = if owner == actor { a } else { replacing(a) };
    bookmarks.insert(n, (actor, format!("name {b}")));
}

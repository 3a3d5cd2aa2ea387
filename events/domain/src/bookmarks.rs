//! The bookmarks of a channel, in their order.

use events::bookmark::{BookmarkChanged, BookmarkCreated, BookmarkMoved, BookmarkedFile};
use events::{BookmarkId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// Bookmarks of a channel at most.
pub const BOOKMARKS_MAX: usize = 50;

/// A bookmark that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    pub bookmark_id: BookmarkId,
    pub owner_id: UserId,
    /// Absent for a link.
    pub file: Option<BookmarkedFile>,
}

impl Bookmark {
    /// Whether somebody's words stand in it, or their file is behind it.
    pub fn is_of(&self, user: UserId) -> bool {
        self.owner_id == user || self.file.is_some_and(|file| file.owner_id == user)
    }
}

/// Those of one channel, the first first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmarks(Vec<Bookmark>);

impl Bookmarks {
    pub fn get(&self, id: BookmarkId) -> Option<&Bookmark> {
        self.place(id).map(|at| &self.0[at])
    }

    /// How many stand before it.
    pub fn place(&self, id: BookmarkId) -> Option<usize> {
        self.0.iter().position(|held| held.bookmark_id == id)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn is_full(&self) -> bool {
        self.count() >= BOOKMARKS_MAX
    }

    pub fn ids(&self) -> Box<[BookmarkId]> {
        self.0.iter().map(|held| held.bookmark_id).collect()
    }
}

/// Rules and effects; `channels` passes on what concerns bookmarks.
impl Bookmarks {
    pub(crate) fn known(&self, id: BookmarkId) -> Result<(), Refusal> {
        refuse_if(self.get(id).is_none(), Refusal::UnknownBookmark)
    }

    pub(crate) fn admit_new(&self, id: BookmarkId) -> Result<(), Refusal> {
        refuse_if(self.get(id).is_some(), Refusal::Already)?;
        refuse_if(self.is_full(), Refusal::TooManyBookmarks)
    }

    /// One may change what is one's own, or stand in the place of another's. Answers the file that it leads
    /// to anew.
    pub(crate) fn admit_change(
        &self,
        changed: &BookmarkChanged,
    ) -> Result<Option<BookmarkedFile>, Refusal> {
        let before = changed.replaces.unwrap_or(changed.bookmark_id);
        let held = self.get(before).ok_or(Refusal::UnknownBookmark)?;
        let is_taken = changed.replaces.is_some() && self.get(changed.bookmark_id).is_some();
        refuse_if(is_taken, Refusal::Already)?;
        let is_others = changed.replaces.is_none() && held.owner_id != changed.owner_id;
        refuse_if(is_others, Refusal::Forbidden)?;
        Ok(changed.file.filter(|file| held.file != Some(*file)))
    }

    pub(crate) fn add(&mut self, created: &BookmarkCreated) {
        self.0.push(Bookmark {
            bookmark_id: created.bookmark_id,
            owner_id: created.owner_id,
            file: created.file,
        });
    }

    pub(crate) fn change(&mut self, changed: &BookmarkChanged) {
        let before = changed.replaces.unwrap_or(changed.bookmark_id);
        let Some(at) = self.place(before) else { return };
        self.0[at] = Bookmark {
            bookmark_id: changed.bookmark_id,
            owner_id: changed.owner_id,
            file: changed.file,
        };
    }

    pub(crate) fn remove(&mut self, id: BookmarkId) {
        self.0.retain(|held| held.bookmark_id != id);
    }

    pub(crate) fn r#move(&mut self, moved: &BookmarkMoved) {
        let Some(at) = self.place(moved.bookmark_id) else { return };
        let held = self.0.remove(at);
        let to = usize::try_from(moved.place).unwrap_or(usize::MAX).min(self.0.len());
        self.0.insert(to, held);
    }

    /// Lets go of some; answers which.
    pub(crate) fn let_go(&mut self, of: impl Fn(&Bookmark) -> bool) -> Box<[Bookmark]> {
        let (gone, left): (Vec<_>, _) = std::mem::take(&mut self.0).into_iter().partition(of);
        self.0 = left;
        gone.into()
    }
}

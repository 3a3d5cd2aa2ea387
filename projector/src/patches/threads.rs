//! What happened to somebody in a thread.

use read_model::rows::ThreadMemberRow;
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;

use super::Patch;

/// Whether somebody follows a thread now, and up to where they have thereby read it. Every part holds
/// whatever the row said before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadPatch {
    pub following: bool,
    pub follow_at: i64,
    pub base_at: i64,
    pub replied_at: i64,
}

impl Patch for ThreadPatch {
    type Row = ThreadMemberRow;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("following", "boolean"),
        ("follow_at", "bigint"),
        ("base_at", "bigint"),
        ("replied_at", "bigint"),
    ];

    fn merge(&mut self, later: Self) {
        self.following = later.following;
        self.follow_at = later.follow_at;
        self.base_at = self.base_at.max(later.base_at);
        self.replied_at = self.replied_at.max(later.replied_at);
    }

    fn apply(&self, row: &mut ThreadMemberRow) {
        row.following = self.following;
        row.follow_at = self.follow_at;
        row.base_at = row.base_at.max(self.base_at);
        row.replied_at = row.replied_at.max(self.replied_at);
    }

    fn bind(patches: &[&Self], to: &mut PgArguments) -> Result<(), BoxDynError> {
        to.add(patches.iter().map(|patch| patch.following).collect::<Vec<_>>())?;
        to.add(patches.iter().map(|patch| patch.follow_at).collect::<Vec<_>>())?;
        to.add(patches.iter().map(|patch| patch.base_at).collect::<Vec<_>>())?;
        to.add(patches.iter().map(|patch| patch.replied_at).collect::<Vec<_>>())
    }
}

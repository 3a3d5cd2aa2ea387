//! Whose post it is, in which thread, from when: what tells whether it still stands where rows are behind.

use events::{ChannelId, PostId, UserId};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::Access;
use crate::reader::{Fields, Result};
use crate::rows::{PostRow, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostHead {
    pub id: PostId,
    pub channel_id: ChannelId,
    pub root_id: Option<PostId>,
    pub user_id: UserId,
    pub create_at: i64,
}

/// Something that hangs on a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfPost<T> {
    pub post: PostHead,
    pub value: T,
}

/// The columns of a head, from an alias.
pub(super) fn head_columns(alias: &str) -> String {
    format!("{alias}.id, {alias}.channel_id, {alias}.root_id, {alias}.user_id, {alias}.create_at")
}

impl PostHead {
    pub(super) fn read(fields: &mut Fields<'_>) -> sqlx::Result<Self> {
        Ok(Self {
            id: fields.next()?,
            channel_id: fields.next()?,
            root_id: fields.next()?,
            user_id: fields.next()?,
            create_at: fields.next()?,
        })
    }
}

impl<T: Table> OfPost<Vec<T>> {
    /// Reads rows that begin with whether the viewer may have them, whether the last part is there, and the
    /// post's head.
    pub(super) fn listed(rows: &[PgRow]) -> Result<Access<Self>> {
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        if !first.try_get::<bool, _>(0)? {
            return Ok(Access::Unknown);
        }
        let mut fields = Fields::of(first);
        fields.skip(2);
        let post = PostHead::read(&mut fields)?;
        let mut value = Vec::with_capacity(rows.len());
        for row in rows {
            if row.try_get(1)? {
                value.push(T::read(row, fields.at())?);
            }
        }
        Ok(Access::Granted(Self { post, value }))
    }
}

impl From<&PostRow> for PostHead {
    fn from(row: &PostRow) -> Self {
        Self {
            id: row.id,
            channel_id: row.channel_id,
            root_id: row.root_id,
            user_id: row.user_id,
            create_at: row.create_at,
        }
    }
}

//! Pages of a channel's posts.

use std::collections::BTreeSet;

use events::{ChannelId, PostId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use wire::{Acknowledgement, Names, Post, Reaction};

use super::post_sql::{AFTER, AROUND_UNREAD, BEFORE, NEWEST, PINNED, PageSql, Replies, SINCE};
use crate::reader::{Fields, Result};
use crate::rows::PostRow;
use crate::{Access, Key, Page, Reader};

/// Posts that `since` returns at most.
const SINCE_POSTS_MAX: i64 = 1000;

/// A post with its reactions and acknowledgements.
#[derive(Debug, Clone, PartialEq)]
pub struct PostView {
    pub row: PostRow,
    pub reactions: Vec<Reaction>,
    pub acknowledgements: Vec<Acknowledgement>,
}

impl PostView {
    /// The post as clients see it; of a deleted one they see that it is gone.
    pub fn to_wire(&self, names: &impl Names) -> Post {
        let mut post = self.row.to_wire(self.reactions.clone(), names);
        if post.delete_at > 0 {
            return post.without_words();
        }
        post.metadata.acknowledgements.clone_from(&self.acknowledgements);
        post
    }

    fn order(&self) -> (i64, PostId) {
        (self.row.create_at, self.row.id)
    }
}

/// A page, newest first, with what clients turn to next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PostPage {
    pub posts: Vec<PostView>,
    /// Roots that posts of the page answer and that are not in it.
    pub roots: Vec<PostView>,
    /// The next newer post outside the page.
    pub next: Option<PostId>,
    /// The next older post outside the page.
    pub prev: Option<PostId>,
}

#[derive(Deserialize)]
struct StoredReaction(String, String, i64);

#[derive(Deserialize)]
struct StoredAcknowledgement(String, i64);

/// Reads what [`post_columns`](super::post_sql::post_columns) selected, or nothing where the row is empty.
pub(super) fn read_post(fields: &mut Fields<'_>) -> sqlx::Result<PostView> {
    let reactions: Vec<StoredReaction> = stored(fields.next()?);
    let acknowledgements: Vec<StoredAcknowledgement> = stored(fields.next()?);
    let row: PostRow = fields.table()?;
    let reactions = reactions
        .into_iter()
        .filter_map(|StoredReaction(user, emoji, at)| {
            let user = UserId::from(Key::from_hex(&user)?);
            Some(Reaction::new(row.channel_id, row.id, user, emoji, at))
        })
        .collect();
    let acknowledgements = acknowledgements
        .into_iter()
        .filter_map(|StoredAcknowledgement(user, acknowledged_at)| {
            let user_id = UserId::from(Key::from_hex(&user)?);
            Some(Acknowledgement { user_id, post_id: row.id, acknowledged_at })
        })
        .collect();
    Ok(PostView { row, reactions, acknowledgements })
}

fn stored<T: DeserializeOwned>(json: Option<String>) -> Vec<T> {
    json.map(|json| serde_json::from_str(&json).unwrap_or_default()).unwrap_or_default()
}

/// What a statement returned, sorted newest first.
pub(super) struct Listed {
    posts: Vec<PostView>,
    roots: Vec<PostView>,
    with_roots: bool,
    pivot: Option<PostId>,
}

pub(super) fn listed(rows: &[PgRow], with_roots: bool) -> Result<Access<Listed>> {
    let Some(first) = rows.first() else { return Ok(Access::Unknown) };
    let (known, may): (bool, bool) = (first.try_get(0)?, first.try_get(1)?);
    if !may {
        return Ok(if known { Access::Denied } else { Access::Unknown });
    }
    let pivot = first.try_get::<Option<Key>, _>(2)?.map(PostId::from);
    let (posts, roots) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut listed = Listed { posts, roots, with_roots, pivot };
    for row in rows {
        let Some(is_root) = row.try_get::<Option<bool>, _>(3)? else { continue };
        let mut fields = Fields::of(row);
        fields.skip(4);
        let post = read_post(&mut fields)?;
        if is_root { listed.roots.push(post) } else { listed.posts.push(post) }
    }
    listed.posts.sort_by_key(|post| std::cmp::Reverse(post.order()));
    Ok(Access::Granted(listed))
}

impl Listed {
    /// Keeps `range` of the posts and turns its neighbours into cursors.
    pub(super) fn cut(mut self, from: usize, len: usize) -> PostPage {
        let next = from.checked_sub(1).and_then(|at| self.posts.get(at)).map(|post| post.row.id);
        let prev = self.posts.get(from + len).map(|post| post.row.id);
        let mut posts = self.posts.split_off(from.min(self.posts.len()));
        self.posts.extend(posts.split_off(len.min(posts.len())));
        if self.with_roots {
            // A neighbour may itself be the root of a reply on the page.
            self.roots.append(&mut self.posts);
        }
        let answered: BTreeSet<PostId> = posts.iter().filter_map(|post| post.row.root_id).collect();
        self.roots.retain(|root| answered.contains(&root.row.id));
        PostPage { posts, roots: self.roots, next, prev }
    }

    fn whole(self) -> PostPage {
        let len = self.posts.len();
        self.cut(0, len)
    }
}

impl Reader {
    /// A page counted from the newest post.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_page(
        &self,
        viewer: UserId,
        channel: ChannelId,
        page: Page,
        replies: Replies,
    ) -> Result<Access<PostPage>> {
        let with_roots = replies.with_roots();
        let newer = i64::from(page.page > 0);
        let rows = sqlx::query(NEWEST.of(replies))
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(with_roots)
            .bind(page.limit() + 1 + newer)
            .bind(page.offset() - newer)
            .fetch_all(&self.pool)
            .await?;
        let from = usize::from(page.page > 0);
        Ok(listed(&rows, with_roots)?.map(|listed| listed.cut(from, page.per_page as usize)))
    }

    /// Posts older than `pivot`, which may be deleted; the newest of them first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_before(
        &self,
        viewer: UserId,
        channel: ChannelId,
        pivot: PostId,
        page: Page,
        replies: Replies,
    ) -> Result<Access<PostPage>> {
        let with_roots = replies.with_roots();
        let rows = self.beside(&BEFORE, viewer, channel, pivot, page, replies).await?;
        let first = page.page == 0;
        let from = usize::from(!first);
        Ok(listed(&rows, with_roots)?.map(|listed| {
            let pivot = listed.pivot;
            let mut page = listed.cut(from, page.per_page as usize);
            page.next = if first { pivot } else { page.next };
            page
        }))
    }

    /// Posts newer than `pivot`, which may be deleted: those that follow it, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_after(
        &self,
        viewer: UserId,
        channel: ChannelId,
        pivot: PostId,
        page: Page,
        replies: Replies,
    ) -> Result<Access<PostPage>> {
        let with_roots = replies.with_roots();
        let rows = self.beside(&AFTER, viewer, channel, pivot, page, replies).await?;
        let first = page.page == 0;
        let wanted = page.per_page as usize + usize::from(!first);
        Ok(listed(&rows, with_roots)?.map(|listed| {
            let pivot = listed.pivot;
            let newer = usize::from(listed.posts.len() > wanted);
            let older = usize::from(!first).min(listed.posts.len());
            let len = listed.posts.len() - newer - older;
            let mut page = listed.cut(newer, len);
            page.prev = if first { pivot } else { page.prev };
            page
        }))
    }

    async fn beside(
        &self,
        sql: &'static PageSql,
        viewer: UserId,
        channel: ChannelId,
        pivot: PostId,
        page: Page,
        replies: Replies,
    ) -> sqlx::Result<Vec<PgRow>> {
        let nearer = i64::from(page.page > 0);
        sqlx::query(sql.of(replies))
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(replies.with_roots())
            .bind(page.limit() + 1 + nearer)
            .bind(page.offset() - nearer)
            .bind(Key::from(pivot))
            .fetch_all(&self.pool)
            .await
    }

    /// Posts that were touched after `since`, deleted ones included.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_since(
        &self,
        viewer: UserId,
        channel: ChannelId,
        since: i64,
        replies: Replies,
    ) -> Result<Access<PostPage>> {
        let with_roots = replies.with_roots();
        let rows = sqlx::query(SINCE.of(replies))
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(with_roots)
            .bind(SINCE_POSTS_MAX)
            .bind(since)
            .fetch_all(&self.pool)
            .await?;
        Ok(listed(&rows, with_roots)?.map(Listed::whole))
    }

    /// What stands around the viewer's first unread post, which counts as one of the later ones; the
    /// newest posts where all is read.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_around_unread(
        &self,
        viewer: UserId,
        channel: ChannelId,
        before: u32,
        after: u32,
        replies: Replies,
    ) -> Result<Access<PostPage>> {
        let with_roots = replies.with_roots();
        let rows = sqlx::query(AROUND_UNREAD.of(replies))
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(with_roots)
            .bind(i64::from(before) + 1)
            .bind(i64::from(after) + 1)
            .fetch_all(&self.pool)
            .await?;
        Ok(listed(&rows, with_roots)?.map(|listed| {
            let Some(pivot) = listed.pivot else { return listed.cut(0, before as usize) };
            let at = listed.posts.iter().position(|post| post.row.id == pivot).unwrap_or(0);
            let later = at + 1;
            let from = later.saturating_sub(after as usize);
            let len = (later - from) + (listed.posts.len() - later).min(before as usize);
            listed.cut(from, len)
        }))
    }

    /// Posts that are pinned, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_pinned(
        &self,
        viewer: UserId,
        channel: ChannelId,
    ) -> Result<Access<PostPage>> {
        let rows = sqlx::query(PINNED.of(Replies::WithRoots))
            .bind(Key::from(channel))
            .bind(Key::from(viewer))
            .bind(true)
            .fetch_all(&self.pool)
            .await?;
        Ok(listed(&rows, true)?.map(Listed::whole))
    }
}

//! What a post was before, for those who may know: members see what it says now.

use std::sync::LazyLock;

use events::{Id, PostId, UserId};
use sqlx::Row;
use wire::{Names, Post, Props};

use crate::access::may_read;
use crate::reader::Result;
use crate::rows::{PostRow, PostVersionRow, Table};
use crate::{Access, Key, Reader};

/// Who asks for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOf {
    /// A post that stands: its author and administrators, where they may read it.
    Standing,
    /// A post that may be deleted: its author, where they may read the channel, and every administrator.
    Any,
}

/// A post with all that it said.
#[derive(Debug, Clone, PartialEq)]
pub struct PostHistory {
    pub post: PostRow,
    /// Newest first, without what it says now.
    pub versions: Vec<PostVersionRow>,
}

/// Whoever may not read the channel is not told that there is such a post.
static HISTORY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH p AS MATERIALIZED (
            SELECT * FROM posts WHERE id = $1 AND ($3 OR delete_at = 0)
         ),
         r AS MATERIALIZED (
            SELECT COALESCE((SELECT {} FROM p), false) AS reads,
              COALESCE((SELECT p.user_id = $2 FROM p), false) AS wrote,
              EXISTS (SELECT FROM p) AND EXISTS (
                SELECT FROM users WHERE id = $2 AND system_admin AND delete_at = 0) AS administers
         ),
         j AS MATERIALIZED (
            SELECT reads AS known,
              (reads AND wrote) OR (administers AND (reads OR $3)) AS may
            FROM r
         )
         SELECT j.known, j.may, p.id IS NOT NULL, v.post_id IS NOT NULL, {}, {}
         FROM j LEFT JOIN p ON j.may LEFT JOIN post_versions v ON v.post_id = p.id
         ORDER BY v.replaced_at DESC",
        may_read("p.channel_id", "$2"),
        PostRow::select("p"),
        PostVersionRow::select("v")
    )
});

/// Columns before those of the post.
const FACTS: usize = 4;

impl Reader {
    /// All that a post said.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post_history(
        &self,
        viewer: UserId,
        post: PostId,
        of: HistoryOf,
    ) -> Result<Access<PostHistory>> {
        let rows = sqlx::query(HISTORY.as_str())
            .bind(Key::from(post))
            .bind(Key::from(viewer))
            .bind(of == HistoryOf::Any)
            .fetch_all(&self.pool)
            .await?;
        let Some(first) = rows.first() else { return Ok(Access::Unknown) };
        let (known, may): (bool, bool) = (first.try_get(0)?, first.try_get(1)?);
        if !first.try_get::<bool, _>(2)? {
            return Ok(if known && !may { Access::Denied } else { Access::Unknown });
        }
        let post = PostRow::read(first, FACTS)?;
        let mut versions = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.try_get(3)? {
                versions.push(PostVersionRow::read(row, FACTS + PostRow::COLUMNS.len())?);
            }
        }
        Ok(Access::Granted(PostHistory { post, versions }))
    }
}

impl PostHistory {
    /// Nothing of what it said.
    pub fn forget(&mut self) {
        self.versions.clear();
        self.post.forget();
    }

    /// No file of it, now or before.
    pub fn forget_files(&mut self) {
        self.post.files.clear();
        self.versions.iter_mut().for_each(|version| version.files.clear());
    }

    /// The earlier versions as posts of the contract: each has an id of its own, was edited when the one
    /// before it was replaced, and ended when it was replaced itself.
    pub fn to_wire(&self, names: &impl Names) -> Vec<Post> {
        let edited = self.versions.iter().skip(1).map(|version| version.replaced_at);
        let edited = edited.chain([0]);
        self.versions
            .iter()
            .zip(edited)
            .map(|(version, edit_at)| self.version_to_wire(version, edit_at, names))
            .collect()
    }

    fn version_to_wire(&self, version: &PostVersionRow, edit_at: i64, names: &impl Names) -> Post {
        let row = PostRow { files: version.files.clone(), ..self.post.clone() };
        Post {
            id: version.version_id(),
            original_id: Some(self.post.id),
            update_at: version.replaced_at,
            delete_at: version.replaced_at,
            edit_at,
            hashtags: wire::hashtags(&version.message),
            message: version.message.clone(),
            props: Props::from_json(version.props.clone()),
            ..row.to_wire(Vec::new(), names)
        }
    }
}

impl PostVersionRow {
    /// The id of this version: the same whenever it is asked for, and after rows are made anew.
    pub fn version_id(&self) -> PostId {
        let replaced_at = self.replaced_at.to_be_bytes();
        PostId(Id::derived("post.version", &[self.post_id.as_bytes(), &replaced_at]))
    }
}

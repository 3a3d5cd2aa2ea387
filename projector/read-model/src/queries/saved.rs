//! Posts that somebody has marked for themselves.

use std::sync::LazyLock;

use events::{ChannelId, PostId, TeamId, UserId};

use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::reader::{Fields, Result};
use crate::{Key, Page, Reader};

static SAVED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH p AS MATERIALIZED (
            SELECT p.* FROM posts p
            JOIN present_members m ON m.channel_id = p.channel_id AND m.user_id = $2
            WHERE p.id = ANY($1) AND p.delete_at = 0
              AND ($3::uuid IS NULL OR m.team_id IS NULL OR m.team_id = $3)
              AND ($4::uuid IS NULL OR p.channel_id = $4)
            ORDER BY p.create_at DESC, p.id DESC LIMIT $5 OFFSET $6
         )
         SELECT {} FROM p ORDER BY p.create_at DESC, p.id DESC",
        post_columns()
    )
});

/// Which of the saved posts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedQuery {
    /// Of this team and of conversations.
    pub team: Option<TeamId>,
    pub channel: Option<ChannelId>,
    pub page: Page,
}

impl Reader {
    /// Those of `saved` that the viewer may read now, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_saved(
        &self,
        viewer: UserId,
        saved: &[PostId],
        query: SavedQuery,
    ) -> Result<Vec<PostView>> {
        let keys: Vec<Key> = saved.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(SAVED.as_str())
            .bind(keys)
            .bind(Key::from(viewer))
            .bind(query.team.map(Key::from))
            .bind(query.channel.map(Key::from))
            .bind(query.page.limit())
            .bind(query.page.offset())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(read_post(&mut Fields::of(row))?)).collect()
    }
}

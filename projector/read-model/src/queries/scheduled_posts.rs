//! What somebody wrote to be sent later.

use std::sync::LazyLock;

use events::{FileId, ScheduledPostId, TeamId, UserId};
use sqlx::postgres::PgRow;

use crate::reader::{Fields, Result};
use crate::rows::{FileRow, ScheduledPostRow, Table};
use crate::{Key, Reader};

/// A scheduled post with the files that it would show.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduledPostView {
    /// None for a conversation.
    pub team_id: Option<TeamId>,
    /// When it was tried in vain, 0 for not yet.
    pub processed_at: i64,
    /// Why that was in vain.
    pub error_code: String,
    pub row: ScheduledPostRow,
    pub file_ids: Vec<FileId>,
    pub files: Vec<FileRow>,
}

impl ScheduledPostView {
    fn read(row: &PgRow) -> Result<Self> {
        let mut fields = Fields::of(row);
        let team_id = fields.next()?;
        let (processed_at, error_code) = (fields.next()?, fields.next()?);
        let row: ScheduledPostRow = fields.table()?;
        let file_ids = serde_json::from_str(&row.file_ids).unwrap_or_default();
        Ok(Self { team_id, processed_at, error_code, row, file_ids, files: Vec::new() })
    }

    /// The post as its owner sees it.
    pub fn to_wire(&self) -> wire::ScheduledPost {
        let row = &self.row;
        wire::ScheduledPost {
            create_at: row.create_at,
            message: row.message.clone(),
            props: serde_json::from_str(&row.props).unwrap_or_default(),
            file_ids: self.file_ids.clone(),
            priority: serde_json::from_str(&row.priority).unwrap_or_default(),
            metadata: wire::DraftMetadata {
                files: self.files.iter().map(FileRow::to_wire).collect(),
            },
            scheduled_at: row.scheduled_at,
            processed_at: self.processed_at,
            error_code: self.error_code.clone(),
            ..wire::ScheduledPost::gone(
                row.id,
                row.user_id,
                row.channel_id,
                row.root_id,
                row.update_at.max(self.processed_at),
            )
        }
    }
}

/// Those of one person, the next first.
fn sql(condition: &str) -> String {
    format!(
        "SELECT c.team_id, COALESCE(f.failed_at, 0), COALESCE(f.error_code, ''), {}
         FROM scheduled_posts s
         LEFT JOIN channels c ON c.id = s.channel_id
         LEFT JOIN scheduled_post_failures f ON f.user_id = s.user_id AND f.id = s.id
         WHERE s.user_id = $1 AND {condition}
         ORDER BY s.scheduled_at, s.create_at, s.id",
        ScheduledPostRow::select("s")
    )
}

/// Of channels that the person has left, too, for there it will fail or has failed.
static OF_TEAM: LazyLock<String> =
    LazyLock::new(|| sql("(c.team_id = $2 OR ($3 AND c.id IS NOT NULL AND c.team_id IS NULL))"));

static ONE: LazyLock<String> = LazyLock::new(|| sql("s.id = $2"));

impl Reader {
    /// What somebody wrote to be sent in a team, and in conversations if those are asked for; the next
    /// first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn scheduled_posts(
        &self,
        user: UserId,
        team: TeamId,
        conversations: bool,
    ) -> Result<Vec<ScheduledPostView>> {
        let rows = sqlx::query(OF_TEAM.as_str())
            .bind(Key::from(user))
            .bind(Key::from(team))
            .bind(conversations)
            .fetch_all(&self.pool)
            .await?;
        let mut posts = rows.iter().map(ScheduledPostView::read).collect::<Result<Vec<_>>>()?;
        let named: Vec<FileId> = posts.iter().flat_map(|post| &post.file_ids).copied().collect();
        let files = self.own_files(user, &named).await?;
        for post in &mut posts {
            post.files = files.sendable(&post.file_ids, post.row.channel_id);
        }
        Ok(posts)
    }

    /// One, for a frame to its owner.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn scheduled_post(
        &self,
        user: UserId,
        id: ScheduledPostId,
    ) -> Result<Option<ScheduledPostView>> {
        let row = sqlx::query(ONE.as_str())
            .bind(Key::from(user))
            .bind(Key::from(id))
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(ScheduledPostView::read).transpose()
    }
}

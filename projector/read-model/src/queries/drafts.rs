//! What somebody has begun to write.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use events::{ChannelId, FileId, PostId, TeamId, UserId};

use crate::reader::{Fields, Result};
use crate::rows::{DraftRow, FileRow, Table};
use crate::{Key, Reader};

/// A draft with the files that it would show.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftView {
    pub row: DraftRow,
    pub file_ids: Vec<FileId>,
    pub files: Vec<FileRow>,
}

impl DraftView {
    /// The draft as its owner sees it.
    pub fn to_wire(&self) -> wire::Draft {
        let row = &self.row;
        let root_id = Some(row.root_id).filter(|root| *root != PostId::default());
        wire::Draft {
            create_at: row.create_at,
            update_at: row.update_at,
            message: row.message.clone(),
            props: serde_json::from_str(&row.props).unwrap_or_default(),
            file_ids: self.file_ids.clone(),
            priority: serde_json::from_str(&row.priority).unwrap_or_default(),
            metadata: wire::DraftMetadata {
                files: self.files.iter().map(FileRow::to_wire).collect(),
            },
            ..wire::Draft::empty(row.user_id, row.channel_id, root_id)
        }
    }
}

/// Files that somebody brought and has not sent.
pub(super) struct OwnFiles(BTreeMap<FileId, FileRow>);

impl OwnFiles {
    /// Those that `ids` names, in its order; a file of another channel cannot be sent in this one.
    pub(super) fn sendable(&self, ids: &[FileId], channel: ChannelId) -> Vec<FileRow> {
        let named = ids.iter().filter_map(|id| self.0.get(id));
        named.filter(|file| file.channel_id == channel).cloned().collect()
    }
}

/// Of channels that can be written in now; a reply only while its root stands. Nobody sees another's
/// file by naming it.
static OF_TEAM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH d AS MATERIALIZED (
            SELECT d.* FROM drafts d
            JOIN present_members m ON m.channel_id = d.channel_id AND m.user_id = d.user_id
            JOIN channels c ON c.id = d.channel_id AND c.delete_at = 0
            WHERE d.user_id = $1 AND (m.team_id IS NULL OR m.team_id = $2)
              AND (d.root_id = '00000000-0000-0000-0000-000000000000'
                   OR EXISTS (SELECT FROM posts p WHERE p.id = d.root_id
                              AND p.channel_id = d.channel_id AND p.delete_at = 0))
         )
         SELECT {} FROM d ORDER BY d.update_at DESC, d.channel_id, d.root_id",
        DraftRow::select("d")
    )
});

static FILES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM files f
         WHERE f.id = ANY($1) AND f.owner_id = $2 AND f.post_id IS NULL",
        FileRow::select("f")
    )
});

impl Reader {
    /// Somebody's own drafts in a team and in conversations, the latest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn drafts(&self, user: UserId, team: TeamId) -> Result<Vec<DraftView>> {
        let rows = sqlx::query(OF_TEAM.as_str())
            .bind(Key::from(user))
            .bind(Key::from(team))
            .fetch_all(&self.pool)
            .await?;
        let mut drafts = Vec::with_capacity(rows.len());
        for row in &rows {
            let row: DraftRow = Fields::of(row).table()?;
            let file_ids: Vec<FileId> = serde_json::from_str(&row.file_ids).unwrap_or_default();
            drafts.push(DraftView { row, file_ids, files: Vec::new() });
        }
        let named: Vec<FileId> = drafts.iter().flat_map(|draft| &draft.file_ids).copied().collect();
        let files = self.own_files(user, &named).await?;
        for draft in &mut drafts {
            draft.files = files.sendable(&draft.file_ids, draft.row.channel_id);
        }
        Ok(drafts)
    }

    pub(super) async fn own_files(&self, user: UserId, named: &[FileId]) -> Result<OwnFiles> {
        let mut files: BTreeMap<FileId, FileRow> = BTreeMap::new();
        if named.is_empty() {
            return Ok(OwnFiles(files));
        }
        let named: Vec<Key> = named.iter().copied().map(Key::from).collect();
        let found =
            sqlx::query(FILES.as_str()).bind(named).bind(Key::from(user)).fetch_all(&self.pool);
        for row in &found.await? {
            let file: FileRow = Fields::of(row).table()?;
            files.insert(file.id, file);
        }
        Ok(OwnFiles(files))
    }
}

//! What frames show, whoever hears them: realtime judges that on its fold, frame by frame.

use std::sync::LazyLock;

use events::{ChannelId, PostId, TeamId};

use super::channels::{self, ChannelView};
use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::reader::{Fields, Result};
use crate::rows::{Table, TeamRow};
use crate::{Key, Reader};

static POST: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM posts p WHERE p.id = $1 AND p.delete_at = 0", post_columns())
});

static CHANNEL: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM channels c {} AND c.id = $1", channels::columns(), channels::NAMED)
});

static TEAM: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM teams t WHERE t.id = $1", TeamRow::select("t")));

impl Reader {
    /// A team, archived or not. Who may see it is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn team_of_frame(&self, team: TeamId) -> Result<Option<TeamRow>> {
        let row =
            sqlx::query(TEAM.as_str()).bind(Key::from(team)).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| TeamRow::read(&row, 0)).transpose()?)
    }

    /// A post that is not deleted. Who may see it is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post_of_frame(&self, post: PostId) -> Result<Option<PostView>> {
        let row =
            sqlx::query(POST.as_str()).bind(Key::from(post)).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| read_post(&mut Fields::of(&row))).transpose()?)
    }

    /// A channel, archived or not. Who may see it is for the caller to judge.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn channel_of_frame(&self, channel: ChannelId) -> Result<Option<ChannelView>> {
        let row = sqlx::query(CHANNEL.as_str())
            .bind(Key::from(channel))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| channels::read(&row, 0)).transpose()?)
    }
}

//! Posts that other posts link to.

use std::sync::LazyLock;

use events::{PostId, UserId};
use wire::Names;

use super::channels::{ChannelView, NAMED, columns, read};
use super::post_pages::{PostView, read_post};
use super::post_sql::post_columns;
use crate::access::may_read;
use crate::reader::{Fields, Result};
use crate::rows::{PostRow, Table};
use crate::{Key, Reader};

/// A post with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkedPostView {
    pub post: PostView,
    pub channel: ChannelView,
    /// Empty in a conversation.
    pub team_name: String,
}

static LINKED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, t.name, {}
         FROM posts p JOIN channels c ON c.id = p.channel_id LEFT JOIN teams t ON t.id = c.team_id
         {NAMED} AND p.id = ANY($1) AND p.delete_at = 0 AND {}",
        post_columns(),
        columns(),
        may_read("c.id", "$2")
    )
});

/// Before the channel's columns stand a post's, its reactions and acknowledgements, and the team's name.
const CHANNEL: usize = PostRow::COLUMNS.len() + 3;

impl Reader {
    /// Those of the posts that the viewer may read.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn posts_linked(
        &self,
        viewer: UserId,
        posts: &[PostId],
    ) -> Result<Vec<LinkedPostView>> {
        let keys: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let query = sqlx::query(LINKED.as_str()).bind(keys).bind(Key::from(viewer));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let mut fields = Fields::of(row);
                let post = read_post(&mut fields)?;
                let team_name: Option<String> = fields.next()?;
                let team_name = team_name.unwrap_or_default();
                Ok(LinkedPostView { post, channel: read(row, CHANNEL)?, team_name })
            })
            .collect()
    }
}

impl LinkedPostView {
    pub fn to_wire(&self, names: &impl Names) -> wire::LinkedPost {
        let channel = self.channel.to_wire();
        let post = self.post.to_wire(names);
        wire::LinkedPost {
            post_id: post.id,
            channel_id: post.channel_id,
            channel_display_name: channel.display_name,
            channel_type: channel.r#type,
            team_name: self.team_name.clone(),
            post,
        }
    }
}

//! Where a post stands, for those who could go there.

use std::sync::LazyLock;

use events::{PostId, UserId};
use sqlx::Row;

use super::channels::{ChannelView, NAMED, columns, read};
use super::post_head::{PostHead, head_columns};
use crate::access::{may_read, may_see, open_to_all};
use crate::reader::{Fields, Result};
use crate::rows::{Table, TeamRow};
use crate::{Access, Key, Reader};

/// The place of a post, and whether the viewer is there.
#[derive(Debug, Clone, PartialEq)]
pub struct PostPlace {
    pub post: PostHead,
    pub channel: ChannelView,
    pub in_channel: bool,
    /// None of a conversation.
    pub team: Option<TeamRow>,
    pub in_team: bool,
}

/// For those who may see the channel, or could join its team and see it then. Nobody else is told that
/// there is such a post.
static PLACE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} OR COALESCE(c.kind = 'O' AND {}, false),
            {}, t.id IS NOT NULL,
            EXISTS (SELECT FROM present_team_members tm
                WHERE tm.team_id = c.team_id AND tm.user_id = $2),
            {}, {}, {}
         FROM posts p JOIN channels c ON c.id = p.channel_id LEFT JOIN teams t ON t.id = c.team_id
         {NAMED} AND p.id = $1 AND p.delete_at = 0",
        may_see("c.id", "$2"),
        open_to_all("t", "$2"),
        may_read("c.id", "$2"),
        head_columns("p"),
        TeamRow::select("t"),
        columns()
    )
});

/// Columns before those of the post.
const FACTS: usize = 4;

impl Reader {
    /// Where a post stands that is not deleted.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn post_place(&self, viewer: UserId, post: PostId) -> Result<Access<PostPlace>> {
        let query = sqlx::query(PLACE.as_str()).bind(Key::from(post)).bind(Key::from(viewer));
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(Access::Unknown);
        };
        if !row.try_get::<bool, _>(0)? {
            return Ok(Access::Unknown);
        }
        let mut fields = Fields::of(&row);
        fields.skip(FACTS);
        let post = PostHead::read(&mut fields)?;
        let team = fields.at();
        Ok(Access::Granted(PostPlace {
            post,
            channel: read(&row, team + TeamRow::COLUMNS.len())?,
            in_channel: row.try_get(1)?,
            team: if row.try_get(2)? { Some(TeamRow::read(&row, team)?) } else { None },
            in_team: row.try_get(3)?,
        }))
    }
}

impl PostPlace {
    pub fn to_wire(&self) -> wire::PostInfo {
        let channel = self.channel.to_wire();
        wire::PostInfo {
            channel_id: channel.id,
            channel_type: channel.r#type,
            channel_display_name: channel.display_name,
            has_joined_channel: self.in_channel,
            team_id: channel.team_id,
            team_type: self.team.as_ref().map(|team| team.kind),
            team_display_name: self
                .team
                .as_ref()
                .map(|team| team.display_name.clone())
                .unwrap_or_default(),
            has_joined_team: self.in_team,
        }
    }
}

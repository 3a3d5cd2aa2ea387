//! What people say they are at.

use domain::commands::custom_status::HeldStatus;
use events::{Partition, Topic, UserId};
use sqlx::Row;

use crate::reader::{Result, offset};
use crate::rows::{Table, UserRow};
use crate::{Key, Reader, partition_key};

const HELD: &str = "
    SELECT COALESCE((SELECT next_offset FROM projection_positions WHERE partition = $2), 0),
      (SELECT status FROM custom_statuses WHERE user_id = $1),
      (SELECT recent FROM recent_custom_statuses WHERE user_id = $1)";

/// Columns of the alias `u`, with what the person says they are at among the `props`, where clients look
/// for it, until it ends.
pub(super) fn profile_columns() -> String {
    let props = "COALESCE((
        SELECT (u.props::jsonb || jsonb_strip_nulls(jsonb_build_object(
            'customStatus', CASE WHEN s.expires_at_ms = 0 OR s.expires_at_ms >
                (extract(epoch FROM clock_timestamp()) * 1000)::bigint THEN s.status END,
            'recentCustomStatuses', r.recent)))::text
        FROM recent_custom_statuses r LEFT JOIN custom_statuses s ON s.user_id = r.user_id
        WHERE r.user_id = u.id), u.props)";
    UserRow::select("u").replace("u.props", props)
}

impl Reader {
    /// What somebody says they are at and has said lately, with the offset of their partition below which
    /// the rows hold everything.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn custom_status(&self, user: UserId) -> Result<(HeldStatus, u64)> {
        let partition = Partition::of(Topic::Users, user.as_bytes());
        let row = sqlx::query(HELD)
            .bind(Key::from(user))
            .bind(partition_key(partition))
            .fetch_one(&self.pool)
            .await?;
        let (status, recent): (Option<String>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
        let held = HeldStatus {
            status: status.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
            recent: recent.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        };
        Ok((held, offset(row.try_get(0)?)))
    }
}

//! What people say in the fields that an installation adds to profiles.

use std::sync::LazyLock;

use events::profile::ProfileValue;
use events::{ProfileFieldId, UserId};

use crate::reader::Result;
use crate::rows::{ProfileValueRow, Table};
use crate::{Key, Reader};

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM profile_values v WHERE v.user_id = $1", ProfileValueRow::select("v"))
});

impl Reader {
    /// What is said in the fields of somebody's profile, fields that are no more among them.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn profile_values(
        &self,
        user: UserId,
    ) -> Result<Vec<(ProfileFieldId, ProfileValue)>> {
        let query = sqlx::query(OF_USER.as_str()).bind(Key::from(user));
        let rows = query.fetch_all(&self.pool).await?;
        let mut values = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = ProfileValueRow::read(row, 0)?;
            // What this program cannot read it does not show.
            if let Ok(value) = serde_json::from_str(&row.value) {
                values.push((ProfileFieldId(row.field_id), value));
            }
        }
        Ok(values)
    }
}

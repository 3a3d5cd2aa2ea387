//! A person's own: preferences and statuses.

use std::sync::LazyLock;

use events::UserId;

use crate::reader::Result;
use crate::rows::{PreferenceRow, StatusRow, Table};
use crate::{Key, Reader};

static PREFERENCES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} FROM preferences p
         WHERE p.user_id = $1 AND ($2::text IS NULL OR p.category = $2)
           AND ($3::text IS NULL OR p.name = $3)
         ORDER BY p.category, p.name",
        PreferenceRow::select("p")
    )
});

static STATUSES: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM statuses s WHERE s.user_id = ANY($1)", StatusRow::select("s"))
});

impl Reader {
    /// Somebody's own preferences, of one category and name where they are given.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn preferences(
        &self,
        user: UserId,
        category: Option<&str>,
        name: Option<&str>,
    ) -> Result<Vec<PreferenceRow>> {
        let clean = |text: &str| text.replace('\0', "");
        let rows = sqlx::query(PREFERENCES.as_str())
            .bind(Key::from(user))
            .bind(category.map(clean))
            .bind(name.map(clean))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(PreferenceRow::read(row, 0)?)).collect()
    }

    /// Statuses that were chosen by hand; people who chose none are missing.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn statuses(&self, users: &[UserId]) -> Result<Vec<StatusRow>> {
        let keys: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let rows = sqlx::query(STATUSES.as_str()).bind(keys).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(StatusRow::read(row, 0)?)).collect()
    }
}

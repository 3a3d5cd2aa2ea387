//! What sessions began on.

use std::sync::LazyLock;

use events::UserId;

use crate::reader::Result;
use crate::rows::{SessionDeviceRow, Table};
use crate::{Key, Reader};

static OF_USER: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} FROM session_devices d WHERE d.user_id = $1", SessionDeviceRow::select("d"))
});

impl Reader {
    /// What the sessions of somebody began on, those among them that an end of all sessions ended.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn session_devices(&self, user: UserId) -> Result<Vec<SessionDeviceRow>> {
        let query = sqlx::query(OF_USER.as_str()).bind(Key::from(user));
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(SessionDeviceRow::read(row, 0)?)).collect()
    }
}

//! Who has taken note of a post, for the commands on it.

use events::{PostId, UserId};

use crate::reader::Result;
use crate::{Key, Reader};

impl Reader {
    /// When somebody acknowledged a post, whoever may read it.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn acknowledged_at(&self, post: PostId, user: UserId) -> Result<Option<i64>> {
        let sql = "SELECT create_at FROM acknowledgements WHERE post_id = $1 AND user_id = $2";
        let query = sqlx::query_scalar(sql).bind(Key::from(post)).bind(Key::from(user));
        Ok(query.fetch_optional(&self.pool).await?)
    }
}

//! Where requests stand that came with an `Idempotency-Key`.

use events::{EventId, Partition, Topic};

use super::positioned::Positioned;
use crate::reader::{Fields, Result, offset};
use crate::{Key, Reader, partition_key, partition_of_key};

/// The event of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRequest {
    pub partition: Partition,
    pub offset: u64,
    /// The time that the fold assigned.
    pub at: i64,
}

macro_rules! request_in {
    ($table:literal) => {
        concat!(
            "SELECT n.next_offset, r.partition, r.log_offset, r.applied_at
             FROM projection_positions n LEFT JOIN ",
            $table,
            " r ON r.event_id = $1 WHERE n.partition = $2"
        )
    };
}

impl Reader {
    /// The event under this id, wherever in the topic of `partition` it stands, and how far the rows of
    /// that partition are. Topics whose requests take no key have none.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn keyed_request(
        &self,
        id: EventId,
        partition: Partition,
    ) -> Result<Positioned<Option<KeyedRequest>>> {
        let sql = match partition.topic {
            Topic::Directory => request_in!("directory_requests"),
            Topic::Channels => request_in!("channel_requests"),
            Topic::Users => request_in!("user_requests"),
            Topic::Readstate | Topic::Presence => {
                return Ok(Positioned { value: None, next_offset: 0 });
            }
        };
        let row = sqlx::query(sql)
            .bind(Key::from(id))
            .bind(partition_key(partition))
            .fetch_one(&self.pool)
            .await?;
        let mut fields = Fields::of(&row);
        let next_offset = offset(fields.next()?);
        let held: Option<i16> = fields.next()?;
        let value = match held.and_then(partition_of_key) {
            Some(partition) => {
                Some(KeyedRequest { partition, offset: offset(fields.next()?), at: fields.next()? })
            }
            None => None,
        };
        Ok(Positioned { value, next_offset })
    }
}

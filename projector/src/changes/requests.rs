//! Rows of requests that came with an `Idempotency-Key`.

use events::{EventId, Position, Topic};
use read_model::partition_key;
use read_model::rows::{ChannelRequestRow, DirectoryRequestRow, UserRequestRow};

use super::RowChanges;

/// The row of this type for an event under `id`.
macro_rules! row {
    ($row:ident, $id:expr, $position:expr, $at:expr) => {
        $row {
            event_id: $id,
            partition: partition_key($position.partition),
            log_offset: $position.offset.cast_signed(),
            applied_at: $at,
        }
    };
}

impl RowChanges {
    /// The first event under an id stays.
    pub(super) fn keep_request(&mut self, id: EventId, position: Position, at: i64) {
        match position.partition.topic {
            Topic::Directory => {
                let row = row!(DirectoryRequestRow, id, position, at);
                self.directory_requests.entry(id).or_insert(row);
            }
            Topic::Channels => {
                let row = row!(ChannelRequestRow, id, position, at);
                self.channel_requests.entry(id).or_insert(row);
            }
            Topic::Users => {
                let row = row!(UserRequestRow, id, position, at);
                self.user_requests.entry(id).or_insert(row);
            }
            // What is written there is a state that one may state again.
            Topic::Readstate | Topic::Presence => {}
        }
    }
}

//! Writes a batch into Postgres: one statement, prepared once per shape, that moves the positions by
//! compare-and-set and everything else with them.

mod copy;
mod erasing;
mod expiring;
mod parts;
mod statement;
mod threads;

use std::collections::BTreeMap;

use events::{EventId, Partition, PostId};
use futures::FutureExt;
use read_model::{Column, Database, Key, POSITIONS_MOVED, partition_of_key};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};

use crate::changes::{Gone, RowChanges};

/// The batch does not start where the rows stand: another writer was here, or the database went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rows do not stand where the batch starts")]
pub struct PositionsMoved;

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    PositionsMoved(#[from] PositionsMoved),
    #[error("failed to write the read model")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        let moved = error
            .as_database_error()
            .and_then(|database| database.code())
            .is_some_and(|code| code == POSITIONS_MOVED);
        if moved { Self::PositionsMoved(PositionsMoved) } else { Self::Database(error) }
    }
}

const BEGIN_AND_COMMIT: u64 = 2;

/// The one connection that writes rows.
#[derive(Debug)]
pub struct RowWriter {
    connection: PgConnection,
    statements: u64,
    posts_at_once: i64,
}

impl RowWriter {
    /// Connects; the tables must be there.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(database: &Database) -> Result<Self, WriteError> {
        let connection = database.connect_writer().await?;
        Ok(Self { connection, statements: 0, posts_at_once: expiring::POSTS_AT_ONCE })
    }

    /// Lets go of what is past its time so many posts at a time, at least one; for tests, whose channels are
    /// small.
    pub fn let_go_by(&mut self, posts_at_once: u32) {
        self.posts_at_once = posts_at_once.max(1).into();
    }

    /// Where the rows stand: the next offset of each partition.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn positions(&mut self) -> Result<BTreeMap<Partition, u64>, WriteError> {
        let rows = sqlx::query("SELECT partition, next_offset FROM projection_positions")
            .fetch_all(&mut self.connection)
            .await?;
        let mut positions = BTreeMap::new();
        for row in rows {
            let (key, next): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(partition) = partition_of_key(key) {
                positions.insert(partition, next.cast_unsigned());
            }
        }
        Ok(positions)
    }

    /// The last record of each partition that the rows have seen, where it was an event: its offset and id.
    ///
    /// # Errors
    /// [`WriteError::Database`].
    pub async fn last_events(&mut self) -> Result<BTreeMap<Partition, (u64, EventId)>, WriteError> {
        let rows = sqlx::query(
            "SELECT partition, next_offset - 1, last_event_id FROM projection_positions
             WHERE next_offset > 0 AND last_event_id IS NOT NULL",
        )
        .fetch_all(&mut self.connection)
        .await?;
        let mut last = BTreeMap::new();
        for row in rows {
            let (key, offset): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(partition) = partition_of_key(key) {
                last.insert(partition, (offset.cast_unsigned(), EventId::read(&row, 2)?));
            }
        }
        Ok(last)
    }

    /// Writes a batch, all of it or nothing.
    ///
    /// # Errors
    /// [`WriteError::PositionsMoved`] if it does not start where the rows stand. After any error the
    /// caller must start over from [`Self::positions`] of a new connection.
    pub async fn write(&mut self, changes: &RowChanges) -> Result<(), WriteError> {
        self.statements += written(&mut self.connection, changes, self.posts_at_once).await?;
        Ok(())
    }

    /// Writes a batch into tables that nobody reads yet: as [`Self::write`], but with COPY.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn load(&mut self, changes: &RowChanges) -> Result<(), WriteError> {
        // Boxed: the compiler cannot tell otherwise that what sqlx borrows may be sent.
        match load_batch(&mut self.connection, changes, self.posts_at_once).boxed().await {
            // COPY knows no "if it is not there yet".
            Err(WriteError::Database(error)) if is_there_already(&error) => {
                self.write(changes).await
            }
            loaded => loaded,
        }
    }

    /// Lets go of what a rebuild has kept for its end, when the indexes are there.
    ///
    /// # Errors
    /// [`WriteError::Database`].
    pub async fn let_go(&mut self, gone: &Gone) -> Result<(), WriteError> {
        let mut transaction = self.connection.begin().await?;
        self.statements += go(gone, self.posts_at_once, &mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Whether the connection still stands. Rows are lost only together with it.
    ///
    /// # Errors
    /// It does not.
    pub async fn check(&mut self) -> Result<(), WriteError> {
        Ok(self.connection.ping().await?)
    }

    /// Statements sent so far.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// Where the records of these posts stand, for those that have a row.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn places(
        &mut self,
        posts: &[PostId],
    ) -> Result<BTreeMap<PostId, (Partition, u64)>, WriteError> {
        let keys: Vec<Key> = posts.iter().copied().map(Key::from).collect();
        let rows = sqlx::query("SELECT id, partition, log_offset FROM posts WHERE id = ANY($1)")
            .bind(keys)
            .fetch_all(&mut self.connection)
            .await?;
        self.statements += 1;
        let mut places = BTreeMap::new();
        for row in rows {
            let (id, key, offset): (Key, i16, i64) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            if let Some(partition) = partition_of_key(key) {
                places.insert(id.into(), (partition, offset.cast_unsigned()));
            }
        }
        Ok(places)
    }

    /// The connection itself, for tools and tests.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Writes a batch over a connection with the settings of [`RowWriter::connect`]; returns how many
/// statements it took. Inside an open transaction it becomes part of that.
///
/// # Errors
/// As [`RowWriter::write`].
pub async fn write_batch(
    connection: &mut PgConnection,
    changes: &RowChanges,
) -> Result<u64, WriteError> {
    written(connection, changes, expiring::POSTS_AT_ONCE).await
}

async fn written(
    connection: &mut PgConnection,
    changes: &RowChanges,
    posts_at_once: i64,
) -> Result<u64, WriteError> {
    if changes.is_empty() {
        return Ok(0);
    }
    let statement = parts::whole(changes).map_err(sqlx::Error::Encode)?;
    if !changes.has_sequel() {
        statement.execute(connection).await?;
        return Ok(1);
    }
    let mut transaction = connection.begin().await?;
    statement.execute(&mut transaction).await?;
    let more = finish(changes, posts_at_once, &mut transaction).await?;
    transaction.commit().await?;
    Ok(BEGIN_AND_COMMIT + 1 + more)
}

async fn load_batch(
    connection: &mut PgConnection,
    changes: &RowChanges,
    posts_at_once: i64,
) -> Result<(), WriteError> {
    let statement = parts::but_new_posts(changes).map_err(sqlx::Error::Encode)?;
    let mut transaction = connection.begin().await?;
    statement.execute(&mut transaction).await?;
    copy::copy(&parts::new_posts(changes), &mut transaction).await?;
    finish(changes, posts_at_once, &mut transaction).await?;
    Ok(transaction.commit().await?)
}

/// What concerns rows that the batch may have made itself comes after it; returns how many statements.
async fn finish(
    changes: &RowChanges,
    posts_at_once: i64,
    connection: &mut PgConnection,
) -> Result<u64, WriteError> {
    Ok(parts::recount_roots(changes, connection).await?
        + threads::recount_participants(changes, connection).await?
        + parts::delete_threads(changes, connection).await?
        + go(&changes.gone, posts_at_once, connection).await?)
}

async fn go(gone: &Gone, posts_at_once: i64, connection: &mut PgConnection) -> sqlx::Result<u64> {
    Ok(erasing::erase(gone, connection).await?
        + expiring::expire(&gone.expired, posts_at_once, connection).await?)
}

fn is_there_already(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|database| database.is_unique_violation())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_failures_are_not_taken_for_moved_positions() {
        let error = WriteError::from(sqlx::Error::PoolClosed);
        assert!(matches!(error, WriteError::Database(_)));
    }
}

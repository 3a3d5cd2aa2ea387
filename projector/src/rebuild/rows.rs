//! The rows in the making, in tables that nobody reads yet.

use std::collections::BTreeMap;

use events::{Partition, PostId};
use read_model::Database;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use super::RebuildError;
use crate::analyze;
use crate::changes::{Gone, RowChanges};
use crate::sql::{RowWriter, WriteError};

pub(super) struct Rows {
    database: Database,
    writer: RowWriter,
    /// What makes the indexes again that only readers need.
    indexes: Vec<String>,
    /// What goes at the end, when the indexes are there.
    gone: Gone,
}

impl Rows {
    /// Replaces the schema of `database` with empty tables.
    pub(super) async fn start(database: &Database) -> Result<Self, RebuildError> {
        database.drop_schema().await?;
        database.migrate().await?;
        let mut writer = RowWriter::connect(database).await?;
        let indexes = drop_indexes(writer.connection()).await?;
        Ok(Self { database: database.clone(), writer, indexes, gone: Gone::default() })
    }

    pub(super) async fn load(&mut self, mut changes: RowChanges) -> Result<(), WriteError> {
        self.gone.extend(std::mem::take(&mut changes.gone));
        self.writer.load(&changes).await
    }

    /// Where the records of these posts stand.
    pub(super) async fn places(
        &mut self,
        posts: &[PostId],
    ) -> Result<BTreeMap<PostId, (Partition, u64)>, WriteError> {
        if posts.is_empty() { Ok(BTreeMap::new()) } else { self.writer.places(posts).await }
    }

    /// Everything is in them: what readers need, and what the planner goes by. `sparing`: with one process
    /// of the database at a time.
    pub(super) async fn finish(mut self, sparing: bool) -> Result<(), RebuildError> {
        if sparing {
            let alone = "SET max_parallel_maintenance_workers = 0";
            sqlx::query(alone).execute(self.writer.connection()).await?;
        }
        for sql in self.indexes {
            sqlx::query(AssertSqlSafe(sql)).execute(self.writer.connection()).await?;
        }
        self.writer.let_go(&self.gone).await?;
        Ok(analyze::analyze(&self.database).await?)
    }
}

/// Takes away the indexes that only readers need, and returns what makes them again. Those that the
/// writer finds rows by stay: the keys, and the replies of a root.
async fn drop_indexes(connection: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let rows = sqlx::query(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relnamespace = current_schema()::regnamespace
           AND NOT i.indisunique AND c.relname <> 'posts_by_root'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut definitions = Vec::with_capacity(rows.len());
    for row in rows {
        let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        sqlx::query(AssertSqlSafe(format!("DROP INDEX {name}"))).execute(&mut *connection).await?;
        definitions.push(definition);
    }
    Ok(definitions)
}

//! Whether two read models hold the same rows.

use events::Partition;
use read_model::rows::TABLES;
use read_model::{Database, partition_key};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

/// A table in which two read models differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub table: &'static str,
    /// Rows and checksum of each.
    pub left: (i64, String),
    pub right: (i64, String),
}

#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error("failed to read a read model")]
    Database(#[from] sqlx::Error),
    /// They cannot be compared: one has come further.
    #[error("{partition} stands at {left} in one and at {right} in the other")]
    Positions { partition: Partition, left: i64, right: i64 },
}

/// Two read models, each held in one snapshot: what is written to them afterwards does not show.
#[derive(Debug)]
pub struct Comparison {
    left: PgConnection,
    right: PgConnection,
}

impl Comparison {
    /// Takes the snapshots.
    ///
    /// # Errors
    /// [`CompareError`]; they must stand at the same positions.
    pub async fn open(left: &Database, right: &Database) -> Result<Self, CompareError> {
        let (mut left, mut right) = (snapshot(left).await?, snapshot(right).await?);
        for partition in Partition::durable() {
            let (l, r) = (next(&mut left, partition).await?, next(&mut right, partition).await?);
            if l != r {
                return Err(CompareError::Positions { partition, left: l, right: r });
            }
        }
        Ok(Self { left, right })
    }

    /// The tables in which the two differ; none: they are equal row by row.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn differences(mut self) -> Result<Vec<Difference>, CompareError> {
        let mut differences = Vec::new();
        for (table, _) in TABLES.iter() {
            let left = checksum(&mut self.left, table).await?;
            let right = checksum(&mut self.right, table).await?;
            if left != right {
                differences.push(Difference { table, left, right });
            }
        }
        Ok(differences)
    }
}

/// The tables in which the two differ; none: they are equal row by row. Each is read in one snapshot.
///
/// # Errors
/// [`CompareError`]
pub async fn compare(left: &Database, right: &Database) -> Result<Vec<Difference>, CompareError> {
    Comparison::open(left, right).await?.differences().await
}

async fn snapshot(database: &Database) -> sqlx::Result<PgConnection> {
    let mut connection = database.connect().await?;
    sqlx::raw_sql("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

async fn next(connection: &mut PgConnection, partition: Partition) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT next_offset FROM projection_positions WHERE partition = $1")
        .bind(partition_key(partition))
        .fetch_one(connection)
        .await
}

/// The sum of the rows' hashes, which does not depend on their order.
async fn checksum(connection: &mut PgConnection, table: &str) -> sqlx::Result<(i64, String)> {
    let sql = format!(
        "SELECT count(*), COALESCE(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {table} t"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

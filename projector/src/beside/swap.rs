//! Two versions change places.
//!
//! Nobody writes meanwhile, and both stand at the same positions. Readers find tables by the schema's name.
//! A statement that is being analysed in the moment of the swap may take one table from each version, and a
//! prepared one would keep them: so the swap waits until no such statement can be left, and has everybody
//! analyse anew, before either version moves on.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use tokio::time::{Instant, sleep};

use super::versions::{Version, Versions, VersionsError};
use super::wish::Beside;
use super::wishes::{self, Outcome};

/// What is still under way from before a swap has ended by then, or belongs to nobody of ours.
const READERS_PATIENCE: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Why two versions did not change places.
#[derive(Debug, thiserror::Error)]
pub(super) enum SwapError {
    #[error("the version beside was made by another version of nottermost: make it anew")]
    OtherTables,
    #[error("the two versions do not stand at the same positions")]
    Apart,
    #[error("failed to have the versions change places")]
    Database(#[from] sqlx::Error),
}

/// The wish that is fulfilled by it, in the same transaction, and what is said about it.
pub(super) struct Fulfilled<'w> {
    pub schema: &'w str,
    pub number: i64,
    pub said: &'w str,
}

/// Has the rows of `beside` serve. After an error other than the first two nobody knows but the database.
pub(super) async fn rows(
    versions: &Versions,
    beside: Beside,
    fulfilled: Fulfilled<'_>,
) -> Result<(), SwapError> {
    let (from, to) = (Version::from(beside), Version::from(beside.swapped()));
    if !versions.database(from).is_current().await? {
        return Err(SwapError::OtherTables);
    }
    let mut connection = versions.database(Version::Serving).connect().await?;
    let mut transaction = connection.begin().await?;
    if !level(versions, from, &mut transaction).await? {
        return Err(SwapError::Apart);
    }
    versions.rename(Version::Serving, to, &mut transaction).await?;
    versions.rename(from, Version::Serving, &mut transaction).await?;
    let Fulfilled { schema, number, said } = fulfilled;
    wishes::answer(&mut transaction, schema, number, (Outcome::Done, said)).await?;
    transaction.commit().await?;
    Ok(())
}

async fn level(
    versions: &Versions,
    beside: Version,
    connection: &mut PgConnection,
) -> sqlx::Result<bool> {
    let schemas = [Version::Serving, beside].map(|v| versions.database(v).schema().to_owned());
    let [serving, beside] = &schemas;
    let sql = format!(
        "SELECT NOT EXISTS (
           SELECT FROM {serving}.projection_positions s
           FULL JOIN {beside}.projection_positions b USING (partition)
           WHERE s.next_offset IS DISTINCT FROM b.next_offset)"
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await
}

/// Resolves when every reader finds all its tables in the version that serves now.
pub(super) async fn readers(versions: &Versions) -> Result<(), VersionsError> {
    let database = versions.database(Version::Serving);
    let mut connection = database.connect().await?;
    readers_from_before(&mut connection).await?;
    // It is granted already: but it has every connection look at the schema, and so at its statements, anew.
    let anew =
        format!("GRANT USAGE ON SCHEMA {} TO {}", database.schema(), read_model::READER_ROLE);
    sqlx::query(AssertSqlSafe(anew)).execute(&mut connection).await?;
    readers_from_before(&mut connection).await?;
    Ok(())
}

/// Waits until no statement is left that began before now.
async fn readers_from_before(connection: &mut PgConnection) -> sqlx::Result<()> {
    let now: String =
        sqlx::query_scalar("SELECT clock_timestamp()::text").fetch_one(&mut *connection).await?;
    let deadline = Instant::now() + READERS_PATIENCE;
    while Instant::now() < deadline {
        let left: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND backend_type = 'client backend' AND xact_start < $1::timestamptz)",
        )
        .bind(&now)
        .fetch_one(&mut *connection)
        .await?;
        if !left {
            return Ok(());
        }
        sleep(LOOK_AGAIN).await;
    }
    tracing::warn!("a transaction from before two versions changed places is still open");
    Ok(())
}

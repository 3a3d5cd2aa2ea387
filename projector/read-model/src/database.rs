//! Connections to the read model, and its schema.

use std::time::Duration;

use events::Partition;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::partition_key;

/// The role that reads the read model and writes nothing; migrations make it.
pub const READER_ROLE: &str = "nottermost_reader";
/// The schema that serves.
pub const SCHEMA: &str = "nottermost";
/// Behind its name, the schema of what operators ask of those who write rows; all others that begin with its
/// name are versions of the rows.
pub const CONTROL: &str = "_control";

/// SQLSTATE of a batch that did not start where the rows stand.
pub const POSITIONS_MOVED: &str = "NM001";

/// How long an idle connection is taken to be alive.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Where a read model is: a database and a schema in it.
#[derive(Debug, Clone)]
pub struct Database {
    options: PgConnectOptions,
    schema: String,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("failed to connect to Postgres")]
    Connect(#[source] sqlx::Error),
    #[error("failed to bring the schema up to date")]
    Migrate(#[source] MigrateError),
    #[error("failed to prepare the schema")]
    Prepare(#[source] sqlx::Error),
}

impl OpenError {
    /// The tables are those of another version of this program: they can only be made anew.
    pub fn is_of_another_version(&self) -> bool {
        use MigrateError as E;
        let Self::Migrate(error) = self else { return false };
        matches!(error, E::VersionMissing(_) | E::VersionMismatch(_) | E::Dirty(_))
    }
}

impl Database {
    /// The schema that serves, in this database.
    pub fn new(options: PgConnectOptions) -> Self {
        Self::in_schema(options, SCHEMA)
    }

    /// Another schema: a rebuild beside the one that serves, or a test's own. `schema` must be a
    /// plain lower-case identifier.
    pub fn in_schema(options: PgConnectOptions, schema: &str) -> Self {
        let options = options
            .options([("search_path", schema), ("jit", "off")])
            .application_name("nottermost")
            .statement_cache_capacity(512)
            // For each statement it asks whether anybody listens without saying anything then. The
            // filters of the log and of the spans remember that answer for the thread's next span,
            // which is lost (tokio-rs/tracing#2519).
            .disable_statement_logging();
        Self { options, schema: schema.to_owned() }
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The same database, another schema.
    pub fn beside(&self, schema: &str) -> Self {
        Self::in_schema(self.options.clone(), schema)
    }

    /// Creates what is missing: schema, tables, a position for every partition.
    ///
    /// # Errors
    /// The database cannot be reached, or holds a schema that this program does not know.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let mut connection = self.connect().await.map_err(OpenError::Connect)?;
        let create = format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema);
        sqlx::query(AssertSqlSafe(create))
            .execute(&mut connection)
            .await
            .map_err(OpenError::Prepare)?;
        // `run` of a borrowed connection is a future that no task can be given.
        let migrated = MIGRATOR.run_direct(None, &mut connection, false).await;
        migrated.map_err(OpenError::Migrate)?;
        let partitions: Vec<i16> = Partition::durable().map(partition_key).collect();
        sqlx::query(
            "INSERT INTO projection_positions (partition, next_offset)
             SELECT partition, 0 FROM unnest($1::smallint[]) AS partition
             ON CONFLICT (partition) DO NOTHING",
        )
        .bind(partitions)
        .execute(&mut connection)
        .await
        .map_err(OpenError::Prepare)?;
        connection.close().await.map_err(OpenError::Prepare)
    }

    /// Whether its tables are those of this program, no older and no newer ones.
    ///
    /// # Errors
    /// The database cannot be asked, or the schema is not there.
    pub async fn is_current(&self) -> sqlx::Result<bool> {
        let mut connection = self.connect().await?;
        let sql = format!(
            "SELECT version, checksum FROM {}._sqlx_migrations WHERE success ORDER BY version",
            self.schema
        );
        let held: Vec<(i64, Vec<u8>)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
        connection.close().await?;
        let ours = MIGRATOR.iter().map(|migration| (migration.version, &*migration.checksum));
        Ok(held.iter().map(|(version, checksum)| (*version, &checksum[..])).eq(ours))
    }

    /// Removes the schema with everything in it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn drop_schema(&self) -> sqlx::Result<()> {
        let mut connection = self.connect().await?;
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await?;
        connection.close().await
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect_with(&self.options).await
    }

    /// A connection for the writer of rows: what it loses in a crash, rows and positions together,
    /// the log brings back, so its commits wait for no disk.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect_writer(&self) -> sqlx::Result<PgConnection> {
        let options = self.options.clone().application_name("nottermost-projector").options([
            ("synchronous_commit", "off"),
            ("plan_cache_mode", "force_generic_plan"),
            // All that it does is find rows by their keys. It must not fall for a plan that was
            // right while the tables were empty.
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("enable_bitmapscan", "off"),
            ("enable_material", "off"),
            ("enable_memoize", "off"),
        ]);
        PgConnection::connect_with(&options).await
    }

    /// Connections for queries; opened when first needed. Their statements find few rows by keys, so
    /// one plan serves for ever: making another costs more than running it.
    pub fn pool(&self, connections_max: u32) -> PgPool {
        pool(self.options.clone(), connections_max)
    }

    /// As [`Self::pool`] for processes that must not write: the connections have the rights of
    /// [`READER_ROLE`], whoever they log in as.
    pub fn reading_pool(&self, connections_max: u32) -> PgPool {
        let rights = [("role", READER_ROLE), ("default_transaction_read_only", "on")];
        pool(self.options.clone().options(rights), connections_max)
    }
}

fn pool(options: PgConnectOptions, connections_max: u32) -> PgPool {
    let options = options.options([
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            // What lay idle may have lost its Postgres; what was just used has not, and asking
            // every time would cost as much as a query.
            Box::pin(async move {
                if state.idle_for > IDLE_TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

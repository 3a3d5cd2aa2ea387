//! One private Postgres per test process.

use platform::postgres::PrivateCluster;
use read_model::Database;
use read_model::rows::TABLES;
use sqlx::postgres::PgConnection;

/// A cluster with its directory, which goes with it.
pub struct Postgres {
    pub cluster: PrivateCluster,
    directory: tempfile::TempDir,
}

impl Postgres {
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let cluster = PrivateCluster::start(&directory.path().join("postgres"))
            .await
            .expect("a private Postgres starts");
        Self { cluster, directory }
    }

    /// Kills the whole of Postgres; the cluster starts it again.
    pub fn kill(&self) {
        let pid = std::fs::read_to_string(self.directory.path().join("postgres/postmaster.pid"))
            .expect("a running Postgres leaves its pid");
        let pid = pid.lines().next().expect("the pid is the first line");
        let killed = std::process::Command::new("kill").args(["-9", pid]).status();
        assert!(killed.expect("kill runs").success());
    }

    /// The tables in a schema of their own.
    pub async fn database(&self, schema: &str) -> Database {
        let database = Database::in_schema(self.cluster.connect_options(), schema);
        database.migrate().await.expect("the schema can be made");
        database
    }
}

/// Empties every table and puts every position back.
pub async fn empty(connection: &mut PgConnection) {
    let mut sql = String::new();
    for (table, _) in TABLES.iter() {
        sql.push_str(&format!("DELETE FROM {table};"));
    }
    sql.push_str("UPDATE projection_positions SET next_offset = 0, last_event_id = NULL;");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await
        .expect("tables can be emptied");
}

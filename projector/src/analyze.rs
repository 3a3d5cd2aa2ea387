//! Statistics for the planner and the visibility map, early: without them a page of posts costs five
//! times as much.

use read_model::Database;

use crate::changes::{Change, RowChanges};

/// New posts after which the tables are looked at, and looked at again.
const AFTER_POSTS: [u64; 5] = [500, 4_000, 40_000, 400_000, 4_000_000];

/// Counts what is written and has the tables analysed beside the work. Later changes are for the
/// database's own upkeep.
#[derive(Debug)]
pub(crate) struct Schedule {
    database: Database,
    posts: u64,
    done: usize,
}

impl Schedule {
    pub(crate) fn new(database: Database) -> Self {
        Self { database, posts: 0, done: 0 }
    }

    pub(crate) fn written(&mut self, changes: &RowChanges) {
        let new = changes.posts.values().filter(|post| matches!(post, Change::New(_))).count();
        self.posts += new as u64;
        if AFTER_POSTS.get(self.done).is_none_or(|after| self.posts < *after) {
            return;
        }
        self.done = AFTER_POSTS.iter().filter(|after| self.posts >= **after).count();
        let database = self.database.clone();
        tokio::spawn(async move {
            if let Err(error) = analyze(&database).await {
                tracing::warn!(error = %error, "failed to analyse the tables");
            }
        });
    }
}

/// Looks at every table now.
pub(crate) async fn analyze(database: &Database) -> sqlx::Result<()> {
    let mut connection = database.connect().await?;
    for (table, _) in read_model::rows::TABLES.iter() {
        sqlx::query(sqlx::AssertSqlSafe(format!("VACUUM (ANALYZE) {table}")))
            .execute(&mut connection)
            .await?;
    }
    Ok(())
}

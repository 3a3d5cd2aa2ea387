//! Wishes stand in a table beside the rows, where operators write and the projector reads: whoever may write
//! rows may wish. Losing the table loses wishes, nothing else.

use read_model::{CONTROL, Database};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::wish::Wish;
use crate::rebuild::Progress;

/// Answered wishes that are remembered.
const REMEMBERED: i64 = 100;

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// What was compared is not equal.
    Different,
    /// It could not be done; what was said tells why.
    Failed,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Different => "different",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "done" => Self::Done,
            "different" => Self::Different,
            _ => Self::Failed,
        }
    }
}

/// How far a wish is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progressing {
    /// What was wished for.
    pub wish: String,
    /// The projector works on it.
    pub taken: bool,
    /// What it does at the moment.
    pub phase: String,
    pub progress: Progress,
    /// With what there is to say, for people.
    pub outcome: Option<(Outcome, String)>,
}

/// A wish that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub number: i64,
    /// Somebody else had wished for the same.
    pub joined: bool,
}

/// A wish without an outcome.
#[derive(Debug)]
pub(crate) struct Pending {
    pub number: i64,
    pub wish: String,
    /// It was cut short, or was made while no projector ran: whoever made it waits no more.
    pub is_stale: bool,
}

/// Why a wish cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("no projector has taken wishes in this database yet: start the server")]
    NoTable,
    #[error("the server is at work on `{0}`: wait for it, or end it with `replay settle`")]
    Busy(String),
    #[error("failed to write the wish down")]
    Database(#[from] sqlx::Error),
}

/// The table, over a connection of its own.
#[derive(Debug)]
pub struct Wishes {
    connection: PgConnection,
    schema: String,
}

/// The schema of the table, named after that of the rows.
fn schema_of(database: &Database) -> String {
    format!("{}{CONTROL}", database.schema())
}

impl Wishes {
    /// Connects to the table of the rows in `database`, for who wishes.
    ///
    /// # Errors
    /// There is none, or the database cannot be reached.
    pub async fn connect(database: &Database) -> Result<Self, Refused> {
        let schema = schema_of(database);
        let mut connection = database.beside(&schema).connect().await?;
        let table: Option<String> = sqlx::query_scalar("SELECT to_regclass('wishes')::text")
            .fetch_one(&mut connection)
            .await?;
        table.ok_or(Refused::NoTable)?;
        Ok(Self { connection, schema })
    }

    /// The same for who fulfils: makes the table if it is not there.
    pub(crate) async fn open(database: &Database) -> sqlx::Result<Self> {
        let schema = schema_of(database);
        let mut connection = database.beside(&schema).connect().await?;
        let sql = format!(
            "SET client_min_messages = warning;
             CREATE SCHEMA IF NOT EXISTS {schema};
             CREATE TABLE IF NOT EXISTS wishes (
               number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
               asked_at timestamptz NOT NULL DEFAULT now(),
               wish     text NOT NULL,
               taken    boolean NOT NULL DEFAULT false,
               phase    text NOT NULL DEFAULT '',
               records  bigint NOT NULL DEFAULT 0,
               of_all   bigint NOT NULL DEFAULT 0,
               outcome  text,
               said     text NOT NULL DEFAULT ''
             )"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        Ok(Self { connection, schema })
    }

    /// Writes a wish down. Only [`Wish::Settle`] may stand behind another: it ends that one.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn ask(&mut self, wish: Wish) -> Result<Asked, Refused> {
        if let Some(Pending { number, wish: pending, .. }) = self.pending().await? {
            if pending == wish.to_string() {
                return Ok(Asked { number, joined: true });
            }
            if wish != Wish::Settle {
                return Err(Refused::Busy(pending));
            }
        }
        let number = sqlx::query_scalar("INSERT INTO wishes (wish) VALUES ($1) RETURNING number")
            .bind(wish.to_string())
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Asked { number, joined: false })
    }

    /// Takes back a wish that nobody has taken; says false if somebody has.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn take_back(&mut self, number: i64) -> sqlx::Result<bool> {
        let removed = sqlx::query("DELETE FROM wishes WHERE number = $1 AND NOT taken")
            .bind(number)
            .execute(&mut self.connection)
            .await?;
        Ok(removed.rows_affected() > 0)
    }

    /// How far a wish is; nothing if it is not there.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn progress(&mut self, number: i64) -> sqlx::Result<Option<Progressing>> {
        let sql = "SELECT wish, taken, phase, records, of_all, outcome, said FROM wishes
                   WHERE number = $1";
        let row = sqlx::query(sql).bind(number).fetch_optional(&mut self.connection).await?;
        row.map(|row| progressing(&row)).transpose()
    }

    /// The wish that is under way or waits.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn current(&mut self) -> sqlx::Result<Option<Progressing>> {
        match self.pending().await? {
            Some(pending) => self.progress(pending.number).await,
            None => Ok(None),
        }
    }

    /// The oldest wish without an outcome.
    pub(crate) async fn pending(&mut self) -> sqlx::Result<Option<Pending>> {
        let sql = "SELECT number, wish, taken OR asked_at < now() - interval '1 minute' FROM wishes
                   WHERE outcome IS NULL ORDER BY number LIMIT 1";
        let row = sqlx::query(sql).fetch_optional(&mut self.connection).await?;
        row.map(|row| {
            let (number, wish) = (row.try_get(0)?, row.try_get(1)?);
            Ok(Pending { number, wish, is_stale: row.try_get(2)? })
        })
        .transpose()
    }

    /// Somebody wishes behind that one that all be settled.
    pub(crate) async fn is_settled_after(&mut self, number: i64) -> sqlx::Result<bool> {
        let sql = "SELECT EXISTS (SELECT FROM wishes
                   WHERE outcome IS NULL AND number > $1 AND wish = $2)";
        sqlx::query_scalar(sql)
            .bind(number)
            .bind(Wish::Settle.to_string())
            .fetch_one(&mut self.connection)
            .await
    }

    /// Says what is being done about a wish.
    pub(crate) async fn tell(
        &mut self,
        number: i64,
        phase: &str,
        progress: Progress,
    ) -> sqlx::Result<()> {
        let sql = "UPDATE wishes SET taken = true, phase = $2, records = $3, of_all = $4
                   WHERE number = $1";
        sqlx::query(sql)
            .bind(number)
            .bind(phase)
            .bind(progress.records.cast_signed())
            .bind(progress.of.cast_signed())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Answers a wish.
    pub(crate) async fn answer(
        &mut self,
        number: i64,
        outcome: Outcome,
        said: &str,
    ) -> sqlx::Result<()> {
        answer(&mut self.connection, &self.schema, number, (outcome, said)).await?;
        sqlx::query("DELETE FROM wishes WHERE number < $1 AND outcome IS NOT NULL")
            .bind(number - REMEMBERED)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema
    }
}

/// Answers a wish that has no answer yet, inside whatever transaction is open.
pub(super) async fn answer(
    connection: &mut PgConnection,
    schema: &str,
    number: i64,
    (outcome, said): (Outcome, &str),
) -> sqlx::Result<()> {
    let sql = format!(
        "UPDATE {schema}.wishes SET taken = true, outcome = $2, said = $3
         WHERE number = $1 AND outcome IS NULL"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(number)
        .bind(outcome.name())
        .bind(said)
        .execute(connection)
        .await?;
    Ok(())
}

fn progressing(row: &PgRow) -> sqlx::Result<Progressing> {
    let outcome: Option<String> = row.try_get(5)?;
    let said: String = row.try_get(6)?;
    Ok(Progressing {
        wish: row.try_get(0)?,
        taken: row.try_get(1)?,
        phase: row.try_get(2)?,
        progress: Progress {
            records: row.try_get::<i64, _>(3)?.cast_unsigned(),
            of: row.try_get::<i64, _>(4)?.cast_unsigned(),
        },
        outcome: outcome.map(|name| (Outcome::parse(&name), said)),
    })
}

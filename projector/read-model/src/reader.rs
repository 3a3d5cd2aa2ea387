//! Who asks: a pool of connections, and how a query fails.

use std::collections::BTreeMap;

use events::Partition;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::{Column, partition_of_key};

/// Why a query has no answer. The rows are not at fault: the database is.
#[derive(Debug, thiserror::Error)]
#[error("failed to query the read model")]
pub struct QueryError(#[from] sqlx::Error);

pub type Result<T> = std::result::Result<T, QueryError>;

/// Asks the read model. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) pool: PgPool,
}

impl Reader {
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// How far the rows have come: the next offset of each partition.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn positions(&self) -> Result<BTreeMap<Partition, u64>> {
        let rows = sqlx::query("SELECT partition, next_offset FROM projection_positions")
            .fetch_all(&self.pool)
            .await?;
        let mut positions = BTreeMap::new();
        for row in rows {
            let (key, next): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
            if let Some(partition) = partition_of_key(key) {
                positions.insert(partition, offset(next));
            }
        }
        Ok(positions)
    }
}

/// Offsets are never negative; Postgres has no unsigned numbers.
pub(crate) fn offset(next: i64) -> u64 {
    u64::try_from(next).unwrap_or(0)
}

/// Reads a row's fields from left to right.
pub(crate) struct Fields<'r> {
    row: &'r PgRow,
    at: usize,
}

impl<'r> Fields<'r> {
    pub(crate) fn of(row: &'r PgRow) -> Self {
        Self { row, at: 0 }
    }

    /// Where the next field stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn skip(&mut self, fields: usize) {
        self.at += fields;
    }

    pub(crate) fn next<T: Column>(&mut self) -> sqlx::Result<T> {
        self.at += 1;
        T::read(self.row, self.at - 1)
    }

    /// A value that is read as Postgres sends it.
    pub(crate) fn plain<T>(&mut self) -> sqlx::Result<T>
    where
        T: for<'d> sqlx::Decode<'d, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.at += 1;
        self.row.try_get(self.at - 1)
    }

    pub(crate) fn table<T: crate::Table>(&mut self) -> sqlx::Result<T> {
        let from = self.at;
        self.at += T::COLUMNS.len();
        T::read(self.row, from)
    }
}

/// A pattern that finds texts which begin with `term`, in lower case.
pub(crate) fn prefix_pattern(term: &str) -> String {
    let mut pattern = String::with_capacity(term.len() + 1);
    for c in term.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_searched_for_literally() {
        assert_eq!(prefix_pattern(" A_b%\\ "), "a\\_b\\%\\\\%");
        assert_eq!(prefix_pattern("a\0b"), "ab%");
    }
}

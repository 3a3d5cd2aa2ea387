//! Puts one statement together out of the parts that a batch needs.

use std::fmt::Write;

use read_model::{Column, Table};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments, AssertSqlSafe};

use crate::patches::Patch;

/// A statement that grows. Its first part moves the positions and yields the row `ok`, which every
/// other part joins.
pub(super) struct Statement {
    sql: String,
    arguments: PgArguments,
    parts: usize,
}

type Bound = Result<(), BoxDynError>;

/// What a batch of posts takes, in bytes of SQL, and room for more.
const SQL_BYTES: usize = 8 * 1024;

const KEY_NAMES: [&str; 3] = ["key1", "key2", "key3"];

const WRITES: &str = "a string takes everything";

impl Statement {
    /// Begins with `first`, which may refer to parameters that `arguments` binds.
    pub(super) fn new(first: &str, arguments: PgArguments) -> Self {
        let mut sql = String::with_capacity(SQL_BYTES);
        push(&mut sql, &["WITH ", first]);
        Self { sql, arguments, parts: 0 }
    }

    pub(super) async fn execute(mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        self.sql.push_str(" SELECT hit FROM ok");
        sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).execute(connection).await?;
        Ok(())
    }

    /// Begins the next part.
    fn part(&mut self) -> &mut String {
        write!(self.sql, ", part{} AS (", self.parts).expect(WRITES);
        self.parts += 1;
        &mut self.sql
    }

    /// `unnest($7::uuid[], $8::text[]) AS n(id, name)` over parameters that are bound next.
    fn unnest(&mut self, columns: &[(&str, &str)]) {
        unnest(&mut self.sql, self.arguments.len(), columns);
    }

    /// Rows that are new; one that is there already stays.
    pub(super) fn insert<T: Table>(&mut self, rows: &[&T]) -> Bound {
        self.insert_or::<T>(rows, |sql| sql.push_str("NOTHING"))
    }

    /// Rows that stand afterwards as they are here.
    pub(super) fn put<T: Table>(&mut self, rows: &[&T]) -> Bound {
        let set = |sql: &mut String| {
            sql.push_str("UPDATE SET ");
            let kept = |name: &&str| !T::KEY.contains(name);
            let columns = T::COLUMNS.iter().map(|(name, _)| *name).filter(kept);
            listed(sql, columns, |sql, name| push(sql, &[name, " = excluded.", name]));
        };
        self.insert_or::<T>(rows, set)
    }

    fn insert_or<T: Table>(&mut self, rows: &[&T], on_conflict: impl FnOnce(&mut String)) -> Bound {
        if rows.is_empty() {
            return Ok(());
        }
        let columns = || T::COLUMNS.iter().map(|(name, _)| *name);
        let sql = self.part();
        push(sql, &["INSERT INTO ", T::NAME, " ("]);
        listed(sql, columns(), |sql, name| sql.push_str(name));
        sql.push_str(") SELECT ");
        listed(sql, columns(), |sql, name| push(sql, &["n.", name]));
        sql.push_str(" FROM ok, ");
        self.unnest(T::COLUMNS);
        self.sql.push_str(" ON CONFLICT (");
        listed(&mut self.sql, T::KEY.iter().copied(), |sql, name| sql.push_str(name));
        self.sql.push_str(") DO ");
        on_conflict(&mut self.sql);
        self.sql.push(')');
        T::bind(rows, &mut self.arguments)
    }

    /// Rows that are gone afterwards. `keys` are the key's columns in their order.
    pub(super) fn delete<T: Table>(&mut self, keys: Keys) -> Bound {
        if keys.len == 0 {
            return Ok(());
        }
        push(self.part(), &["DELETE FROM ", T::NAME, " t USING ok, "]);
        self.unnest(&key_columns::<T>());
        self.where_same_key::<T>();
        self.sql.push(')');
        keys.bind(&mut self.arguments)
    }

    /// Columns that change; those that a patch leaves out stay.
    pub(super) fn patch<T, P>(&mut self, keys: Keys, patches: &[&P]) -> Bound
    where
        T: Table,
        P: Patch<Row = T>,
    {
        self.update_to::<T, P>(keys, patches, |sql| {
            let columns = P::COLUMNS.iter().map(|(name, _)| *name);
            listed(sql, columns, |sql, name| {
                push(sql, &[name, " = COALESCE(n.", name, ", t.", name, ")"]);
            });
        })
    }

    /// The same with a SET list of its own, over `t` and `n`.
    pub(super) fn update<T, P>(&mut self, keys: Keys, patches: &[&P], set: &str) -> Bound
    where
        T: Table,
        P: Patch<Row = T>,
    {
        self.update_to::<T, P>(keys, patches, |sql| sql.push_str(set))
    }

    fn update_to<T, P>(
        &mut self,
        keys: Keys,
        patches: &[&P],
        set: impl FnOnce(&mut String),
    ) -> Bound
    where
        T: Table,
        P: Patch<Row = T>,
    {
        if patches.is_empty() {
            return Ok(());
        }
        let sql = self.part();
        push(sql, &["UPDATE ", T::NAME, " t SET "]);
        set(sql);
        sql.push_str(" FROM ok, ");
        let mut columns = key_columns::<T>();
        columns.extend(P::COLUMNS);
        self.unnest(&columns);
        self.where_same_key::<T>();
        self.sql.push(')');
        keys.bind(&mut self.arguments)?;
        P::bind(patches, &mut self.arguments)
    }

    /// A part over arrays of its own: `sql` makes it from the text of the unnest, which names `n`.
    pub(super) fn with_keys(
        &mut self,
        columns: &[(&str, &str)],
        keys: Keys,
        sql: impl FnOnce(&str) -> String,
    ) -> Bound {
        if keys.len == 0 {
            return Ok(());
        }
        let mut arrays = String::new();
        unnest(&mut arrays, self.arguments.len(), columns);
        push(self.part(), &[&sql(&arrays), ")"]);
        keys.bind(&mut self.arguments)
    }

    fn where_same_key<T: Table>(&mut self) {
        for (n, (key, name)) in T::KEY.iter().zip(KEY_NAMES).enumerate() {
            let word = if n == 0 { " WHERE t." } else { " AND t." };
            push(&mut self.sql, &[word, key, " = n.", name]);
        }
    }
}

type Bind<'a> = Box<dyn FnOnce(&mut PgArguments) -> Bound + Send + 'a>;

/// Arrays of key columns, bound in their order.
pub(super) struct Keys<'a> {
    len: usize,
    columns: Vec<Bind<'a>>,
}

impl<'a> Keys<'a> {
    pub(super) fn of<K, C: Column + Send + 'a>(keys: &[K], column: impl Fn(&K) -> C) -> Self {
        Self { len: keys.len(), columns: Vec::new() }.and(keys, column)
    }

    pub(super) fn and<K, C: Column + Send + 'a>(
        mut self,
        keys: &[K],
        column: impl Fn(&K) -> C,
    ) -> Self {
        let values: Vec<C> = keys.iter().map(column).collect();
        self.columns.push(Box::new(move |arguments| {
            arguments.add(values.iter().map(Column::to_db).collect::<Vec<_>>())
        }));
        self
    }

    fn bind(self, arguments: &mut PgArguments) -> Bound {
        self.columns.into_iter().try_for_each(|column| column(arguments))
    }
}

pub(super) fn names(columns: &[(&str, &str)]) -> String {
    let mut text = String::new();
    listed(&mut text, columns.iter().map(|(name, _)| *name), |text, name| text.push_str(name));
    text
}

fn unnest(sql: &mut String, bound: usize, columns: &[(&str, &str)]) {
    sql.push_str("unnest(");
    listed(sql, (bound + 1..).zip(columns), |sql, (parameter, (_, kind))| {
        write!(sql, "${parameter}::{kind}[]").expect(WRITES);
    });
    sql.push_str(") AS n(");
    listed(sql, columns.iter().map(|(name, _)| *name), |sql, name| sql.push_str(name));
    sql.push(')');
}

/// Items between commas, written where they belong: a statement has hundreds, and there is one for
/// every few posts.
fn listed<I>(
    sql: &mut String,
    items: impl Iterator<Item = I>,
    mut write: impl FnMut(&mut String, I),
) {
    for (n, item) in items.enumerate() {
        if n > 0 {
            sql.push_str(", ");
        }
        write(sql, item);
    }
}

fn push(sql: &mut String, pieces: &[&str]) {
    pieces.iter().for_each(|piece| sql.push_str(piece));
}

/// The columns of the key, named so that no column of a patch is called alike.
fn key_columns<T: Table>() -> Vec<(&'static str, &'static str)> {
    T::KEY
        .iter()
        .zip(KEY_NAMES)
        .filter_map(|(key, name)| {
            let column = T::COLUMNS.iter().find(|(column, _)| column == key)?;
            Some((name, column.1))
        })
        .collect()
}

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

impl Statement {
    /// Begins with `first`, which may refer to parameters that `arguments` binds.
    pub(super) fn new(first: &str, arguments: PgArguments) -> Self {
        Self { sql: format!("WITH {first}"), arguments, parts: 0 }
    }

    pub(super) async fn execute(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let sql = self.sql + " SELECT hit FROM ok";
        sqlx::query_with(AssertSqlSafe(sql), self.arguments).execute(connection).await?;
        Ok(())
    }

    /// `unnest($7::uuid[], $8::text[]) AS n(id, name)` over parameters that are bound next.
    fn unnest(&self, columns: &[(&str, &str)]) -> String {
        let mut parameter = self.arguments.len();
        let mut arrays = Vec::with_capacity(columns.len());
        for (_, kind) in columns {
            parameter += 1;
            arrays.push(format!("${parameter}::{kind}[]"));
        }
        format!("unnest({}) AS n({})", arrays.join(", "), names(columns))
    }

    fn part(&mut self, sql: &str) {
        write!(self.sql, ", part{} AS ({sql})", self.parts).expect("a string takes everything");
        self.parts += 1;
    }

    /// Rows that are new; one that is there already stays.
    pub(super) fn insert<T: Table>(&mut self, rows: &[&T]) -> Bound {
        self.insert_or::<T>(rows, "NOTHING")
    }

    /// Rows that stand afterwards as they are here.
    pub(super) fn put<T: Table>(&mut self, rows: &[&T]) -> Bound {
        let set: Vec<String> = T::COLUMNS
            .iter()
            .filter(|(name, _)| !T::KEY.contains(name))
            .map(|(name, _)| format!("{name} = excluded.{name}"))
            .collect();
        self.insert_or::<T>(rows, &format!("UPDATE SET {}", set.join(", ")))
    }

    fn insert_or<T: Table>(&mut self, rows: &[&T], on_conflict: &str) -> Bound {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM ok, {} ON CONFLICT ({}) DO {on_conflict}",
            T::NAME,
            names(T::COLUMNS),
            T::select("n"),
            self.unnest(T::COLUMNS),
            T::KEY.join(", "),
        );
        T::bind(rows, &mut self.arguments)?;
        self.part(&sql);
        Ok(())
    }

    /// Rows that are gone afterwards. `keys` are the key's columns in their order.
    pub(super) fn delete<T: Table>(&mut self, keys: Keys) -> Bound {
        if keys.len == 0 {
            return Ok(());
        }
        let columns = key_columns::<T>();
        let sql = format!(
            "DELETE FROM {} t USING ok, {} WHERE {}",
            T::NAME,
            self.unnest(&columns),
            same_key::<T>()
        );
        keys.bind(&mut self.arguments)?;
        self.part(&sql);
        Ok(())
    }

    /// Columns that change; those that a patch leaves out stay.
    pub(super) fn patch<T, P>(&mut self, keys: Keys, patches: &[&P]) -> Bound
    where
        T: Table,
        P: Patch<Row = T>,
    {
        let set: Vec<String> = P::COLUMNS
            .iter()
            .map(|(name, _)| format!("{name} = COALESCE(n.{name}, t.{name})"))
            .collect();
        self.update::<T, P>(keys, patches, &set.join(", "))
    }

    /// The same with a SET list of its own, over `t` and `n`.
    pub(super) fn update<T, P>(&mut self, keys: Keys, patches: &[&P], set: &str) -> Bound
    where
        T: Table,
        P: Patch<Row = T>,
    {
        if patches.is_empty() {
            return Ok(());
        }
        let mut columns = key_columns::<T>();
        columns.extend(P::COLUMNS);
        let sql = format!(
            "UPDATE {} t SET {set} FROM ok, {} WHERE {}",
            T::NAME,
            self.unnest(&columns),
            same_key::<T>()
        );
        keys.bind(&mut self.arguments)?;
        P::bind(patches, &mut self.arguments)?;
        self.part(&sql);
        Ok(())
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
        let sql = sql(&self.unnest(columns));
        keys.bind(&mut self.arguments)?;
        self.part(&sql);
        Ok(())
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
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The columns of the key, named so that no column of a patch is called alike.
fn key_columns<T: Table>() -> Vec<(&'static str, &'static str)> {
    T::KEY
        .iter()
        .zip(["key1", "key2", "key3"])
        .filter_map(|(key, name)| {
            let column = T::COLUMNS.iter().find(|(column, _)| column == key)?;
            Some((name, column.1))
        })
        .collect()
}

fn same_key<T: Table>() -> String {
    let same: Vec<String> = T::KEY
        .iter()
        .zip(["key1", "key2", "key3"])
        .map(|(key, name)| format!("t.{key} = n.{name}"))
        .collect();
    same.join(" AND ")
}

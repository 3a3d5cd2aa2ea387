//! Random histories through the SQL writer on a real Postgres, and through the tables in memory: equal
//! row by row, however the records are batched, with set-backs of the database and every batch tried
//! twice. What is past its time goes in pieces of any size.

mod common;

use std::collections::BTreeMap;

use common::history::History;
use common::interleaving::Interleaving;
use common::postgres::{Postgres, empty};
use events::Partition;
use projector::{MemoryTables, RowWriter, WriteError, write_batch};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::Connection;

const HISTORIES: u64 = 200;

#[tokio::test]
async fn postgres_and_memory_hold_the_same_rows() {
    let postgres = Postgres::start().await;
    let database = postgres.database("differential").await;
    let mut writer = RowWriter::connect(&database).await.expect("Postgres answers");
    for seed in 0..HISTORIES {
        empty(writer.connection()).await;
        writer.let_go_by([1, 2, 7, 10_000][seed as usize % 4]);
        let history = History::random(seed, 120);
        let expected = play(&history, seed, &mut writer).await;
        let found = MemoryTables::load(writer.connection()).await.expect("Postgres answers");
        assert_eq!(expected.difference(&found), None, "seed {seed}");
    }
    drop(writer);
    postgres.cluster.stop().await;
}

/// Writes the history in random batches; returns what memory makes of the same batches.
async fn play(history: &History, seed: u64, writer: &mut RowWriter) -> MemoryTables {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xd1ff);
    let mut tables = MemoryTables::default();
    let mut reader = Interleaving::new(&history.log);
    loop {
        if rng.random_bool(0.05) {
            lose_some(history, &mut rng, &tables, writer).await;
            reader = Interleaving::from(&history.log, &positions(writer).await);
        }
        let len_max = if rng.random_bool(0.5) { 3 } else { 60 };
        let Some(changes) = reader.batch(&mut rng, len_max) else { return tables };
        tables.apply(&changes).expect("each batch starts where the last one ended");
        writer.write(&changes).await.expect("each batch starts where the last one ended");
        let again = writer.write(&changes).await;
        assert!(matches!(again, Err(WriteError::PositionsMoved(_))), "seed {seed}: {again:?}");
    }
}

/// What a crash does to a database that waits for no disk: the last batches are gone, rows and
/// positions together.
async fn lose_some(
    history: &History,
    rng: &mut StdRng,
    tables: &MemoryTables,
    writer: &mut RowWriter,
) {
    let mut transaction = writer.connection().begin().await.expect("Postgres answers");
    let mut lost = Interleaving::from(&history.log, &tables.positions);
    for _ in 0..rng.random_range(1..4) {
        let Some(changes) = lost.batch(rng, 30) else { break };
        let written = write_batch(&mut transaction, &changes).await;
        written.expect("each batch starts where the last one ended");
    }
    transaction.rollback().await.expect("Postgres answers");
}

async fn positions(writer: &mut RowWriter) -> BTreeMap<Partition, u64> {
    writer.positions().await.expect("Postgres answers")
}

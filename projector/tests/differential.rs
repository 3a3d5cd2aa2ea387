//! Random histories through the SQL writer on a real Postgres, and through the tables in memory: equal
//! row by row, however the records are batched, with set-backs of the database and every batch tried
//! twice. What is past its time goes in pieces of any size.

mod common;

use std::collections::BTreeMap;

use common::history::History;
use common::interleaving::Interleaving;
use common::postgres::{Postgres, empty};
use events::{ChannelId, Partition, UserId};
use projector::{MemoryTables, RowWriter, WriteError, write_batch};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use read_model::queries::Replies;
use read_model::{Access, Key, Page, Reader};
use sqlx::Connection;

const HISTORIES: u64 = 200;

#[tokio::test]
async fn postgres_and_memory_hold_the_same_rows() {
    let postgres = Postgres::start().await;
    let database = postgres.database("differential").await;
    let mut writer = RowWriter::connect(&database).await.expect("Postgres answers");
    let reader = Reader::new(database.pool(2));
    let mut seen = Verdicts::default();
    for seed in 0..HISTORIES {
        empty(writer.connection()).await;
        writer.let_go_by([1, 2, 7, 10_000][seed as usize % 4]);
        let history = History::random(seed, 120);
        let expected = play(&history, seed, &mut writer).await;
        let found = MemoryTables::load(writer.connection()).await.expect("Postgres answers");
        assert_eq!(expected.difference(&found), None, "seed {seed}");
        if seed % 8 == 0 {
            let of_seed = pages_judge_as_others_do(&mut writer, &reader).await;
            seen.iter_mut().zip(of_seed).for_each(|(seen, more)| *seen += more);
        }
    }
    assert!(seen.iter().all(|times| *times > 20), "too few cases: {seen:?}");
    drop((writer, reader));
    postgres.cluster.stop().await;
}

/// How often a page was refused as of nothing that is known, refused, and given.
type Verdicts = [usize; 3];

/// Pages of posts find out by one walk what other statements ask of views: for every channel and account
/// the same.
async fn pages_judge_as_others_do(writer: &mut RowWriter, reader: &Reader) -> Verdicts {
    let asked = "SELECT c.id, u.id, EXISTS (SELECT FROM present_members m
                   WHERE m.channel_id = c.id AND m.user_id = u.id)
                 FROM channels c CROSS JOIN users u";
    let pairs: Vec<(Key, Key, bool)> =
        sqlx::query_as(asked).fetch_all(writer.connection()).await.expect("Postgres answers");
    let page = Page { page: 0, per_page: 1 };
    let mut seen = Verdicts::default();
    for (channel, viewer, reads) in pairs {
        let (channel, viewer) = (ChannelId::from(channel), UserId::from(viewer));
        let sees = reader.bookmarks(viewer, channel, 0).await.expect("Postgres answers");
        let sees = sees.granted().is_some();
        let given = reader.posts_page(viewer, channel, page, Replies::WithRoots).await;
        let (given, expected) = match given.expect("Postgres answers") {
            Access::Unknown => (0, (false, false)),
            Access::Denied => (1, (true, false)),
            Access::Granted(_) => (2, (true, true)),
        };
        assert_eq!((sees, reads), expected, "{viewer} in {channel}");
        seen[given] += 1;
    }
    seen
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

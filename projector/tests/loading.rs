//! Rows that come by COPY are those that statements write.

mod common;

use common::history::History;
use common::interleaving::Interleaving;
use common::postgres::{Postgres, empty};
use projector::{MemoryTables, RowChanges, RowWriter, WriteError};
use rand::SeedableRng;
use rand::rngs::StdRng;

#[tokio::test]
async fn loaded_rows_are_those_that_would_be_written() {
    let postgres = Postgres::start().await;
    let database = postgres.database("loading").await;
    let mut writer = RowWriter::connect(&database).await.expect("Postgres answers");
    for seed in 0..40 {
        empty(writer.connection()).await;
        let history = History::random(seed, 250);
        let mut rng = StdRng::seed_from_u64(seed);
        let mut reader = Interleaving::new(&history.log);
        let mut tables = MemoryTables::default();
        while let Some(changes) = reader.batch(&mut rng, 60) {
            tables.apply(&changes).expect("each batch starts where the last one ended");
            writer.load(&changes).await.expect("each batch starts where the last one ended");
            let again = writer.load(&changes).await;
            assert!(matches!(again, Err(WriteError::PositionsMoved(_))), "seed {seed}: {again:?}");
        }
        let found = MemoryTables::load(writer.connection()).await.expect("Postgres answers");
        assert_eq!(tables.difference(&found), None, "seed {seed}");
    }
    a_post_that_is_there_stays(&mut writer).await;
    drop(writer);
    postgres.cluster.stop().await;
}

/// COPY refuses a batch with a post that is there; then a statement writes the rest of it.
async fn a_post_that_is_there_stays(writer: &mut RowWriter) {
    empty(writer.connection()).await;
    let history = History::random(1, 250);
    let mut reader = Interleaving::new(&history.log);
    let mut whole = RowChanges::default();
    while let Some(folded) = reader.next(&mut StdRng::seed_from_u64(1)) {
        whole.absorb(&folded);
    }
    // These look at what is there, and would not come to the same twice.
    whole.recounted_roots.clear();
    whole.recounted_participants.clear();
    whole.deleted_threads.clear();
    whole.gone.expired.clear();
    writer.load(&whole).await.expect("the rows are empty");
    let expected = MemoryTables::load(writer.connection()).await.expect("Postgres answers");
    assert!(expected.posts.len() > 10, "a history has posts");
    let lost = "DELETE FROM posts WHERE id < (SELECT id FROM posts ORDER BY id LIMIT 1 OFFSET 5);
                UPDATE projection_positions SET next_offset = 0;";
    sqlx::raw_sql(lost).execute(writer.connection()).await.expect("Postgres answers");
    writer.load(&whole).await.expect("the positions are back");
    let found = MemoryTables::load(writer.connection()).await.expect("Postgres answers");
    assert_eq!(expected.difference(&found), None);
}

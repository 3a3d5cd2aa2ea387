//! What people say is projected between what goes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::log;
use common::postgres::Postgres;
use common::scene::Scene;
use event_archive::testing::MemoryStore;
use event_log::LogReader;
use event_log::testing::MemoryLog;
use events::retention::ChannelPostsExpired;
use events::{Body, ChannelId, Id, Partition, Topic};
use fold::snapshots::Snapshots;
use projector::{Deps, Options, Projector};
use read_model::Database;
use sqlx::Connection;

struct Installation {
    log: MemoryLog,
    database: Database,
    partition: Partition,
}

impl Installation {
    fn projector(&self) -> Projector {
        let deps = Deps {
            log: Arc::new(self.log.clone()) as Arc<dyn LogReader>,
            database: self.database.clone(),
            index: None,
            snapshots: Snapshots::new(Arc::new(MemoryStore::new())),
        };
        Projector::start(deps, Options::default())
    }

    /// Waits until the rows hold all but so many of the last records of the channel.
    async fn projected(&self, projector: &Projector, but: usize) {
        let last = self.log.records(self.partition).len() - but - 1;
        let deadline = Instant::now() + Duration::from_secs(60);
        let waited = projector.positions().wait_for(self.partition, last as u64, deadline).await;
        waited.expect("the rows get there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_shows_before_what_is_past_its_time_by_a_later_record_has_gone() {
    let postgres = Postgres::start().await;
    let database = postgres.database("retaining").await;
    let mut scene = Scene::new();
    let (ada, bob) = (scene.user("ada"), scene.user("bob"));
    let channel = scene.direct(ada, bob);
    scene.post(channel, ada, "first");
    scene.post(channel, ada, "second");
    let partition = Partition::of(Topic::Channels, channel.as_bytes());
    let it = Installation { log: MemoryLog::new(), database, partition };
    log::go_on(&mut scene.history, &it.log, 0).await;
    let projector = it.projector();
    it.projected(&projector, 0).await;
    projector.stop().await;

    let mut connection = it.database.connect().await.unwrap();
    let said = "SELECT create_at FROM posts ORDER BY create_at";
    let times: Vec<i64> = sqlx::query_scalar(said).fetch_all(&mut connection).await.unwrap();
    scene.history.channel(channel, expired(channel, times[0] + 1));
    scene.post(channel, bob, "third");
    scene.history.channel(channel, expired(channel, times[1] + 1));
    scene.post(channel, bob, "fourth");
    log::go_on(&mut scene.history, &it.log, 0).await;

    // The second goes only once nobody else holds it.
    let mut other = it.database.connect().await.unwrap();
    let mut holding = other.begin().await.unwrap();
    let hold = "SELECT id FROM posts WHERE create_at = $1 FOR UPDATE";
    sqlx::query(hold).bind(times[1]).execute(&mut *holding).await.unwrap();
    let projector = it.projector();
    it.projected(&projector, 2).await;
    let said = "SELECT message FROM posts ORDER BY create_at";
    let shown: Vec<String> = sqlx::query_scalar(said).fetch_all(&mut connection).await.unwrap();
    assert_eq!(shown, ["second", "third"]);
    holding.rollback().await.unwrap();
    it.projected(&projector, 0).await;
    let shown: Vec<String> = sqlx::query_scalar(said).fetch_all(&mut connection).await.unwrap();
    assert_eq!(shown, ["third", "fourth"]);
    projector.stop().await;
    postgres.cluster.stop().await;
}

fn expired(channel_id: ChannelId, before: i64) -> Body<ChannelPostsExpired> {
    Body::from(ChannelPostsExpired {
        channel_id,
        before,
        files_before: before,
        kept_author_ids: Vec::new(),
        policy_id: None,
        run_id: Id([2; 16]),
        posts: 1,
        files: 0,
    })
}

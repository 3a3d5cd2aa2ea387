//! A log that fails, rows that lag, a crash between a decision and its steps.

use std::time::{Duration, Instant};

use event_log::testing::Fault;
use events::{Actor, EventId, Topic};
use http::StatusCode;
use serde_json::json;

use super::{Cell, Ground, Person, settings};
use crate::CellError;

/// Messages in the one channel that somebody is in, as far as the log goes.
fn messages(cell: &Cell, who: &Person) -> i64 {
    let channel = cell.api.fold.channels_of(who.id)[0];
    cell.api.fold.channels(channel).state().channel(channel).unwrap().totals.msgs
}

#[tokio::test]
async fn an_append_of_unknown_outcome_is_one_post_in_the_end() {
    for fault in [Fault::Lost, Fault::WrittenUnknown] {
        let cell = Cell::start().await;
        let ada = cell.person("ada").await;
        let direct = cell.ok("/channels/direct", &ada, json!([ada.id])).await;
        cell.log.fail_next(fault);
        cell.say(&ada, direct["id"].as_str().unwrap(), "once").await;
        assert_eq!(messages(&cell, &ada), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_log_that_takes_nothing_is_a_503_and_the_next_request_is_served() {
    let cell = Cell::start().await;
    let ada = cell.person("ada").await;
    let direct = cell.ok("/channels/direct", &ada, json!([ada.id])).await;
    let body = json!({ "channel_id": direct["id"], "message": "x", "pending_post_id": "x:1" });
    cell.log.fail_next(Fault::Refused);
    let refused = cell.post("/posts", &ada, body.clone()).await;
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(cell.count(Topic::Channels, "post.created"), 0);
    cell.ok("/posts", &ada, body).await;
    assert_eq!(cell.count(Topic::Channels, "post.created"), 1);
}

#[tokio::test]
async fn a_late_append_answers_unknown_and_the_retry_gets_its_post() {
    let short = crate::Settings { deadline: Duration::from_millis(300), ..settings() };
    let cell = Cell::on(Ground::new().await, short, true).await;
    let ada = cell.person("ada").await;
    let direct = cell.ok("/channels/direct", &ada, json!([ada.id])).await;
    let body = json!({ "channel_id": direct["id"], "message": "x", "pending_post_id": "x:1" });
    cell.log.fail_next(Fault::Held);
    let unknown = cell.post("/posts", &ada, body.clone()).await;
    assert_eq!(unknown.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unknown.1["id"], "api.nottermost.unknown_outcome.app_error");
    cell.log.held().expect("the append waits").release();
    cell.ok("/posts", &ada, body).await;
    assert_eq!(messages(&cell, &ada), 1);
}

#[tokio::test]
async fn rows_that_lag_delay_one_write_for_the_bound_and_the_others_not_at_all() {
    let slow = crate::Settings { visible_wait: Duration::from_millis(200), ..settings() };
    let cell = Cell::on(Ground::new().await, slow, false).await;
    let ada = cell.person("ada").await;
    let direct = cell.ok("/channels/direct", &ada, json!([ada.id])).await;
    let channel = direct["id"].as_str().unwrap();
    let began = Instant::now();
    for _ in 0..20 {
        cell.say(&ada, channel, "x").await;
    }
    assert!(began.elapsed() < Duration::from_secs(3), "twenty waits would take four seconds");
}

#[tokio::test]
async fn access_that_cannot_be_shown_to_have_ended_is_no_success() {
    let short = crate::Settings { deadline: Duration::from_millis(200), ..settings() };
    let cell = Cell::on(Ground::new().await, short, false).await;
    let ada = cell.person("ada").await;
    let said = cell.post("/users/logout", &ada, json!(null)).await;
    assert_eq!(said.0, StatusCode::SERVICE_UNAVAILABLE);
    // It is decided all the same.
    let after = cell.post("/channels/direct", &ada, json!([ada.id])).await;
    assert_eq!(after.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_process_manager_completes_what_a_crash_left_half_done() {
    let ground = Ground::new().await;
    let cell = Cell::on(ground.clone(), settings(), true).await;
    let ada = cell.person("ada").await;
    let team = cell.team(&ada, "crew").await.parse().unwrap();
    let channel_id = events::ChannelId::random();
    let claim = domain::commands::directory::CreateChannel {
        actor: ada.id,
        channel_id,
        team_id: team,
        r#type: events::directory::ChannelType::Private,
        name: "plans".into(),
        display_name: "Plans".into(),
        header: String::new(),
        purpose: String::new(),
    };
    let decide = |directory: &domain::Directory| claim.decide(directory);
    let claimed = cell.api.in_directory(Actor::User(ada.id), EventId::random(), decide).await;
    assert!(claimed.unwrap().is_some());
    drop(cell);
    let second = Cell::on(ground, settings(), true).await;
    let api = second.api.clone();
    let manager = tokio::spawn(async move { api.run_process_manager().await });
    let mut batches = second.api.fold.subscribe();
    while second.api.fold.channels(channel_id).state().channel(channel_id).is_none() {
        batches.next().await.unwrap();
    }
    let fold = second.api.fold.channels(channel_id);
    assert!(fold.state().channel(channel_id).unwrap().member(ada.id).is_some());
    manager.abort();
}

#[tokio::test]
async fn a_process_with_other_secrets_does_not_start() {
    let ground = Ground::new().await;
    Cell::on(ground.clone(), settings(), true).await;
    let again = Cell::api(&ground, settings(), true, [1; 32]).await;
    again.open_cell().await.unwrap();
    let foreign = Cell::api(&ground, settings(), true, [9; 32]).await;
    assert!(matches!(foreign.open_cell().await, Err(CellError::ForeignSecrets { .. })));
    assert_eq!(ground.log.records(events::Partition::DIRECTORY).len(), 1);
}

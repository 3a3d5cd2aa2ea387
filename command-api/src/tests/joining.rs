//! Accounts, teams, channels.

use events::{ChannelId, Topic};
use http::{Method, StatusCode};
use serde_json::json;

use super::{Cell, id_of};

#[tokio::test]
async fn the_first_account_administers_the_system_and_names_are_unique() {
    let cell = Cell::start().await;
    let (status, ada) = cell.sign_up("ada").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(ada["roles"], "system_admin system_user");
    assert!(ada.get("password").is_none());
    let (_, bob) = cell.sign_up("bob").await;
    assert_eq!(bob["roles"], "system_user");
    let taken = cell.sign_up("ADA").await;
    assert_eq!(taken.0, StatusCode::BAD_REQUEST);
    assert_eq!(id_of(&taken), "app.user.save.username_exists.app_error");
}

#[tokio::test]
async fn a_short_password_or_a_strange_name_is_refused_and_nothing_is_written() {
    let cell = Cell::start().await;
    for name in ["", "a b", "all", &"x".repeat(65)] {
        assert_eq!(cell.sign_up(name).await.0, StatusCode::BAD_REQUEST, "{name:?}");
    }
    assert_eq!(cell.count(Topic::Directory, "user.created"), 0);
}

#[tokio::test]
async fn a_new_team_comes_with_two_channels_and_its_founder_in_both() {
    let cell = Cell::start().await;
    let ada = cell.person("ada").await;
    let team = cell.team(&ada, "crew").await;
    assert_eq!(cell.count(Topic::Channels, "channel.created"), 2);
    assert_eq!(cell.count(Topic::Channels, "channel.members_added"), 2);
    let town = ChannelId::default_of(team.parse().unwrap(), "town-square").to_string();
    cell.say(&ada, &town, "hello").await;
}

#[tokio::test]
async fn whoever_joins_a_team_is_in_its_default_channels_when_the_answer_comes() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let town = ChannelId::default_of(team.parse().unwrap(), "town-square").to_string();
    cell.say(&bob, &town, "hello").await;
    // Joining again is a success that writes nothing.
    cell.join(&bob, &team).await;
    assert_eq!(cell.count(Topic::Directory, "team.members_added"), 1);
}

#[tokio::test]
async fn a_closed_team_lets_in_whom_a_member_or_its_invitation_brings() {
    let cell = Cell::start().await;
    let people = [cell.person("ada").await, cell.person("bob").await, cell.person("cy").await];
    let [ada, bob, cy] = &people;
    let body = json!({ "name": "crew", "display_name": "Crew", "type": "I" });
    let team = cell.ok("/teams", ada, body).await;
    let members = format!("/teams/{}/members", team["id"].as_str().unwrap());
    let refused = cell.post(&members, bob, json!({ "user_id": bob.id })).await;
    assert_eq!(refused.0, StatusCode::NOT_FOUND);
    let invite = team["invite_id"].as_str().unwrap();
    let path = format!("/teams/members/invite?invite_id={invite}");
    let joined = cell.ok(&path, bob, json!(null)).await;
    assert_eq!(joined["user_id"], bob.id.to_string());
    cell.ok(&members, bob, json!({ "user_id": cy.id })).await;
}

#[tokio::test]
async fn whoever_leaves_a_team_is_out_of_all_its_channels() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let plans = cell.channel(&bob, &team, "plans").await;
    let path = format!("/teams/{team}/members/{}", bob.id);
    let left = cell.call(Method::DELETE, &path, &bob, json!(null)).await;
    assert_eq!(left.0, StatusCode::OK, "{}", left.1);
    assert_eq!(cell.count(Topic::Channels, "channel.member_removed"), 3);
    let body = json!({ "channel_id": plans, "message": "still here?" });
    assert_eq!(cell.post("/posts", &bob, body).await.0, StatusCode::FORBIDDEN);
    // Coming back brings the default channels, not what was left.
    cell.join(&bob, &team).await;
    let body = json!({ "channel_id": plans, "message": "back" });
    assert_eq!(cell.post("/posts", &bob, body).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_channels_name_is_taken_once_in_a_team() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let body = json!({ "team_id": team, "type": "P", "name": "plans", "display_name": "Plans" });
    let (one, two) = tokio::join!(
        cell.post("/channels", &ada, body.clone()),
        cell.post("/channels", &bob, body)
    );
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::BAD_REQUEST]);
    let lost = if one.0 == StatusCode::CREATED { &two } else { &one };
    assert_eq!(id_of(lost), "store.sql_channel.save_channel.exists.app_error");
}

#[tokio::test]
async fn people_join_open_channels_themselves_and_private_ones_only_by_a_member() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let open = cell.channel(&ada, &team, "open").await;
    let body = json!({ "user_id": bob.id });
    let member = cell.ok(&format!("/channels/{open}/members"), &bob, body.clone()).await;
    assert_eq!(member["mention_count"], 0);
    let secret = json!({ "team_id": team, "type": "P", "name": "secret", "display_name": "S" });
    let secret = cell.ok("/channels", &ada, secret).await;
    let path = format!("/channels/{}/members", secret["id"].as_str().unwrap());
    assert_eq!(cell.post(&path, &bob, body.clone()).await.0, StatusCode::NOT_FOUND);
    let added = cell.ok(&path, &ada, body).await;
    assert_eq!(added["user_id"], bob.id.to_string());
    assert_eq!(added["last_viewed_at"], -1, "times of others are hidden");
    assert_eq!(added["mention_count"], 1, "being added is a mention");
}

#[tokio::test]
async fn nobody_leaves_town_square() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let team = cell.team(&ada, "crew").await;
    cell.join(&bob, &team).await;
    let town = ChannelId::default_of(team.parse().unwrap(), "town-square").to_string();
    let own = format!("/channels/{town}/members/{}", bob.id);
    let left = cell.call(Method::DELETE, &own, &bob, json!(null)).await;
    assert_eq!(id_of(&left), "api.channel.leave.default.app_error");
    let removed = cell.call(Method::DELETE, &own, &ada, json!(null)).await;
    assert_eq!(id_of(&removed), "api.channel.remove.default.app_error");
}

#[tokio::test]
async fn a_conversation_is_the_same_whoever_opens_it_and_whenever() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    let (one, two) = tokio::join!(
        cell.ok("/channels/direct", &ada, json!([ada.id, bob.id])),
        cell.ok("/channels/direct", &bob, json!([bob.id, ada.id]))
    );
    assert_eq!(one["id"], two["id"]);
    assert_eq!((&one["type"], &one["team_id"]), (&json!("D"), &json!("")));
    let cy = cell.person("cy").await;
    let group = cell.ok("/channels/group", &ada, json!([bob.id, cy.id])).await;
    assert_eq!(group["display_name"], "ada, bob, cy");
    let too_few = cell.post("/channels/group", &ada, json!([bob.id])).await;
    assert_eq!(too_few.0, StatusCode::BAD_REQUEST);
    let foreign = cell.post("/channels/direct", &cy, json!([ada.id, bob.id])).await;
    assert_eq!(foreign.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_dies_with_its_logout_and_with_the_account() {
    let cell = Cell::start().await;
    let (ada, bob) = (cell.person("ada").await, cell.person("bob").await);
    assert_eq!(cell.post("/users/logout", &bob, json!(null)).await.0, StatusCode::OK);
    let after = cell.post("/channels/direct", &bob, json!([ada.id, bob.id])).await;
    assert_eq!(after.0, StatusCode::UNAUTHORIZED);
    assert_eq!(id_of(&after), "api.context.session_expired.app_error");
    let cy = cell.person("cy").await;
    let gone = cell.call(Method::DELETE, &format!("/users/{}", cy.id), &ada, json!(null)).await;
    assert_eq!(gone.0, StatusCode::OK, "{}", gone.1);
    let after = cell.post("/channels/direct", &cy, json!([cy.id])).await;
    assert_eq!(after.0, StatusCode::UNAUTHORIZED);
    let last = cell.call(Method::DELETE, &format!("/users/{}", ada.id), &ada, json!(null)).await;
    assert_eq!(last.0, StatusCode::BAD_REQUEST, "the last administrator stays");
}

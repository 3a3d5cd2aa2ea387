//! Guests, and channels that keep something to their administrators.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World};

async fn post(world: &World, who: &Person, path: &str, body: Value) -> (StatusCode, Value) {
    let said = world.call(Method::POST, path, who, body).await;
    (said.status, said.body)
}

async fn moderate(world: &World, who: &Person, channel: &str, body: Value) -> (StatusCode, Value) {
    let path = format!("/channels/{channel}/moderations/patch");
    let said = world.call(Method::PUT, &path, who, body).await;
    (said.status, said.body)
}

fn square(team: &str) -> String {
    events::ChannelId::default_of(team.parse().unwrap(), "town-square").to_string()
}

const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const CREATED: StatusCode = StatusCode::CREATED;

#[tokio::test]
async fn an_account_becomes_a_guests_and_an_ordinary_one_again() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    world.join(&bob, &team, &square(&team)).await;
    let channel = world.channel(&bob, &team, "plans").await;
    let (demote, promote) =
        (format!("/users/{}/demote", bob.id), format!("/users/{}/promote", bob.id));
    assert_eq!(post(&world, &ada, &demote, Value::Null).await.0, FORBIDDEN);
    for _ in 0..2 {
        let ok = (StatusCode::OK, json!({ "status": "OK" }));
        assert_eq!(post(&world, &root, &demote, Value::Null).await, ok);
    }
    assert_eq!(world.count(Topic::Directory, "user.guest_changed"), 1);
    assert_eq!(world.number("SELECT count(*) FROM users WHERE is_guest").await, 1);
    let steps = world.count(Topic::Channels, "channel.member_roles_changed");
    assert_eq!(steps, 1, "they administered a channel");

    let refused = [
        ("/teams", json!({ "name": "other", "display_name": "Other", "type": "O" })),
        (
            "/channels",
            json!({ "team_id": team, "type": "O", "name": "more", "display_name": "More" }),
        ),
        (&format!("/channels/{channel}/members"), json!({ "user_id": ada.id })),
    ];
    for (path, body) in refused {
        assert_eq!(post(&world, &bob, path, body).await.0, FORBIDDEN, "{path}");
    }
    world.say(&bob, &channel, "").await;

    let (status, _) = post(&world, &root, &promote, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.number("SELECT count(*) FROM users WHERE is_guest").await, 0);
    let own = "SELECT count(*) FROM channel_members m JOIN channels c ON c.id = m.channel_id
               WHERE c.display_name = 'plans' AND m.scheme_admin";
    assert_eq!(world.number(own).await, 0, "what they administered does not come back");
    let brings = json!({ "user_id": ada.id });
    let (status, _) = post(&world, &bob, &format!("/channels/{channel}/members"), brings).await;
    assert_eq!(status, CREATED);
    world.stop().await;
}

#[tokio::test]
async fn guests_come_into_no_default_channel_and_administer_nothing() {
    let world = World::start().await;
    let (root, ada, guest) =
        (world.person("root").await, world.person("ada").await, world.person("guest").await);
    let team = world.team(&ada, "crew").await;
    let demote = |who: &Person| format!("/users/{}/demote", who.id);
    post(&world, &root, &demote(&guest), Value::Null).await;
    let members = format!("/teams/{team}/members");
    let body = json!({ "team_id": team, "user_id": guest.id });
    let hidden = post(&world, &guest, &members, body.clone()).await.0;
    assert_eq!(hidden, StatusCode::NOT_FOUND, "an open team");
    let (status, member) = post(&world, &ada, &members, body).await;
    assert_eq!((status, &member["roles"]), (CREATED, &json!("team_guest")));
    assert_eq!((&member["scheme_guest"], &member["scheme_user"]), (&json!(true), &json!(false)));
    let (status, said) = post(
        &world,
        &guest,
        &format!("/channels/{}/members", square(&team)),
        json!({ "user_id": guest.id }),
    )
    .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
    let channel = world.channel(&ada, &team, "plans").await;
    let into = format!("/channels/{channel}/members");
    let (status, member) = post(&world, &ada, &into, json!({ "user_id": guest.id })).await;
    assert_eq!((status, &member["roles"]), (CREATED, &json!("channel_guest")));

    let admin = json!({ "scheme_user": true, "scheme_admin": true });
    for path in [
        format!("/teams/{team}/members/{}/schemeRoles", guest.id),
        format!("/channels/{channel}/members/{}/schemeRoles", guest.id),
    ] {
        let said = world.call(Method::PUT, &path, &root, admin.clone()).await;
        assert_eq!(said.status, StatusCode::BAD_REQUEST, "{path}: {}", said.body);
    }
    let roles = json!({ "roles": "system_user system_admin" });
    let path = format!("/users/{}/roles", guest.id);
    let said = world.call(Method::PUT, &path, &root, roles).await;
    assert_eq!(said.status, StatusCode::BAD_REQUEST, "{}", said.body);

    let stranger = world.person("stranger").await;
    for (other, expected) in [(&stranger, StatusCode::NOT_FOUND), (&ada, CREATED)] {
        let (status, said) =
            post(&world, &guest, "/channels/direct", json!([guest.id, other.id])).await;
        assert_eq!(status, expected, "{said}");
    }
    let unknown = json!([guest.id, "y".repeat(26)]);
    let (status, _) = post(&world, &guest, "/channels/direct", unknown).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "as one who is not there");
    let group = json!([guest.id, ada.id, stranger.id]);
    assert_eq!(post(&world, &guest, "/channels/group", group).await.0, StatusCode::NOT_FOUND);
    assert_eq!(post(&world, &root, &demote(&root), Value::Null).await.0, StatusCode::BAD_REQUEST);
    world.stop().await;
}

#[tokio::test]
async fn a_moderated_channel_lets_its_administrators_do_what_members_may_not() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    world.join(&bob, &team, &square(&team)).await;
    let channel = world.channel(&ada, &team, "plans").await;
    world.join(&bob, &team, &channel).await;
    let said = world.say(&bob, &channel, "").await;
    let silence = json!([
        { "name": "create_post", "roles": { "members": false } },
        { "name": "create_reactions", "roles": { "members": false, "guests": false } },
        { "name": "manage_members", "roles": { "members": false } },
        { "name": "manage_bookmarks", "roles": { "members": false } },
    ]);
    assert_eq!(moderate(&world, &ada, &channel, silence.clone()).await.0, FORBIDDEN);
    let (status, all) = moderate(&world, &root, &channel, silence.clone()).await;
    assert_eq!(status, StatusCode::OK, "{all}");
    let posts = &all[0];
    assert_eq!(posts["name"], "create_post");
    assert_eq!(posts["roles"]["members"], json!({ "value": false, "enabled": true }));
    assert_eq!(posts["roles"]["guests"], json!({ "value": true, "enabled": true }));
    assert_eq!(all[2]["roles"].get("guests"), None);
    assert_eq!(all[3]["roles"]["members"], json!({ "value": false, "enabled": false }));
    assert_eq!(all[4]["roles"], json!({ "members": { "value": false, "enabled": true } }));
    assert_eq!(moderate(&world, &root, &channel, silence).await.0, StatusCode::OK, "already so");
    assert_eq!(world.count(Topic::Channels, "channel.moderated"), 1);

    let words = json!({ "channel_id": channel, "message": "words" });
    let reaction =
        |who: &Person| json!({ "user_id": who.id, "post_id": said, "emoji_name": "tada" });
    let newcomer = world.person("newcomer").await;
    world.join(&newcomer, &team, &square(&team)).await;
    let brings = json!({ "user_id": newcomer.id });
    let members = format!("/channels/{channel}/members");
    for (who, created, ok) in [(&bob, FORBIDDEN, FORBIDDEN), (&ada, CREATED, StatusCode::OK)] {
        assert_eq!(post(&world, who, "/posts", words.clone()).await.0, created);
        assert_eq!(post(&world, who, "/reactions", reaction(who)).await.0, ok);
        assert_eq!(post(&world, who, &members, brings.clone()).await.0, created);
        let link =
            json!({ "type": "link", "display_name": "a", "link_url": "https://example.org" });
        let bookmarks = format!("/channels/{channel}/bookmarks");
        assert_eq!(post(&world, who, &bookmarks, link).await.0, created);
    }
    let open = json!([{ "name": "create_post", "roles": { "members": true } }]);
    assert_eq!(moderate(&world, &root, &channel, open).await.0, StatusCode::OK);
    assert_eq!(post(&world, &bob, "/posts", words).await.0, CREATED);
    world.stop().await;
}

#[tokio::test]
async fn a_moderation_that_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let root = world.person("root").await;
    let team = world.team(&root, "crew").await;
    let channel = world.channel(&root, &team, "plans").await;
    for body in [
        json!({}),
        json!([{ "name": "create_post" }]),
        json!([{ "name": "delete_post", "roles": { "members": true } }]),
        json!([{ "name": "create_post", "roles": { "members": "no" } }]),
        json!([{ "name": "manage_members", "roles": { "guests": true } }]),
        json!([{ "name": "manage_bookmarks", "roles": { "guests": true } }]),
        json!(["create_post"]),
    ] {
        let (status, said) = moderate(&world, &root, &channel, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {said}");
    }
    let (status, all) = moderate(&world, &root, &channel, json!([])).await;
    assert_eq!((status, all.as_array().map(Vec::len)), (StatusCode::OK, Some(5)));
    let nowhere = "y".repeat(26);
    let some = json!([{ "name": "create_post", "roles": { "members": false } }]);
    let (status, _) = moderate(&world, &root, &nowhere, some.clone()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let direct = world.call(Method::POST, "/channels/direct", &root, json!([root.id])).await;
    let direct = direct.expect(CREATED)["id"].as_str().unwrap().to_owned();
    let (status, _) = moderate(&world, &root, &direct, some).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a conversation has no administrators");
    assert_eq!(world.count(Topic::Channels, "channel.moderated"), 0);
    world.stop().await;
}

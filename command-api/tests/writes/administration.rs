//! Administering teams and channels.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World};

const OK: StatusCode = StatusCode::OK;

async fn put(world: &World, who: &Person, path: &str, body: Value) -> (StatusCode, Value) {
    let said = world.call(Method::PUT, path, who, body).await;
    (said.status, said.body)
}

#[tokio::test]
async fn roles_of_a_channel_are_changed_by_its_administrators() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&root, "crew").await;
    let square = square(&team);
    world.join(&ada, &team, &square).await;
    let channel = world.channel(&ada, &team, "plans").await;
    world.join(&bob, &team, &channel).await;
    let roles = format!("/channels/{channel}/members/{}/roles", bob.id);
    let admin = json!({ "roles": "channel_user channel_admin" });
    assert_eq!(put(&world, &bob, &roles, admin.clone()).await.0, StatusCode::FORBIDDEN);
    assert_eq!(put(&world, &ada, &roles, admin.clone()).await, (OK, json!({ "status": "OK" })));
    assert_eq!(put(&world, &ada, &roles, admin).await.0, OK, "already so");
    assert_eq!(world.count(Topic::Channels, "channel.member_roles_changed"), 1);
    let scheme = format!("/channels/{channel}/members/{}/schemeRoles", ada.id);
    let plain = json!({ "scheme_user": true, "scheme_admin": false });
    assert_eq!(put(&world, &bob, &scheme, plain).await.0, OK);
    let admins = "SELECT count(*) FROM channel_members WHERE scheme_admin";
    // Of the default channels, in which the founder is an administrator, and of this one.
    assert_eq!(world.number(admins).await, 3);
    for body in [
        json!({}),
        json!({ "roles": "" }),
        json!({ "roles": "channel_admin" }),
        json!({ "roles": "channel_user channel_guest" }),
        json!({ "roles": "channel_user system_admin" }),
        json!({ "roles": 7 }),
    ] {
        let (status, said) = put(&world, &bob, &roles, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {said}");
    }
    for body in [
        json!({ "scheme_admin": true }),
        json!({ "scheme_user": true }),
        json!({ "scheme_user": true, "scheme_admin": false, "scheme_guest": true }),
    ] {
        assert_eq!(put(&world, &bob, &scheme, body).await.0, StatusCode::BAD_REQUEST);
    }
    let nobody = format!("/channels/{channel}/members/{}/roles", root.id);
    let (status, said) =
        put(&world, &bob, &nobody, json!({ "roles": "channel_user channel_admin" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(said["id"], "app.channel.get_member.missing.app_error");
    world.stop().await;
}

#[tokio::test]
async fn roles_of_a_team_are_changed_by_its_administrators() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    let square = square(&team);
    world.join(&bob, &team, &square).await;
    let of = |who: &Person, way: &str| format!("/teams/{team}/members/{}/{way}", who.id);
    let admin = json!({ "roles": "team_user team_admin" });
    let (status, _) = put(&world, &bob, &of(&bob, "roles"), admin.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(put(&world, &ada, &of(&bob, "roles"), admin.clone()).await.0, OK);
    let plain = json!({ "scheme_user": true, "scheme_admin": false });
    assert_eq!(put(&world, &bob, &of(&ada, "schemeRoles"), plain).await.0, OK);
    assert_eq!(put(&world, &ada, &of(&ada, "roles"), admin.clone()).await.0, StatusCode::FORBIDDEN);
    let (status, said) = put(&world, &bob, &of(&root, "roles"), admin).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(said["id"], "app.team.get_member.missing.app_error");
    assert_eq!(world.count(Topic::Directory, "team.member_roles_changed"), 2);
    let admins = world.number("SELECT count(*) FROM team_members WHERE scheme_admin").await;
    assert_eq!(admins, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_channel_becomes_private_with_a_notice_and_a_default_channel_does_not() {
    let world = World::start().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    let square = square(&team);
    world.join(&bob, &team, &square).await;
    let channel = world.channel(&ada, &team, "plans").await;
    let path = format!("/channels/{channel}/privacy");
    for privacy in ["P", "O", "P", "P"] {
        let (status, said) = put(&world, &ada, &path, json!({ "privacy": privacy })).await;
        assert_eq!((status, &said["type"]), (OK, &json!(privacy)), "{said}");
    }
    let notices = "SELECT count(*) FROM posts WHERE notice LIKE '%change_chan_privacy%'";
    assert_eq!(world.number(notices).await, 3);
    let join = json!({ "user_id": bob.id });
    let members = format!("/channels/{channel}/members");
    let joined = world.call(Method::POST, &members, &bob, join).await.status;
    assert_eq!(joined, StatusCode::NOT_FOUND, "it is private");
    let (status, said) = put(&world, &bob, &path, json!({ "privacy": "O" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
    for body in [json!({}), json!({ "privacy": "D" }), json!({ "privacy": true })] {
        assert_eq!(put(&world, &ada, &path, body).await.0, StatusCode::BAD_REQUEST);
    }
    let path = format!("/channels/{square}/privacy");
    let (status, said) = put(&world, &ada, &path, json!({ "privacy": "P" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(said["id"], "api.channel.update_channel_privacy.default_channel_error");
    world.stop().await;
}

#[tokio::test]
async fn a_team_changes_what_it_says_of_itself_and_who_may_join_it() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    let path = format!("/teams/{team}/patch");
    let patch = json!({ "display_name": "The Crew", "description": "tea", "company_name": "Tea" });
    let (status, said) = put(&world, &ada, &path, patch.clone()).await;
    assert_eq!((status, &said["display_name"]), (OK, &json!("The Crew")), "{said}");
    assert_eq!((&said["description"], &said["company_name"]), (&json!("tea"), &json!("Tea")));
    assert_eq!(put(&world, &ada, &path, patch).await.0, OK, "already so");
    assert_eq!(world.count(Topic::Directory, "team.changed"), 1);
    let whole = json!({ "id": team, "display_name": "", "description": "more tea" });
    let (status, said) = put(&world, &ada, &format!("/teams/{team}"), whole).await;
    assert_eq!((status, &said["display_name"]), (OK, &json!("The Crew")));
    for body in [json!({}), json!({ "id": "x" }), json!({ "id": bob.id })] {
        let (status, _) = put(&world, &ada, &format!("/teams/{team}"), body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let long = json!({ "display_name": "x".repeat(65) });
    assert_eq!(put(&world, &ada, &path, long).await.0, StatusCode::BAD_REQUEST);
    let domains = json!({ "allowed_domains": "example.org" });
    assert_eq!(put(&world, &ada, &path, domains).await.0, StatusCode::NOT_IMPLEMENTED);
    let (status, said) =
        put(&world, &ada, &format!("/teams/{team}/privacy"), json!({ "privacy": "I" })).await;
    assert_eq!((status, &said["type"]), (OK, &json!("I")));
    assert_eq!(said["allow_open_invite"], false);
    let (status, _) = put(&world, &bob, &path, json!({ "display_name": "Bob's" })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "strangers do not know of it");
    assert_eq!(put(&world, &root, &path, json!({ "display_name": "Root's" })).await.0, OK);

    let old = said["invite_id"].as_str().unwrap().to_owned();
    let path = format!("/teams/{team}/regenerate_invite_id");
    let fresh = world.call(Method::POST, &path, &ada, Value::Null).await.expect(OK);
    assert_ne!(fresh["invite_id"], old);
    let by = |invite: &str| format!("/teams/members/invite?invite_id={invite}");
    let refused = world.call(Method::POST, &by(&old), &bob, Value::Null).await.status;
    assert_eq!(refused, StatusCode::NOT_FOUND);
    let joined = by(fresh["invite_id"].as_str().unwrap());
    world.call(Method::POST, &joined, &bob, Value::Null).await.expect(StatusCode::CREATED);
    world.stop().await;
}

#[tokio::test]
async fn an_archived_team_takes_nothing_until_it_is_restored() {
    let world = World::start().await;
    let (root, ada, bob) =
        (world.person("root").await, world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "crew").await;
    let channel = world.channel(&ada, &team, "plans").await;
    world.join(&bob, &team, &channel).await;
    let path = format!("/teams/{team}");
    let deleted = world.call(Method::DELETE, &path, &bob, Value::Null).await.status;
    assert_eq!(deleted, StatusCode::FORBIDDEN);
    let for_ever = format!("{path}?permanent=true");
    let deleted = world.call(Method::DELETE, &for_ever, &ada, Value::Null).await.status;
    assert_eq!(deleted, StatusCode::NOT_IMPLEMENTED);
    for _ in 0..2 {
        let deleted = world.call(Method::DELETE, &path, &ada, Value::Null).await;
        assert_eq!(deleted.expect(OK), json!({ "status": "OK" }));
    }
    assert_eq!(world.count(Topic::Directory, "team.archived"), 1);
    let post = json!({ "channel_id": channel, "message": "anybody there?" });
    let said = world.call(Method::POST, "/posts", &bob, post.clone()).await.status;
    assert_eq!(said, StatusCode::FORBIDDEN);
    let patch = format!("/channels/{channel}/patch");
    let (status, said) = put(&world, &root, &patch, json!({ "header": "h" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(said["id"], "api.nottermost.team.archived.app_error");
    let back = format!("{path}/restore");
    let restored = world.call(Method::POST, &back, &bob, Value::Null).await.status;
    assert_eq!(restored, StatusCode::FORBIDDEN);
    let restored = world.call(Method::POST, &back, &ada, Value::Null).await.expect(OK);
    assert_eq!((&restored["id"], &restored["delete_at"]), (&json!(team), &json!(0)));
    world.call(Method::POST, "/posts", &bob, post).await.expect(StatusCode::CREATED);
    world.stop().await;
}

/// The default channel of a team that everybody is in.
fn square(team: &str) -> String {
    events::ChannelId::default_of(team.parse().unwrap(), "town-square").to_string()
}

//! Fields that an installation adds to profiles, and what people say there.

use events::Topic;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

const FIELDS: &str = "/custom_profile_attributes/fields";
const VALUES: &str = "/custom_profile_attributes/values";

#[tokio::test]
async fn administrators_make_fields_change_them_and_take_them_away() {
    let world = World::start().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let attrs = json!({
        "sort_order": 1.5,
        "visibility": "always",
        "options": [{ "name": "Oslo" }, { "name": "Bergen", "color": "blue" }],
    });
    let body = json!({ "name": " Office ", "type": "select", "attrs": attrs });
    world.call(Method::POST, FIELDS, &bob, body.clone()).await.expect(StatusCode::FORBIDDEN);
    for (name, bad) in [("type", json!("gift")), ("name", json!("")), ("attrs", json!(7))] {
        let mut body = body.clone();
        body[name] = bad;
        world.call(Method::POST, FIELDS, &ada, body).await.expect(StatusCode::BAD_REQUEST);
    }
    let made = world.call(Method::POST, FIELDS, &ada, body.clone()).await;
    let made = made.expect(StatusCode::CREATED);
    assert_eq!((&made["name"], &made["type"]), (&json!("Office"), &json!("select")));
    assert_eq!(made["attrs"]["options"][0]["id"].as_str().unwrap().len(), 26);
    world.call(Method::POST, FIELDS, &ada, body).await.expect(StatusCode::BAD_REQUEST);

    let one = format!("{FIELDS}/{}", made["id"].as_str().unwrap());
    let patch = json!({ "name": "Town", "attrs": { "managed": "admin" } });
    world.call(Method::PATCH, &one, &bob, patch.clone()).await.expect(StatusCode::FORBIDDEN);
    let changed = world.call(Method::PATCH, &one, &ada, patch).await.expect(StatusCode::OK);
    assert_eq!((&changed["name"], &changed["attrs"]["managed"]), (&json!("Town"), &json!("admin")));
    assert_eq!(changed["attrs"]["options"], made["attrs"]["options"]);
    world.call(Method::DELETE, &one, &bob, Value::Null).await.expect(StatusCode::FORBIDDEN);
    world.call(Method::DELETE, &one, &ada, Value::Null).await.expect(StatusCode::OK);
    world.call(Method::DELETE, &one, &ada, Value::Null).await.expect(StatusCode::NOT_FOUND);
    world.stop().await;
}

#[tokio::test]
async fn people_say_what_fits_a_field_and_the_log_keeps_it_sealed() {
    let world = World::start().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let body = json!({ "name": "Office", "type": "text" });
    let made = world.call(Method::POST, FIELDS, &ada, body).await.expect(StatusCode::CREATED);
    let id = made["id"].as_str().unwrap();
    let said = json!({ (id): "the attic" });
    let shown = world.call(Method::PATCH, VALUES, &bob, said.clone()).await.expect(StatusCode::OK);
    assert_eq!(shown, said);
    const ROWS: &str = "SELECT count(*) FROM profile_values";
    assert_eq!(world.number(ROWS).await, 1);
    assert!(!world.log_says("the attic").await);
    for bad in [json!({ (id): ["a list"] }), json!({ "short": "x" }), json!({ (id): 7 }), json!([])]
    {
        world.call(Method::PATCH, VALUES, &bob, bad).await.expect(StatusCode::BAD_REQUEST);
    }
    let unknown = json!({ (bob.id.to_string()): "x" });
    world.call(Method::PATCH, VALUES, &bob, unknown).await.expect(StatusCode::BAD_REQUEST);
    world.call(Method::PATCH, VALUES, &bob, json!({})).await.expect(StatusCode::OK);
    assert_eq!(world.count(Topic::Users, "profile_values.set"), 1);

    let of_ada = format!("/users/{}/custom_profile_attributes", ada.id);
    world.call(Method::PATCH, &of_ada, &bob, said.clone()).await.expect(StatusCode::FORBIDDEN);
    let of_bob = format!("/users/{}/custom_profile_attributes", bob.id);
    world.call(Method::PATCH, &of_bob, &ada, said).await.expect(StatusCode::OK);
    world.call(Method::PATCH, VALUES, &bob, json!({ (id): null })).await.expect(StatusCode::OK);
    assert_eq!(world.number(ROWS).await, 0);
    world.stop().await;
}

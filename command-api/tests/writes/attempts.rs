//! Passwords cannot be tried one after another.

use http::{Method, StatusCode};
use serde_json::json;

use crate::world::{Person, Said, World};

const TOO_MANY: &str = "api.user.check_user_login_attempts.too_many.app_error";

async fn log_in(world: &World, name: &str, password: &str) -> Said {
    let nobody = Person { id: String::new(), token: String::new() };
    let body = json!({"login_id": name, "password": password});
    world.call(Method::POST, "/users/login", &nobody, body).await
}

async fn erase(world: &World, who: &Person) -> Said {
    let path = format!("/api/nottermost/v1/users/{}/erase", who.id);
    world.call(Method::POST, &path, who, json!({"password": "not hers"})).await
}

fn is_refused(said: &Said) -> bool {
    said.status == StatusCode::UNAUTHORIZED && said.body["id"] == TOO_MANY
}

#[tokio::test]
async fn after_too_many_wrong_passwords_no_more_are_looked_at() {
    let world = World::start().await;
    world.person("admin").await;
    let ada = world.person("ada").await;
    for _ in 0..5 {
        assert!(!is_refused(&erase(&world, &ada).await), "few are no matter");
        assert!(!is_refused(&log_in(&world, "ada", "not hers").await), "few are no matter");
    }
    // By whichever name, in whichever way.
    assert!(is_refused(&erase(&world, &ada).await));
    for name in ["ada", "ADA", "ada@example.org"] {
        assert!(is_refused(&log_in(&world, name, crate::world::PASSWORD).await), "{name}");
    }
    // Her session goes on.
    world.team(&ada, "crew").await;
    assert_eq!(log_in(&world, "admin", crate::world::PASSWORD).await.status, StatusCode::OK);

    // Somebody who is not there is refused as soon, and in the same words.
    for _ in 0..10 {
        assert!(!is_refused(&log_in(&world, "nobody", "anything").await));
    }
    assert!(is_refused(&log_in(&world, "nobody", "anything").await));
    world.stop().await;
}

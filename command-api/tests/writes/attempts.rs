//! Passwords cannot be tried one after another.

use http::{Method, StatusCode};
use serde_json::json;

use crate::world::{PASSWORD, Person, Said, World};

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
    // Somebody who is not there is refused as soon, and in the same words.
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            assert!(!is_refused(&log_in(&world, name, "not hers").await), "few are no matter");
        }
        for name in [name.to_owned(), name.to_uppercase()] {
            assert!(is_refused(&log_in(&world, &name, PASSWORD).await), "{name}");
        }
    }
    assert_eq!(log_in(&world, "admin", PASSWORD).await.status, StatusCode::OK);

    // Her session goes on, whoever tries to log in; and what she is asked for there counts by itself.
    world.team(&ada, "crew").await;
    for _ in 0..10 {
        assert!(!is_refused(&erase(&world, &ada).await), "few are no matter");
    }
    assert!(is_refused(&erase(&world, &ada).await));
    world.stop().await;
}

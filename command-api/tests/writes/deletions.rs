//! Deleting what is deleted.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::world::{Person, World};

async fn delete(world: &World, who: &Person, post: &str) -> StatusCode {
    let path = format!("/posts/{post}");
    world.call(Method::DELETE, &path, who, Value::Null).await.status
}

#[tokio::test]
async fn deleting_a_post_again_is_a_success_for_whoever_deleted_it() {
    let mut world = World::start().await;
    let (admin, ada) = (world.person("admin").await, world.person("ada").await);
    let team = world.team(&admin, "crew").await;
    let channel = world.channel(&admin, &team, "plans").await;
    world.join(&ada, &team, &channel).await;
    let root = world.say(&ada, &channel, "").await;
    let (gone, reply) =
        (world.say(&ada, &channel, &root).await, world.say(&ada, &channel, &root).await);
    assert_eq!(delete(&world, &ada, &gone).await, StatusCode::OK);
    assert_eq!(delete(&world, &admin, &root).await, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(delete(&world, &admin, &root).await, StatusCode::OK);
        // The reply went with its root, by the same hand; the other had gone before.
        assert_eq!(delete(&world, &admin, &reply).await, StatusCode::OK);
        assert_eq!(delete(&world, &admin, &gone).await, StatusCode::NOT_FOUND);
        assert_eq!(delete(&world, &ada, &gone).await, StatusCode::OK);
        assert_eq!(delete(&world, &ada, &root).await, StatusCode::NOT_FOUND);
        world.forget(&ada, &channel).await;
    }
    assert_eq!(world.count(events::Topic::Channels, "post.deleted"), 2);
    world.stop().await;
}

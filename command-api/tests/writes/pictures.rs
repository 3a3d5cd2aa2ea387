//! Pictures: what is made of uploaded files, pictures of people and teams, custom emoji.

use std::io::Cursor;

use event_archive::{KeyPrefix, ObjectKey, ObjectStore};
use events::{Id, Topic};
use http::{Method, StatusCode};
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use crate::world::{Person, Said, World};

const RUN: &str = "/api/nottermost/v1/retention/run";

/// A PNG of so many pixels.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// A PNG that says it has more pixels than it has bytes for.
fn bomb() -> Vec<u8> {
    let mut file = png(1, 1);
    file[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    file[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    // Without the right sum nobody would look at the numbers.
    let sum = crc(&file[12..29]);
    file[29..33].copy_from_slice(&sum.to_be_bytes());
    file
}

/// The sum over a part of a PNG.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        (0..8).fold(crc ^ u32::from(*byte), bit)
    };
    !bytes.iter().fold(!0, step)
}

async fn objects(world: &World, folder: &str) -> Vec<String> {
    let listed = world.objects().list(&KeyPrefix::parse(folder).unwrap()).await.unwrap();
    listed.iter().map(|object| object.as_str().to_owned()).collect()
}

fn refusal(said: Said) -> (StatusCode, String) {
    (said.status, said.body["id"].as_str().unwrap_or_default().to_owned())
}

/// An administrator, two people, and a team of the first of them with a channel.
struct Scene {
    world: World,
    admin: Person,
    ada: Person,
    bob: Person,
    team: String,
    channel: String,
}

impl Scene {
    async fn start() -> Self {
        let world = World::start().await;
        let (admin, ada) = (world.person("admin").await, world.person("ada").await);
        let bob = world.person("bob").await;
        let team = world.team(&ada, "crew").await;
        let channel = world.channel(&ada, &team, "plans").await;
        world.join(&bob, &team, &channel).await;
        Self { world, admin, ada, bob, team, channel }
    }

    async fn upload(&self, name: &str, bytes: Vec<u8>) -> Value {
        let path = format!("/files?channel_id={}&filename={name}", self.channel);
        let said = self.world.raw(&path, &self.ada, "application/octet-stream", bytes).await;
        said.expect(StatusCode::CREATED)["file_infos"][0].clone()
    }

    async fn emoji(&self, who: &Person, name: &str, image: &[u8]) -> Said {
        let emoji = json!({ "name": name, "creator_id": who.id }).to_string();
        self.world.form("/emoji", who, ("emoji", &emoji), image).await
    }

    async fn delete(&self, who: &Person, path: &str) -> Said {
        self.world.call(Method::DELETE, path, who, Value::Null).await
    }
}

#[tokio::test]
async fn a_picture_has_previews_beside_it_and_other_files_have_none() {
    let scene = Scene::start().await;
    let info = scene.upload("a.png", png(400, 100)).await;
    assert_eq!((&info["width"], &info["height"]), (&json!(400), &json!(100)));
    assert_eq!(info["has_preview_image"], true);
    assert!(info["mini_preview"].as_str().unwrap().len() > 100);
    assert_eq!(objects(&scene.world, "files/").await.len(), 3);
    let hostile: [(&str, Vec<u8>); 4] = [
        ("b.png", bomb()),
        ("c.png", png(30, 30)[..40].to_vec()),
        ("d.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("e.png", b"<html></html>".to_vec()),
    ];
    for (name, bytes) in hostile {
        let info = scene.upload(name, bytes).await;
        assert_eq!(
            (&info["has_preview_image"], &info["mini_preview"]),
            (&json!(false), &Value::Null)
        );
    }
    assert_eq!(objects(&scene.world, "files/").await.len(), 7);

    let body = json!({ "channel_id": scene.channel, "message": "look", "file_ids": [info["id"]] });
    let post = scene.world.call(Method::POST, "/posts", &scene.ada, body).await;
    let post = post.expect(StatusCode::CREATED);
    let shown = &post["metadata"]["files"][0];
    assert_eq!(shown["mini_preview"], info["mini_preview"]);
    assert_eq!((&shown["has_preview_image"], &shown["width"]), (&json!(true), &json!(400)));
    scene.world.stop().await;
}

#[tokio::test]
async fn a_refused_picture_leaves_nothing_behind() {
    let scene = Scene::start().await;
    let stranger = scene.world.person("stranger").await;
    let path = format!("/files?channel_id={}&filename=a.png", scene.channel);
    let said = scene.world.raw(&path, &stranger, "image/png", png(40, 40)).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert!(objects(&scene.world, "").await.is_empty());
    scene.world.stop().await;
}

#[tokio::test]
async fn people_choose_their_own_picture() {
    let Scene { world, admin, ada, bob, .. } = Scene::start().await;
    let path = format!("/users/{}/image", ada.id);
    let said = world.form(&path, &bob, ("x", ""), &png(300, 200)).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    assert!(objects(&world, "pictures/").await.is_empty());
    for who in [&ada, &admin] {
        world.form(&path, who, ("x", ""), &png(300, 200)).await.expect(StatusCode::OK);
    }
    const CHOSEN: &str = "SELECT count(*) FROM users WHERE last_picture_update > 0
        AND picture_object <> '' AND picture_key <> '' AND update_at = last_picture_update";
    assert_eq!(world.number(CHOSEN).await, 1);
    assert_eq!(objects(&world, "pictures/").await.len(), 2, "the first is swept");
    let said = world.call(Method::DELETE, &path, &bob, Value::Null).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        world.call(Method::DELETE, &path, &ada, Value::Null).await.expect(StatusCode::OK);
    }
    assert_eq!(world.number(CHOSEN).await, 0);
    assert_eq!(world.count(Topic::Directory, "user.picture_changed"), 3);
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let Scene { world, ada, .. } = Scene::start().await;
    let path = format!("/users/{}/image", ada.id);
    let of = |what: &str| format!("api.user.upload_profile_user.{what}.app_error");
    let bad = StatusCode::BAD_REQUEST;
    let cases: [(Vec<u8>, StatusCode, &str); 5] = [
        (b"<svg onload='x'/>".to_vec(), bad, "decode"),
        (b"GIF89a".to_vec(), bad, "decode"),
        (png(1, 1)[..30].to_vec(), bad, "decode"),
        (Vec::new(), bad, "no_file"),
        (vec![0; (10 << 20) + 1], StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ];
    for (bytes, status, what) in cases {
        let said = refusal(world.form(&path, &ada, ("x", ""), &bytes).await);
        assert_eq!(said, (status, of(what)));
    }
    for large in [png(9_000, 4_000), bomb()] {
        let said = refusal(world.form(&path, &ada, ("x", ""), &large).await);
        assert_eq!(said, (bad, of("check_image_limits")));
    }
    for (kind, body) in [
        ("image/png", png(1, 1)),
        ("multipart/form-data", b"--B".to_vec()),
        ("multipart/form-data; boundary=B", b"--B\r\nnonsense".to_vec()),
    ] {
        assert_eq!(world.raw(&path, &ada, kind, body).await.status, bad, "{kind}");
    }
    assert_eq!(world.count(Topic::Directory, "user.picture_changed"), 0);
    assert!(objects(&world, "pictures/").await.is_empty());
    world.stop().await;
}

#[tokio::test]
async fn an_icon_is_for_administrators_of_the_team() {
    let scene = Scene::start().await;
    let path = format!("/teams/{}/image", scene.team);
    let set = |who| scene.world.form(&path, who, ("x", ""), b"");
    assert_eq!(set(&scene.bob).await.status, StatusCode::FORBIDDEN, "before the body is looked at");
    let said = scene.world.form(&path, &scene.ada, ("x", ""), &png(10, 10)).await;
    said.expect(StatusCode::OK);
    assert_eq!(scene.delete(&scene.bob, &path).await.status, StatusCode::FORBIDDEN);
    scene.delete(&scene.admin, &path).await.expect(StatusCode::OK);
    assert_eq!(scene.world.count(Topic::Directory, "team.icon_changed"), 2);
    let unknown = format!("/teams/{}/image", Id::random());
    assert_eq!(scene.delete(&scene.bob, &unknown).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.delete(&scene.admin, &unknown).await.status, StatusCode::NOT_FOUND);
    scene.world.stop().await;
}

#[tokio::test]
async fn an_emoji_has_a_name_that_nobody_else_gave() {
    let scene = Scene::start().await;
    let (ada, bob) = (&scene.ada, &scene.bob);
    let made = scene.emoji(ada, "party_parrot", &png(20, 20)).await.expect(StatusCode::OK);
    assert_eq!((&made["name"], &made["creator_id"]), (&json!("party_parrot"), &json!(ada.id)));
    let bad = StatusCode::BAD_REQUEST;
    let duplicate = (bad, "api.emoji.create.duplicate.app_error".to_owned());
    assert_eq!(refusal(scene.emoji(bob, "party_parrot", &png(20, 20)).await), duplicate);
    for (name, id) in [
        ("smile", "model.emoji.system_emoji_name.app_error"),
        ("wave_dark_skin_tone", "model.emoji.system_emoji_name.app_error"),
        ("a b", "model.emoji.name.app_error"),
        ("", "model.emoji.name.app_error"),
        (&"x".repeat(65), "model.emoji.name.app_error"),
    ] {
        let said = refusal(scene.emoji(bob, name, &png(20, 20)).await);
        assert_eq!(said, (bad, id.to_owned()), "{name}");
    }
    let said = refusal(scene.emoji(bob, "text", b"no picture").await);
    assert_eq!(said, (bad, "api.emoji.upload.image.app_error".to_owned()));
    let said = scene.emoji(bob, "large", &vec![0; (512 << 10) + 1]).await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
    let foreign = json!({ "name": "theirs", "creator_id": ada.id }).to_string();
    let said = scene.world.form("/emoji", bob, ("emoji", &foreign), &png(2, 2)).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    let said = scene.world.form("/emoji", bob, ("emoji", "{"), &png(2, 2)).await;
    assert_eq!(said.status, bad);
    assert_eq!(objects(&scene.world, "pictures/").await.len(), 1);

    let body = json!({ "channel_id": scene.channel, "message": "hi :party_parrot:" });
    let post = scene.world.call(Method::POST, "/posts", bob, body).await;
    let post = post.expect(StatusCode::CREATED);
    assert_eq!(post["metadata"]["emojis"], json!([made]));
    let root = post["id"].as_str().unwrap();
    scene.world.say(ada, &scene.channel, root).await;
    let read = format!("/users/me/teams/{}/threads/{root}/read/1", scene.team);
    let thread = scene.world.call(Method::PUT, &read, bob, Value::Null).await;
    assert_eq!(thread.expect(StatusCode::OK)["post"]["metadata"]["emojis"], json!([made]));
    let reaction =
        json!({ "user_id": bob.id, "post_id": post["id"], "emoji_name": "party_parrot" });
    let said = scene.world.call(Method::POST, "/reactions", bob, reaction).await;
    assert_eq!(said.expect(StatusCode::OK)["emoji_name"], "party_parrot");

    let path = format!("/emoji/{}", made["id"].as_str().unwrap());
    assert_eq!(scene.delete(bob, &path).await.status, StatusCode::FORBIDDEN);
    scene.delete(ada, &path).await.expect(StatusCode::OK);
    assert_eq!(scene.delete(ada, &path).await.status, StatusCode::NOT_FOUND);
    scene.emoji(bob, "party_parrot", &png(20, 20)).await.expect(StatusCode::OK);
    scene.world.stop().await;
}

#[tokio::test]
async fn objects_that_nothing_shows_are_swept_once_they_are_old() {
    let scene = Scene::start().await;
    scene.upload("a.png", png(400, 100)).await;
    scene.emoji(&scene.ada, "party_parrot", &png(20, 20)).await.expect(StatusCode::OK);
    let fresh = objects(&scene.world, "").await;
    for name in [
        format!("pictures/2020-01-01/{}", Id::random()),
        format!("files/2020-01-01/{}", Id::random()),
        format!("files/2020-01-01/{}.preview", Id::random()),
        format!("uploads/{}/2020-01-01.{}/session", scene.ada.id, Id::random()),
    ] {
        let old = ObjectKey::parse(name).unwrap();
        scene.world.objects().put(&old, "old".into()).await.unwrap();
    }
    let ran = scene.world.call(Method::POST, RUN, &scene.admin, Value::Null).await;
    assert_eq!(ran.expect(StatusCode::OK)["objects_removed"], 4);
    assert_eq!(objects(&scene.world, "").await, fresh);
    scene.world.stop().await;
}

//! Files that come in parts.

use event_archive::{KeyPrefix, ObjectStore};
use events::{Id, Topic};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{FILE_BYTES_MAX, Person, Said, World};

const MIB: usize = 1 << 20;

async fn scene() -> (World, Person, String) {
    let world = World::start().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada, "crew").await;
    let channel = world.channel(&ada, &team, "plans").await;
    (world, ada, channel)
}

async fn begin(world: &World, who: &Person, channel: &str, name: &str, size: usize) -> Said {
    let body = json!({ "channel_id": channel, "filename": name, "file_size": size });
    world.call(Method::POST, "/uploads", who, body).await
}

fn path(begun: &Value) -> String {
    format!("/uploads/{}", begun["id"].as_str().unwrap())
}

async fn bring(world: &World, who: &Person, path: &str, bytes: &[u8]) -> Said {
    world.raw(path, who, "application/octet-stream", bytes.to_vec()).await
}

fn refusal(said: Said) -> (u16, String) {
    (said.status.as_u16(), said.body["id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn parts_become_one_file_and_leave_nothing_else() {
    let (world, ada, channel) = scene().await;
    let file: Vec<u8> = (0..7 * MIB).map(|n| (n % 251) as u8).collect();
    let begun = begin(&world, &ada, &channel, "/tmp/a.bin", file.len()).await;
    let begun = begun.expect(StatusCode::CREATED);
    assert_eq!((&begun["filename"], &begun["file_offset"]), (&json!("a.bin"), &json!(0)));
    let path = path(&begun);
    let part = |said: Said| assert_eq!(said.status, StatusCode::NO_CONTENT, "{}", said.body);
    part(bring(&world, &ada, &path, &file[..5 * MIB]).await);
    part(bring(&world, &ada, &path, &file[5 * MIB..6 * MIB]).await);
    assert_eq!(world.count(Topic::Channels, "file.uploaded"), 0);
    let info = bring(&world, &ada, &path, &file[6 * MIB..]).await.expect(StatusCode::CREATED);
    assert_eq!((&info["name"], &info["size"]), (&json!("a.bin"), &json!(7 * MIB)));
    assert_eq!(bring(&world, &ada, &path, b"x").await.status, StatusCode::NOT_FOUND);
    let objects = world.objects().list(&KeyPrefix::ALL).await.unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    let body = json!({ "channel_id": channel, "message": "", "file_ids": [info["id"]] });
    world.call(Method::POST, "/posts", &ada, body).await.expect(StatusCode::CREATED);
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_part_does_not_count() {
    let (world, ada, channel) = scene().await;
    let begun = begin(&world, &ada, &channel, "a.bin", 6 * MIB).await.expect(StatusCode::CREATED);
    let path = path(&begun);
    let small = refusal(bring(&world, &ada, &path, &vec![0; 5 * MIB - 1]).await);
    assert_eq!(small, (400, "app.upload.upload_data.first_part_too_small.app_error".to_owned()));
    let wrong = (400, "api.upload.upload_data.invalid_content_length".to_owned());
    assert_eq!(refusal(bring(&world, &ada, &path, &[]).await), wrong);
    assert_eq!(refusal(bring(&world, &ada, &path, &vec![0; 6 * MIB + 1]).await), wrong);
    let bob = world.person("bob").await;
    let foreign = refusal(bring(&world, &bob, &path, &vec![0; 6 * MIB]).await);
    assert_eq!(foreign, (404, "app.upload.get.app_error".to_owned()));
    let unknown = format!("/uploads/{}", Id::random());
    assert_eq!(refusal(bring(&world, &ada, &unknown, b"x").await), foreign);
    assert_eq!(world.objects().list(&KeyPrefix::ALL).await.unwrap().len(), 1, "the session");
    let small = begin(&world, &ada, &channel, "b.txt", 3).await.expect(StatusCode::CREATED);
    let small = format!("/uploads/{}", small["id"].as_str().unwrap());
    bring(&world, &ada, &small, b"all").await.expect(StatusCode::CREATED);
    world.stop().await;
}

#[tokio::test]
async fn an_upload_is_begun_by_members_within_limits() {
    let (world, ada, channel) = scene().await;
    let bob = world.person("bob").await;
    assert_eq!(begin(&world, &bob, &channel, "a", 1).await.status, StatusCode::FORBIDDEN);
    let unknown = Id::random().to_string();
    assert_eq!(begin(&world, &ada, &unknown, "a", 1).await.status, StatusCode::FORBIDDEN);
    let too_large = usize::try_from(FILE_BYTES_MAX).unwrap() + 1;
    let said = refusal(begin(&world, &ada, &channel, "a", too_large).await);
    assert_eq!(said, (413, "api.upload.create.upload_too_large.app_error".to_owned()));
    for (name, size) in [("", 1), ("a", 0), ("nul\0", 1), (&*"n".repeat(256), 1)] {
        let said = begin(&world, &ada, &channel, name, size).await;
        assert_eq!(said.status, StatusCode::BAD_REQUEST, "{name:?} of {size}");
    }
    let import =
        json!({ "channel_id": channel, "filename": "a", "file_size": 1, "type": "import" });
    let said = world.call(Method::POST, "/uploads", &ada, import).await;
    assert_eq!(said.status, StatusCode::BAD_REQUEST);
    for _ in 0..20 {
        begin(&world, &ada, &channel, "a", 1).await.expect(StatusCode::CREATED);
    }
    let said = refusal(begin(&world, &ada, &channel, "a", 1).await);
    assert_eq!(said, (400, "app.upload.upload_data.too_many.app_error".to_owned()));
    world.stop().await;
}

#[tokio::test]
async fn a_form_is_not_much_longer_than_a_file_may_be() {
    let (world, ada, channel) = scene().await;
    let path = format!("/files?channel_id={channel}");
    let form = "multipart/form-data; boundary=B";
    let too_large = (413, "api.file.upload_file.too_large_detailed.app_error".to_owned());
    let file = |bytes: usize| {
        let head =
            "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.bin\"\r\n\r\n";
        [head.as_bytes(), &vec![7_u8; bytes], b"\r\n"].concat()
    };
    let endless = vec![b'x'; FILE_BYTES_MAX as usize + 2 * MIB];
    let of_two = |bytes| [file(bytes), file(bytes), b"--B--\r\n".to_vec()].concat();
    for body in [endless, of_two(7 * MIB)] {
        assert_eq!(refusal(world.streamed(&path, &ada, form, &body).await), too_large);
    }
    assert!(world.objects().list(&KeyPrefix::ALL).await.unwrap().is_empty());
    let said = world.streamed(&path, &ada, form, &of_two(6 * MIB)).await;
    assert_eq!(said.expect(StatusCode::CREATED)["file_infos"].as_array().unwrap().len(), 2);
    world.stop().await;
}

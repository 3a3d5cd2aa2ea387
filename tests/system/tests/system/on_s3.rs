//! Objects, keys and the archive in a bucket.

use anyhow::{Result, ensure};
use event_archive::testing::S3Server;
use system_tests::{Room, Server, Setup};

fn setup(s3: &S3Server) -> Setup {
    let store = |name: &str| format!("s3://{}/chat/{name}", s3.bucket);
    Setup::default()
        .set("NOTTERMOST_S3__ENDPOINT", &s3.endpoint)
        .set("NOTTERMOST_S3__FORCE_PATH_STYLE", "true")
        .set("NOTTERMOST_S3__ACCESS_KEY", &s3.access_key)
        .set("NOTTERMOST_S3__SECRET_KEY", &s3.secret_key)
        .set("NOTTERMOST_OBJECTS__URL", store("objects"))
        .set("NOTTERMOST_KEYS__URL", store("keys"))
        .set("NOTTERMOST_ARCHIVE__URL", store("archive"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_talk_and_share_files_while_all_stores_are_in_a_bucket() -> Result<()> {
    let s3 = S3Server::start().await;
    let room = Room::new()?;
    let setup = setup(&s3);
    let server = Server::start(&room, &setup).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    ada.say(&channel, "kept in a bucket").await?;
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let file = ada.share(&channel, "with a file", bytes.clone()).await?;
    let before = ada.posts(&channel).await?;
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    for (folder, what) in
        [("chat/objects/", "objects"), ("chat/keys/", "keys"), ("chat/archive/", "an archive")]
    {
        let names = s3.names();
        ensure!(names.iter().any(|name| name.starts_with(folder)), "no {what}: {names:?}");
    }
    for store in ["objects", "keys", "archive"] {
        ensure!(!room.data().join(store).exists(), "{store} lies in the data directory");
    }

    let server = Server::start(&room, &setup).await?;
    let ada = ada.moved_to(server.url());
    let after = ada.posts(&channel).await?;
    ensure!(before == after, "before {before:?}\nafter {after:?}");
    ensure!(ada.file(&file).await? == bytes, "the file comes back as it was sent");
    server.stop().await?;
    Ok(())
}

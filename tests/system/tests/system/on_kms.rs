//! The keys of people and channels under a master key that never leaves KMS.

use anyhow::{Result, ensure};
use system_tests::{Kms, Room, Server, Setup, replayed};

use crate::replaying::ended_with;

const ALIAS: &str = "alias/nottermost";
const KEY: &str = "arn:aws:kms:somewhere:1:key/first";
const NEWER: &str = "arn:aws:kms:somewhere:1:key/newer";

fn setup(kms: &Kms, key: &str) -> Setup {
    Setup::default()
        .set("NOTTERMOST_KEYS__KMS_KEY", key)
        .set("NOTTERMOST_KEYS__KMS_ENDPOINT", kms.endpoint())
        .set("NOTTERMOST_S3__ACCESS_KEY", "somebody")
        .set("NOTTERMOST_S3__SECRET_KEY", "a secret")
}

async fn stopped(server: Server) -> Result<()> {
    let (status, _, said) = server.stop().await?;
    ensure!(status.success(), "ended with {status}: {}", said.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_a_file_wrapped_move_to_kms_and_from_key_to_key() -> Result<()> {
    let room = Room::new()?;
    let server = Server::start(&room, &Setup::default()).await?;
    let ada = server.visitor()?.sign_up("ada").await?;
    let team = ada.found_team("engines").await?;
    let channel = ada.create_channel(&team, "looms").await?;
    ada.say(&channel, "under the file's key").await?;
    stopped(server).await?;

    // Another alias keeps the first key in use.
    let kms = Kms::start([(ALIAS, KEY), ("alias/before", KEY)]).await?;
    let file = room.data().join("master-key.toml");
    let unknown = setup(&kms, "alias/unknown").ended(&room).await?;
    ensure!(unknown.stderr.contains("alias/unknown") && unknown.stderr.contains("NotFound"));
    let server = Server::start(&room, &setup(&kms, ALIAS)).await?;
    let (ada, visitor) = (ada.moved_to(server.url()), server.visitor()?);
    let bob = visitor.sign_up("bob").await?;
    ensure!(kms.contexts(KEY).contains(&format!("people/{}", bob.id)), "{:?}", kms.contexts(KEY));
    ada.say(&channel, "under the key in KMS").await?;
    let before = ada.posts(&channel).await?;
    stopped(server).await?;
    let rewrap = setup(&kms, ALIAS).replayed(&room, &["keys", "rewrap"]).await?;
    ended_with(&rewrap, 0, "now none is")?;
    std::fs::remove_file(&file)?;

    // KMS alone, then with the alias given to another of its keys.
    for key in [KEY, NEWER] {
        kms.point(ALIAS, key);
        let server = Server::start(&room, &setup(&kms, ALIAS)).await?;
        let shown = ada.moved_to(server.url()).posts(&channel).await?;
        ensure!(shown == before, "before {before:?}\nafter {shown:?}");
        stopped(server).await?;
    }
    ensure!(!file.exists(), "no master key lies beside the keys");
    let rewrap = setup(&kms, ALIAS).replayed(&room, &["keys", "rewrap"]).await?;
    ended_with(&rewrap, 0, "now none is")?;
    ensure!(kms.contexts(NEWER).is_superset(&kms.contexts(KEY)), "all were wrapped anew");

    drop(kms);
    let gone = Kms::start([]).await?;
    let refused = setup(&gone, ALIAS).ended(&room).await?;
    ensure!(refused.stderr.contains("failed to use alias/nottermost of KMS"), "{}", refused.stderr);
    // A file would be made anew and unwrap nothing.
    let without = replayed(&room, &["keys", "rewrap"]).await?;
    ended_with(&without, 2, "there is no master key")
}

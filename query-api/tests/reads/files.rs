//! Files: their bytes, their facts, who may have them.

use events::channel::NoticeKind;
use events::directory::ChannelType;
use events::draft::{DraftContent, DraftSaved};
use events::{Body, ReadstateEvent};
use http::StatusCode;
use serde_json::json;

use crate::people::each;
use crate::world::{World, run};

#[test]
fn a_draft_shows_its_files_in_its_own_order() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let direct = world.direct(&ada, &bob).await;
        let mut files = Vec::new();
        for name in ["a.txt", "b.txt", "c.txt"] {
            files.push(world.upload(channel, &ada, name, "text/plain", b"tea").await.file_id);
        }
        let elsewhere = world.upload(direct, &ada, "d.txt", "text/plain", b"tea").await.file_id;
        let c = DraftSaved {
            user_id: ada.id,
            channel_id: channel,
            root_id: None,
            file_ids: vec![files[2], elsewhere, files[0], files[1]],
            begun_at: None,
        };
        let p = DraftContent { message: "look".to_owned(), ..DraftContent::default() };
        world.append(ada.id.0, ReadstateEvent::from(Body { c, p })).await;
        let drafts = world.get(&ada, &format!("/users/me/teams/{}/drafts", team.id)).await.ok();
        let shown = &drafts[0]["metadata"]["files"];
        assert_eq!(each(shown, "name"), ["c.txt", "a.txt", "b.txt"]);
    });
}

#[test]
fn a_file_is_its_owners_until_a_post_shows_it() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let carol = world.person("carol").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        world.join_team(team, &carol).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        let file = world.upload(channel, &ada, "Grüße.txt", "text/plain", b"0123456789").await;
        let path = format!("/files/{}", file.file_id);
        assert_eq!(world.get(&ada, &path).await.status, StatusCode::OK);
        assert_eq!(world.get(&bob, &path).await.refused().0, 404, "no post shows it yet");

        let post = world.post(channel, &ada, "look", None, &[(file.clone(), "Grüße.txt")]).await;
        let whole = world.get(&bob, &path).await;
        assert_eq!((whole.status, &whole.body[..]), (StatusCode::OK, &b"0123456789"[..]));
        assert_eq!(whole.headers["content-type"], "text/plain");
        assert_eq!(whole.headers["x-content-type-options"], "nosniff");
        assert_eq!(
            whole.headers["content-disposition"],
            "inline; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt"
        );
        let info = world.get(&bob, &format!("{path}/info")).await.ok();
        assert_eq!(
            (&info["name"], &info["size"], &info["post_id"]),
            (&json!("Grüße.txt"), &json!(10), &json!(post))
        );
        let infos = world.get(&bob, &format!("/posts/{post}/files/info")).await.ok();
        assert_eq!(each(&infos, "id"), [file.file_id.to_string()]);
        for more in ["", "/info", "/thumbnail", "/preview", "/link"] {
            assert_eq!(
                world.get(&carol, &format!("{path}{more}")).await.refused().0,
                404,
                "{more}"
            );
        }
        assert_eq!(world.get(&bob, &format!("{path}/thumbnail")).await.refused().0, 400);
        let nothing = format!("/files/{}", "y".repeat(26));
        assert_eq!(
            world.get(&bob, &nothing).await.refused(),
            (404, "app.file_info.get.app_error".to_owned())
        );
        world.delete(channel, &ada, post).await;
        assert_eq!(world.get(&bob, &path).await.refused().0, 404, "it went with its post");
    });
}

#[test]
fn parts_of_a_file_can_be_asked_for() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let file =
            world.upload(team.town_square, &ada, "a.bin", "application/x", b"0123456789").await;
        let path = format!("/files/{}", file.file_id);
        for (range, expected, told) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-2", "89", "bytes 8-9/10"),
            ("bytes=0-99", "0123456789", "bytes 0-9/10"),
        ] {
            let part = world.get_with(&ada, &path, ("range", range)).await;
            assert_eq!(
                (part.status, &part.body[..]),
                (StatusCode::PARTIAL_CONTENT, expected.as_bytes())
            );
            assert_eq!(part.headers["content-range"], told);
            assert_eq!(part.headers["content-length"], expected.len().to_string());
        }
        let beyond = world.get_with(&ada, &path, ("range", "bytes=10-")).await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.headers["content-range"], "bytes */10");
        let empty = world.upload(team.town_square, &ada, "e.txt", "text/plain", b"").await;
        let whole = world.get(&ada, &format!("/files/{}", empty.file_id)).await;
        assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, 0));
    });
}

#[test]
fn what_could_run_comes_as_an_attachment() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        for (name, mime_type, kind) in [
            ("a.html", "text/html", "attachment"),
            ("a.svg", "image/svg+xml", "attachment"),
            ("a.png", "image/png", "inline"),
        ] {
            let file = world.upload(team.town_square, &ada, name, mime_type, b"x").await;
            let path = format!("/files/{}", file.file_id);
            let disposition = world.get(&ada, &path).await.headers["content-disposition"].clone();
            assert!(disposition.to_str().unwrap().starts_with(kind), "{disposition:?}");
            let saved =
                world.get(&ada, &format!("{path}?download=1")).await.headers["content-disposition"]
                    .clone();
            assert!(saved.to_str().unwrap().starts_with("attachment"), "{saved:?}");
        }
    });
}

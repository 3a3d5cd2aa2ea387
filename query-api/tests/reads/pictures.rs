//! What is shown in the place of files, public links, pictures of people and teams, custom emoji, uploads.

use std::sync::Arc;

use bytes::Bytes;
use event_archive::ObjectKey;
use events::channel::{AttachedFile, FileDetails, FileUploaded};
use events::directory::UserErased;
use events::pictures::{
    EmojiCreated, EmojiDeleted, PictureKey, StoredPicture, TeamIconChanged, UserPictureChanged,
};
use events::{Body, ChannelEvent, ChannelId, DirectoryEvent, EmojiId, FileId, Id};
use http::StatusCode;
use sealing::{FileKey, UploadSession, Uploads};
use serde_json::json;

use crate::people::{Person, each, order};
use crate::world::{World, run};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot to be decoded here";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 neither";
const GIF: &[u8] = b"GIF89a nor this";

impl World {
    async fn store(&self, object: &str, key: &FileKey, bytes: &'static [u8]) {
        let plain = futures::stream::iter([Ok(Bytes::from_static(bytes))]);
        let name = ObjectKey::parse(object).unwrap();
        self.objects.put_stream(&name, key.seal(Box::pin(plain))).await.unwrap();
    }

    async fn stored(&self, bytes: &'static [u8]) -> StoredPicture {
        let (object, key) = (format!("pictures/2026-01-01/{}", Id::random()), FileKey::random());
        self.store(&object, &key, bytes).await;
        StoredPicture { object, key: key.text() }
    }

    async fn in_directory(&self, event: impl Into<DirectoryEvent>) {
        self.append(Id::default(), event.into()).await;
    }

    async fn choose_picture(&self, person: &Person, picture: Option<StoredPicture>) {
        let key = picture.as_ref().map(|picture| picture.key.clone()).unwrap_or_default();
        let object = picture.map(|picture| picture.object);
        let c = UserPictureChanged { user_id: person.id, object };
        self.in_directory(Body { c, p: PictureKey { key } }).await;
    }

    pub async fn emoji(&self, creator: &Person, name: &str) -> EmojiId {
        let (emoji_id, name) = (EmojiId::random(), name.to_owned());
        let image = self.stored(GIF).await;
        let c = EmojiCreated { emoji_id, name, creator_id: creator.id, image };
        self.in_directory(Body::from(c)).await;
        emoji_id
    }

    /// A picture with what was made of it.
    async fn picture(&self, channel: ChannelId, owner: &Person) -> AttachedFile {
        let (file_id, key) = (FileId::random(), FileKey::random());
        let object = format!("files/2026-01-01/{file_id}");
        self.store(&object, &key, PNG).await;
        self.store(&format!("{object}.preview"), &key.beside("preview"), JPEG).await;
        self.store(&format!("{object}.thumbnail"), &key.beside("thumbnail"), PNG).await;
        let file = AttachedFile {
            file_id,
            size: PNG.len() as i64,
            mime_type: "image/png".to_owned(),
            extension: "png".to_owned(),
            width: 400,
            height: 100,
            has_preview: true,
        };
        let c =
            FileUploaded { channel_id: channel, owner_id: owner.id, file: file.clone(), object };
        let p = FileDetails {
            name: "a.png".to_owned(),
            key: key.text(),
            mini_preview: "TUlOSQ==".to_owned(),
            ..FileDetails::default()
        };
        self.append(channel.0, ChannelEvent::from(Body { c, p })).await;
        file
    }
}

#[test]
fn a_picture_is_shown_smaller_to_those_who_may_have_it() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        let file = world.picture(team.town_square, &ada).await;
        let path = format!("/files/{}", file.file_id);
        let preview = world.get(&ada, &format!("{path}/preview")).await;
        assert_eq!((preview.status, &preview.body[..]), (StatusCode::OK, JPEG));
        assert_eq!(preview.headers["content-type"], "image/jpeg");
        assert_eq!(preview.headers["x-content-type-options"], "nosniff");
        let thumbnail = world.get(&ada, &format!("{path}/thumbnail")).await;
        assert_eq!(
            (&thumbnail.body[..], &thumbnail.headers["content-type"]),
            (PNG, &"image/png".parse().unwrap())
        );
        assert_eq!(thumbnail.headers["content-length"], PNG.len().to_string());
        for what in ["preview", "thumbnail"] {
            assert_eq!(world.get(&bob, &format!("{path}/{what}")).await.refused().0, 404);
        }
        let info = world.get(&ada, &format!("{path}/info")).await.ok();
        assert_eq!((&info["has_preview_image"], &info["width"]), (&json!(true), &json!(400)));
        assert_eq!(info["mini_preview"], "TUlOSQ==");
    });
}

#[test]
fn a_public_link_ends_with_the_file() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        let file = world.picture(team.town_square, &ada).await;
        let path = format!("/files/{}/link", file.file_id);
        let unattached = world.get(&ada, &path).await.refused();
        assert_eq!(unattached, (400, "api.file.get_public_link.no_post.app_error".to_owned()));
        let post =
            world.post(team.town_square, &ada, "look", None, &[(file.clone(), "a.png")]).await;
        assert_eq!(world.get(&bob, &path).await.refused().0, 404);
        let headers =
            [("authorization", &*format!("Bearer {}", ada.token)), ("host", "chat.example")];
        let link = world.send("GET", &path, &headers, "").await.ok();
        let link = link["link"].as_str().unwrap();
        let public = link.strip_prefix("http://chat.example").unwrap();
        let shown = world.at_root(public).await;
        assert_eq!((shown.status, &shown.body[..]), (StatusCode::OK, PNG));
        assert_eq!(shown.headers["x-content-type-options"], "nosniff");
        let (address, _) = public.split_once('?').unwrap();
        for wrong in ["", "?h=", "?h=AAAA", &format!("?h={}", "A".repeat(43))] {
            let said = world.at_root(&format!("{address}{wrong}")).await.refused();
            assert_eq!(said, (400, "api.file.get_file.public_invalid.app_error".to_owned()));
        }
        let tag = public.split_once('?').unwrap().1;
        let other = world.at_root(&format!("/files/{}/public?{tag}", FileId::random())).await;
        assert_eq!(other.refused().0, 400, "a tag is of one file");
        world.delete(team.town_square, &ada, post).await;
        assert_eq!(world.at_root(public).await.refused().0, 404);
    });
}

#[test]
fn a_chosen_picture_is_shown_until_it_is_taken_back() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let path = format!("/users/{}/image", bob.id);
        let drawn = world.get(&ada, &path).await;
        assert_eq!(drawn.headers["etag"], "0");
        let picture = world.stored(JPEG).await;
        world.choose_picture(&bob, Some(picture)).await;
        let chosen = world.get(&ada, &path).await;
        assert_eq!((chosen.status, &chosen.body[..]), (StatusCode::OK, JPEG));
        let user = world.get(&ada, &format!("/users/{}", bob.id)).await.ok();
        let tag = user["last_picture_update"].to_string();
        assert!(tag != "0" && chosen.headers["etag"] == tag, "{tag}");
        assert_eq!(user["update_at"], user["last_picture_update"]);
        let again = world.get_with(&ada, &path, ("if-none-match", &tag)).await;
        assert_eq!(
            (again.status, &again.headers["etag"]),
            (StatusCode::NOT_MODIFIED, &chosen.headers["etag"])
        );
        let default = world.get(&ada, &format!("{path}/default")).await;
        assert_eq!(default.body, drawn.body);
        world.choose_picture(&bob, None).await;
        let back = world.get(&ada, &path).await;
        assert_eq!(
            (back.body, &back.headers["etag"]),
            (drawn.body.clone(), &drawn.headers["etag"])
        );
        let nobody = world.get(&ada, &format!("/users/{}/image/default", "y".repeat(26))).await;
        assert_eq!(nobody.refused().0, 404);

        world.choose_picture(&bob, Some(world.stored(JPEG).await)).await;
        let erased = UserErased { user_id: bob.id, by: ada.id };
        world.in_directory(Body::from(erased)).await;
        let gone = world.get(&ada, &path).await;
        assert_eq!((gone.body, &gone.headers["etag"]), (drawn.body, &drawn.headers["etag"]));
    });
}

#[test]
fn a_teams_icon_is_for_those_who_may_see_the_team() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team_of(&ada, "tea", events::directory::TeamType::InviteOnly, false).await;
        let path = format!("/teams/{}/image", team.id);
        let none = (404, "api.team.get_team_icon.read_file.app_error".to_owned());
        assert_eq!(world.get(&ada, &path).await.refused(), none);
        let icon = Some(world.stored(PNG).await);
        world.in_directory(Body::from(TeamIconChanged { team_id: team.id, icon })).await;
        let shown = world.get(&ada, &path).await;
        assert_eq!((shown.status, &shown.body[..]), (StatusCode::OK, PNG));
        let told = world.get(&ada, &format!("/teams/{}", team.id)).await.ok();
        assert_eq!(shown.headers["etag"], told["last_team_icon_update"].to_string());
        assert_eq!(world.get(&bob, &path).await.refused().0, 404);
        world.in_directory(Body::from(TeamIconChanged { team_id: team.id, icon: None })).await;
        assert_eq!(world.get(&ada, &path).await.refused(), none);
    });
}

#[test]
fn custom_emoji_are_found_by_id_by_name_and_by_what_they_begin_with() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        assert_eq!(world.get(&ada, "/emoji").await.ok(), json!([]));
        let parrot = world.emoji(&ada, "party_parrot").await;
        let ant = world.emoji(&ada, "ant").await;
        let party = world.emoji(&ada, "party").await;
        let listed = |list: &serde_json::Value| -> Vec<String> {
            each(list, "name").into_iter().map(str::to_owned).collect()
        };
        let list = world.get(&ada, "/emoji?per_page=2").await.ok();
        assert_eq!(listed(&list), ["party_parrot", "ant"]);
        let list = world.get(&ada, "/emoji?page=1&per_page=2&sort=name").await.ok();
        assert_eq!(listed(&list), ["party_parrot"]);
        assert_eq!(world.get(&ada, "/emoji?sort=size").await.refused().0, 400);
        let one = world.get(&ada, &format!("/emoji/{parrot}")).await.ok();
        assert_eq!((&one["name"], &one["creator_id"]), (&json!("party_parrot"), &json!(ada.id)));
        assert!(one["create_at"].as_i64() > Some(0) && one.get("image").is_none());
        assert_eq!(world.get(&ada, "/emoji/name/party").await.ok()["id"], json!(party));
        let image = world.get(&ada, &format!("/emoji/{ant}/image")).await;
        assert_eq!(
            (&image.body[..], &image.headers["content-type"]),
            (GIF, &"image/gif".parse().unwrap())
        );
        let named = world.ask(&ada, "/emoji/names", json!(["ant", "smile", "ant"])).await.ok();
        assert_eq!(listed(&named), ["ant"]);
        let found = world.get(&ada, "/emoji/autocomplete?name=party").await.ok();
        assert_eq!(listed(&found), ["party", "party_parrot"]);
        let found = world.ask(&ada, "/emoji/search", json!({ "term": "ar" })).await.ok();
        assert_eq!(listed(&found), ["party", "party_parrot"]);
        let found = world.ask(&ada, "/emoji/search", json!({ "term": "ar", "prefix_only": true }));
        assert_eq!(found.await.ok(), json!([]));
        assert_eq!(world.ask(&ada, "/emoji/search", json!({ "term": "" })).await.refused().0, 400);
        let many: Vec<String> = (0..201).map(|n| n.to_string()).collect();
        assert_eq!(world.ask(&ada, "/emoji/names", json!(many)).await.refused().0, 400);
        world.in_directory(Body::from(EmojiDeleted { emoji_id: ant, by: ada.id })).await;
        for path in [format!("/emoji/{ant}"), format!("/emoji/{ant}/image")] {
            let gone = (404, "app.emoji.get.no_result".to_owned());
            assert_eq!(world.get(&ada, &path).await.refused(), gone);
        }
        assert_eq!(world.get(&ada, "/emoji/name/ant").await.refused().0, 404);
    });
}

#[test]
fn posts_bring_the_emoji_that_they_name_as_they_are_now() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let channel = world.team(&ada, "tea").await.town_square;
        let post = world.say(channel, &ada, "see :parrot: and :smile:").await;
        let path = format!("/channels/{channel}/posts");
        let emojis = || async {
            let list = world.get(&ada, &path).await.ok();
            assert!(order(&list).contains(&post));
            list["posts"][post.to_string()]["metadata"].get("emojis").cloned()
        };
        world.indexed().await;
        let found = || async {
            let list = world.ask(&ada, "/posts/search", json!({ "terms": "see" })).await.ok();
            assert_eq!(order(&list), [post]);
            list["posts"][post.to_string()]["metadata"].get("emojis").cloned()
        };
        assert_eq!((emojis().await, found().await), (None, None));
        let id = world.emoji(&ada, "parrot").await;
        let shown = emojis().await.unwrap();
        assert_eq!((shown.as_array().unwrap().len(), &shown[0]["id"]), (1, &json!(id)));
        assert_eq!(found().await, Some(shown));
        let fan = world.emoji(&ada, "fan").await;
        world.react(channel, &ada, post, "fan").await;
        assert_eq!(emojis().await.unwrap().as_array().unwrap().len(), 2);
        let one = world.get(&ada, &format!("/posts/{post}")).await.ok();
        assert_eq!(one["metadata"]["emojis"].as_array().unwrap().len(), 2);
        for emoji_id in [id, fan] {
            world.in_directory(Body::from(EmojiDeleted { emoji_id, by: ada.id })).await;
        }
        assert_eq!((emojis().await, found().await), (None, None));
    });
}

#[test]
fn an_upload_under_way_is_its_owners_alone() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let session = UploadSession {
            id: Id::random(),
            user_id: ada.id,
            channel_id: ChannelId::random(),
            filename: "a.bin".to_owned(),
            file_size: 9,
            create_at: 1_767_225_600_000,
        };
        let uploads = Uploads::new(Arc::clone(&world.objects));
        let key = FileKey::of_bytes(world.secrets.upload_key(session.id));
        uploads.begin(&session, &key).await.unwrap();
        let mut upload = uploads.one(ada.id, session.id, &key).await.unwrap().unwrap();
        let plain = futures::stream::iter([Ok(Bytes::from_static(b"four"))]);
        let (data, size) = uploads.store(&upload, &key, Box::pin(plain)).await.unwrap();
        assert!(uploads.count(&mut upload, data, size).await.unwrap());
        let path = format!("/uploads/{}", session.id);
        let told = world.get(&ada, &path).await.ok();
        assert_eq!((&told["file_offset"], &told["file_size"]), (&json!(4), &json!(9)));
        assert_eq!((&told["filename"], &told["type"]), (&json!("a.bin"), &json!("attachment")));
        assert_eq!(world.get(&ada, "/users/me/uploads").await.ok(), json!([told]));
        assert_eq!(world.get(&bob, "/users/me/uploads").await.ok(), json!([]));
        let unknown = (404, "app.upload.get.app_error".to_owned());
        assert_eq!(world.get(&bob, &path).await.refused(), unknown);
        let foreign = format!("/users/{}/uploads", ada.id);
        assert_eq!(world.get(&bob, &foreign).await.refused().0, 403);
    });
}

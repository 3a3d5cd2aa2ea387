//! What has ended is shown by no answer while the rows are behind.

use events::channel::{ChannelAuthorErased, PostDeleted};
use events::directory::ChannelType;
use events::retention::ChannelPostsExpired;
use events::{Body, ChannelEvent, FileId, Id, PostId};
use serde_json::{Value, json};

use crate::people::{order, with_nothing_personal};
use crate::scene::Scene;
use crate::world::run;

/// A root of ada's with a file, and bob's reply to it.
struct Said {
    scene: Scene,
    root: PostId,
    reply: PostId,
    file: FileId,
}

impl Said {
    async fn start() -> Self {
        let scene = Scene::start(ChannelType::Open).await;
        let Scene { world, ada, bob, channel, .. } = &scene;
        let channel = *channel;
        let file = world.upload(channel, ada, "slip.txt", "text/plain", b"a slip").await;
        let attached = [(file.clone(), "slip.txt")];
        let root = world.post(channel, ada, "a slip", None, &attached).await;
        let reply = world.reply((root, ada), channel, bob).await;
        let file = file.file_id;
        Self { scene, root, reply, file }
    }

    async fn page(&self, path: &str) -> Value {
        self.scene.world.get(&self.scene.bob, path).await.ok()
    }

    async fn refuses(&self, path: &str) {
        let answer = self.scene.world.get(&self.scene.ada, path).await;
        assert_eq!(answer.refused().0, 404, "{path}");
    }

    fn pages(&self) -> [String; 3] {
        let posts = format!("/channels/{}/posts", self.scene.channel);
        [
            posts.clone(),
            format!("{posts}?page=0&per_page=5&skipFetchThreads=true&collapsedThreads=true"),
            format!("/channels/{}/pinned", self.scene.channel),
        ]
    }

    fn of_the_file(&self) -> Vec<String> {
        let parts = ["", "/info", "/thumbnail", "/preview", "/link"];
        parts.iter().map(|part| format!("/files/{}{part}", self.file)).collect()
    }

    fn expired(&self, before: i64, files_before: i64) -> ChannelEvent {
        let expired = ChannelPostsExpired {
            channel_id: self.scene.channel,
            before,
            files_before,
            kept_author_ids: vec![],
            policy_id: None,
            run_id: Id([7; 16]),
            posts: 1,
            files: 1,
        };
        ChannelEvent::from(Body::from(expired))
    }
}

#[test]
fn what_was_deleted_is_shown_no_more() {
    run(async {
        let said = Said::start().await;
        let Said { scene, root, reply, .. } = &said;
        let Scene { world, ada, bob, team, channel } = scene;
        let (root, reply, channel) = (*root, *reply, *channel);
        world.edit(channel, bob, reply, "a reply, said again").await;
        let edits = format!("/posts/{reply}/edit_history");
        assert_eq!(world.get(ada, &edits).await.ok()[0]["message"], "a reply");
        world.pin(channel, ada, root).await;
        world.react(channel, bob, root, "eyes").await;
        world.prefer(bob, "flagged_post", &root.to_string(), "true").await;
        let direct = world.direct(ada, bob).await;
        let link = format!("http://chat.example/tea/pl/{root}");
        let linking = world.say(direct, bob, &link).await;
        let embeds = format!("/posts/{linking}");
        assert!(said.page(&embeds).await.to_string().contains("a slip"));
        let public = said.page(&format!("/files/{}/link", said.file)).await;
        let (_, public) = public["link"].as_str().unwrap().rsplit_once("/files").unwrap();
        let public = format!("/files{public}");
        assert_eq!(world.at_root(&public).await.status, 200);
        let threads = format!("/users/me/teams/{}/threads", team.id);
        assert_eq!(said.page(&threads).await["threads"][0]["id"], json!(root));
        let [page, ..] = said.pages();
        let newest = said.page(&page).await;
        let began = newest["posts"][root.to_string()]["create_at"].as_i64().unwrap() - 1;

        let held = world.hold_posts().await;
        let (channel_id, author_id) = (channel, ada.id);
        let c = PostDeleted { channel_id, post_id: root, author_id, root_id: None, by: author_id };
        let event = ChannelEvent::PostDeleted(with_nothing_personal(c));
        let position = world.append_unread(channel.0, event).await;

        for post in [root, reply] {
            for part in ["", "/thread", "/reactions", "/info", "/files/info", "/edit_history"] {
                said.refuses(&format!("/posts/{post}{part}")).await;
            }
        }
        for path in said.of_the_file() {
            said.refuses(&path).await;
        }
        assert_eq!(world.at_root(&public).await.refused().0, 404);
        let both = json!([root, reply]);
        assert_eq!(world.ask(bob, "/posts/ids", both.clone()).await.ok(), json!([]));
        assert_eq!(world.ask(bob, "/posts/ids/reactions", both).await.ok(), json!({}));
        for path in said.pages().into_iter().chain(["/users/me/posts/flagged".to_owned()]) {
            let page = said.page(&path).await;
            for post in [root, reply] {
                assert_eq!(page["posts"].get(post.to_string()), None, "{path}");
                assert!(!order(&page).contains(&post), "{path}");
            }
        }
        assert!(!said.page(&embeds).await.to_string().contains("a slip"));
        assert_eq!(said.page(&threads).await["threads"], json!([]));
        said.refuses(&format!("{threads}/{root}")).await;
        let deleted = said.page(&format!("{threads}?deleted=true")).await;
        assert!(deleted["threads"][0]["delete_at"].as_i64() > Some(0));
        assert!(!deleted.to_string().contains("a slip"));

        let since = format!("{page}?since={began}");
        let told = said.page(&since).await;
        held.rollback().await.unwrap();
        world.projected(position).await;
        assert_eq!(told, said.page(&since).await, "rows say no more of it than was told before");
        let told = &told["posts"][root.to_string()];
        assert!(told["delete_at"].as_i64() > Some(0));
        assert_eq!((&told["message"], &told["update_at"]), (&json!(""), &told["delete_at"]));
        said.refuses(&format!("/posts/{root}")).await;
    });
}

#[test]
fn what_an_erased_person_said_is_shown_no_more() {
    run(async {
        let said = Said::start().await;
        let Said { scene, root, .. } = &said;
        let (world, ada, channel) = (&scene.world, &scene.ada, scene.channel);
        let edited = world.say(channel, ada, "another slip").await;
        world.edit(channel, ada, edited, "another slip, said again").await;
        let held = world.hold_posts().await;
        let erased = ChannelAuthorErased { channel_id: channel, user_id: ada.id };
        let event = ChannelEvent::ChannelAuthorErased(erased.into());
        let position = world.append_unread(channel.0, event).await;

        let paths = said.pages().into_iter().chain([
            format!("/posts/{root}"),
            format!("/posts/{root}/thread"),
            format!("/channels/{channel}/posts?since=1"),
            format!("/api/nottermost/v1/posts/{edited}/history"),
            format!("/posts/{root}/files/info"),
        ]);
        for path in paths {
            let answer = world.get(ada, &path).await.ok();
            assert!(!answer.to_string().contains("slip"), "{path}: {answer}");
        }
        said.refuses(&format!("/posts/{edited}/edit_history")).await;
        for path in said.of_the_file() {
            said.refuses(&path).await;
        }
        let [newest, ..] = said.pages();
        let told = said.page(&newest).await;
        assert_eq!(told["posts"][root.to_string()]["message"], "");
        held.rollback().await.unwrap();
        world.projected(position).await;
        assert_eq!(order(&told), order(&said.page(&newest).await));
    });
}

#[test]
fn what_is_past_its_time_is_shown_no_more() {
    run(async {
        let said = Said::start().await;
        let Said { scene, root, reply, .. } = &said;
        let (world, channel) = (&scene.world, scene.channel);
        let created = said.page(&format!("/posts/{reply}")).await["create_at"].as_i64().unwrap();
        let [newest, ..] = said.pages();

        // The files alone go first.
        let held = world.hold_posts().await;
        let position = world.append_unread(channel.0, said.expired(0, created)).await;
        assert_eq!(said.page(&format!("/posts/{root}/files/info")).await, json!([]));
        let told = said.page(&newest).await;
        let told = &told["posts"][root.to_string()];
        assert_eq!((&told["message"], &told["file_ids"]), (&json!("a slip"), &json!([])));
        for path in said.of_the_file() {
            said.refuses(&path).await;
        }
        held.rollback().await.unwrap();
        world.projected(position).await;

        let held = world.hold_posts().await;
        let position = world.append_unread(channel.0, said.expired(created, created)).await;
        for part in ["", "/thread", "/reactions", "/info", "/files/info", "/edit_history"] {
            said.refuses(&format!("/posts/{root}{part}")).await;
        }
        let told = said.page(&newest).await;
        assert!(order(&told).contains(reply));
        assert_eq!(told["posts"].get(root.to_string()), None);
        held.rollback().await.unwrap();
        world.projected(position).await;
        let told = said.page(&newest).await;
        assert_eq!(told["posts"][root.to_string()]["message"], "", "its reply keeps its place");
    });
}

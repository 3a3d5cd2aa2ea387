//! A channel as it was: for its author and administrators in full, for others without what is no longer told.

use events::channel::{NoticeKind, Root};
use events::directory::{ChannelType, UserGuestChanged};
use events::retention::ChannelPostsExpired;
use events::{Body, ChannelEvent, ChannelId, DirectoryEvent, Id, PostId};
use platform::clock::now_ms;
use serde_json::{Value, json};

use crate::people::{Person, Team, order};
use crate::world::{World, run};

/// An administrator, Ada and Bob in a channel; the administrator is in it too.
struct Scene {
    world: World,
    admin: Person,
    ada: Person,
    bob: Person,
    team: Team,
    channel: ChannelId,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let admin = world.person("admin").await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada, "tea").await;
    let channel = world.channel(team, ChannelType::Private, "green", &ada).await;
    for person in [&bob, &admin] {
        world.join_team(team, person).await;
        world.join(channel, person, NoticeKind::JoinChannel).await;
    }
    Scene { world, admin, ada, bob, team, channel }
}

impl Scene {
    async fn say(&self, message: &str) -> PostId {
        self.world.say(self.channel, &self.ada, message).await
    }

    /// Says something, and tells at what time.
    async fn moment(&self) -> (PostId, i64) {
        let post = self.say("meanwhile").await;
        let shown = self.world.get(&self.ada, &format!("/posts/{post}")).await.ok();
        (post, shown["create_at"].as_i64().unwrap())
    }

    fn path(&self, at: i64, more: &str) -> String {
        format!("/api/nottermost/v1/channels/{}/as_of?at={at}{more}", self.channel)
    }

    async fn as_of(&self, person: &Person, at: i64) -> Value {
        self.world.get(person, &self.path(at, "")).await.ok()
    }
}

fn of(list: &Value, post: PostId) -> &Value {
    &list["posts"][post.to_string()]
}

/// What became of a post, and what is shown of it.
fn became(list: &Value, post: PostId) -> (bool, bool, &str) {
    let as_of = &of(list, post)["as_of"];
    let flag = |name: &str| as_of[name].as_bool().unwrap();
    (flag("changed_since"), flag("deleted_since"), as_of["shows"].as_str().unwrap())
}

#[test]
fn what_was_changed_since_says_what_it_said_to_those_who_may_know() {
    run(async {
        let scene = scene().await;
        let Scene { world, admin, ada, bob, channel, .. } = &scene;
        let same = scene.say("the same").await;
        let edited = scene.say("zfirst").await;
        world.edit(*channel, ada, edited, "zsecond").await;
        world.react(*channel, bob, edited, "tada").await;
        world.pin(*channel, bob, edited).await;
        let (marker, at) = scene.moment().await;
        world.edit(*channel, ada, edited, "zthird").await;
        world.edit(*channel, ada, edited, "fourth").await;
        let later = scene.say("later").await;

        for person in [ada, admin] {
            let list = scene.as_of(person, at).await;
            assert_eq!(order(&list)[..3], [marker, edited, same]);
            assert!(list["posts"].get(later.to_string()).is_none());
            assert!(of(&list, same).get("as_of").is_none());
            let then = of(&list, edited);
            assert_eq!(then["message"], "zsecond");
            assert_eq!(became(&list, edited), (true, false, "then"));
            assert_eq!(then["edit_at"], then["update_at"]);
            assert!(then["edit_at"].as_i64().unwrap() > then["create_at"].as_i64().unwrap());
            assert!(then["edit_at"].as_i64().unwrap() < at);
            assert_eq!(
                (&then["is_pinned"], &then["has_reactions"]),
                (&json!(false), &json!(false))
            );
            let before = scene.as_of(person, then["create_at"].as_i64().unwrap()).await;
            assert_eq!(order(&before)[..2], [edited, same]);
            assert_eq!(
                (&of(&before, edited)["message"], &of(&before, edited)["edit_at"]),
                (&json!("zfirst"), &json!(0))
            );
        }
        let answer = world.get(bob, &scene.path(at, "")).await;
        let list = answer.ok();
        assert_eq!(order(&list)[..3], [marker, edited, same]);
        assert_eq!(of(&list, edited)["message"], "fourth");
        assert_eq!(became(&list, edited), (true, false, "now"));
        let text = String::from_utf8_lossy(&answer.body);
        for word in ["zfirst", "zsecond", "zthird"] {
            assert!(!text.contains(word), "{word}");
        }
        let now = scene.as_of(ada, now_ms()).await;
        assert_eq!(order(&now)[0], later);
        assert_eq!(of(&now, edited)["message"], "fourth");
        assert!(of(&now, edited).get("as_of").is_none());
    });
}

#[test]
fn what_was_deleted_since_is_there_again_without_a_word_for_others() {
    run(async {
        let scene = scene().await;
        let Scene { world, admin, ada, bob, channel, .. } = &scene;
        let file = world.upload(*channel, ada, "zname.txt", "text/plain", b"tea").await;
        let root = world.post(*channel, ada, "zroot", None, &[(file, "zname.txt")]).await;
        let gone = scene.say("gone before").await;
        world.delete(*channel, ada, gone).await;
        let answered = Root { post_id: root, author_id: ada.id };
        let reply = world.post(*channel, bob, "his reply", Some(answered.clone()), &[]).await;
        let (marker, at) = scene.moment().await;
        world.post(*channel, ada, "a later reply", Some(answered), &[]).await;
        world.edit(*channel, bob, reply, "his reply, mended").await;
        // Replies go with their root.
        world.delete(*channel, ada, root).await;

        for person in [ada, admin] {
            let list = scene.as_of(person, at).await;
            assert_eq!(order(&list)[..3], [marker, reply, root]);
            assert!(list["posts"].get(gone.to_string()).is_none());
            let then = of(&list, root);
            assert_eq!((&then["message"], &then["delete_at"]), (&json!("zroot"), &json!(0)));
            assert_eq!(then["metadata"]["files"][0]["name"], "zname.txt");
            assert_eq!(then["reply_count"], 1);
            assert_eq!(then["last_reply_at"], of(&list, reply)["create_at"]);
            assert_eq!(became(&list, root), (false, true, "then"));
        }
        let answer = world.get(bob, &scene.path(at, "")).await;
        let list = answer.ok();
        assert_eq!(order(&list)[..3], [marker, reply, root]);
        assert_eq!(became(&list, root), (false, true, "nothing"));
        let bare = of(&list, root);
        assert_eq!((&bare["message"], &bare["file_ids"]), (&json!(""), &json!([])));
        assert_eq!((&bare["user_id"], &bare["reply_count"]), (&json!(ada.id), &json!(1)));
        let text = String::from_utf8_lossy(&answer.body);
        assert!(!text.contains("zroot") && !text.contains("zname"), "{text}");
        // The reply is his own, whoever deleted it.
        assert_eq!(of(&list, reply)["message"], "his reply");
        assert_eq!(became(&list, reply), (true, true, "then"));
        let hers = scene.as_of(ada, at).await;
        assert_eq!(became(&hers, reply), (true, true, "nothing"));
    });
}

#[test]
fn the_past_is_read_in_pages() {
    run(async {
        let scene = scene().await;
        let Scene { world, ada, bob, channel, .. } = &scene;
        let root = scene.say("root").await;
        let mut stood = Vec::new();
        for n in 0..12 {
            stood.push(scene.say(&format!("message {n}")).await);
        }
        stood.push(world.reply((root, ada), *channel, bob).await);
        let (marker, at) = scene.moment().await;
        for post in [stood[2], stood[3], stood[11], marker] {
            world.delete(*channel, ada, post).await;
        }
        for n in 0..5 {
            scene.say(&format!("later {n}")).await;
        }
        let newest_first: Vec<PostId> =
            [marker].into_iter().chain(stood.iter().rev().copied()).collect();

        let mut walked: Vec<PostId> = Vec::new();
        let mut more = "&per_page=5".to_owned();
        while walked.len() < newest_first.len() {
            let page = world.get(bob, &scene.path(at, &more)).await.ok();
            let next = walked.last().map(ToString::to_string).unwrap_or_default();
            assert_eq!(page["next_post_id"], next);
            assert_eq!(order(&page).len(), 5);
            walked.extend(order(&page));
            more = format!("&per_page=5&before={}", walked.last().unwrap());
        }
        assert_eq!(walked[..newest_first.len()], newest_first);
        let first = world.get(bob, &scene.path(at, "&per_page=2")).await.ok();
        assert_eq!(order(&first), newest_first[..2]);
        assert_eq!(first["prev_post_id"], json!(newest_first[2]));
        assert_eq!(of(&first, root)["reply_count"], 1, "replies bring their root");

        // Nothing is older than the oldest, nor than what did not stand then.
        let whole = scene.as_of(bob, at).await;
        assert_eq!(whole["prev_post_id"], "");
        let oldest = order(&whole).pop().unwrap();
        for before in [oldest, PostId::random(), scene.say("too late").await] {
            let none = world.get(bob, &scene.path(at, &format!("&before={before}"))).await.ok();
            assert_eq!((order(&none), &none["prev_post_id"]), (vec![], &json!("")));
        }
        let beginning = scene.as_of(bob, 1).await;
        assert_eq!(order(&beginning), []);
    });
}

#[test]
fn the_past_is_for_those_who_may_read_the_channel_now() {
    run(async {
        let scene = scene().await;
        let Scene { world, ada, bob, .. } = &scene;
        let (marker, at) = scene.moment().await;
        let outsider = world.person("outsider").await;
        for more in ["&before=short", "&before=x"] {
            assert_eq!(world.get(ada, &scene.path(at, more)).await.refused().0, 400, "{more}");
        }
        for at in [0, -1, now_ms() + 60_000, i64::MAX] {
            assert_eq!(world.get(ada, &scene.path(at, "")).await.refused().0, 400, "{at}");
        }
        assert_eq!(world.get(&outsider, &scene.path(at, "")).await.refused().0, 404);
        assert_eq!(order(&scene.as_of(bob, at).await)[0], marker);

        // A guest who comes later reads what they would read by paging.
        let gus = world.person("gus").await;
        let made = UserGuestChanged { user_id: gus.id, is_guest: true };
        world.append(Id::default(), DirectoryEvent::UserGuestChanged(made.into())).await;
        world.join_team(scene.team, &gus).await;
        world.join(scene.channel, &gus, NoticeKind::AddToChannel).await;
        assert_eq!(order(&scene.as_of(&gus, at).await), order(&scene.as_of(bob, at).await));

        world.leave(scene.channel, bob).await;
        assert_eq!(world.get(bob, &scene.path(at, "")).await.refused().0, 404);
    });
}

#[test]
fn what_is_past_its_time_or_erased_is_said_by_no_past() {
    run(async {
        let scene = scene().await;
        let Scene { world, admin, ada, bob, channel, .. } = &scene;
        let (root, alone) = (scene.say("zroot").await, scene.say("zalone").await);
        for post in [root, alone] {
            world.edit(*channel, ada, post, "zedited").await;
        }
        let (_, before) = scene.moment().await;
        let reply = world.reply((root, ada), *channel, bob).await;
        let erased = world.say(*channel, bob, "zerased").await;
        let (_, at) = scene.moment().await;
        world.edit(*channel, bob, erased, "zerased again").await;
        world.erase_author(*channel, bob).await;
        let expired = ChannelPostsExpired {
            channel_id: *channel,
            before,
            files_before: 0,
            kept_author_ids: vec![],
            policy_id: None,
            run_id: Id([7; 16]),
            posts: 2,
            files: 0,
        };
        world.append(channel.0, ChannelEvent::from(Body::from(expired))).await;

        for person in [admin, ada] {
            let answer = world.get(person, &scene.path(at, "")).await;
            let list = answer.ok();
            let listed = order(&list);
            assert!(listed.contains(&reply) && listed.contains(&erased), "{listed:?}");
            assert!(listed.contains(&root) && !listed.contains(&alone), "{listed:?}");
            assert_eq!(of(&list, root)["message"], "");
            assert_eq!(of(&list, erased)["message"], "");
            let text = String::from_utf8_lossy(&answer.body);
            for word in ["zroot", "zalone", "zedited", "zerased"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    });
}

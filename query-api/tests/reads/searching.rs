//! Search, and what it must never find.

use events::channel::NoticeKind;
use events::directory::ChannelType;
use events::{ChannelId, PostId};
use serde_json::{Value, json};

use crate::people::{Person, Team, order};
use crate::world::{World, run};

async fn found(world: &World, person: &Person, team: Option<Team>, terms: &str) -> Vec<PostId> {
    order(&search(world, person, team, json!({ "terms": terms, "is_or_search": false })).await)
}

async fn search(world: &World, person: &Person, team: Option<Team>, body: Value) -> Value {
    let path = match team {
        Some(team) => format!("/teams/{}/posts/search", team.id),
        None => "/posts/search".to_owned(),
    };
    world.ask(person, &path, body).await.ok()
}

struct Scene {
    world: World,
    ada: Person,
    bob: Person,
    team: Team,
    green: ChannelId,
    black: ChannelId,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let ada = world.person("ada").await;
    let bob = world.person("bob").await;
    let team = world.team(&ada, "tea").await;
    world.join_team(team, &bob).await;
    let green = world.channel(team, ChannelType::Open, "green", &ada).await;
    world.join(green, &bob, NoticeKind::JoinChannel).await;
    let black = world.channel(team, ChannelType::Private, "black", &ada).await;
    Scene { world, ada, bob, team, green, black }
}

#[test]
fn finds_words_authors_channels_and_phrases_in_ones_own_channels_newest_first() {
    run(async {
        let Scene { world, ada, bob, team, green, black } = scene().await;
        let hot = world.say(green, &ada, "the soup is hot").await;
        let cold = world.say(green, &bob, "the salad is not hot").await;
        let hidden = world.say(black, &ada, "hot secret").await;
        let direct = world.direct(&ada, &bob).await;
        let whispered = world.say(direct, &ada, "hot whisper").await;
        world.indexed().await;
        let team = Some(team);
        assert_eq!(found(&world, &bob, team, "HOT").await, [whispered, cold, hot]);
        assert_eq!(found(&world, &ada, team, "hot").await, [whispered, hidden, cold, hot]);
        assert_eq!(found(&world, &bob, None, "hot soup").await, [hot]);
        assert_eq!(found(&world, &bob, team, "hot from:ada in:green").await, [hot]);
        assert_eq!(found(&world, &bob, team, "hot from:@ada -in:green").await, [whispered]);
        assert_eq!(found(&world, &bob, team, "hot in:@ada").await, [whispered]);
        assert_eq!(found(&world, &bob, team, "hot in:black").await, []);
        assert_eq!(found(&world, &bob, team, "hot from:nobody").await, []);
        assert_eq!(found(&world, &bob, team, "\"is hot\"").await, [hot]);
        assert_eq!(found(&world, &bob, team, "hot -soup").await, [whispered, cold]);
        for odd in ["", "\"", "-", "***", "from:", "in:"] {
            assert_eq!(found(&world, &bob, team, odd).await, [], "{odd}");
        }
        let any = json!({ "terms": "soup salad", "is_or_search": true });
        assert_eq!(order(&search(&world, &bob, team, any).await), [cold, hot]);
        let page = json!({ "terms": "hot", "is_or_search": false, "page": 1, "per_page": 2 });
        let page = search(&world, &bob, team, page).await;
        assert_eq!(order(&page), [hot]);
        assert_eq!(page["matches"][hot.to_string()], json!(["hot"]));
    });
}

#[test]
fn what_it_shows_is_what_stands_now_however_often_it_is_asked() {
    run(async {
        let Scene { world, ada, bob, team, green, .. } = scene().await;
        let team = Some(team);
        let post = world.say(green, &ada, "turnip one").await;
        let other = world.say(green, &ada, "turnip two").await;
        world.indexed().await;
        for _ in 0..3 {
            assert_eq!(found(&world, &bob, team, "turnip").await, [other, post]);
        }
        // The index is behind: the text shown is not.
        world.edit(green, &ada, post, "parsnip").await;
        world.react(green, &bob, other, "wave").await;
        let list = search(&world, &bob, team, json!({ "terms": "turnip" })).await;
        if let Some(shown) = list["posts"].get(post.to_string()) {
            assert_eq!(shown["message"], "parsnip");
        }
        assert_eq!(list["posts"][other.to_string()]["has_reactions"], true);
        world.delete(green, &ada, other).await;
        assert!(!found(&world, &bob, team, "turnip").await.contains(&other), "deleted at once");
        world.leave(green, &bob).await;
        assert_eq!(found(&world, &bob, team, "turnip").await, [], "gone with the membership");
        assert_eq!(found(&world, &bob, team, "parsnip").await, []);
        world.indexed().await;
        assert_eq!(found(&world, &ada, team, "parsnip").await, [post]);
    });
}

#[test]
fn bodies_that_are_no_search_are_refused() {
    run(async {
        let Scene { world, bob, team, .. } = scene().await;
        for path in [format!("/teams/{}/posts/search", team.id), "/posts/search".to_owned()] {
            for body in [
                json!({}),
                json!({ "terms": null }),
                json!({ "terms": 5 }),
                json!([]),
                json!(["x"]),
                json!({ "terms": "x", "page": "1" }),
                json!({ "terms": "x", "is_or_search": "true" }),
            ] {
                assert_eq!(world.ask(&bob, &path, body.clone()).await.refused().0, 400, "{body}");
            }
            let odd = json!({ "terms": "x", "page": -1, "per_page": 99_999_999, "time_zone_offset": null });
            world.ask(&bob, &path, odd).await.ok();
        }
        let nobody = "y".repeat(26);
        let elsewhere = world
            .ask(&bob, &format!("/teams/{nobody}/posts/search"), json!({ "terms": "x" }))
            .await;
        assert_eq!(elsewhere.refused().0, 404);
    });
}

#[test]
fn files_are_found_by_name_in_ones_own_channels_while_a_post_shows_them() {
    run(async {
        let Scene { world, ada, bob, team, green, black } = scene().await;
        let attach = async |channel, name: &str| {
            let file = world.upload(channel, &ada, name, "text/plain", b"0123456789").await;
            let post = world.post(channel, &ada, "look", None, &[(file.clone(), name)]).await;
            (file.file_id.to_string(), post)
        };
        let (report, shown) = attach(green, "quarterly-report.txt").await;
        let (photo, _) = attach(green, "Report photo.png").await;
        let (hidden, _) = attach(black, "secret report.txt").await;
        world.upload(green, &ada, "report unattached.txt", "text/plain", b"x").await;
        world.indexed().await;
        let path = format!("/teams/{}/files/search", team.id);
        let files = async |person: &Person, path: &str, terms: &str| {
            let body = json!({ "terms": terms, "is_or_search": false });
            let list = world.ask(person, path, body).await.ok();
            for id in list["order"].as_array().unwrap() {
                assert_eq!(&list["file_infos"][id.as_str().unwrap()]["id"], id);
            }
            list["order"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(files(&bob, &path, "report").await, [photo.clone(), report.clone()]);
        assert_eq!(files(&ada, &path, "report").await, [hidden, photo.clone(), report.clone()]);
        assert_eq!(
            files(&bob, "/files/search", "report ext:png").await,
            std::slice::from_ref(&photo)
        );
        assert_eq!(files(&bob, &path, "report from:ada -ext:png in:green").await, [report]);
        assert_eq!(files(&bob, &path, "report from:bob").await, [""; 0]);
        assert_eq!(files(&bob, &path, "").await, [""; 0]);
        world.delete(green, &ada, shown).await;
        assert_eq!(files(&bob, &path, "report").await, [photo], "the index may be behind");
        world.leave(green, &bob).await;
        assert_eq!(files(&bob, &path, "report").await, [""; 0]);
        let nobody = format!("/teams/{}/files/search", "y".repeat(26));
        assert_eq!(world.ask(&bob, &nobody, json!({ "terms": "x" })).await.refused().0, 404);
        assert_eq!(world.ask(&bob, "/files/search", json!({})).await.refused().0, 400);
    });
}

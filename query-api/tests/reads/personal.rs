//! What people have arranged, set and begun to write for themselves.

use events::channel::{ChannelMemberNotifyChanged, NoticeKind};
use events::custom_status::*;
use events::directory::ChannelType;
use events::draft::{DraftContent, DraftDeleted, DraftEnd, DraftSaved};
use events::scheduled_post::*;
use events::sidebar::*;
use events::{
    Body, ChannelEvent, ChannelId, Id, PostId, ReadstateEvent, ScheduledPostId, UserEvent,
};
use serde_json::json;

use crate::people::{Person, each, order};
use crate::world::{World, run};

#[test]
fn a_sidebar_is_shown_as_it_was_arranged() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        let black = world.channel(team, ChannelType::Open, "black", &ada).await;
        let own = CategoryKey::Own(Id([9; 16]));
        let category = |category_id, channel_ids: &[ChannelId]| Category {
            category_id,
            sorting: CategorySorting::Manual,
            muted: true,
            collapsed: false,
            channel_ids: channel_ids.to_vec(),
            sort_order: 0,
        };
        let c = SidebarCategoryCreated {
            user_id: ada.id,
            team_id: team.id,
            category_id: own,
            categories: vec![category(own, &[green, black])],
            order: vec![own, CategoryKey::Favorites],
            favorites_removed: vec![],
        };
        let p = CategoryNames { names: vec!["Mine".to_owned()] };
        world.append(ada.id.0, UserEvent::from(Body { c, p })).await;
        let path = format!("/users/me/teams/{}/channels/categories", team.id);
        let sidebar = world.get(&ada, &path).await.ok();
        let categories = &sidebar["categories"];
        assert_eq!(
            each(categories, "display_name"),
            ["Mine", "Favorites", "Channels", "Direct Messages"]
        );
        assert_eq!(categories[0]["channel_ids"], json!([green, black]));
        assert_eq!(
            (&categories[0]["muted"], &categories[0]["sorting"]),
            (&json!(true), &json!("manual"))
        );
        assert_eq!(categories[2]["channel_ids"], json!([team.town_square]));
        let one = world.get(&ada, &format!("{path}/{}", Id([9; 16]))).await.ok();
        assert_eq!(one, categories[0]);
        let missing = (404, "app.channel.sidebar_categories.app_error".to_owned());
        for id in [Id([8; 16]).to_string(), "favorites".to_owned()] {
            assert_eq!(world.get(&ada, &format!("{path}/{id}")).await.refused(), missing);
        }

        world.leave(black, &ada).await;
        world.prefer(&ada, "favorite_channel", &green.to_string(), "true").await;
        let sidebar = world.get(&ada, &path).await.ok();
        assert_eq!(sidebar["categories"][0]["channel_ids"], json!([]), "left, and a favourite now");
        assert_eq!(sidebar["categories"][1]["channel_ids"], json!([green]));
        let (user_id, team_id) = (ada.id, team.id);
        let deleted = SidebarCategoryDeleted { user_id, team_id, category_id: own };
        // A frame tells it before the rows hold it.
        world.append_unread(ada.id.0, UserEvent::from(Body::from(deleted))).await;
        assert_eq!(
            world.get(&ada, &format!("{path}/order")).await.ok().as_array().unwrap().len(),
            3
        );
    });
}

async fn draft(world: &World, who: &Person, channel_id: ChannelId, root_id: Option<PostId>) {
    let c = DraftSaved { user_id: who.id, channel_id, root_id, file_ids: vec![], begun_at: None };
    let p = DraftContent { message: "tea".to_owned(), ..DraftContent::default() };
    world.append(who.id.0, ReadstateEvent::from(Body { c, p })).await;
}

#[test]
fn drafts_are_shown_where_they_can_be_sent() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(green, &bob, NoticeKind::JoinChannel).await;
        let direct = world.direct(&ada, &bob).await;
        let root = world.say(green, &ada, "root").await;
        draft(&world, &bob, green, None).await;
        draft(&world, &bob, green, Some(root)).await;
        draft(&world, &bob, direct, None).await;
        let path = format!("/users/me/teams/{}/drafts", team.id);
        let shown = world.get(&bob, &path).await.ok();
        assert_eq!(each(&shown, "root_id"), ["", &root.to_string(), ""]);
        assert_eq!(shown[0]["channel_id"], json!(direct), "the latest first");
        assert_eq!((&shown[0]["message"], &shown[0]["file_ids"]), (&json!("tea"), &json!([])));
        assert_eq!(world.get(&ada, &path).await.ok(), json!([]), "another's are theirs");
        let foreign = format!("/users/{}/teams/{}/drafts", bob.id, team.id);
        assert_eq!(world.get(&ada, &foreign).await.refused().0, 403);

        world.delete(green, &ada, root).await;
        assert_eq!(world.get(&bob, &path).await.ok().as_array().unwrap().len(), 2);
        world.leave(green, &bob).await;
        let shown = world.get(&bob, &path).await.ok();
        assert_eq!(each(&shown, "channel_id"), [direct.to_string()]);
        let (user_id, because) = (bob.id, DraftEnd::Discarded);
        let c =
            DraftDeleted { user_id, channel_id: direct, root_id: None, because, saved_until: None };
        world.append(bob.id.0, ReadstateEvent::from(Body::from(c))).await;
        assert_eq!(world.get(&bob, &path).await.ok(), json!([]));
    });
}

#[test]
fn saved_posts_are_those_that_can_be_read_now() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        let black = world.channel(team, ChannelType::Private, "black", &ada).await;
        world.join(green, &bob, NoticeKind::JoinChannel).await;
        let direct = world.direct(&ada, &bob).await;
        let first = world.say(green, &ada, "one").await;
        let hidden = world.say(black, &ada, "secret").await;
        let whispered = world.say(direct, &ada, "two").await;
        let gone = world.say(green, &ada, "gone").await;
        world.delete(green, &ada, gone).await;
        for post in [first, hidden, whispered, gone] {
            world.prefer(&bob, "flagged_post", &post.to_string(), "true").await;
        }
        world.prefer(&bob, "flagged_post", "nonsense", "true").await;
        let path = "/users/me/posts/flagged".to_owned();
        let list = world.get(&bob, &path).await.ok();
        assert_eq!(order(&list), [whispered, first]);
        for (query, expected) in [
            (format!("?channel_id={green}"), vec![first]),
            (format!("?channel_id={black}"), vec![]),
            (format!("?team_id={}", team.id), vec![whispered, first]),
            ("?per_page=1&page=1".to_owned(), vec![first]),
        ] {
            let list = world.get(&bob, &format!("{path}{query}")).await.ok();
            assert_eq!(order(&list), expected, "{query}");
        }
        assert_eq!(world.get(&bob, &format!("{path}?team_id=x")).await.refused().0, 400);
        let foreign = format!("/users/{}/posts/flagged", bob.id);
        assert_eq!(world.get(&ada, &foreign).await.refused().0, 403);
        world.leave(green, &bob).await;
        assert_eq!(order(&world.get(&bob, &path).await.ok()), [whispered]);
    });
}

#[test]
fn of_a_muted_channel_only_mentions_are_unread() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(green, &bob, NoticeKind::JoinChannel).await;
        world.say(green, &ada, "one").await;
        let unread = format!("/users/me/channels/{green}/unread");
        let in_team = format!("/users/me/teams/{}/unread", team.id);
        assert_eq!(world.get(&bob, &unread).await.ok()["msg_count"], 1);
        let before = world.get(&bob, &in_team).await.ok()["msg_count"].as_i64().unwrap();
        let notify_props = [("mark_unread".to_owned(), "mention".to_owned())].into();
        let c = ChannelMemberNotifyChanged { channel_id: green, user_id: bob.id, notify_props };
        world.append(green.0, ChannelEvent::from(Body::from(c))).await;
        let shown = world.get(&bob, &unread).await.ok();
        assert_eq!((&shown["msg_count"], &shown["msg_count_root"]), (&json!(0), &json!(0)));
        assert_eq!(shown["notify_props"]["mark_unread"], "mention");
        assert_eq!(world.get(&bob, &in_team).await.ok()["msg_count"], before - 1);
        let path = format!("/channels/{green}/members/{}", bob.id);
        let own = world.get(&bob, &path).await.ok();
        assert_eq!(own["notify_props"]["mark_unread"], "mention");
        assert_eq!(own["notify_props"]["desktop"], "default");
        let others = world.get(&ada, &path).await.ok();
        assert_eq!(others["notify_props"]["mark_unread"], "all", "what others set is theirs");
    });
}

#[test]
fn what_somebody_is_at_is_shown_in_their_profile_until_it_ends() {
    run(async {
        let world = World::start().await;
        // The first account administers the system.
        let admin = world.person("ada").await;
        let (bob, carol) = (world.person("bob").await, world.person("carol").await);
        let me = "/users/me";
        assert_eq!(world.get(&bob, me).await.ok()["props"].get("customStatus"), None);
        let say = async |expires_at_ms| {
            let status = CustomStatus { text: "tea".to_owned(), ..CustomStatus::default() };
            let p = CustomStatusContent { status: status.clone(), recent: vec![status] };
            let c = CustomStatusSet { user_id: bob.id, expires_at_ms };
            world.append(bob.id.0, UserEvent::from(Body { c, p })).await;
        };
        say(0).await;
        let seen = async |who: &Person, path: &str| {
            let props = &world.get(who, path).await.ok()["props"];
            let said = props["customStatus"].as_str().map(str::to_owned);
            said.map(|said| serde_json::from_str::<serde_json::Value>(&said).unwrap())
        };
        let of_bob = format!("/users/{}", bob.id);
        for (who, path) in [(&bob, me), (&bob, me), (&admin, &of_bob), (&carol, &of_bob)] {
            assert_eq!(seen(who, path).await.unwrap()["text"], "tea");
        }
        let recent = async |who: &Person| {
            let listed = world.ask(who, "/users/ids", json!([bob.id])).await.ok();
            assert!(listed[0]["props"]["customStatus"].as_str().unwrap().contains("tea"));
            let one = world.get(who, &of_bob).await.ok();
            [listed[0].clone(), one].map(|user| user["props"].get("recentCustomStatuses").cloned())
        };
        for who in [&bob, &admin] {
            let recent = recent(who).await;
            assert!(recent.iter().flatten().all(|said| said.as_str().unwrap().contains("tea")));
            assert_eq!(recent.iter().flatten().count(), 2);
        }
        assert_eq!(recent(&carol).await, [None, None], "what was said before is nobody else's");
        say(1).await;
        assert_eq!(seen(&admin, &of_bob).await, None, "it is over");
        say(i64::MAX).await;
        assert!(seen(&bob, me).await.is_some());
        let cleared = CustomStatusCleared { user_id: bob.id };
        world.append(bob.id.0, UserEvent::from(Body::from(cleared))).await;
        assert_eq!(seen(&bob, me).await, None);
        assert_eq!(seen(&admin, &of_bob).await, None);
    });
}

#[test]
fn what_is_to_be_sent_later_is_listed_by_place_for_its_writer() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(green, &bob, NoticeKind::JoinChannel).await;
        let direct = world.direct(&ada, &bob).await;
        let other = world.team(&bob, "coffee").await;
        let elsewhere = world.channel(other, ChannelType::Open, "beans", &bob).await;
        let schedule = async |n: u8, channel_id, due_at| {
            let c = ScheduledPostCreated {
                scheduled_id: ScheduledPostId::from_bytes([n; 16]),
                user_id: bob.id,
                channel_id,
                root_id: None,
                file_ids: vec![],
                due_at,
            };
            let p = ScheduledContent { message: format!("later {n}"), ..Default::default() };
            let position = world.append(bob.id.0, UserEvent::from(Body { c, p })).await;
            position.offset
        };
        let said_at = schedule(1, green, 2_000).await;
        schedule(2, green, 1_000).await;
        schedule(3, direct, 1_000).await;
        schedule(4, elsewhere, 1_000).await;
        let path = format!("/posts/scheduled/team/{}", team.id);
        let listed = world.get(&bob, &path).await.ok();
        assert_eq!(each(&listed[team.id.to_string()], "message"), ["later 2", "later 1"]);
        assert_eq!(listed.as_object().unwrap().len(), 1);
        let with = format!("{path}?includeDirectChannels=true");
        let listed = world.get(&bob, &with).await.ok();
        assert_eq!(each(&listed["directChannels"], "message"), ["later 3"]);
        let none = json!({ team.id.to_string(): [], "directChannels": [] });
        assert_eq!(world.get(&ada, &with).await.ok(), none);

        let (scheduled_id, user_id) = (ScheduledPostId::from_bytes([1; 16]), bob.id);
        let fired = ScheduledPostFired { scheduled_id, user_id, said_at };
        world.append(bob.id.0, UserEvent::from(Body::from(fired))).await;
        let error_code = ScheduledPostError::NoChannelMember;
        let failed = ScheduledPostFailed { scheduled_id, user_id, said_at, error_code };
        world.append(bob.id.0, UserEvent::from(Body::from(failed))).await;
        world.leave(green, &bob).await;
        let listed = world.get(&bob, &path).await.ok();
        let one = &listed[team.id.to_string()][1];
        assert_eq!(
            (&one["error_code"], &one["scheduled_at"]),
            (&json!("no_channel_member"), &json!(2_000))
        );
        assert!(one["processed_at"].as_i64().unwrap() > 0);
    });
}

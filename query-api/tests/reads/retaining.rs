//! What is past its time is read nowhere, and who may see how long things are kept.

use events::channel::Root;
use events::directory::ChannelType;
use events::retention::{
    ChannelPostsExpired, HoldMatter, LegalHoldPlaced, RetentionPolicyCreated, RetentionRunFinished,
};
use events::{Body, ChannelEvent, DirectoryEvent, HoldId, Id, PolicyId};
use serde_json::{Value, json};

use crate::people::order;
use crate::world::{World, run};

#[test]
fn what_is_past_its_time_is_in_no_page_no_thread_and_no_search() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let root = world.say(channel, &ada, "hot root").await;
        let alone = world.say(channel, &ada, "hot alone").await;
        let before = world.get(&ada, &format!("/posts/{alone}")).await.ok()["create_at"].clone();
        let answered = Root { post_id: root, author_id: ada.id };
        let reply = world.post(channel, &ada, "hot reply", Some(answered), &[]).await;
        world.indexed().await;
        let page = format!("/channels/{channel}/posts");
        let search = json!({ "terms": "hot", "is_or_search": false });
        let path = format!("/teams/{}/posts/search", team.id);
        assert_eq!(order(&world.get(&ada, &page).await.ok())[..3], [reply, alone, root]);
        let found = world.ask(&ada, &path, search.clone()).await.ok();
        assert_eq!(order(&found), [reply, alone, root]);

        let expired = ChannelPostsExpired {
            channel_id: channel,
            before: before.as_i64().unwrap() + 1,
            files_before: 0,
            kept_author_ids: vec![],
            policy_id: None,
            run_id: Id([7; 16]),
            posts: 2,
            files: 0,
        };
        world.append(channel.0, ChannelEvent::from(Body::from(expired))).await;
        let shown = world.get(&ada, &page).await.ok();
        assert_eq!(order(&shown)[..2], [reply, root]);
        assert_eq!(shown["posts"][root.to_string()]["message"], "");
        assert_eq!(world.get(&ada, &format!("/posts/{alone}")).await.refused().0, 404);
        let thread = world.get(&ada, &format!("/posts/{root}/thread")).await.ok();
        assert_eq!(thread["posts"].as_object().unwrap().len(), 2);
        assert_eq!(thread["posts"][root.to_string()]["reply_count"], 1);
        let found = world.ask(&ada, &path, search.clone()).await.ok();
        assert_eq!(order(&found), [reply], "the index may still name the others");
        world.indexed().await;
        assert_eq!(order(&world.ask(&ada, &path, search).await.ok()), [reply]);
    });
}

#[test]
fn administrators_see_policies_holds_and_runs_and_people_what_they_follow() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let policy = PolicyId(Id([1; 16]));
        let created = RetentionPolicyCreated {
            policy_id: policy,
            display_name: "Tea".to_owned(),
            post_days: 30,
            team_ids: vec![team.id],
            channel_ids: vec![channel],
            by: ada.id,
        };
        world.append(Id::default(), DirectoryEvent::from(Body::from(created))).await;
        let placed = LegalHoldPlaced {
            hold_id: HoldId(Id([2; 16])),
            user_ids: vec![bob.id],
            channel_ids: vec![],
            by: ada.id,
        };
        let placed = Body { c: placed, p: HoldMatter { name: "A matter".to_owned() } };
        world.append(Id::default(), DirectoryEvent::from(placed)).await;
        let run = RetentionRunFinished {
            run_id: Id([3; 16]),
            began_at: 5,
            by: None,
            channels: 1,
            posts: 2,
            files: 3,
            channels_held: 4,
            keys_advanced: 5,
            objects_removed: 6,
            channels_failed: 0,
        };
        world.append(Id::default(), DirectoryEvent::from(Body::from(run))).await;

        let installation = world.get(&bob, "/data_retention/policy").await.ok();
        assert_eq!(installation["message_deletion_enabled"], true);
        assert!(installation["message_retention_cutoff"].as_i64().unwrap() > 0);
        let shown = json!({
            "id": policy, "display_name": "Tea", "post_duration": 30, "team_count": 1,
            "channel_count": 1,
        });
        let of = format!("/data_retention/policies/{policy}");
        assert_eq!(world.get(&ada, &of).await.ok(), shown);
        let listed = world.get(&ada, "/data_retention/policies").await.ok();
        assert_eq!(listed, json!({ "policies": [shown], "total_count": 1 }));
        let teams = world.get(&ada, &format!("{of}/teams")).await.ok();
        assert_eq!((&teams["teams"][0]["name"], &teams["total_count"]), (&json!("tea"), &json!(1)));
        let channels = world.get(&ada, &format!("{of}/channels")).await.ok();
        let shown = &channels["channels"][0];
        assert_eq!((&shown["name"], &shown["team_name"]), (&json!("green"), &json!("tea")));
        let term = json!({ "term": "GREE" });
        let found = world.ask(&ada, &format!("{of}/channels/search"), term.clone()).await.ok();
        assert_eq!(found[0]["id"], channel.to_string());
        assert_eq!(world.ask(&ada, &format!("{of}/teams/search"), term).await.ok(), json!([]));
        let none = format!("/data_retention/policies/{channel}");
        assert_eq!(world.get(&ada, &none).await.refused().0, 404);

        let mine = world.get(&ada, "/users/me/data_retention/team_policies").await.ok();
        let expected = json!([{ "team_id": team.id, "post_duration": 30 }]);
        assert_eq!(mine, json!({ "policies": expected, "total_count": 1 }));
        let mine = world.get(&ada, "/users/me/data_retention/channel_policies").await.ok();
        assert_eq!(mine["policies"][0]["channel_id"], channel.to_string());
        let his = world.get(&bob, "/users/me/data_retention/team_policies").await.ok();
        assert_eq!(his["total_count"], 0);

        let (holds, runs) = ("/api/nottermost/v1/legal_holds", "/api/nottermost/v1/retention/runs");
        let held = world.get(&ada, holds).await.ok();
        assert_eq!(
            (&held[0]["name"], &held[0]["user_ids"]),
            (&json!("A matter"), &json!([bob.id]))
        );
        let ran = world.get(&ada, runs).await.ok();
        let of_run = format!("{runs}/{}/channels", ran[0]["id"].as_str().unwrap());
        assert_eq!((&ran[0]["posts"], &ran[0]["requested_by"]), (&json!(2), &Value::Null));
        assert_eq!(world.get(&ada, &of_run).await.ok(), json!([]));
        let policies = "/data_retention/policies";
        let counted = "/data_retention/policies_count";
        assert_eq!(world.get(&ada, counted).await.ok(), json!({ "total_count": 1 }));
        for path in [policies, counted, &of, holds, runs, &of_run] {
            assert_eq!(world.get(&bob, path).await.refused().0, 403, "{path}");
        }
        let theirs = format!("/users/{}/data_retention/team_policies", ada.id);
        assert_eq!(world.get(&bob, &theirs).await.refused().0, 403);
    });
}

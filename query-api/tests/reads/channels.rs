//! Channels, memberships, what is unread.

use events::channel::NoticeKind;
use events::directory::ChannelType;
use serde_json::{Value, json};

use crate::people::each;
use crate::world::{World, run};

#[test]
fn channels_are_found_by_id_and_by_name_and_stand_in_lists() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        let black = world.channel(team, ChannelType::Private, "black", &ada).await;
        let direct = world.direct(&ada, &bob).await;

        let shown = world.get(&bob, &format!("/channels/{green}")).await.ok();
        assert_eq!(
            (&shown["name"], &shown["type"], &shown["team_id"]),
            (&json!("green"), &json!("O"), &json!(team.id))
        );
        for path in [
            format!("/teams/{}/channels/name/green", team.id),
            "/teams/name/tea/channels/name/green".into(),
        ] {
            assert_eq!(world.get(&bob, &path).await.ok()["id"], json!(green), "{path}");
        }
        let missing = (404, "app.channel.get_by_name.missing.app_error".to_owned());
        for name in ["black", "nothing-here"] {
            let path = format!("/teams/{}/channels/name/{name}", team.id);
            assert_eq!(world.get(&bob, &path).await.refused(), missing, "{name}");
        }
        let nobody = "y".repeat(26);
        let unknown = (404, "app.channel.get.existing.app_error".to_owned());
        for hidden in [black.to_string(), nobody.clone()] {
            let refused = world.get(&bob, &format!("/channels/{hidden}")).await.refused();
            assert_eq!(refused, unknown, "{hidden}");
        }

        let public = world.get(&bob, &format!("/teams/{}/channels", team.id)).await.ok();
        assert_eq!(each(&public, "name"), ["green", "town-square"]);
        let by_ids = world
            .ask(&bob, &format!("/teams/{}/channels/ids", team.id), json!([green, black]))
            .await;
        assert_eq!(each(&by_ids.ok(), "name"), ["green"]);
        let completed =
            world.get(&bob, &format!("/teams/{}/channels/autocomplete?name=gr", team.id)).await;
        assert_eq!(each(&completed.ok(), "name"), ["green"]);
        let found = world
            .ask(&bob, &format!("/teams/{}/channels/search", team.id), json!({ "term": "BLA" }))
            .await;
        assert_eq!(found.ok(), json!([]));

        for path in
            ["/users/me/channels".to_owned(), format!("/users/me/teams/{}/channels", team.id)]
        {
            let mine = world.get(&bob, &path).await.ok();
            let mut ids = each(&mine, "id");
            ids.sort_unstable();
            let mut expected = [team.town_square.to_string(), direct.to_string()];
            expected.sort_unstable();
            assert_eq!(ids, expected, "{path}");
        }
        assert_eq!(
            world.get(&bob, &format!("/users/me/teams/{nobody}/channels")).await.refused().0,
            404
        );
    });
}

#[test]
fn memberships_come_as_a_list_by_page_and_as_lines_at_once() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let at_once = "/users/me/channel_members?page=-1&per_page=60";
        let none = world.get(&bob, at_once).await;
        assert_eq!(
            (none.ok(), &none.headers["content-type"]),
            (json!([]), &"application/json".parse().unwrap())
        );
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        world.direct(&ada, &bob).await;
        let lines = world.get(&bob, at_once).await;
        assert_eq!(lines.headers["content-type"], "application/x-ndjson");
        let text = String::from_utf8(lines.body.to_vec()).unwrap();
        let members: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(members.len(), 2);
        assert!(members.iter().any(|member| member["team_name"] == "tea"));
        let list = world.get(&bob, "/users/me/channel_members?page=0&per_page=1").await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        let of_team =
            world.get(&bob, &format!("/users/me/teams/{}/channels/members", team.id)).await;
        assert_eq!(of_team.ok().as_array().unwrap().len(), 2, "conversations are in every team");
    });
}

#[test]
fn members_show_their_own_reading_and_hide_that_of_others() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let members = format!("/channels/{channel}/members");
        let before = world.get(&bob, &members).await.ok();
        assert_eq!(
            each(&before, "user_id"),
            [ada.id.to_string()],
            "a public channel can be looked into"
        );
        assert_eq!(
            world.get(&bob, &format!("{members}/me")).await.refused(),
            (404, "app.channel.get_member.missing.app_error".to_owned())
        );
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        world.say(channel, &ada, "one").await;
        world.say(channel, &bob, "two").await;
        world.say(channel, &ada, "three").await;
        let list = world.get(&bob, &members).await.ok();
        let of = |id: String| {
            let list = list.as_array().unwrap();
            list.iter().find(|member| member["user_id"] == id).unwrap().clone()
        };
        assert_eq!(of(ada.id.to_string())["last_viewed_at"], -1);
        let mine = of(bob.id.to_string());
        assert_eq!(mine["msg_count"], 2, "the own post read the channel");
        assert!(mine["last_viewed_at"].as_i64() > Some(0));
        assert_eq!(world.get(&bob, &format!("{members}/{}", bob.id)).await.ok(), mine);
        let by_ids = world.ask(&bob, &format!("{members}/ids"), json!([ada.id])).await.ok();
        assert_eq!(each(&by_ids, "user_id"), [ada.id.to_string()]);

        let unread = world.get(&bob, &format!("/users/me/channels/{channel}/unread")).await.ok();
        assert_eq!((&unread["msg_count"], &unread["mention_count"]), (&json!(1), &json!(0)));
        let shown = world.get(&bob, &format!("/channels/{channel}")).await.ok();
        let read = mine["msg_count"].as_i64().unwrap();
        assert_eq!(
            shown["total_msg_count"].as_i64().unwrap() - read,
            1,
            "the client's own arithmetic"
        );
        let stats =
            world.get(&bob, &format!("/channels/{channel}/stats?exclude_files_count=true")).await;
        assert_eq!(
            stats.ok(),
            json!({
                "channel_id": channel.to_string(), "member_count": 2, "guest_count": 0,
                "pinnedpost_count": 0, "files_count": -1,
            })
        );
    });
}

#[test]
fn everybody_has_three_categories() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        let green = world.channel(team, ChannelType::Open, "green", &ada).await;
        let direct = world.direct(&ada, &bob).await;
        world.prefer(&ada, "favorite_channel", &green.to_string(), "true").await;
        let path = format!("/users/me/teams/{}/channels/categories", team.id);
        let sidebar = world.get(&ada, &path).await.ok();
        let categories = &sidebar["categories"];
        assert_eq!(each(categories, "type"), ["favorites", "channels", "direct_messages"]);
        assert_eq!(categories[0]["channel_ids"], json!([green]));
        assert_eq!(categories[1]["channel_ids"], json!([team.town_square]));
        assert_eq!(categories[2]["channel_ids"], json!([direct]));
        assert_eq!(world.get(&ada, &format!("{path}/order")).await.ok(), sidebar["order"]);
        assert_eq!(sidebar["order"][1], format!("channels_{}_{}", ada.id, team.id));
        assert_eq!(world.get(&bob, &path).await.refused().0, 403, "not in the team");
    });
}

#[test]
fn features_that_channels_and_teams_do_not_have_are_empty_for_those_who_may_ask() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        let private = world.channel(team, ChannelType::Private, "black", &ada).await;
        for path in [
            format!("/channels/{private}/bookmarks"),
            format!("/channels/{private}/member_counts_by_group"),
        ] {
            assert_eq!(world.get(&ada, &path).await.ok(), json!([]), "{path}");
            assert_eq!(world.get(&bob, &path).await.refused().0, 404, "{path}");
        }
        let mine = format!("/users/me/teams/{}", team.id);
        assert_eq!(world.get(&ada, &format!("{mine}/drafts")).await.ok(), json!([]));
        let threads = world.get(&ada, &format!("{mine}/threads")).await.ok();
        assert_eq!((&threads["threads"], &threads["total"]), (&json!([]), &json!(0)));
        let scheduled = format!("/posts/scheduled/team/{}", team.id);
        assert_eq!(world.get(&ada, &scheduled).await.ok(), json!({ team.id.to_string(): [] }));
        let commands = format!("/teams/{}/commands/autocomplete", team.id);
        assert_eq!(world.get(&ada, &commands).await.ok(), json!([]));
        for path in [format!("{mine}/drafts"), format!("{mine}/threads"), scheduled, commands] {
            assert_eq!(world.get(&bob, &path).await.refused().0, 403, "{path}");
        }
        let people = world.get(&ada, "/users/known").await.ok();
        assert_eq!(people, json!([]));
        let direct = world.direct(&ada, &bob).await;
        assert_eq!(world.get(&ada, "/users/known").await.ok(), json!([bob.id]));
        let groups = world.ask(&ada, "/users/group_channels", json!([direct, private])).await.ok();
        assert_eq!(groups.as_object().unwrap().len(), 1);
        assert_eq!(each(&groups[direct.to_string()], "username"), ["bob"]);
    });
}

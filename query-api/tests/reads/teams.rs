//! Teams and who is in them.

use events::channel::NoticeKind;
use events::directory::{ChannelType, TeamType};
use serde_json::json;

use crate::people::each;
use crate::world::{World, run};

#[test]
fn a_team_is_seen_by_its_members_and_by_who_could_join_it() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let open = world.team_of(&ada, "open-house", TeamType::Open, true).await;
        let closed = world.team_of(&ada, "closed-shop", TeamType::InviteOnly, false).await;
        assert_eq!(
            each(&world.get(&ada, "/teams").await.ok(), "name"),
            ["closed-shop", "open-house"]
        );
        assert_eq!(each(&world.get(&bob, "/teams").await.ok(), "name"), ["open-house"]);
        assert_eq!(world.get(&bob, "/users/me/teams").await.ok(), json!([]));
        let counted = world.get(&ada, "/teams?include_total_count=true&per_page=1").await.ok();
        assert_eq!(
            (each(&counted["teams"], "name"), &counted["total_count"]),
            (vec!["closed-shop"], &json!(2))
        );

        let path = format!("/teams/{}", open.id);
        let mine = world.get(&ada, &path).await.ok();
        assert_ne!(mine["invite_id"], "", "members can invite");
        assert_eq!(world.get(&bob, &path).await.ok()["invite_id"], "", "others cannot");
        assert_eq!(world.get(&bob, &format!("/teams/{}", closed.id)).await.refused().0, 404);
        assert_eq!(
            world.get(&admin, &format!("/teams/{}", closed.id)).await.ok()["name"],
            "closed-shop"
        );
        assert_eq!(world.get(&bob, "/teams/name/open-house").await.ok()["id"], open.id.to_string());
        let missing = (404, "app.team.get.find.app_error".to_owned());
        assert_eq!(world.get(&bob, "/teams/name/nothing-here").await.refused(), missing);
        assert_eq!(world.get(&bob, &format!("/teams/{}", "y".repeat(26))).await.refused(), missing);
        for (name, exists) in [("open-house", true), ("nothing-here", false)] {
            let answer = world.get(&bob, &format!("/teams/name/{name}/exists")).await;
            assert_eq!(answer.ok(), json!({ "exists": exists }));
        }

        let invite = format!("/teams/invite/{}", mine["invite_id"].as_str().unwrap());
        let shown = world.send("GET", &invite, &[], "").await.ok();
        assert_eq!(shown["name"], "open-house");
        assert_eq!(shown.get("invite_id"), None);
        let hidden = world.get(&ada, &format!("/teams/{}", closed.id)).await.ok();
        let invite = format!("/teams/invite/{}", hidden["invite_id"].as_str().unwrap());
        assert_eq!(world.send("GET", &invite, &[], "").await.refused().0, 403);
    });
}

#[test]
fn members_are_listed_for_members_and_go_when_they_leave() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let carol = world.person("carol").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let members = format!("/teams/{}/members", team.id);
        let listed = world.get(&bob, &members).await.ok();
        assert_eq!(listed.as_array().unwrap().len(), 2);
        let mine = world.get(&bob, &format!("{members}/me")).await.ok();
        assert_eq!((&mine["user_id"], &mine["roles"]), (&json!(bob.id), &json!("team_user")));
        let founder = world.get(&bob, &format!("{members}/{}", ada.id)).await.ok();
        assert_eq!(
            (&founder["roles"], &founder["scheme_admin"]),
            (&json!("team_user team_admin"), &json!(true))
        );
        assert_eq!(
            world.get(&bob, &format!("{members}/{}", carol.id)).await.refused(),
            (404, "app.team.get_member.missing.app_error".to_owned())
        );
        for path in
            [members.clone(), format!("{members}/{}", ada.id), format!("/teams/{}/stats", team.id)]
        {
            assert_eq!(world.get(&carol, &path).await.refused().0, 403, "{path}");
        }
        let by_ids =
            world.ask(&bob, &format!("{members}/ids"), json!([ada.id, carol.id])).await.ok();
        assert_eq!(each(&by_ids, "user_id"), [ada.id.to_string()]);
        let stats = world.get(&bob, &format!("/teams/{}/stats", team.id)).await.ok();
        assert_eq!(
            (&stats["total_member_count"], &stats["active_member_count"]),
            (&json!(2), &json!(2))
        );
        let in_team = world.get(&bob, &format!("/users?in_team={}", team.id)).await.ok();
        assert_eq!(each(&in_team, "username"), ["ada", "bob"]);
        let (zoe, abe) = (world.person("zoe").await, world.person("abe").await);
        for more in [&zoe, &abe] {
            world.join_team(team, more).await;
        }
        let ids = [&abe, &ada, &bob, &zoe].map(|who| who.id.to_string());
        for (page, expected) in [(0, &ids[..3]), (1, &ids[3..])] {
            let path = format!("{members}?sort=Username&page={page}&per_page=3");
            assert_eq!(each(&world.get(&bob, &path).await.ok(), "user_id"), expected, "{page}");
        }
        assert_eq!(
            world.get(&carol, &format!("/users?in_team={}", team.id)).await.refused().0,
            403
        );
        let of_bob = world.get(&bob, "/users/me/teams/members").await.ok();
        assert_eq!(each(&of_bob, "team_id"), [team.id.to_string()]);

        world.leave_team(team, &bob).await;
        assert_eq!(world.get(&bob, &members).await.refused().0, 403);
        assert_eq!(world.get(&bob, "/users/me/teams").await.ok(), json!([]));
        assert_eq!(
            world.get(&bob, "/users/me/channels").await.ok(),
            json!([]),
            "its channels go along"
        );
        let posts = format!("/channels/{}/posts", team.town_square);
        assert_eq!(world.get(&bob, &posts).await.refused().0, 404);
    });
}

#[test]
fn unread_numbers_of_a_team_are_the_sum_over_its_channels() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        world.say(channel, &ada, "one").await;
        world.say(channel, &ada, "two").await;
        world.say(team.town_square, &ada, "three").await;
        let one = world.get(&bob, &format!("/users/me/teams/{}/unread", team.id)).await.ok();
        assert_eq!((&one["msg_count"], &one["mention_count"]), (&json!(3), &json!(0)));
        let path = "/users/me/teams/unread?include_collapsed_threads=false";
        assert_eq!(world.get(&bob, path).await.ok(), json!([one]));
        let excluded = format!("{path}&exclude_team={}", team.id);
        assert_eq!(world.get(&bob, &excluded).await.ok(), json!([]));
        let nobody = "y".repeat(26);
        assert_eq!(
            world.get(&bob, &format!("/users/me/teams/{nobody}/unread")).await.refused().0,
            404
        );
    });
}

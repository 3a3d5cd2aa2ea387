//! Channels by name, and where a post stands.

use events::channel::NoticeKind;
use events::directory::{ChannelType, TeamType};
use serde_json::json;

use crate::people::{Person, each};
use crate::world::{World, run};

#[test]
fn what_stands_behind_in_is_what_one_is_in() {
    run(async {
        let world = World::start().await;
        let (ada, bob, carol) =
            (world.person("ada").await, world.person("bob").await, world.person("carol").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let green = world.channel(team, ChannelType::Private, "green", &ada).await;
        world.channel(team, ChannelType::Open, "greeting", &bob).await;
        let direct = world.direct(&ada, &bob).await;
        let path =
            |name: &str| format!("/teams/{}/channels/search_autocomplete?name={name}", team.id);
        let found = world.get(&ada, &path("gree")).await.ok();
        assert_eq!(each(&found, "id"), [green.to_string()], "not in greeting");
        let found = world.get(&ada, &path("@bo")).await.ok();
        assert_eq!(each(&found, "id"), [direct.to_string()]);
        assert_eq!(found[0]["display_name"], "bob");
        assert_eq!(world.get(&carol, &path("gree")).await.refused().0, 403);
    });
}

#[test]
fn groups_are_found_by_who_is_in_them() {
    run(async {
        let world = World::start().await;
        let mut people: Vec<Person> = Vec::new();
        for name in ["ada", "bob", "carol", "dora"] {
            people.push(world.person(name).await);
        }
        let [ada, bob, carol, dora] = [0, 1, 2, 3].map(|at| &people[at]);
        let with_carol = world.group(&[ada, bob, carol]).await;
        let with_dora = world.group(&[ada, bob, dora]).await;
        let search = async |person: &Person, term: &str| {
            let found = world.ask(person, "/channels/group/search", json!({ "term": term })).await;
            let found = found.ok();
            let mut ids: Vec<String> = each(&found, "id").into_iter().map(str::to_owned).collect();
            ids.sort();
            ids
        };
        let mut both = [with_carol.to_string(), with_dora.to_string()];
        both.sort();
        assert_eq!(search(ada, "bob").await, both);
        assert_eq!(search(ada, "bo CAR").await, [with_carol.to_string()]);
        assert_eq!(search(ada, "carol dora").await, [""; 0]);
        assert_eq!(search(carol, "bob").await, [with_carol.to_string()]);
    });
}

#[test]
fn administrators_find_the_channels_of_all_teams_and_others_their_own() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let tea = world.team(&ada, "tea").await;
        let coffee = world.team(&bob, "coffee").await;
        let here = world.channel(tea, ChannelType::Open, "plans-here", &ada).await;
        let there = world.channel(coffee, ChannelType::Private, "plans-there", &bob).await;
        let old = world.channel(coffee, ChannelType::Open, "plans-of-old", &bob).await;
        world.archive(old, &bob).await;
        let search = async |person: &Person, query: &str, body| {
            world.ask(person, &format!("/channels/search{query}"), body).await
        };
        let found = search(&ada, "", json!({ "term": "lans" })).await.ok();
        assert_eq!(each(&found, "id"), [here.to_string(), there.to_string()]);
        assert_eq!(found[1]["team_name"], "coffee");
        let paged = json!({ "term": "plans", "include_deleted": true, "page": 1, "per_page": 2 });
        let paged = search(&ada, "", paged).await.ok();
        assert_eq!((&paged["total_count"], each(&paged["channels"], "id").len()), (&json!(3), 1));
        for (narrow, only) in [
            (json!({ "term": "plans", "private": true }), there),
            (json!({ "term": "plans", "deleted": true }), old),
            (json!({ "term": "plans", "team_ids": [tea.id] }), here),
        ] {
            assert_eq!(each(&search(&ada, "", narrow).await.ok(), "id"), [only.to_string()]);
        }
        let defaults = json!({ "term": "town", "exclude_default_channels": true });
        assert_eq!(search(&ada, "", defaults).await.ok(), json!([]));
        assert_eq!(search(&bob, "", json!({ "term": "plans" })).await.refused().0, 403);
        let mine = search(&bob, "?system_console=false", json!({ "term": "plans" })).await.ok();
        assert_eq!(each(&mine, "id"), [there.to_string()]);
        assert_eq!(search(&ada, "", json!({ "team_ids": ["x"] })).await.refused().0, 400);
        let archived = format!("/teams/{}/channels/search_archived", coffee.id);
        let archived = world.ask(&bob, &archived, json!({ "term": "plans" })).await.ok();
        assert_eq!(each(&archived, "id"), [old.to_string()]);
    });
}

#[test]
fn where_a_post_stands_is_told_to_who_could_go_there() {
    run(async {
        let world = World::start().await;
        world.person("root").await;
        let (ada, bob, carol) =
            (world.person("ada").await, world.person("bob").await, world.person("carol").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let closed = world.team_of(&ada, "closed", TeamType::InviteOnly, true).await;
        let open = world.channel(team, ChannelType::Open, "green", &ada).await;
        let private = world.channel(team, ChannelType::Private, "black", &ada).await;
        let in_open = world.say(open, &ada, "hello").await;
        let in_private = world.say(private, &ada, "psst").await;
        let in_closed = world.say(closed.town_square, &ada, "psst").await;
        let info =
            async |person: &Person, post| world.get(person, &format!("/posts/{post}/info")).await;
        let told = info(&carol, in_open).await.ok();
        assert_eq!(
            told,
            json!({
                "channel_id": open, "channel_type": "O", "channel_display_name": told["channel_display_name"],
                "has_joined_channel": false, "team_id": team.id, "team_type": "O",
                "team_display_name": "TEA", "has_joined_team": false,
            })
        );
        assert_eq!(info(&bob, in_open).await.ok()["has_joined_team"], true);
        assert_eq!(info(&ada, in_private).await.ok()["has_joined_channel"], true);
        for (person, post) in [(&bob, in_private), (&carol, in_private), (&carol, in_closed)] {
            assert_eq!(info(person, post).await.refused().0, 404);
        }
        world.join(private, &bob, NoticeKind::JoinChannel).await;
        assert_eq!(info(&bob, in_private).await.ok()["channel_type"], "P");
    });
}

//! What guests see, and what is told of them.

use events::channel::{ChannelModerated, Moderated, Moderatee, Moderation, NoticeKind};
use events::directory::{ChannelType, UserDeactivated, UserGuestChanged};
use events::{ChannelEvent, ChannelId, DirectoryEvent, Id};
use serde_json::{Value, json};

use crate::people::{Person, Team, each};
use crate::world::{World, run};

impl World {
    async fn demote(&self, person: &Person) {
        let demoted = UserGuestChanged { user_id: person.id, is_guest: true };
        self.append(Id::default(), DirectoryEvent::UserGuestChanged(demoted.into())).await;
    }
}

fn met(people: &Value) -> Vec<&str> {
    each(people, "username")
}

/// Ada and the guest Gus in one channel; Cleo in the team alone; a stranger in neither.
struct Scene {
    world: World,
    admin: Person,
    ada: Person,
    gus: Person,
    cleo: Person,
    stranger: Person,
    team: Team,
    shared: ChannelId,
    other: ChannelId,
}

async fn scene() -> Scene {
    let world = World::start().await;
    let admin = world.person("admin").await;
    let (ada, gus) = (world.person("ada").await, world.person("gus").await);
    let (cleo, stranger) = (world.person("cleo").await, world.person("stranger").await);
    let team = world.team(&ada, "tea").await;
    world.demote(&gus).await;
    for person in [&gus, &cleo] {
        world.join_team(team, person).await;
    }
    world.leave(team.town_square, &gus).await;
    let shared = world.channel(team, ChannelType::Open, "green", &ada).await;
    world.join(shared, &gus, NoticeKind::AddToChannel).await;
    let other = world.channel(team, ChannelType::Open, "white", &cleo).await;
    Scene { world, admin, ada, gus, cleo, stranger, team, shared, other }
}

#[test]
fn a_guest_sees_the_channels_that_they_are_in_and_no_others() {
    run(async {
        let Scene { world, ada, gus, team, shared, other, .. } = scene().await;
        let channels = format!("/teams/{}/channels", team.id);
        assert_eq!(world.get(&gus, &channels).await.refused().0, 403);
        let by_ids = format!("{channels}/ids");
        let wanted = json!([shared, other]);
        assert_eq!(world.ask(&gus, &by_ids, wanted.clone()).await.refused().0, 403);
        assert_eq!(each(&world.ask(&ada, &by_ids, wanted).await.ok(), "name"), ["green", "white"]);
        let search = format!("{channels}/search");
        let found = world.ask(&gus, &search, json!({ "term": "" })).await.ok();
        assert_eq!(each(&found, "name"), ["green"]);
        let offered = world.get(&gus, &format!("{channels}/autocomplete?name=w")).await.ok();
        assert_eq!(offered, json!([]));
        assert_eq!(world.get(&gus, &format!("/channels/{shared}")).await.ok()["name"], "green");
        for path in ["", "/stats", "/members", "/timezones", "/posts"] {
            let path = format!("/channels/{other}{path}");
            world.get(&gus, &path).await.refused();
        }
        let counts = json!([shared, other]);
        let counted = world.ask(&gus, "/channels/stats/member_count", counts).await.ok();
        assert_eq!(counted, json!({ shared.to_string(): 2 }));
    });
}

#[test]
fn a_guest_knows_of_those_whom_they_meet_and_of_nobody_else() {
    run(async {
        let Scene { world, ada, gus, cleo, stranger, team, .. } = scene().await;
        let known = ["ada", "gus"];
        assert_eq!(met(&world.get(&gus, "/users").await.ok()), known);
        let in_team = format!("/users?in_team={}", team.id);
        assert_eq!(met(&world.get(&gus, &in_team).await.ok()), known);
        assert_eq!(met(&world.get(&ada, &in_team).await.ok()), ["ada", "cleo", "gus"]);
        assert_eq!(world.get(&gus, "/users?page=1&per_page=1").await.ok()[0]["username"], "gus");
        let ids = json!([ada.id, cleo.id, stranger.id, gus.id]);
        assert_eq!(met(&world.ask(&gus, "/users/ids", ids.clone()).await.ok()), known);
        let names = json!(["ada", "cleo", "stranger"]);
        assert_eq!(met(&world.ask(&gus, "/users/usernames", names).await.ok()), ["ada"]);
        let term = json!({ "term": "c" });
        assert_eq!(world.ask(&gus, "/users/search", term).await.ok(), json!([]));
        let offered = format!("/users/autocomplete?in_team={}&name=", team.id);
        let offered = world.get(&gus, &format!("{offered}c")).await.ok();
        assert_eq!(offered["users"], json!([]));
        for who in [&cleo, &stranger] {
            for path in ["", "/image", "/image/default", "/status"] {
                let path = format!("/users/{}{path}", who.id);
                assert_eq!(world.get(&gus, &path).await.status, 404, "{path}");
            }
        }
        assert_eq!(world.get(&gus, "/users/username/cleo").await.refused().0, 404);
        assert_eq!(world.get(&gus, "/users/email/cleo@example.org").await.refused().0, 404);
        assert_eq!(world.get(&gus, "/users/username/ada").await.ok()["username"], "ada");
        let statuses = world.ask(&gus, "/users/status/ids", ids).await.ok();
        assert_eq!(statuses.as_array().unwrap().len(), 4, "whoever is not known is offline");
        assert_eq!(world.get(&gus, "/users/stats").await.ok()["total_users_count"], 2);

        let members = format!("/teams/{}/members", team.id);
        let listed = world.get(&gus, &members).await.ok();
        assert_eq!(listed.as_array().unwrap().len(), 2);
        let of = |who: &Person| format!("{members}/{}", who.id);
        assert_eq!(world.get(&gus, &of(&cleo)).await.refused().0, 404);
        let stats = world.get(&gus, &format!("/teams/{}/stats", team.id)).await.ok();
        assert_eq!(stats["total_member_count"], 2);
        let shown = world.get(&gus, &format!("/teams/{}", team.id)).await.ok();
        assert_eq!(shown["invite_id"], "", "guests invite nobody");
    });
}

#[test]
fn a_guest_still_knows_of_whom_they_met_when_the_account_is_deactivated() {
    run(async {
        let Scene { world, ada, gus, cleo, .. } = scene().await;
        for person in [&ada, &cleo] {
            let gone = UserDeactivated { user_id: person.id };
            world.append(Id::default(), DirectoryEvent::UserDeactivated(gone.into())).await;
        }
        let one = |person: &Person| format!("/users/{}", person.id);
        assert_eq!(world.get(&gus, &one(&ada)).await.ok()["username"], "ada");
        assert_eq!(world.get(&gus, &one(&cleo)).await.refused().0, 404);
        let ids = json!([ada.id, cleo.id]);
        assert_eq!(met(&world.ask(&gus, "/users/ids", ids).await.ok()), ["ada"]);
    });
}

#[test]
fn a_guest_sees_no_team_but_their_own() {
    run(async {
        let Scene { world, ada, gus, cleo, .. } = scene().await;
        let open = world.team(&ada, "coffee").await;
        let path = format!("/teams/{}", open.id);
        assert_eq!(world.get(&cleo, &path).await.ok()["name"], "coffee");
        world.get(&gus, &path).await.refused();
        world.get(&gus, "/teams/name/coffee").await.refused();
        assert_eq!(each(&world.get(&gus, "/teams").await.ok(), "name"), ["tea"]);
    });
}

#[test]
fn who_is_a_guest_stands_in_roles_and_numbers() {
    run(async {
        let Scene { world, ada, gus, team, shared, .. } = scene().await;
        let user = world.get(&ada, &format!("/users/{}", gus.id)).await.ok();
        assert_eq!(user["roles"], "system_guest");
        let member = world.get(&ada, &format!("/teams/{}/members/{}", team.id, gus.id)).await.ok();
        let flags = |value: &Value| {
            ["scheme_guest", "scheme_user", "scheme_admin"].map(|flag| value[flag] == true)
        };
        assert_eq!(
            (&member["roles"], flags(&member)),
            (&json!("team_guest"), [true, false, false])
        );
        let path = format!("/channels/{shared}/members/{}", gus.id);
        let member = world.get(&ada, &path).await.ok();
        assert_eq!(member["roles"], "channel_guest");
        assert_eq!(flags(&member), [true, false, false]);
        let stats = world.get(&gus, &format!("/channels/{shared}/stats")).await.ok();
        assert_eq!((&stats["member_count"], &stats["guest_count"]), (&json!(2), &json!(1)));
        let own = world.get(&gus, "/users/me/channel_members?page=0").await.ok();
        assert_eq!(own[0]["roles"], "channel_guest");
    });
}

#[test]
fn a_moderated_channel_stands_in_the_roles_of_its_members() {
    run(async {
        let Scene { world, admin, ada, gus, cleo, shared, .. } = scene().await;
        world.join(shared, &cleo, NoticeKind::JoinChannel).await;
        let kept = |whom, what| Moderation { whom, what, allowed: false };
        let moderated = ChannelModerated {
            channel_id: shared,
            changes: vec![
                kept(Moderatee::Members, Moderated::CreatePost),
                kept(Moderatee::Members, Moderated::CreateReactions),
                kept(Moderatee::Guests, Moderated::UseChannelMentions),
            ],
            by: admin.id,
        };
        world.append(shared.0, ChannelEvent::ChannelModerated(moderated.into())).await;
        let roles = async |who: &Person| {
            let path = format!("/channels/{shared}/members/{}", who.id);
            let roles = world.get(&ada, &path).await.ok()["roles"].clone();
            roles.as_str().unwrap().to_owned()
        };
        assert_eq!(roles(&cleo).await, "channel_user_without_pr");
        assert_eq!(roles(&gus).await, "channel_guest_without_c");
        assert_eq!(roles(&ada).await, "channel_user_without_pr channel_admin");
        let names = json!(["channel_user_without_pr", "channel_guest_without_c", "no_such"]);
        let told = world.ask(&cleo, "/roles/names", names).await.ok();
        assert_eq!(each(&told, "name"), ["channel_guest_without_c", "channel_user_without_pr"]);
        let may = |n: usize, what: &str| {
            told[n]["permissions"].as_array().unwrap().contains(&json!(what))
        };
        assert!(may(0, "create_post") && !may(0, "use_channel_mentions"));
        assert!(!may(1, "create_post") && !may(1, "add_reaction") && may(1, "read_channel"));

        let path = format!("/channels/{shared}/moderations");
        assert_eq!(world.get(&ada, &path).await.refused().0, 403);
        let all = world.get(&admin, &path).await.ok();
        let order = [
            "create_post",
            "create_reactions",
            "manage_members",
            "use_channel_mentions",
            "manage_bookmarks",
        ];
        assert_eq!(each(&all, "name"), order);
        assert_eq!(all[1]["roles"]["members"]["value"], false);
        assert_eq!(all[1]["roles"]["guests"], json!({ "value": true, "enabled": true }));
        let unknown = format!("/channels/{}/moderations", "y".repeat(26));
        assert_eq!(world.get(&admin, &unknown).await.refused().0, 404);
    });
}

#[test]
fn a_guest_is_told_by_id_of_who_answered_a_thread_and_is_met_no_more() {
    run(async {
        let Scene { world, gus, cleo, team, shared, .. } = scene().await;
        world.join(shared, &cleo, NoticeKind::JoinChannel).await;
        let root = world.say(shared, &gus, "root").await;
        world.reply((root, &gus), shared, &cleo).await;
        let path = format!("/users/me/teams/{}/threads?extended=true", team.id);
        let participants =
            async || world.get(&gus, &path).await.ok()["threads"][0]["participants"].clone();
        assert_eq!(met(&participants().await), ["cleo"]);
        world.leave(shared, &cleo).await;
        assert_eq!(participants().await, json!([{ "id": cleo.id }]));
    });
}

//! What those read who administer teams and channels.

use events::channel::{ChannelPrivacyChanged, Notice, NoticeKind};
use events::directory::{
    ChannelType, ProfilePatch, TeamArchived, TeamMemberRolesChanged, TeamRestored, TeamType,
    UserProfileChanged,
};
use events::{Body, ChannelEvent, ChannelId, DirectoryEvent, Id};
use serde_json::json;

use crate::people::{each, notice};
use crate::world::{World, run};

#[test]
fn archived_channels_are_listed_for_those_who_may_know_of_them() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let stranger = world.person("stranger").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        for (kind, name) in [(ChannelType::Open, "green"), (ChannelType::Private, "black")] {
            let channel = world.channel(team, kind, name, &ada).await;
            world.archive(channel, &ada).await;
        }
        world.channel(team, ChannelType::Open, "white", &ada).await;
        let path = format!("/teams/{}/channels/deleted", team.id);
        for (who, expected) in [
            (&ada, &["black", "green"][..]),
            (&bob, &["green"]),
            (&admin, &["black", "green"]),
            (&stranger, &[]),
        ] {
            assert_eq!(each(&world.get(who, &path).await.ok(), "name"), expected);
        }
        assert_eq!(
            world.get(&ada, &format!("{path}?page=1&per_page=1")).await.ok()[0]["name"],
            "green"
        );
    });
}

#[test]
fn private_channels_of_a_team_are_listed_for_administrators_of_the_system() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        world.channel(team, ChannelType::Private, "black", &ada).await;
        world.channel(team, ChannelType::Open, "green", &ada).await;
        let path = format!("/teams/{}/channels/private", team.id);
        assert_eq!(each(&world.get(&admin, &path).await.ok(), "name"), ["black"]);
        assert_eq!(world.get(&ada, &path).await.refused().0, 403);
        let unknown = format!("/teams/{}/channels/private", "y".repeat(26));
        assert_eq!(world.get(&admin, &unknown).await.refused().0, 404);
    });
}

#[test]
fn members_are_counted_and_their_timezones_told_to_those_who_may_see_them() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let stranger = world.person("stranger").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let secret = world.channel(team, ChannelType::Private, "black", &ada).await;
        for (person, automatic, zone) in
            [(&ada, "true", "Europe/Zurich"), (&bob, "false", "Asia/Tokyo")]
        {
            let c = UserProfileChanged {
                user_id: person.id,
                username_hash: None,
                email_hash: None,
                locale: None,
            };
            let manual = if automatic == "true" { "" } else { zone };
            let timezone = [
                ("useAutomaticTimezone", automatic),
                ("automaticTimezone", if automatic == "true" { zone } else { "" }),
                ("manualTimezone", manual),
            ];
            let timezone = timezone.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let p = ProfilePatch { timezone: Some(timezone.into()), ..ProfilePatch::default() };
            let changed = DirectoryEvent::UserProfileChanged(Body { c, p });
            world.append(Id::default(), changed).await;
        }
        let zones = |channel: ChannelId| format!("/channels/{channel}/timezones");
        let all = world.get(&bob, &zones(team.town_square)).await.ok();
        assert_eq!(all, json!(["Asia/Tokyo", "Europe/Zurich"]));
        assert_eq!(world.get(&ada, &zones(secret)).await.ok(), json!(["Europe/Zurich"]));
        assert_eq!(world.get(&bob, &zones(secret)).await.refused().0, 404);
        let missing = format!("/channels/{}/timezones", "y".repeat(26));
        assert_eq!(world.get(&ada, &missing).await.refused().0, 404);

        let wanted = json!([team.town_square, secret, "y".repeat(26)]);
        let path = "/channels/stats/member_count";
        let counted = world.ask(&ada, path, wanted.clone()).await.ok();
        assert_eq!(counted, json!({ team.town_square.to_string(): 2, secret.to_string(): 1 }));
        let counted = world.ask(&bob, path, wanted.clone()).await.ok();
        assert_eq!(counted, json!({ team.town_square.to_string(): 2 }));
        assert_eq!(world.ask(&stranger, path, wanted).await.ok(), json!({}));
        assert_eq!(world.ask(&ada, path, json!(["short"])).await.refused().0, 400);
    });
}

#[test]
fn an_archived_team_and_its_channels_are_shown_to_administrators_of_the_system_alone() {
    run(async {
        let world = World::start().await;
        let admin = world.person("admin").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team_of(&ada, "tea", TeamType::Open, true).await;
        world.join_team(team, &bob).await;
        world.say(team.town_square, &ada, "hello").await;
        let archived = TeamArchived { team_id: team.id };
        world.append(Id::default(), DirectoryEvent::TeamArchived(archived.into())).await;
        let posts = format!("/channels/{}/posts", team.town_square);
        for path in [
            format!("/teams/{}", team.id),
            format!("/teams/{}/members", team.id),
            format!("/teams/{}/channels", team.id),
            format!("/channels/{}", team.town_square),
            posts.clone(),
        ] {
            assert_eq!(world.get(&ada, &path).await.refused().0, 404, "{path}");
        }
        for path in ["/teams", "/users/me/teams", "/users/me/channels"] {
            assert_eq!(world.get(&bob, path).await.ok(), json!([]), "{path}");
        }
        let shown = world.get(&admin, &format!("/teams/{}", team.id)).await.ok();
        assert!(shown["delete_at"].as_i64().unwrap() > 0);
        let restored = TeamRestored { team_id: team.id };
        world.append(Id::default(), DirectoryEvent::TeamRestored(restored.into())).await;
        world.get(&bob, &posts).await.ok();
        assert_eq!(each(&world.get(&bob, "/users/me/teams").await.ok(), "name"), ["tea"]);
    });
}

#[test]
fn a_channel_that_became_private_is_found_by_its_members_alone() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Open, "green", &ada).await;
        let path = format!("/channels/{channel}");
        assert_eq!(world.get(&bob, &path).await.ok()["type"], "O");
        let said = notice(NoticeKind::ChangeChanPrivacy, ada.id);
        let private = ChannelPrivacyChanged {
            channel_id: channel,
            r#type: ChannelType::Private,
            notice: Notice { old: "O".into(), new: "P".into(), ..said },
        };
        world.append(channel.0, ChannelEvent::ChannelPrivacyChanged(private.into())).await;
        assert_eq!(world.get(&bob, &path).await.refused().0, 404);
        assert_eq!(world.get(&ada, &path).await.ok()["type"], "P");
        let posts = world.get(&ada, &format!("{path}/posts")).await.ok();
        let newest = &posts["posts"][posts["order"][0].as_str().unwrap()];
        assert_eq!(newest["type"], "system_change_chan_privacy");
        assert_eq!(newest["message"], "@ada made the channel private.");
    });
}

#[test]
fn a_members_roles_are_those_that_were_given_last() {
    run(async {
        let world = World::start().await;
        world.person("admin").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let generation = {
            let directory = world.fold.directory();
            directory.state().membership(bob.id, team.id).unwrap().generation
        };
        let path = format!("/teams/{}/members/{}", team.id, bob.id);
        for (scheme_admin, roles) in [(true, "team_user team_admin"), (false, "team_user")] {
            let changed = TeamMemberRolesChanged {
                team_id: team.id,
                user_id: bob.id,
                generation,
                scheme_admin,
            };
            let event = DirectoryEvent::TeamMemberRolesChanged(changed.into());
            world.append(Id::default(), event).await;
            let member = world.get(&ada, &path).await.ok();
            assert_eq!(
                (&member["roles"], &member["scheme_admin"], &member["explicit_roles"]),
                (&json!(roles), &json!(scheme_admin), &json!(""))
            );
        }
    });
}

#[test]
fn invitations_by_mail_are_off() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        let path = format!("/teams/{}/invite/email", team.id);
        let addresses = json!(["someone@example.org"]);
        let off = world.ask(&ada, &path, addresses.clone()).await;
        assert_eq!(off.status.as_u16(), 501);
        assert_eq!(off.json()["id"], "api.team.invite_members.disabled.app_error");
        assert_eq!(world.ask(&bob, &path, addresses).await.refused().0, 403);
        assert_eq!(world.ask(&ada, &path, json!([])).await.refused().0, 400);
    });
}

//! Who asks, and what is told of accounts.

use events::directory::{UserDeactivated, UserProfileChanged};
use events::user::{
    SessionCreated, SessionOrigin, SessionRevoked, SessionUsed, StatusKind, StatusSet, TokenHash,
};
use events::{Body, DirectoryEvent, Id, Position, SessionId, UserEvent};
use http::StatusCode;
use serde_json::{Value, json};

use crate::people::{each, with_nothing_personal};
use crate::world::{World, run};

const EXPIRED: (u16, &str) = (401, "api.context.session_expired.app_error");

fn expired() -> (u16, String) {
    (EXPIRED.0, EXPIRED.1.to_owned())
}

#[test]
fn a_session_is_read_from_cookie_and_header_and_ends_with_the_account() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let me = world.get(&bob, "/users/me").await.ok();
        assert_eq!(me["id"], bob.id.to_string());
        assert_eq!(
            (&me["roles"], &me["email"]),
            (&json!("system_user"), &json!("bob@example.org"))
        );
        let roles = world.get(&ada, "/users/me").await.ok()["roles"].clone();
        assert_eq!(roles, "system_admin system_user", "the first account administers the system");

        let cookie = format!("MMAUTHTOKEN={}", bob.token);
        let by_cookie = world.send("GET", "/users/me", &[("cookie", &cookie)], "").await;
        assert_eq!(by_cookie.ok()["id"], bob.id.to_string());
        let ids = format!("[\"{}\"]", ada.id);
        let forged = world.send("POST", "/users/ids", &[("cookie", &cookie)], ids.clone()).await;
        assert_eq!(forged.refused(), expired(), "a foreign page could have sent that");
        let script = [("cookie", &*cookie), ("x-requested-with", "XMLHttpRequest")];
        assert_eq!(
            each(&world.send("POST", "/users/ids", &script, ids).await.ok(), "username"),
            ["ada"]
        );

        for token in ["", "wrong", &"y".repeat(26), &bob.id.to_string(), &bob.session.to_string()] {
            let bearer = format!("Bearer {token}");
            let answer = world.send("GET", "/users/me", &[("authorization", &bearer)], "").await;
            assert_eq!(answer.refused(), expired(), "{token:?}");
        }
        let gone = UserDeactivated { user_id: bob.id };
        world.append(Id::default(), DirectoryEvent::UserDeactivated(gone.into())).await;
        assert_eq!(world.get(&bob, "/users/me").await.refused(), expired());
        assert!(
            world.get(&ada, &format!("/users/{}", bob.id)).await.ok()["delete_at"].as_i64()
                > Some(0)
        );
    });
}

#[test]
fn accounts_are_found_by_what_they_are_known_by_and_show_others_less() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        world.person("carol").await;
        for path in [
            format!("/users/{}", ada.id),
            "/users/username/ada".to_owned(),
            "/users/email/ada@example.org".to_owned(),
        ] {
            let shown = world.get(&bob, &path).await.ok();
            assert_eq!(shown["id"], ada.id.to_string());
            assert_eq!(shown.get("notify_props"), None, "{path}: those are ada's own");
            assert_eq!(shown["last_password_update"], 0);
        }
        assert!(world.get(&ada, "/users/me").await.ok()["last_password_update"].as_i64() > Some(0));
        let missing = (404, "app.user.missing_account.const".to_owned());
        for path in
            ["/users/username/dora", "/users/email/x", &format!("/users/{}", "y".repeat(26))]
        {
            assert_eq!(world.get(&bob, path).await.refused(), missing, "{path}");
        }
        assert_eq!(world.get(&bob, "/users/short").await.refused().0, 400);

        assert_eq!(
            each(&world.get(&bob, "/users").await.ok(), "username"),
            ["ada", "bob", "carol"]
        );
        let second = world.get(&bob, "/users?page=1&per_page=2&sort=username").await.ok();
        assert_eq!(each(&second, "username"), ["carol"]);
        let found = world.ask(&bob, "/users/search", json!({ "term": "@CAR" })).await.ok();
        assert_eq!(each(&found, "username"), ["carol"]);
        let completed = world.get(&bob, "/users/autocomplete?name=ad").await.ok();
        assert_eq!(each(&completed["users"], "username"), ["ada"]);
        assert_eq!(completed["out_of_channel"], json!([]));
        let names = json!(["ada", "Carol", "nobody"]);
        let named = world.ask(&bob, "/users/usernames", names).await.ok();
        assert_eq!(each(&named, "username"), ["ada", "carol"]);
        assert_eq!(world.get(&bob, "/users/stats").await.ok()["total_users_count"], 3);
        for body in [json!(["short"]), json!([17]), json!({ "a": 1 }), json!("x")] {
            assert_eq!(world.ask(&bob, "/users/ids", body).await.refused().0, 400);
        }
    });
}

#[test]
fn people_of_a_channel_are_listed_by_whether_they_are_there() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        for (name, status) in [
            ("bob", None),
            ("carol", Some(StatusKind::Dnd)),
            ("dora", Some(StatusKind::Away)),
            ("eve", Some(StatusKind::Offline)),
        ] {
            let person = world.person(name).await;
            world.join_team(team, &person).await;
            let Some(status) = status else { continue };
            let set = StatusSet { user_id: person.id, status, dnd_end_ms: 0 };
            world.append(person.id.0, UserEvent::from(Body::from(set))).await;
        }
        let in_channel = format!("/users?in_channel={}", team.town_square);
        for (query, expected) in [
            ("&sort=status", ["dora", "carol", "ada", "bob", "eve"].as_slice()),
            ("&sort=status&per_page=2&page=1", &["ada", "bob"]),
            ("", &["ada", "bob", "carol", "dora", "eve"]),
        ] {
            let listed = world.get(&ada, &format!("{in_channel}{query}")).await.ok();
            assert_eq!(each(&listed, "username"), expected, "{query}");
        }
        let anybody = world.get(&ada, "/users?sort=status&per_page=1").await.ok();
        assert_eq!(each(&anybody, "username"), ["ada"], "in a channel alone");
    });
}

#[test]
fn preferences_and_statuses_are_ones_own() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        world.prefer(&bob, "theme", "t1", "{\"a\":1}").await;
        world.prefer(&bob, "other", "n", "v").await;
        let all = world.get(&bob, "/users/me/preferences").await.ok();
        assert_eq!(each(&all, "category"), ["other", "theme"]);
        let themes = world.get(&bob, "/users/me/preferences/theme").await.ok();
        assert_eq!(
            themes,
            json!([{
                "user_id": bob.id.to_string(), "category": "theme", "name": "t1", "value": "{\"a\":1}",
            }])
        );
        assert_eq!(world.get(&bob, "/users/me/preferences/theme/name/t1").await.ok(), themes[0]);
        assert_eq!(world.get(&bob, "/users/me/preferences/theme/name/t2").await.refused().0, 404);
        for path in
            ["preferences", "preferences/theme", "channels", "channel_members", "teams/unread"]
        {
            let foreign = world.get(&ada, &format!("/users/{}/{path}", bob.id)).await;
            assert_eq!(foreign.refused().0, 403, "{path}: not even for administrators");
        }
        let status = world.get(&ada, &format!("/users/{}/status", bob.id)).await.ok();
        assert_eq!((&status["status"], &status["manual"]), (&json!("offline"), &json!(false)));
        let nobody = "y".repeat(26);
        assert_eq!(world.get(&ada, &format!("/users/{nobody}/status")).await.refused().0, 404);
        let several = world.ask(&ada, "/users/status/ids", json!([bob.id, nobody])).await.ok();
        assert_eq!(each(&several, "status"), ["offline", "offline"]);
    });
}

#[test]
fn sessions_are_told_to_their_owner_and_to_administrators() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let theirs = format!("/users/{}/sessions", bob.id);
        for (who, current) in [(&bob, true), (&ada, false)] {
            let sessions = world.get(who, &theirs).await;
            assert!(!String::from_utf8_lossy(&sessions.body).contains(&bob.token));
            let sessions = sessions.ok();
            assert_eq!(each(&sessions, "id"), [bob.session.to_string()]);
            assert_eq!(sessions[0]["is_current"], current);
            assert_eq!(sessions[0]["roles"], "system_user", "of whom it is, not of who asks");
        }
        let foreign = world.get(&bob, &format!("/users/{}/sessions", ada.id)).await;
        assert_eq!(foreign.refused().0, 403);
        let nobody = format!("/users/{}/sessions", "y".repeat(26));
        assert_eq!(world.get(&ada, &nobody).await.refused().0, 404);
    });
}

#[test]
fn a_session_tells_of_its_device_and_of_its_last_use_until_it_ends() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let created = SessionCreated {
            user_id: ada.id,
            session_id: SessionId::random(),
            token_hash: TokenHash::of("another"),
            expires_at: i64::MAX,
            auth_generation: 0,
        };
        let session_id = created.session_id;
        let p = SessionOrigin {
            device_id: "android:x".to_owned(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
                .to_owned(),
            ..SessionOrigin::default()
        };
        world.append(ada.id.0, UserEvent::from(Body { c: created, p })).await;
        let sessions = world.get(&ada, "/users/me/sessions").await.ok();
        let theirs = |sessions: &Value| {
            let mut all = sessions.as_array().unwrap().iter();
            all.find(|one| one["id"] == session_id.to_string()).cloned()
        };
        let shown = theirs(&sessions).unwrap();
        assert_eq!(
            (&shown["device_id"], &shown["props"]["browser"]),
            (&json!("android:x"), &json!("Firefox/140.0"))
        );
        assert_eq!(shown["props"]["os"], "Linux");
        assert_eq!(shown["last_activity_at"], shown["create_at"]);
        let used_before = shown["create_at"].as_i64().unwrap();
        let used = SessionUsed { user_id: ada.id, session_id, used_before };
        world.append(ada.id.0, UserEvent::SessionUsed(used.into())).await;
        let sessions = world.get(&ada, "/users/me/sessions").await.ok();
        let shown = theirs(&sessions).unwrap();
        assert!(shown["last_activity_at"].as_i64().unwrap() > used_before);
        let revoked = SessionRevoked { user_id: ada.id, session_id };
        world.append(ada.id.0, UserEvent::SessionRevoked(revoked.into())).await;
        let sessions = world.get(&ada, "/users/me/sessions").await.ok();
        assert_eq!(theirs(&sessions), None);
    });
}

#[test]
fn a_picture_has_a_number_as_its_tag() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let path = "/users/me/image";
        let picture = world.get(&ada, path).await;
        assert_eq!(
            (picture.status, &picture.headers["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        assert!(picture.body.starts_with(b"\x89PNG"));
        assert_eq!(picture.headers["etag"], "0");
        let again = world.get_with(&ada, path, ("if-none-match", "0")).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(again.headers["etag"], "0");
        assert_eq!(world.get_with(&ada, path, ("if-none-match", "")).await.status, StatusCode::OK);
        let nobody = format!("/users/{}/image", "y".repeat(26));
        assert_eq!(world.get(&ada, &nobody).await.refused().0, 404);
    });
}

#[test]
fn strangers_get_the_small_configuration_and_the_ping_tells_what_is_missing() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        for query in ["", "?format=old"] {
            let path = format!("/config/client{query}");
            let public = world.send("GET", &path, &[], "").await.ok();
            assert_eq!(public.get("MaxPostSize"), None);
            let whole = world.get(&ada, &path).await.ok();
            assert_eq!(whole["MaxPostSize"], "16383");
            assert!(whole.as_object().unwrap().values().all(Value::is_string));
        }
        let license = world.send("GET", "/license/client?format=old", &[], "").await.ok();
        assert_eq!(license, json!({ "IsLicensed": "false" }));
        assert_eq!(world.send("GET", "/plugins/webapp", &[], "").await.ok(), json!([]));
        let login = json!({ "login_id": "ada" }).to_string();
        let way = world.send("POST", "/users/login/type", &[], login).await.ok();
        assert_eq!(way, json!({ "auth_service": "" }));

        let ping = world.send("GET", "/system/ping?use_rest_semantics=true", &[], "").await.ok();
        assert_eq!(ping["status"], "OK");
        let more = world.send("GET", "/system/ping?get_server_status=true", &[], "").await.ok();
        assert_eq!(
            (&more["database_status"], &more["filestore_status"]),
            (&json!("OK"), &json!("OK"))
        );
        let part = world.health.register("sockets");
        let unready = world.send("GET", "/system/ping", &[], "").await;
        assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
        part.ready();
        assert_eq!(world.send("GET", "/system/ping", &[], "").await.status, StatusCode::OK);
    });
}

#[test]
fn what_does_not_exist_is_empty_and_roles_are_known_by_name() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let roles = json!(["channel_user", "system_user", "no_such_role"]);
        let roles = world.ask(&bob, "/roles/names", roles).await.ok();
        assert_eq!(each(&roles, "name"), ["channel_user", "system_user"]);
        assert!(roles[0]["permissions"].as_array().unwrap().contains(&json!("create_post")));
        assert_eq!(world.get(&bob, "/roles").await.refused().0, 403);
        assert!(world.get(&ada, "/roles").await.ok().as_array().unwrap().len() > 5);
        assert_eq!(world.get(&bob, "/roles/name/team_user").await.ok()["name"], "team_user");
        assert_eq!(world.get(&bob, "/roles/name/x").await.refused().0, 404);
        for path in ["/emoji", "/custom_profile_attributes/fields", "/system/notices/x"] {
            assert_eq!(world.get(&bob, path).await.ok(), json!([]), "{path}");
        }
        assert_eq!(world.ask(&bob, "/emoji/names", json!(["x"])).await.ok(), json!([]));
        let zones = world.get(&bob, "/system/timezones").await.ok();
        assert!(zones.as_array().unwrap().contains(&json!("Europe/Berlin")));
        assert_eq!(world.get(&bob, "/limits/server").await.ok()["activeUserCount"], 0);
        assert_eq!(world.get(&ada, "/limits/server").await.ok()["activeUserCount"], 2);
        assert_eq!(world.ask(&bob, "/client_perf", json!({ "x": 1 })).await.ok()["status"], "OK");
        let line = json!({ "level": "ERROR", "message": "it broke" });
        assert_eq!(world.ask(&bob, "/logs", line).await.ok()["message"], "it broke");
        assert_eq!(world.ask(&bob, "/logs", json!(["x"])).await.refused().0, 400);
    });
}

#[test]
fn an_answer_waits_for_the_position_that_the_request_brings() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let changed = UserProfileChanged {
            user_id: ada.id,
            username_hash: None,
            email_hash: None,
            locale: Some("de".to_owned()),
        };
        let at = world
            .append_unread(Id::default(), DirectoryEvent::from(with_nothing_personal(changed)))
            .await;
        let header = ("x-nottermost-min-position", &*at.to_string());
        let me = world.get_with(&ada, "/users/me", header).await.ok();
        assert_eq!(me["locale"], "de");
        for odd in ["x", "1.users-99.0", "1.directory-00.18446744073709551615"] {
            let answer =
                world.get_with(&ada, "/users/me", ("x-nottermost-min-position", odd)).await;
            assert_eq!(answer.refused().0, 400, "{odd}");
        }
        let beyond = Position { offset: at.offset + 1, ..at }.to_string();
        let header = ("x-nottermost-min-position", &*beyond);
        let waiting = world.get_with(&ada, "/users/me", header);
        let (me, ()) = tokio::join!(waiting, async {
            world.rename(&ada, "lovelace").await;
        });
        assert_eq!(me.ok()["username"], "lovelace");
    });
}

//! Who has a permission by the roles that clients are told of is who is let through, and nobody else.

use domain::permissions::{Permission, Role};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Person, World};

#[test]
fn the_table_of_permissions_is_what_clients_are_told() {
    for role in Role::ALL {
        let told = wire::built_in_role(role.name()).expect("clients are told of it").permissions;
        for permission in Permission::ALL {
            let listed = told.contains(&permission.name());
            let granted = permission.is_granted_to(role);
            assert_eq!(listed, granted, "{} of {}", permission.name(), role.name());
        }
    }
}

/// Somebody with the roles that they hold in the team and the channel.
struct Actor {
    person: Person,
    roles: &'static [&'static str],
}

/// One team with a channel, and people who are everything that one can be there.
struct Place {
    name: String,
    team: String,
    channel: String,
    /// In the team, not in the channel.
    other: String,
    /// In neither.
    newcomer: String,
    bookmark: String,
}

const ROLES: [(&str, &[&str]); 7] = [
    ("root", &["system_user", "system_admin"]),
    ("chief", &["system_user", "team_user", "team_admin"]),
    ("captain", &["system_user", "team_user", "channel_user", "channel_admin"]),
    ("sailor", &["system_user", "team_user", "channel_user"]),
    ("landsman", &["system_user", "team_user"]),
    ("guest", &["system_guest", "team_guest", "channel_guest"]),
    ("stranger", &["system_user"]),
];

async fn actors(world: &World) -> Vec<Actor> {
    let mut actors = Vec::new();
    for (name, roles) in ROLES {
        actors.push(Actor { person: world.person(name).await, roles });
    }
    actors
}

async fn place(
    world: &World,
    actors: &[Actor],
    [other, newcomer]: &[Person; 2],
    n: usize,
    r#type: &str,
) -> Place {
    let [root, chief, captain, sailor, landsman, guest, _] = actors else {
        unreachable!("seven roles")
    };
    let promote = format!("/users/{}/promote", guest.person.id);
    world.call(Method::POST, &promote, &root.person, Value::Null).await.expect(StatusCode::OK);
    let name = format!("crew-{n}");
    // Anybody may join, which is another right; nobody below does so.
    let team = world.team(&chief.person, &name).await;
    let square = events::ChannelId::default_of(team.parse().unwrap(), "town-square").to_string();
    for who in [&captain.person, &sailor.person, &landsman.person, &guest.person, other] {
        world.join(who, &team, &square).await;
    }
    let channel = world.channel(&captain.person, &team, "plans").await;
    for member in [&sailor.person, &guest.person] {
        world.join(member, &team, &channel).await;
    }
    let demote = format!("/users/{}/demote", guest.person.id);
    world.call(Method::POST, &demote, &root.person, Value::Null).await.expect(StatusCode::OK);
    if r#type == "P" {
        let path = format!("/channels/{channel}/privacy");
        let body = json!({ "privacy": "P" });
        world.call(Method::PUT, &path, &chief.person, body).await.expect(StatusCode::OK);
    }
    let path = format!("/channels/{channel}/bookmarks");
    let made = world.call(Method::POST, &path, &captain.person, link()).await;
    let bookmark = made.expect(StatusCode::CREATED)["id"].as_str().unwrap().to_owned();
    let (other, newcomer) = (other.id.clone(), newcomer.id.clone());
    Place { name, team, channel, other, newcomer, bookmark }
}

fn link() -> Value {
    json!({ "type": "link", "display_name": "a link", "link_url": "https://example.org" })
}

/// Whether it takes a member of the channel, too: what one says there goes with one's membership.
fn is_for_members(permission: Permission) -> bool {
    use Permission as P;
    matches!(
        permission,
        P::AddBookmarkPublicChannel
            | P::AddBookmarkPrivateChannel
            | P::EditBookmarkPublicChannel
            | P::EditBookmarkPrivateChannel
    )
}

/// What no request needs alone: administrators of the system must be in the place, too, or it is read, or
/// written as a form.
const NOT_ALONE: [Permission; 13] = {
    use Permission as P;
    [
        P::JoinPublicChannels,
        P::CreatePublicChannel,
        P::CreatePrivateChannel,
        P::CreatePost,
        P::DeletePost,
        P::AddReaction,
        P::RemoveReaction,
        P::UseChannelMentions,
        P::ListPublicTeams,
        P::JoinPublicTeams,
        P::ListTeamChannels,
        P::ViewMembers,
        P::CreateEmojis,
    ]
};

/// A request that needs the permission, and nothing else that not everybody of these has.
fn request(permission: Permission, at: &Place) -> (Method, String, Value) {
    use Permission as P;
    let (team, channel) = (format!("/teams/{}", at.team), format!("/channels/{}", at.channel));
    let bookmark = format!("{channel}/bookmarks/{}", at.bookmark);
    let member_of_team = format!("{team}/members/{}", at.other);
    let admin = json!({ "scheme_user": true, "scheme_admin": true });
    match permission {
        P::ManageTeam => (Method::PUT, format!("{team}/patch"), json!({ "description": "new" })),
        P::ManageTeamRoles => (Method::PUT, format!("{member_of_team}/schemeRoles"), admin),
        P::RemoveUserFromTeam => (Method::DELETE, member_of_team, Value::Null),
        P::AddUserToTeam => {
            (Method::POST, format!("{team}/members"), json!({ "user_id": at.newcomer }))
        }
        P::CreateTeam => {
            let name = format!("{}-more", at.name);
            let body = json!({ "name": name, "display_name": name, "type": "O" });
            (Method::POST, "/teams".to_owned(), body)
        }
        P::ManageChannelRoles => {
            // Of a member whom nobody below is.
            let path = format!("{channel}/members/{}/schemeRoles", at.other);
            (Method::PUT, path, admin)
        }
        P::ConvertPublicChannelToPrivate => {
            (Method::PUT, format!("{channel}/privacy"), json!({ "privacy": "P" }))
        }
        P::ConvertPrivateChannelToPublic => {
            (Method::PUT, format!("{channel}/privacy"), json!({ "privacy": "O" }))
        }
        P::ManagePublicChannelProperties | P::ManagePrivateChannelProperties => {
            (Method::PUT, format!("{channel}/patch"), json!({ "header": "new" }))
        }
        P::ManagePublicChannelMembers | P::ManagePrivateChannelMembers => {
            (Method::POST, format!("{channel}/members"), json!({ "user_id": at.other }))
        }
        P::DeletePublicChannel | P::DeletePrivateChannel => (Method::DELETE, channel, Value::Null),
        P::AddBookmarkPublicChannel | P::AddBookmarkPrivateChannel => {
            (Method::POST, format!("{channel}/bookmarks"), link())
        }
        P::EditBookmarkPublicChannel | P::EditBookmarkPrivateChannel => {
            (Method::PATCH, bookmark, json!({ "display_name": "another" }))
        }
        P::DeleteBookmarkPublicChannel | P::DeleteBookmarkPrivateChannel => {
            (Method::DELETE, bookmark, Value::Null)
        }
        P::OrderBookmarkPublicChannel | P::OrderBookmarkPrivateChannel => {
            (Method::POST, format!("{bookmark}/sort_order"), json!(0))
        }
        _ => unreachable!("no request needs it alone"),
    }
}

#[tokio::test]
async fn whoever_has_a_permission_by_role_is_let_through_and_nobody_else() {
    let world = World::start().await;
    let actors = actors(&world).await;
    let others = [world.person("other").await, world.person("newcomer").await];
    let mut places = 0;
    for permission in Permission::ALL.iter().filter(|one| !NOT_ALONE.contains(one)) {
        let private = permission.name().contains("private_channel");
        let mut at = None;
        for actor in &actors {
            // Whoever was let through has changed the place.
            if at.is_none() {
                places += 1;
                let r#type = if private { "P" } else { "O" };
                let made = place(&world, &actors, &others, places, r#type).await;
                if *permission == Permission::ManageChannelRoles {
                    world.join(&others[0], &made.team, &made.channel).await;
                }
                at = Some(made);
            }
            let place = at.as_ref().expect("just made");
            let (method, path, body) = request(*permission, place);
            let said = world.call(method, &path, &actor.person, body).await;
            let has = actor.roles.iter().any(|role| {
                let role = wire::built_in_role(role).expect("a built-in role");
                role.permissions.contains(&permission.name())
            });
            let has =
                has && (!is_for_members(*permission) || actor.roles.contains(&"channel_user"));
            let expected = if has { "let through" } else { "refused" };
            let found = match said.status {
                StatusCode::OK | StatusCode::CREATED => "let through",
                StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => "refused",
                other => panic!("{other} for {}: {}", permission.name(), said.body),
            };
            let who = actor.roles.last().expect("everybody has a role");
            assert_eq!(found, expected, "{who}: {}: {}", permission.name(), said.body);
            if has {
                at = None;
            }
        }
    }
    world.stop().await;
}

//! Roles: what the strings in `roles` mean.

use std::borrow::Cow;
use std::collections::BTreeSet;

use events::Id;
use schemars::JsonSchema;
use serde::Serialize;

use crate::moderation::{kept_by_role, kept_permissions};
use crate::permissions::*;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Role {
    pub id: Id,
    pub name: Cow<'static, str>,
    pub display_name: &'static str,
    pub description: &'static str,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub permissions: Vec<&'static str>,
    pub scheme_managed: bool,
    pub built_in: bool,
}

/// Name, display name, permissions, whether schemes manage it. `system_admin` is made of all others.
const BUILT_IN: &[(&str, &str, &[&str], bool)] = &[
    ("system_user", "Member", SYSTEM_USER, true),
    ("system_guest", "Guest", SYSTEM_GUEST, true),
    ("system_user_access_token", "Access tokens", SYSTEM_USER_ACCESS_TOKEN, false),
    ("system_post_all", "Posting anywhere", SYSTEM_POST_ALL, false),
    ("system_post_all_public", "Posting in public channels", SYSTEM_POST_ALL_PUBLIC, false),
    ("team_user", "Team member", TEAM_USER, true),
    ("team_guest", "Team guest", TEAM_GUEST, true),
    ("team_admin", "Team administrator", TEAM_ADMIN, true),
    ("channel_user", "Channel member", CHANNEL_USER, true),
    ("channel_guest", "Channel guest", CHANNEL_GUEST, true),
    ("channel_admin", "Channel administrator", CHANNEL_ADMIN, true),
];

/// The role of this name.
pub fn built_in_role(name: &str) -> Option<Role> {
    if name == "system_admin" {
        return Some(role("system_admin", "Administrator", everything(), true));
    }
    BUILT_IN.iter().find(|(built_in, ..)| *built_in == name).map(
        |(name, display, permissions, managed)| role(name, display, permissions.to_vec(), *managed),
    )
}

/// The role of this name: a built-in one, or one of those that moderated channels give.
pub fn role_named(name: &str) -> Option<Role> {
    built_in_role(name).or_else(|| {
        let (base, kept) = kept_by_role(name)?;
        let kept: Vec<&str> = kept_permissions(&kept).collect();
        let mut role = built_in_role(base)?;
        role.permissions.retain(|permission| !kept.contains(permission));
        let id = Id::derived("role.moderated", &[name.as_bytes()]);
        Some(Role { id, name: name.to_owned().into(), built_in: false, ..role })
    })
}

/// All of them.
pub fn built_in_roles() -> Vec<Role> {
    std::iter::once("system_admin")
        .chain(BUILT_IN.iter().map(|(name, ..)| *name))
        .filter_map(built_in_role)
        .collect()
}

fn everything() -> Vec<&'static str> {
    let all: BTreeSet<&str> = BUILT_IN
        .iter()
        .flat_map(|(_, _, permissions, _)| permissions.iter().copied())
        .chain(SYSTEM_ADMIN_ONLY.iter().copied())
        .collect();
    all.into_iter().collect()
}

fn role(
    name: &'static str,
    display_name: &'static str,
    permissions: Vec<&'static str>,
    scheme_managed: bool,
) -> Role {
    Role {
        id: Id::derived("role.built-in", &[name.as_bytes()]),
        name: name.into(),
        display_name,
        description: "",
        create_at: 0,
        update_at: 0,
        delete_at: 0,
        permissions,
        scheme_managed,
        built_in: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_may_do_what_anybody_may() {
        let admin = built_in_role("system_admin").unwrap();
        for role in built_in_roles() {
            for permission in role.permissions {
                assert!(admin.permissions.contains(&permission), "{permission}");
            }
        }
        assert!(admin.permissions.contains(&"manage_system"));
    }

    #[test]
    fn members_of_a_channel_may_read_and_post() {
        let member = built_in_role("channel_user").unwrap();
        assert!(member.permissions.contains(&"create_post"));
        assert!(member.permissions.contains(&"read_channel"));
        assert_eq!(built_in_role("no_such_role"), None);
    }

    #[test]
    fn a_moderated_channel_gives_the_role_without_what_it_keeps() {
        let silent = role_named("channel_user_without_pr").unwrap();
        let member = built_in_role("channel_user").unwrap();
        let kept = ["add_reaction", "create_post", "remove_reaction"];
        for permission in &member.permissions {
            assert_eq!(silent.permissions.contains(permission), !kept.contains(permission));
        }
        assert_ne!(silent.id, member.id);
        for name in ["channel_user_without_", "channel_user_without_rp", "channel_user_without_x"] {
            assert_eq!(role_named(name), None, "{name}");
        }
        assert_eq!(role_named("team_user_without_p"), None);
        let kept = role_named("channel_user_without_b").unwrap().permissions;
        assert!(kept.len() < member.permissions.len());
        assert!(!kept.iter().any(|permission| permission.contains("_bookmark_")));
    }
}

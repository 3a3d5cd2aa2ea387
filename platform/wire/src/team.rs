//! Teams and who is in them.

use domain::Pictures;
use events::directory::{TeamContact, TeamCreated, TeamType};
use events::{Id, TeamId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::or_empty;

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Team {
    pub id: TeamId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub display_name: String,
    pub name: String,
    pub description: String,
    pub email: String,
    pub r#type: TeamType,
    pub company_name: String,
    pub allowed_domains: String,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub invite_id: Option<Id>,
    pub allow_open_invite: bool,
    pub scheme_id: Option<Id>,
    pub group_constrained: Option<bool>,
    pub policy_id: Option<Id>,
    pub last_team_icon_update: i64,
    pub cloud_limits_archived: bool,
}

impl Team {
    pub fn from_created(c: &TeamCreated, p: &TeamContact, at: i64) -> Self {
        Self {
            id: c.team_id,
            create_at: at,
            update_at: at,
            delete_at: 0,
            display_name: c.display_name.clone(),
            name: c.name.clone(),
            description: c.description.clone(),
            email: p.email.clone(),
            r#type: c.r#type,
            company_name: String::new(),
            allowed_domains: String::new(),
            invite_id: Some(c.invite_id),
            allow_open_invite: c.allow_open_invite,
            scheme_id: None,
            group_constrained: None,
            policy_id: None,
            last_team_icon_update: 0,
            cloud_limits_archived: false,
        }
    }

    /// The team with the time of its icon, which stands apart from it.
    #[must_use]
    pub fn with_icon(mut self, pictures: &Pictures) -> Self {
        self.last_team_icon_update = pictures.of_team(self.id).map_or(0, |icon| icon.update_at);
        self
    }

    /// The team for those who may neither invite nor manage it.
    #[must_use]
    pub fn sanitised(mut self) -> Self {
        self.email = String::new();
        self.invite_id = None;
        self
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TeamMember {
    pub team_id: TeamId,
    pub user_id: UserId,
    pub roles: &'static str,
    pub delete_at: i64,
    pub scheme_guest: bool,
    pub scheme_user: bool,
    pub scheme_admin: bool,
    pub explicit_roles: &'static str,
}

impl TeamMember {
    pub fn new(team_id: TeamId, user_id: UserId, scheme_admin: bool, delete_at: i64) -> Self {
        Self {
            team_id,
            user_id,
            roles: if scheme_admin { "team_user team_admin" } else { "team_user" },
            delete_at,
            scheme_guest: false,
            scheme_user: true,
            scheme_admin,
            explicit_roles: "",
        }
    }

    /// The membership as it is where its owner is a guest.
    #[must_use]
    pub fn of_guest(self, guest: bool) -> Self {
        if !guest {
            return self;
        }
        Self {
            roles: "team_guest",
            scheme_guest: true,
            scheme_user: false,
            scheme_admin: false,
            ..self
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TeamUnread {
    pub team_id: TeamId,
    pub msg_count: i64,
    pub mention_count: i64,
    pub mention_count_root: i64,
    pub msg_count_root: i64,
    pub thread_count: i64,
    pub thread_mention_count: i64,
    pub thread_urgent_mention_count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TeamStats {
    pub team_id: TeamId,
    pub total_member_count: i64,
    pub active_member_count: i64,
}

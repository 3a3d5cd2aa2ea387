//! Every address that writes.

use axum::Router;
use platform::http::Mount;
use platform::http::urls::Service;

use crate::endpoints::{
    channel_members, channels, conversations, emoji, erasure, files, legal_holds, login, passwords,
    pictures, pins, posts, preferences, reactions, retention, rules, sessions, status,
    team_members, teams, typing, uploads, users, views,
};
use crate::executor::CommandApi;

/// The write side, to be merged with whatever else listens at the same address.
#[rustfmt::skip]
pub fn routes(api: CommandApi) -> Router {
    let mounted = Mount::new(Service::Command)
        .post("/api/v4/users", users::create)
        .post("/api/v4/users/login", login::login)
        .post("/api/v4/users/logout", login::logout)
        .put("/api/v4/users/{user_id}", users::patch)
        .delete("/api/v4/users/{user_id}", users::delete)
        .put("/api/v4/users/{user_id}/patch", users::patch)
        .put("/api/v4/users/{user_id}/password", passwords::change)
        .put("/api/v4/users/{user_id}/active", users::active)
        .put("/api/v4/users/{user_id}/roles", users::roles)
        .post("/api/v4/users/{user_id}/sessions/revoke", sessions::revoke)
        .post("/api/v4/users/{user_id}/sessions/revoke/all", sessions::revoke_all)
        .put("/api/v4/users/{user_id}/status", status::set)
        .put("/api/v4/users/{user_id}/preferences", preferences::set)
        .post("/api/v4/users/{user_id}/preferences/delete", preferences::delete)
        .post("/api/v4/users/{user_id}/typing", typing::start)
        .post("/api/v4/users/{user_id}/posts/{post_id}/set_unread", views::set_unread)
        .delete("/api/v4/users/{user_id}/posts/{post_id}/reactions/{emoji_name}", reactions::remove)
        .post("/api/v4/teams", teams::create)
        .post("/api/v4/teams/members/invite", team_members::join_by_invite)
        .post("/api/v4/teams/{team_id}/members", team_members::add)
        .post("/api/v4/teams/{team_id}/members/batch", team_members::add_many)
        .delete("/api/v4/teams/{team_id}/members/{user_id}", team_members::remove)
        .post("/api/v4/channels", channels::create)
        .post("/api/v4/channels/direct", conversations::open_direct)
        .post("/api/v4/channels/group", conversations::open_group)
        .post("/api/v4/channels/members/{user_id}/view", views::view)
        .post("/api/v4/channels/members/{user_id}/mark_read", views::mark_read)
        .put("/api/v4/channels/{channel_id}", channels::update)
        .delete("/api/v4/channels/{channel_id}", channels::archive)
        .put("/api/v4/channels/{channel_id}/patch", channels::patch)
        .post("/api/v4/channels/{channel_id}/restore", channels::restore)
        .post("/api/v4/channels/{channel_id}/members", channel_members::add)
        .delete("/api/v4/channels/{channel_id}/members/{user_id}", channel_members::remove)
        .post("/api/v4/posts", posts::create)
        .put("/api/v4/posts/{post_id}", posts::update)
        .delete("/api/v4/posts/{post_id}", posts::delete)
        .put("/api/v4/posts/{post_id}/patch", posts::patch)
        .post("/api/v4/posts/{post_id}/pin", pins::pin)
        .post("/api/v4/posts/{post_id}/unpin", pins::unpin)
        .post("/api/v4/reactions", reactions::add)
        .post("/api/v4/files", files::upload)
        .post("/api/v4/uploads", uploads::begin)
        .post("/api/v4/uploads/{upload_id}", uploads::bring)
        .post("/api/v4/users/{user_id}/image", pictures::set_of_user)
        .delete("/api/v4/users/{user_id}/image", pictures::unset_of_user)
        .post("/api/v4/teams/{team_id}/image", pictures::set_of_team)
        .delete("/api/v4/teams/{team_id}/image", pictures::unset_of_team)
        .post("/api/v4/emoji", emoji::create)
        .delete("/api/v4/emoji/{emoji_id}", emoji::delete)
        .post("/api/v4/data_retention/policies", retention::create)
        .patch("/api/v4/data_retention/policies/{policy_id}", retention::patch)
        .delete("/api/v4/data_retention/policies/{policy_id}", retention::delete)
        .post("/api/v4/data_retention/policies/{policy_id}/channels", retention::add_channels)
        .delete("/api/v4/data_retention/policies/{policy_id}/channels", retention::remove_channels)
        .post("/api/v4/data_retention/policies/{policy_id}/teams", retention::add_teams)
        .delete("/api/v4/data_retention/policies/{policy_id}/teams", retention::remove_teams)
        .post("/api/nottermost/v1/legal_holds", legal_holds::place)
        .delete("/api/nottermost/v1/legal_holds/{hold_id}", legal_holds::release)
        .post("/api/nottermost/v1/retention/run", retention::run)
        .post("/api/nottermost/v1/rules", rules::activate)
        .post("/api/nottermost/v1/users/{user_id}/erase", erasure::erase);
    mounted.router().with_state(api)
}

//! The URL table of all writes.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, post, put};

use crate::endpoints::{
    channel_members, channels, conversations, files, login, passwords, pins, posts, preferences,
    reactions, sessions, status, team_members, teams, typing, users, views,
};
use crate::executor::CommandApi;

/// Every write of the contract, below `/api/v4`.
pub fn routes(api: CommandApi) -> Router {
    let table = Router::new()
        .route("/users", post(users::create))
        .route("/users/login", post(login::login))
        .route("/users/logout", post(login::logout))
        .route("/users/{user_id}", put(users::patch).delete(users::delete))
        .route("/users/{user_id}/patch", put(users::patch))
        .route("/users/{user_id}/password", put(passwords::change))
        .route("/users/{user_id}/active", put(users::active))
        .route("/users/{user_id}/roles", put(users::roles))
        .route("/users/{user_id}/sessions/revoke", post(sessions::revoke))
        .route("/users/{user_id}/sessions/revoke/all", post(sessions::revoke_all))
        .route("/users/{user_id}/status", put(status::set))
        .route("/users/{user_id}/preferences", put(preferences::set))
        .route("/users/{user_id}/preferences/delete", post(preferences::delete))
        .route("/users/{user_id}/typing", post(typing::start))
        .route("/users/{user_id}/posts/{post_id}/set_unread", post(views::set_unread))
        .route("/users/{user_id}/posts/{post_id}/reactions/{emoji_name}", delete(reactions::remove))
        .route("/teams", post(teams::create))
        .route("/teams/members/invite", post(team_members::join_by_invite))
        .route("/teams/{team_id}/members", post(team_members::add))
        .route("/teams/{team_id}/members/batch", post(team_members::add_many))
        .route("/teams/{team_id}/members/{user_id}", delete(team_members::remove))
        .route("/channels", post(channels::create))
        .route("/channels/direct", post(conversations::open_direct))
        .route("/channels/group", post(conversations::open_group))
        .route("/channels/members/{user_id}/view", post(views::view))
        .route("/channels/members/{user_id}/mark_read", post(views::mark_read))
        .route("/channels/{channel_id}", put(channels::update).delete(channels::archive))
        .route("/channels/{channel_id}/patch", put(channels::patch))
        .route("/channels/{channel_id}/restore", post(channels::restore))
        .route("/channels/{channel_id}/members", post(channel_members::add))
        .route("/channels/{channel_id}/members/{user_id}", delete(channel_members::remove))
        .route("/posts", post(posts::create))
        .route("/posts/{post_id}", put(posts::update).delete(posts::delete))
        .route("/posts/{post_id}/patch", put(posts::patch))
        .route("/posts/{post_id}/pin", post(pins::pin))
        .route("/posts/{post_id}/unpin", post(pins::unpin))
        .route("/reactions", post(reactions::add))
        // The endpoint itself counts what it takes, and says so in the contract's words.
        .route("/files", post(files::upload).layer(DefaultBodyLimit::disable()));
    Router::new().nest("/api/v4", table).with_state(api)
}

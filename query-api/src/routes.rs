//! Every address that is read.

use axum::Router;
use axum::routing::{get, post};

use crate::app::{App, Parts};
use crate::endpoints::channels::{categories, members, memberships, of_team, of_user, stats};
use crate::endpoints::posts::{around_unread, pinned, reactions, search, thread};
use crate::endpoints::system::{client_config, client_reports, facts, ping, root};
use crate::endpoints::{absent, channels, files, posts, roles, teams, users};

/// The read side, to be merged with whatever else listens at the same address.
#[rustfmt::skip]
pub fn router(parts: Parts) -> Router {
    let v4 = Router::new()
        // The installation.
        .route("/system/ping", get(ping::get))
        .route("/system/timezones", get(facts::timezones))
        .route("/system/notices/{team_id}", get(absent::none))
        .route("/config/client", get(client_config::config))
        .route("/license/client", get(client_config::license))
        .route("/limits/server", get(facts::limits))
        .route("/client_perf", post(client_reports::performance))
        .route("/logs", post(client_reports::log))
        .route("/plugins/webapp", get(absent::no_plugins))
        .route("/emoji", get(absent::none))
        .route("/emoji/names", post(absent::none_of_names))
        .route("/custom_profile_attributes/fields", get(absent::none))
        .route("/roles", get(roles::all))
        .route("/roles/names", post(roles::by_names))
        .route("/roles/name/{role_name}", get(roles::by_name))
        // People.
        .route("/users", get(users::list::get))
        .route("/users/ids", post(users::by_ids::by_ids))
        .route("/users/usernames", post(users::by_ids::by_usernames))
        .route("/users/username/{username}", get(users::by_name::by_username))
        .route("/users/email/{email}", get(users::by_name::by_email))
        .route("/users/search", post(users::search::post))
        .route("/users/autocomplete", get(users::search::autocomplete))
        .route("/users/known", get(users::known::known))
        .route("/users/stats", get(users::known::stats))
        .route("/users/group_channels", post(users::group_channels::post))
        .route("/users/login/type", post(users::login_type::post))
        .route("/users/status/ids", post(users::statuses::by_ids))
        .route("/users/{user_id}", get(users::one::get))
        .route("/users/{user_id}/image", get(users::image::get))
        .route("/users/{user_id}/status", get(users::statuses::one))
        .route("/users/{user_id}/sessions", get(users::sessions::get))
        .route("/users/{user_id}/preferences", get(users::preferences::all))
        .route("/users/{user_id}/preferences/{category}", get(users::preferences::of_category))
        .route("/users/{user_id}/preferences/{category}/name/{preference_name}", get(users::preferences::one))
        .route("/users/{user_id}/custom_profile_attributes", get(absent::no_attributes))
        // Teams.
        .route("/teams", get(teams::list::listed))
        .route("/teams/name/{team_name}", get(teams::one::by_name))
        .route("/teams/name/{team_name}/exists", get(teams::one::exists))
        .route("/teams/invite/{invite_id}", get(teams::invite::get))
        .route("/teams/{team_id}", get(teams::one::by_id))
        .route("/teams/{team_id}/stats", get(teams::one::stats))
        .route("/teams/{team_id}/members", get(teams::members::page))
        .route("/teams/{team_id}/members/ids", post(teams::members::by_ids))
        .route("/teams/{team_id}/members/{user_id}", get(teams::members::one))
        .route("/users/{user_id}/teams", get(teams::list::of_user))
        .route("/users/{user_id}/teams/members", get(teams::members::of_user))
        .route("/users/{user_id}/teams/unread", get(teams::unread::all))
        .route("/users/{user_id}/teams/{team_id}/unread", get(teams::unread::one))
        .route("/users/{user_id}/teams/{team_id}/threads", get(absent::no_threads))
        .route("/users/{user_id}/teams/{team_id}/drafts", get(absent::none_in_team))
        // Channels.
        .route("/channels/{channel_id}", get(channels::one::by_id))
        .route("/channels/{channel_id}/stats", get(stats::get))
        .route("/channels/{channel_id}/members", get(members::page))
        .route("/channels/{channel_id}/members/ids", post(members::by_ids))
        .route("/channels/{channel_id}/members/{user_id}", get(members::one))
        .route("/channels/{channel_id}/member_counts_by_group", get(absent::none_in_channel))
        .route("/channels/{channel_id}/bookmarks", get(absent::none_in_channel))
        .route("/teams/{team_id}/commands/autocomplete", get(absent::no_commands))
        .route("/teams/{team_id}/channels", get(of_team::public))
        .route("/teams/{team_id}/channels/ids", post(of_team::by_ids))
        .route("/teams/{team_id}/channels/search", post(of_team::search))
        .route("/teams/{team_id}/channels/autocomplete", get(of_team::autocomplete))
        .route("/teams/{team_id}/channels/name/{channel_name}", get(channels::one::by_name))
        .route("/teams/name/{team_name}/channels/name/{channel_name}", get(channels::one::by_team_name))
        .route("/users/{user_id}/channels", get(of_user::all))
        .route("/users/{user_id}/channel_members", get(memberships::all))
        .route("/users/{user_id}/channels/{channel_id}/unread", get(memberships::unread))
        .route("/users/{user_id}/teams/{team_id}/channels", get(of_user::of_team))
        .route("/users/{user_id}/teams/{team_id}/channels/members", get(memberships::of_team))
        .route("/users/{user_id}/teams/{team_id}/channels/categories", get(categories::get))
        .route("/users/{user_id}/teams/{team_id}/channels/categories/order", get(categories::order))
        // Posts.
        .route("/posts/ids", post(posts::by_ids::post))
        .route("/posts/ids/reactions", post(reactions::of_posts))
        .route("/posts/search", post(search::everywhere))
        .route("/posts/scheduled/team/{team_id}", get(absent::no_scheduled_posts))
        .route("/posts/{post_id}", get(posts::one::get))
        .route("/posts/{post_id}/thread", get(thread::get))
        .route("/posts/{post_id}/reactions", get(reactions::of_post))
        .route("/posts/{post_id}/files/info", get(posts::one::files))
        .route("/channels/{channel_id}/posts", get(posts::of_channel::get))
        .route("/channels/{channel_id}/pinned", get(pinned::get))
        .route("/teams/{team_id}/posts/search", post(search::in_team))
        .route("/users/{user_id}/channels/{channel_id}/posts/unread", get(around_unread::get))
        // Files.
        .route("/files/{file_id}", get(files::download::get))
        .route("/files/{file_id}/info", get(files::info::get))
        .route("/files/{file_id}/thumbnail", get(files::info::thumbnail))
        .route("/files/{file_id}/preview", get(files::info::preview))
        .route("/files/{file_id}/link", get(files::info::link));
    Router::new().route("/", get(root::get)).nest("/api/v4", v4).with_state(App::new(parts))
}

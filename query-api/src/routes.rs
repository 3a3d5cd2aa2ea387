//! Every address that is read.

use axum::Router;
use platform::http::Mount;
use platform::http::urls::Service;

use crate::app::{App, Parts};
use crate::endpoints::channels::{categories, members, memberships, of_team, of_user, stats};
use crate::endpoints::posts::{around_unread, history, pinned, reactions, search, thread};
use crate::endpoints::retention::{legal_holds, members as retained, policies, runs};
use crate::endpoints::system::{client_config, client_reports, facts, ping, root};
use crate::endpoints::{absent, channels, files, posts, roles, teams, users};
use crate::stream;

/// The read side, to be merged with whatever else listens at the same address.
#[rustfmt::skip]
pub fn router(parts: Parts) -> Router {
    let mounted = Mount::new(Service::Query)
        .get("/", root::get)
        // The installation.
        .get("/api/v4/system/ping", ping::get)
        .get("/api/v4/system/timezones", facts::timezones)
        .get("/api/v4/system/notices/{team_id}", absent::none)
        .get("/api/v4/config/client", client_config::config)
        .get("/api/v4/license/client", client_config::license)
        .get("/api/v4/limits/server", facts::limits)
        .post("/api/v4/client_perf", client_reports::performance)
        .post("/api/v4/logs", client_reports::log)
        .get("/api/v4/plugins/webapp", absent::no_plugins)
        .get("/api/v4/emoji", absent::none)
        .post("/api/v4/emoji/names", absent::none_of_names)
        .get("/api/v4/custom_profile_attributes/fields", absent::none)
        .get("/api/v4/roles", roles::all)
        .post("/api/v4/roles/names", roles::by_names)
        .get("/api/v4/roles/name/{role_name}", roles::by_name)
        // What happens.
        .get("/api/nottermost/v1/events", stream::get)
        .get("/api/nottermost/v1/events/asyncapi.json", stream::asyncapi)
        // How long things are kept.
        .get("/api/nottermost/v1/legal_holds", legal_holds::list)
        .get("/api/nottermost/v1/retention/runs", runs::list)
        .get("/api/nottermost/v1/retention/runs/{run_id}/channels", runs::channels)
        .get("/api/v4/data_retention/policy", policies::of_installation)
        .get("/api/v4/data_retention/policies", policies::list)
        .get("/api/v4/data_retention/policies_count", policies::count)
        .get("/api/v4/data_retention/policies/{policy_id}", policies::one)
        .get("/api/v4/data_retention/policies/{policy_id}/channels", retained::channels)
        .post("/api/v4/data_retention/policies/{policy_id}/channels/search", retained::channels_found)
        .get("/api/v4/data_retention/policies/{policy_id}/teams", retained::teams)
        .post("/api/v4/data_retention/policies/{policy_id}/teams/search", retained::teams_found)
        .get("/api/v4/users/{user_id}/data_retention/channel_policies", policies::of_channels)
        .get("/api/v4/users/{user_id}/data_retention/team_policies", policies::of_teams)
        // People.
        .get("/api/v4/users", users::list::get)
        .post("/api/v4/users/ids", users::by_ids::by_ids)
        .post("/api/v4/users/usernames", users::by_ids::by_usernames)
        .get("/api/v4/users/username/{username}", users::by_name::by_username)
        .get("/api/v4/users/email/{email}", users::by_name::by_email)
        .post("/api/v4/users/search", users::search::post)
        .get("/api/v4/users/autocomplete", users::search::autocomplete)
        .get("/api/v4/users/known", users::known::known)
        .get("/api/v4/users/stats", users::known::stats)
        .post("/api/v4/users/group_channels", users::group_channels::post)
        .post("/api/v4/users/login/type", users::login_type::post)
        .post("/api/v4/users/status/ids", users::statuses::by_ids)
        .get("/api/v4/users/{user_id}", users::one::get)
        .get("/api/v4/users/{user_id}/image", users::image::get)
        .get("/api/nottermost/v1/users/{user_id}/erasure", users::erasure::get)
        .get("/api/v4/users/{user_id}/status", users::statuses::one)
        .get("/api/v4/users/{user_id}/sessions", users::sessions::get)
        .get("/api/v4/users/{user_id}/preferences", users::preferences::all)
        .get("/api/v4/users/{user_id}/preferences/{category}", users::preferences::of_category)
        .get("/api/v4/users/{user_id}/preferences/{category}/name/{preference_name}", users::preferences::one)
        .get("/api/v4/users/{user_id}/custom_profile_attributes", absent::no_attributes)
        // Teams.
        .get("/api/v4/teams", teams::list::listed)
        .get("/api/v4/teams/name/{team_name}", teams::one::by_name)
        .get("/api/v4/teams/name/{team_name}/exists", teams::one::exists)
        .get("/api/v4/teams/invite/{invite_id}", teams::invite::get)
        .get("/api/v4/teams/{team_id}", teams::one::by_id)
        .get("/api/v4/teams/{team_id}/stats", teams::one::stats)
        .get("/api/v4/teams/{team_id}/members", teams::members::page)
        .post("/api/v4/teams/{team_id}/members/ids", teams::members::by_ids)
        .get("/api/v4/teams/{team_id}/members/{user_id}", teams::members::one)
        .get("/api/v4/users/{user_id}/teams", teams::list::of_user)
        .get("/api/v4/users/{user_id}/teams/members", teams::members::of_user)
        .get("/api/v4/users/{user_id}/teams/unread", teams::unread::all)
        .get("/api/v4/users/{user_id}/teams/{team_id}/unread", teams::unread::one)
        .get("/api/v4/users/{user_id}/teams/{team_id}/threads", absent::no_threads)
        .get("/api/v4/users/{user_id}/teams/{team_id}/drafts", users::drafts::of_team)
        // Channels.
        .get("/api/v4/channels/{channel_id}", channels::one::by_id)
        .get("/api/v4/channels/{channel_id}/stats", stats::get)
        .get("/api/v4/channels/{channel_id}/members", members::page)
        .post("/api/v4/channels/{channel_id}/members/ids", members::by_ids)
        .get("/api/v4/channels/{channel_id}/members/{user_id}", members::one)
        .get("/api/v4/channels/{channel_id}/member_counts_by_group", absent::none_in_channel)
        .get("/api/v4/channels/{channel_id}/bookmarks", absent::none_in_channel)
        .get("/api/v4/teams/{team_id}/commands/autocomplete", absent::no_commands)
        .get("/api/v4/teams/{team_id}/channels", of_team::public)
        .post("/api/v4/teams/{team_id}/channels/ids", of_team::by_ids)
        .post("/api/v4/teams/{team_id}/channels/search", of_team::search)
        .get("/api/v4/teams/{team_id}/channels/autocomplete", of_team::autocomplete)
        .get("/api/v4/teams/{team_id}/channels/name/{channel_name}", channels::one::by_name)
        .get("/api/v4/teams/name/{team_name}/channels/name/{channel_name}", channels::one::by_team_name)
        .get("/api/v4/users/{user_id}/channels", of_user::all)
        .get("/api/v4/users/{user_id}/channel_members", memberships::all)
        .get("/api/v4/users/{user_id}/channels/{channel_id}/unread", memberships::unread)
        .get("/api/v4/users/{user_id}/teams/{team_id}/channels", of_user::of_team)
        .get("/api/v4/users/{user_id}/teams/{team_id}/channels/members", memberships::of_team)
        .get("/api/v4/users/{user_id}/teams/{team_id}/channels/categories", categories::get)
        .get("/api/v4/users/{user_id}/teams/{team_id}/channels/categories/order", categories::order)
        .get("/api/v4/users/{user_id}/teams/{team_id}/channels/categories/{category_id}", categories::one)
        // Posts.
        .post("/api/v4/posts/ids", posts::by_ids::post)
        .post("/api/v4/posts/ids/reactions", reactions::of_posts)
        .post("/api/v4/posts/search", search::everywhere)
        .get("/api/v4/posts/scheduled/team/{team_id}", absent::no_scheduled_posts)
        .get("/api/v4/posts/{post_id}", posts::one::get)
        .get("/api/v4/posts/{post_id}/edit_history", history::of_edits)
        .get("/api/nottermost/v1/posts/{post_id}/history", history::of_all)
        .get("/api/v4/posts/{post_id}/thread", thread::get)
        .get("/api/v4/posts/{post_id}/reactions", reactions::of_post)
        .get("/api/v4/posts/{post_id}/files/info", posts::one::files)
        .get("/api/v4/channels/{channel_id}/posts", posts::of_channel::get)
        .get("/api/v4/channels/{channel_id}/pinned", pinned::get)
        .post("/api/v4/teams/{team_id}/posts/search", search::in_team)
        .get("/api/v4/users/{user_id}/posts/flagged", users::saved_posts::get)
        .get("/api/v4/users/{user_id}/channels/{channel_id}/posts/unread", around_unread::get)
        // Files.
        .get("/api/v4/files/{file_id}", files::download::get)
        .get("/api/v4/files/{file_id}/info", files::info::get)
        .get("/api/v4/files/{file_id}/thumbnail", files::info::thumbnail)
        .get("/api/v4/files/{file_id}/preview", files::info::preview)
        .get("/api/v4/files/{file_id}/link", files::info::link);
    mounted.router().with_state(App::new(parts))
}

//! The URL table: every address of the contract, and which service answers there.
//!
//! It is the one declaration of it. Each service mounts its handlers at the addresses that stand
//! here ([`super::Mount`]), and `replay edge` makes the configuration of the edge in front of the
//! services from it, so the two cannot disagree. To add an address: a line here, and the handler in
//! the service's `routes`.

use std::fmt;

use self::Verb::{Delete, Get, Patch, Post, Put};

/// The methods that the contract uses. A `GET` answers `HEAD` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Command,
    Query,
    Realtime,
    /// Every process, for itself. Who asks must know which one: no edge passes it on.
    Each,
}

/// One method of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Url {
    pub verb: Verb,
    /// As axum writes it: a segment in braces takes any text that is not empty.
    pub path: &'static str,
    pub service: Service,
    /// The body is of any size and goes on while it comes; the handler counts it. The bodies of all
    /// others are JSON below the common limit.
    pub streamed: bool,
}

/// Where most of the contract lies; an address below it that does not exist is query-api's to refuse.
pub const FALLBACK: Service = Service::Query;

/// The table, by subject, then as the addresses sort.
#[rustfmt::skip]
pub const URLS: &[Url] = &[
    // The installation.
    query(Get, "/"),
    each(Get, "/metrics"),
    query(Get, "/api/nottermost/v1/events"),
    query(Get, "/api/nottermost/v1/events/asyncapi.json"),
    each(Get, "/api/nottermost/v1/health"),
    command(Post, "/api/nottermost/v1/users/{user_id}/erase"),
    query(Get, "/api/nottermost/v1/users/{user_id}/erasure"),
    realtime(Get, "/api/nottermost/v1/websocket/asyncapi.json"),
    realtime(Get, "/api/v4/websocket"),
    realtime(Get, "/api/v4/websocket/"),
    query(Post, "/api/v4/client_perf"),
    query(Get, "/api/v4/config/client"),
    query(Get, "/api/v4/custom_profile_attributes/fields"),
    command(Post, "/api/v4/custom_profile_attributes/fields"),
    command(Patch, "/api/v4/custom_profile_attributes/fields/{field_id}"),
    command(Delete, "/api/v4/custom_profile_attributes/fields/{field_id}"),
    query(Get, "/api/v4/custom_profile_attributes/group"),
    command(Patch, "/api/v4/custom_profile_attributes/values"),
    query(Get, "/api/v4/emoji"),
    command(Post, "/api/v4/emoji").streamed(),
    query(Get, "/api/v4/emoji/autocomplete"),
    query(Get, "/api/v4/emoji/name/{emoji_name}"),
    query(Post, "/api/v4/emoji/names"),
    query(Post, "/api/v4/emoji/search"),
    query(Get, "/api/v4/emoji/{emoji_id}"),
    command(Delete, "/api/v4/emoji/{emoji_id}"),
    query(Get, "/api/v4/emoji/{emoji_id}/image"),
    query(Get, "/api/v4/image"),
    query(Get, "/api/v4/license/client"),
    query(Get, "/api/v4/limits/server"),
    query(Post, "/api/v4/logs"),
    query(Get, "/api/v4/openapi.json"),
    query(Post, "/api/v4/opengraph"),
    query(Get, "/api/v4/plugins/webapp"),
    query(Get, "/api/v4/redirect_location"),
    query(Get, "/api/v4/roles"),
    query(Get, "/api/v4/roles/name/{role_name}"),
    query(Post, "/api/v4/roles/names"),
    query(Get, "/api/v4/system/notices/{team_id}"),
    query(Get, "/api/v4/system/ping"),
    query(Get, "/api/v4/system/timezones"),
    // How long things are kept.
    query(Get, "/api/nottermost/v1/legal_holds"),
    command(Post, "/api/nottermost/v1/legal_holds"),
    command(Delete, "/api/nottermost/v1/legal_holds/{hold_id}"),
    command(Post, "/api/nottermost/v1/retention/run"),
    command(Post, "/api/nottermost/v1/rules"),
    query(Get, "/api/nottermost/v1/retention/runs"),
    query(Get, "/api/nottermost/v1/retention/runs/{run_id}/channels"),
    query(Get, "/api/v4/data_retention/policies"),
    command(Post, "/api/v4/data_retention/policies"),
    query(Get, "/api/v4/data_retention/policies/{policy_id}"),
    command(Patch, "/api/v4/data_retention/policies/{policy_id}"),
    command(Delete, "/api/v4/data_retention/policies/{policy_id}"),
    query(Get, "/api/v4/data_retention/policies/{policy_id}/channels"),
    command(Post, "/api/v4/data_retention/policies/{policy_id}/channels"),
    command(Delete, "/api/v4/data_retention/policies/{policy_id}/channels"),
    query(Post, "/api/v4/data_retention/policies/{policy_id}/channels/search"),
    query(Get, "/api/v4/data_retention/policies/{policy_id}/teams"),
    command(Post, "/api/v4/data_retention/policies/{policy_id}/teams"),
    command(Delete, "/api/v4/data_retention/policies/{policy_id}/teams"),
    query(Post, "/api/v4/data_retention/policies/{policy_id}/teams/search"),
    query(Get, "/api/v4/data_retention/policies_count"),
    query(Get, "/api/v4/data_retention/policy"),
    query(Get, "/api/v4/users/{user_id}/data_retention/channel_policies"),
    query(Get, "/api/v4/users/{user_id}/data_retention/team_policies"),
    // People.
    query(Get, "/api/v4/users"),
    command(Post, "/api/v4/users"),
    query(Get, "/api/v4/users/autocomplete"),
    query(Get, "/api/v4/users/email/{email}"),
    query(Post, "/api/v4/users/group_channels"),
    query(Post, "/api/v4/users/ids"),
    query(Get, "/api/v4/users/known"),
    command(Post, "/api/v4/users/login"),
    query(Post, "/api/v4/users/login/type"),
    command(Post, "/api/v4/users/logout"),
    query(Post, "/api/v4/users/search"),
    query(Get, "/api/v4/users/stats"),
    query(Post, "/api/v4/users/status/ids"),
    query(Get, "/api/v4/users/username/{username}"),
    query(Post, "/api/v4/users/usernames"),
    query(Get, "/api/v4/users/{user_id}"),
    command(Put, "/api/v4/users/{user_id}"),
    command(Delete, "/api/v4/users/{user_id}"),
    command(Put, "/api/v4/users/{user_id}/active"),
    query(Get, "/api/v4/users/{user_id}/custom_profile_attributes"),
    command(Patch, "/api/v4/users/{user_id}/custom_profile_attributes"),
    command(Post, "/api/v4/users/{user_id}/demote"),
    query(Get, "/api/v4/users/{user_id}/image"),
    command(Post, "/api/v4/users/{user_id}/image").streamed(),
    command(Delete, "/api/v4/users/{user_id}/image"),
    query(Get, "/api/v4/users/{user_id}/image/default"),
    command(Put, "/api/v4/users/{user_id}/password"),
    command(Put, "/api/v4/users/{user_id}/patch"),
    query(Get, "/api/v4/users/{user_id}/preferences"),
    command(Put, "/api/v4/users/{user_id}/preferences"),
    command(Post, "/api/v4/users/{user_id}/preferences/delete"),
    query(Get, "/api/v4/users/{user_id}/preferences/{category}"),
    query(Get, "/api/v4/users/{user_id}/preferences/{category}/name/{preference_name}"),
    command(Post, "/api/v4/users/{user_id}/promote"),
    command(Put, "/api/v4/users/{user_id}/roles"),
    query(Get, "/api/v4/users/{user_id}/sessions"),
    command(Post, "/api/v4/users/{user_id}/sessions/revoke"),
    command(Post, "/api/v4/users/{user_id}/sessions/revoke/all"),
    query(Get, "/api/v4/users/{user_id}/status"),
    command(Put, "/api/v4/users/{user_id}/status"),
    command(Put, "/api/v4/users/{user_id}/status/custom"),
    command(Delete, "/api/v4/users/{user_id}/status/custom"),
    command(Post, "/api/v4/users/{user_id}/status/custom/recent/delete"),
    command(Post, "/api/v4/users/{user_id}/typing"),
    // Teams.
    query(Get, "/api/v4/teams"),
    command(Post, "/api/v4/teams"),
    query(Get, "/api/v4/teams/invite/{invite_id}"),
    command(Post, "/api/v4/teams/members/invite"),
    query(Get, "/api/v4/teams/name/{team_name}"),
    query(Get, "/api/v4/teams/name/{team_name}/exists"),
    query(Get, "/api/v4/teams/{team_id}"),
    command(Put, "/api/v4/teams/{team_id}"),
    command(Delete, "/api/v4/teams/{team_id}"),
    query(Post, "/api/v4/teams/{team_id}/invite/email"),
    query(Get, "/api/v4/teams/{team_id}/image"),
    command(Post, "/api/v4/teams/{team_id}/image").streamed(),
    command(Delete, "/api/v4/teams/{team_id}/image"),
    query(Get, "/api/v4/teams/{team_id}/members"),
    command(Post, "/api/v4/teams/{team_id}/members"),
    command(Post, "/api/v4/teams/{team_id}/members/batch"),
    query(Post, "/api/v4/teams/{team_id}/members/ids"),
    query(Get, "/api/v4/teams/{team_id}/members/{user_id}"),
    command(Delete, "/api/v4/teams/{team_id}/members/{user_id}"),
    command(Put, "/api/v4/teams/{team_id}/members/{user_id}/roles"),
    command(Put, "/api/v4/teams/{team_id}/members/{user_id}/schemeRoles"),
    command(Put, "/api/v4/teams/{team_id}/patch"),
    command(Put, "/api/v4/teams/{team_id}/privacy"),
    command(Post, "/api/v4/teams/{team_id}/regenerate_invite_id"),
    command(Post, "/api/v4/teams/{team_id}/restore"),
    query(Get, "/api/v4/teams/{team_id}/stats"),
    query(Get, "/api/v4/users/{user_id}/teams"),
    query(Get, "/api/v4/users/{user_id}/teams/members"),
    query(Get, "/api/v4/users/{user_id}/teams/unread"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/drafts"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/threads"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/threads/read"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/threads/{thread_id}"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/threads/{thread_id}/following"),
    command(Delete, "/api/v4/users/{user_id}/teams/{team_id}/threads/{thread_id}/following"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/threads/{thread_id}/read/{timestamp}"),
    command(Post, "/api/v4/users/{user_id}/teams/{team_id}/threads/{thread_id}/set_unread/{post_id}"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/unread"),
    // Channels.
    command(Post, "/api/v4/channels"),
    command(Post, "/api/v4/channels/direct"),
    command(Post, "/api/v4/channels/group"),
    query(Post, "/api/v4/channels/group/search"),
    command(Post, "/api/v4/channels/members/{user_id}/mark_read"),
    command(Post, "/api/v4/channels/members/{user_id}/view"),
    query(Post, "/api/v4/channels/search"),
    query(Post, "/api/v4/channels/stats/member_count"),
    query(Get, "/api/v4/channels/{channel_id}"),
    command(Put, "/api/v4/channels/{channel_id}"),
    command(Delete, "/api/v4/channels/{channel_id}"),
    query(Get, "/api/v4/channels/{channel_id}/bookmarks"),
    command(Post, "/api/v4/channels/{channel_id}/bookmarks"),
    command(Patch, "/api/v4/channels/{channel_id}/bookmarks/{bookmark_id}"),
    command(Delete, "/api/v4/channels/{channel_id}/bookmarks/{bookmark_id}"),
    command(Post, "/api/v4/channels/{channel_id}/bookmarks/{bookmark_id}/sort_order"),
    query(Get, "/api/v4/channels/{channel_id}/member_counts_by_group"),
    query(Get, "/api/v4/channels/{channel_id}/members"),
    command(Post, "/api/v4/channels/{channel_id}/members"),
    query(Post, "/api/v4/channels/{channel_id}/members/ids"),
    query(Get, "/api/v4/channels/{channel_id}/members/{user_id}"),
    command(Delete, "/api/v4/channels/{channel_id}/members/{user_id}"),
    command(Put, "/api/v4/channels/{channel_id}/members/{user_id}/roles"),
    command(Put, "/api/v4/channels/{channel_id}/members/{user_id}/schemeRoles"),
    command(Put, "/api/v4/channels/{channel_id}/members/{user_id}/notify_props"),
    query(Get, "/api/v4/channels/{channel_id}/moderations"),
    command(Put, "/api/v4/channels/{channel_id}/moderations/patch"),
    command(Put, "/api/v4/channels/{channel_id}/patch"),
    command(Put, "/api/v4/channels/{channel_id}/privacy"),
    command(Post, "/api/v4/channels/{channel_id}/restore"),
    query(Get, "/api/v4/channels/{channel_id}/stats"),
    query(Get, "/api/v4/channels/{channel_id}/timezones"),
    query(Get, "/api/v4/teams/name/{team_name}/channels/name/{channel_name}"),
    query(Get, "/api/v4/teams/{team_id}/channels"),
    query(Get, "/api/v4/teams/{team_id}/channels/autocomplete"),
    query(Get, "/api/v4/teams/{team_id}/channels/deleted"),
    query(Post, "/api/v4/teams/{team_id}/channels/ids"),
    query(Get, "/api/v4/teams/{team_id}/channels/name/{channel_name}"),
    query(Get, "/api/v4/teams/{team_id}/channels/private"),
    query(Post, "/api/v4/teams/{team_id}/channels/search"),
    query(Post, "/api/v4/teams/{team_id}/channels/search_archived"),
    query(Get, "/api/v4/teams/{team_id}/channels/search_autocomplete"),
    query(Get, "/api/v4/teams/{team_id}/commands/autocomplete"),
    query(Get, "/api/v4/users/{user_id}/channel_members"),
    query(Get, "/api/v4/users/{user_id}/channels"),
    query(Get, "/api/v4/users/{user_id}/channels/{channel_id}/unread"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/channels"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories"),
    command(Post, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories/order"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories/order"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories/{category_id}"),
    command(Put, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories/{category_id}"),
    command(Delete, "/api/v4/users/{user_id}/teams/{team_id}/channels/categories/{category_id}"),
    query(Get, "/api/v4/users/{user_id}/teams/{team_id}/channels/members"),
    // Posts.
    query(Get, "/api/v4/channels/{channel_id}/pinned"),
    query(Get, "/api/nottermost/v1/channels/{channel_id}/as_of"),
    query(Get, "/api/nottermost/v1/posts/{post_id}/history"),
    query(Get, "/api/v4/channels/{channel_id}/posts"),
    command(Post, "/api/v4/posts"),
    query(Post, "/api/v4/posts/ids"),
    query(Post, "/api/v4/posts/ids/reactions"),
    command(Post, "/api/v4/posts/schedule"),
    command(Put, "/api/v4/posts/schedule/{scheduled_id}"),
    command(Delete, "/api/v4/posts/schedule/{scheduled_id}"),
    query(Get, "/api/v4/posts/scheduled/team/{team_id}"),
    query(Post, "/api/v4/posts/search"),
    command(Post, "/api/v4/drafts"),
    command(Delete, "/api/v4/users/{user_id}/channels/{channel_id}/drafts"),
    command(Delete, "/api/v4/users/{user_id}/channels/{channel_id}/drafts/{root_id}"),
    query(Get, "/api/v4/users/{user_id}/posts/flagged"),
    query(Get, "/api/v4/posts/{post_id}"),
    command(Put, "/api/v4/posts/{post_id}"),
    command(Delete, "/api/v4/posts/{post_id}"),
    query(Get, "/api/v4/posts/{post_id}/edit_history"),
    query(Get, "/api/v4/posts/{post_id}/files/info"),
    query(Get, "/api/v4/posts/{post_id}/info"),
    command(Put, "/api/v4/posts/{post_id}/patch"),
    command(Post, "/api/v4/posts/{post_id}/pin"),
    query(Get, "/api/v4/posts/{post_id}/reactions"),
    command(Post, "/api/v4/posts/{post_id}/restore/{version_id}"),
    query(Get, "/api/v4/posts/{post_id}/thread"),
    command(Post, "/api/v4/posts/{post_id}/unpin"),
    command(Post, "/api/v4/reactions"),
    query(Post, "/api/v4/teams/{team_id}/posts/search"),
    query(Get, "/api/v4/users/{user_id}/channels/{channel_id}/posts/unread"),
    command(Post, "/api/v4/users/{user_id}/posts/{post_id}/ack"),
    command(Delete, "/api/v4/users/{user_id}/posts/{post_id}/ack"),
    command(Delete, "/api/v4/users/{user_id}/posts/{post_id}/reactions/{emoji_name}"),
    command(Post, "/api/v4/users/{user_id}/posts/{post_id}/reminder"),
    command(Post, "/api/v4/users/{user_id}/posts/{post_id}/set_unread"),
    // Files.
    command(Post, "/api/v4/files").streamed(),
    query(Post, "/api/v4/files/search"),
    query(Post, "/api/v4/teams/{team_id}/files/search"),
    query(Get, "/api/v4/files/{file_id}"),
    query(Get, "/api/v4/files/{file_id}/info"),
    query(Get, "/api/v4/files/{file_id}/link"),
    query(Get, "/api/v4/files/{file_id}/preview"),
    query(Get, "/api/v4/files/{file_id}/thumbnail"),
    query(Get, "/files/{file_id}/public"),
    command(Post, "/api/v4/uploads"),
    query(Get, "/api/v4/uploads/{upload_id}"),
    command(Post, "/api/v4/uploads/{upload_id}").streamed(),
    query(Get, "/api/v4/users/{user_id}/uploads"),
];

const fn command(verb: Verb, path: &'static str) -> Url {
    Url { verb, path, service: Service::Command, streamed: false }
}

const fn query(verb: Verb, path: &'static str) -> Url {
    Url { verb, path, service: Service::Query, streamed: false }
}

const fn realtime(verb: Verb, path: &'static str) -> Url {
    Url { verb, path, service: Service::Realtime, streamed: false }
}

const fn each(verb: Verb, path: &'static str) -> Url {
    Url { verb, path, service: Service::Each, streamed: false }
}

impl Url {
    const fn streamed(self) -> Self {
        Self { streamed: true, ..self }
    }

    /// The path's segments, each with whether it takes any text.
    pub fn segments(&self) -> impl Iterator<Item = (bool, &'static str)> {
        self.path.split('/').skip(1).map(|segment| (segment.starts_with('{'), segment))
    }
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Service {
    /// As its process is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command-api",
            Self::Query => "query-api",
            Self::Realtime => "realtime",
            Self::Each => "every process",
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb.name(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a request to this address looks like to a router: names of parameters say nothing.
    fn shape(url: &Url) -> (Verb, Vec<&'static str>) {
        let segments = url.segments().map(|(any, text)| if any { "*" } else { text });
        (url.verb, segments.collect())
    }

    #[test]
    fn no_address_stands_twice() {
        let mut seen = BTreeSet::new();
        let twice: Vec<_> = URLS.iter().filter(|url| !seen.insert(shape(url))).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn addresses_are_whole_segments_of_plain_words() {
        let plain =
            |text: &str| text.bytes().all(|b| b.is_ascii_alphabetic() || b"_14.".contains(&b));
        for url in URLS {
            assert!(url.path.starts_with('/'), "{url}");
            for (any, segment) in url.segments() {
                let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                assert_eq!(any, inner.is_some(), "{url}");
                assert!(plain(inner.unwrap_or(segment)), "{url}");
            }
        }
    }

    #[test]
    fn only_the_command_side_changes_anything_by_its_method() {
        let changes = |url: &&Url| matches!(url.verb, Put | Patch | Delete) || url.streamed;
        assert!(URLS.iter().filter(changes).all(|url| url.service == Service::Command));
        let reads = |url: &&Url| url.verb == Get;
        assert!(URLS.iter().filter(reads).all(|url| url.service != Service::Command));
        assert!(URLS.iter().any(|url| url.verb == Post && url.service == Service::Query));
    }
}

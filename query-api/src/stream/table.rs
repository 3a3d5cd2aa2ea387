//! The public events: which types integrators hear of, who of them, and which fields.
//!
//! What is not listed is not told. A test goes through the catalogue, so that whoever adds a type decides.

use events::Topic;

/// Whom an event of a type concerns. Rights are judged at every delivery, never from this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Those who may read the channel.
    Channel,
    /// Those who may know who is in the team.
    Team,
    /// Everyone with an account.
    Everyone,
    /// The person alone.
    Person,
}

/// A type that is public. Fields are named as they stand in either half of the body.
#[derive(Debug)]
pub(crate) struct PublicType {
    pub topic: Topic,
    pub event_type: &'static str,
    pub audience: Audience,
    /// What is told whatever became of it: ids, mostly.
    pub fields: &'static [&'static str],
    /// What is left out once it no longer stands.
    pub texts: &'static [&'static str],
    /// The same for files, which may go before the text.
    pub files: &'static [&'static str],
    /// Whether `admitted` names those who became members by it.
    pub admits: bool,
}

const fn of(
    topic: Topic,
    event_type: &'static str,
    audience: Audience,
    fields: &'static [&'static str],
) -> PublicType {
    PublicType { topic, event_type, audience, fields, texts: &[], files: &[], admits: false }
}

const fn channel(event_type: &'static str, fields: &'static [&'static str]) -> PublicType {
    of(Topic::Channels, event_type, Audience::Channel, fields)
}

const fn directory(
    event_type: &'static str,
    audience: Audience,
    fields: &'static [&'static str],
) -> PublicType {
    of(Topic::Directory, event_type, audience, fields)
}

const fn own(event_type: &'static str, fields: &'static [&'static str]) -> PublicType {
    of(Topic::Users, event_type, Audience::Person, fields)
}

impl PublicType {
    const fn texts(self, texts: &'static [&'static str]) -> Self {
        Self { texts, ..self }
    }

    const fn files(self) -> Self {
        Self { files: &["files", "file_names", "mini_previews"], ..self }
    }

    const fn admits(self) -> Self {
        Self { admits: true, ..self }
    }

    /// The public type with this name.
    pub fn named(event_type: &str) -> Option<&'static Self> {
        PUBLIC.iter().find(|public| public.event_type == event_type)
    }

    /// Every field that it can have.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().chain(self.texts).chain(self.files).copied()
    }
}

const NAMES: &[&str] = &["username", "nickname", "first_name", "last_name"];

/// By topic, as the catalogue has them.
#[rustfmt::skip]
pub(crate) const PUBLIC: &[PublicType] = &[
    directory("user.created", Audience::Everyone, &["user_id", "is_bot"]).texts(NAMES),
    directory("user.profile_changed", Audience::Everyone, &["user_id"]).texts(NAMES),
    directory("user.roles_changed", Audience::Everyone, &["user_id", "system_admin"]),
    directory("user.guest_changed", Audience::Everyone, &["user_id", "is_guest"]),
    directory("user.deactivated", Audience::Everyone, &["user_id"]),
    directory("user.activated", Audience::Everyone, &["user_id"]),
    directory("user.erased", Audience::Everyone, &["user_id"]),
    directory("user.picture_changed", Audience::Everyone, &["user_id"]),
    // The invitation's id lets whoever has it in.
    directory("team.created", Audience::Team, &["team_id", "name", "display_name", "description", "type", "allow_open_invite", "creator_id", "default_channels"]).admits(),
    directory("team.icon_changed", Audience::Team, &["team_id"]),
    directory("team.members_added", Audience::Team, &["team_id", "via"]).admits(),
    directory("team.member_removed", Audience::Team, &["team_id", "user_id"]),
    directory("team.member_roles_changed", Audience::Team, &["team_id", "user_id", "scheme_admin"]),
    directory("team.changed", Audience::Team, &["team_id", "display_name", "description", "company_name", "type", "allow_open_invite"]),
    // Once it is archived its members have no rights: it is told to administrators of the system.
    directory("team.archived", Audience::Team, &["team_id"]),
    directory("team.restored", Audience::Team, &["team_id"]),
    // The rest of what was claimed is told with the channel itself.
    directory("channel_name.claimed", Audience::Channel, &["team_id", "channel_id", "name"]),
    directory("channel_name.changed", Audience::Channel, &["channel_id", "name"]),
    directory("emoji.created", Audience::Everyone, &["emoji_id", "name", "creator_id"]),
    directory("emoji.deleted", Audience::Everyone, &["emoji_id", "by"]),
    directory("profile_field.created", Audience::Everyone, &["field"]),
    directory("profile_field.changed", Audience::Everyone, &["field"]),
    directory("profile_field.deleted", Audience::Everyone, &["field_id"]),

    channel("channel.created", &["channel_id", "team_id", "type", "display_name", "creator_id", "is_default"]).texts(&["header", "purpose"]).admits(),
    channel("channel.direct_opened", &["channel_id", "user_ids", "by"]),
    channel("channel.group_opened", &["channel_id", "user_ids", "by"]),
    channel("channel.settings_changed", &["channel_id", "display_name"]).texts(&["header", "purpose"]),
    channel("channel.privacy_changed", &["channel_id", "type"]),
    channel("channel.archived", &["channel_id"]),
    channel("channel.restored", &["channel_id"]),
    channel("channel.members_added", &["channel_id", "by", "via"]).admits(),
    channel("channel.member_removed", &["channel_id", "user_id", "by", "because"]),
    channel("channel.member_roles_changed", &["channel_id", "user_id", "scheme_admin"]),
    channel("channel.moderated", &["channel_id", "changes", "by"]),
    channel("post.created", &["channel_id", "post_id", "author_id", "root", "priority"]).texts(&["message", "props", "mentions", "broadcast"]).files(),
    channel("post.edited", &["channel_id", "post_id", "author_id", "root_id", "create_at"]).texts(&["message", "props"]).files(),
    channel("post.deleted", &["channel_id", "post_id", "author_id", "root_id", "by"]),
    channel("post.pinned", &["channel_id", "post_id", "root_id", "by"]),
    channel("post.unpinned", &["channel_id", "post_id", "root_id", "by"]),
    channel("reaction.added", &["channel_id", "post_id", "root_id", "user_id"]).texts(&["emoji_name"]),
    channel("reaction.removed", &["channel_id", "post_id", "root_id", "user_id"]).texts(&["emoji_name"]),
    channel("post.acknowledged", &["channel_id", "post_id", "root_id", "user_id"]),
    channel("post.acknowledgement_removed", &["channel_id", "post_id", "root_id", "user_id"]),
    // What one shows is read where it still stands.
    channel("bookmark.created", &["channel_id", "bookmark_id", "owner_id"]),
    channel("bookmark.changed", &["channel_id", "bookmark_id", "replaces", "owner_id"]),
    channel("bookmark.deleted", &["channel_id", "bookmark_id", "by"]),
    channel("bookmark.moved", &["channel_id", "bookmark_id", "place", "by"]),
    channel("channel.author_erased", &["channel_id", "user_id"]),
    // Whom a hold spares is nobody's business; nor which policy said so.
    channel("channel.posts_expired", &["channel_id", "before", "files_before"]),

    own("preferences.set", &["user_id", "preferences"]),
    own("preferences.deleted", &["user_id", "preferences"]),
    own("status.set", &["user_id", "status", "dnd_end_ms"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use events::catalogue;

    use super::*;

    /// Types that nobody hears of, by why.
    const PRIVATE: &[(&str, &[&str])] = &[
        (
            "how the installation judges",
            &["cell.opened", "rules.activated", "epoch.opened", "epoch.sealed"],
        ),
        (
            "sessions and credentials",
            &[
                "user.password_changed",
                "user.sessions_revoked",
                "session.created",
                "session.revoked",
                "session.used",
            ],
        ),
        (
            "keys, and what follows from an erasure",
            &["user.key_destroyed", "user_state.erased", "channel.key_advanced"],
        ),
        (
            "how long things are kept, and for whom",
            &[
                "retention_policy.created",
                "retention_policy.changed",
                "retention_policy.deleted",
                "retention.run_finished",
                "legal_hold.placed",
                "legal_hold.released",
            ],
        ),
        ("says nothing but who may be let in", &["team.invite_regenerated"]),
        ("its owner's alone until a post shows it", &["file.uploaded"]),
        (
            "no process of query-api folds markers",
            &[
                "read_marker.advanced",
                "read_marker.set_back",
                "thread_marker.advanced",
                "thread_marker.set_back",
                "thread_markers.advanced",
            ],
        ),
        ("what somebody follows is theirs", &["thread.followed", "thread.unfollowed"]),
        (
            "how somebody arranges and hears their channels, for their own clients",
            &[
                "sidebar.category_created",
                "sidebar.categories_changed",
                "sidebar.category_deleted",
                "sidebar.order_set",
                "channel.member_notify_changed",
            ],
        ),
        (
            "told with the account, whose `props` show it",
            &["custom_status.set", "custom_status.cleared", "custom_status.recent_removed"],
        ),
        ("read with the profile, by whom the field is shown to", &["profile_values.set"]),
        ("its writer's alone until it is sent", &["draft.saved", "draft.deleted", "drafts.erased"]),
        (
            "what somebody wants done later is theirs",
            &[
                "scheduled_post.created",
                "scheduled_post.changed",
                "scheduled_post.deleted",
                "scheduled_post.fired",
                "scheduled_post.sent",
                "scheduled_post.failed",
                "reminder.set",
                "reminder.fired",
                "reminder.ended",
            ],
        ),
        (
            "never kept",
            &[
                "typing.started",
                "presence.changed",
                "status.chosen",
                "session.seen",
                "positions.noted",
                "process.noted",
            ],
        ),
    ];

    #[test]
    fn every_event_type_is_either_public_or_private() {
        let private: BTreeSet<_> = PRIVATE.iter().flat_map(|(_, types)| *types).copied().collect();
        let public: BTreeSet<_> = PUBLIC.iter().map(|public| public.event_type).collect();
        assert_eq!(public.len(), PUBLIC.len(), "none is listed twice");
        let both: Vec<_> = public.intersection(&private).collect();
        assert!(both.is_empty(), "{both:?}");
        let known: BTreeSet<_> = catalogue().iter().map(|info| info.event_type).collect();
        let listed: BTreeSet<_> = public.union(&private).copied().collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn public_types_stand_in_their_topic() {
        for public in PUBLIC {
            let in_topic = |info: &events::TypeInfo| {
                info.event_type == public.event_type && info.topic == public.topic
            };
            assert!(catalogue().iter().any(in_topic), "{}", public.event_type);
        }
    }

    #[test]
    fn no_secret_and_no_keyed_hash_is_a_public_field() {
        let secrets = [
            "hash",
            "password",
            "token",
            "key",
            "email",
            "invite_id",
            "object",
            "session",
            "device",
            "address",
        ];
        for public in PUBLIC {
            for field in public.all_fields() {
                assert!(
                    !secrets.iter().any(|secret| field.contains(secret)),
                    "{}: {field}",
                    public.event_type
                );
            }
        }
    }
}

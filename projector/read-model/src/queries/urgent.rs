//! How many urgent posts mention somebody.

/// Whether the post calls `user`, by name or with everybody who hears of that.
pub(super) fn calls(post: &str, user: &str) -> String {
    format!(
        "(position(uuid_send({user}) IN {post}.mentions) > 0 OR ({post}.is_broadcast
          AND EXISTS (SELECT FROM users h WHERE h.id = {user} AND h.hears_broadcasts)
          AND NOT EXISTS (
            SELECT FROM member_notify_props h
            WHERE h.channel_id = {post}.channel_id AND h.user_id = {user}
              AND h.ignores_broadcasts)))"
    )
}

/// Urgent posts of `channel` from a time on that mention `user`. There are few: counted, not kept.
pub(super) fn urgent_mentions(channel: &str, user: &str, from: &str) -> String {
    format!(
        "(SELECT count(*) FROM posts x
          WHERE x.channel_id = {channel} AND x.priority = 'urgent' AND x.delete_at = 0
            AND x.create_at >= {from} AND x.user_id <> {user} AND {})",
        calls("x", user)
    )
}

//! How many urgent posts mention somebody.

/// Urgent posts of `channel` from a time on that mention `user`. There are few: counted, not kept.
pub(super) fn urgent_mentions(channel: &str, user: &str, from: &str) -> String {
    format!(
        "(SELECT count(*) FROM posts x
          WHERE x.channel_id = {channel} AND x.priority = 'urgent' AND x.delete_at = 0
            AND x.create_at >= {from} AND x.user_id <> {user}
            AND (position(uuid_send({user}) IN x.mentions) > 0 OR (x.is_broadcast
              AND EXISTS (SELECT FROM users h WHERE h.id = {user} AND h.hears_broadcasts)
              AND NOT EXISTS (
                SELECT FROM member_notify_props h
                WHERE h.channel_id = x.channel_id AND h.user_id = {user}
                  AND h.ignores_broadcasts))))"
    )
}

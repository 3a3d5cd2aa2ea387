//! What is unread: differences of totals that only grow.

use crate::rows::{ChannelMemberRow, ChannelRow, ReadMarkerRow};

/// What one member has read of a channel, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadState {
    pub last_viewed_at: i64,
    /// Messages read so far; the contract's `msg_count` of a member.
    pub msgs: i64,
    pub msgs_root: i64,
    pub unread: i64,
    pub unread_root: i64,
    pub mentions: i64,
    pub mentions_root: i64,
}

/// The marker counts, unless an own post or the join came after what it has seen. Calls to the whole
/// channel count for those who hear them. The view `read_states` says the same in SQL.
pub fn read_state(
    channel: &ChannelRow,
    member: &ChannelMemberRow,
    marker: Option<&ReadMarkerRow>,
    hears_broadcasts: bool,
) -> ReadState {
    let (base_at, base) = member.base();
    let (last_viewed_at, read) = match marker {
        Some(marker) if marker.as_of >= base_at => (marker.read_to, marker.totals()),
        _ => (base_at, base),
    };
    let broadcasts = if hears_broadcasts { channel.broadcasts - read.broadcasts } else { 0 };
    ReadState {
        last_viewed_at,
        msgs: read.msgs,
        msgs_root: read.msgs_root,
        unread: channel.msgs - read.msgs,
        unread_root: channel.msgs_root - read.msgs_root,
        mentions: member.mentions - read.mentions + broadcasts,
        mentions_root: member.mentions_root - read.mentions_root + broadcasts,
    }
}

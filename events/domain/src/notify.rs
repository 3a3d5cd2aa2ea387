//! How a member wants to be told of a channel, as far as anything rests on it.

use std::collections::BTreeMap;

/// What a member has set, under the contract's names; what is not there is as it is for everybody.
pub type NotifyProps = BTreeMap<String, String>;

/// Whether the channel is muted: only mentions are unread.
pub fn is_muted(props: &NotifyProps) -> bool {
    props.get("mark_unread").is_some_and(|what| what == "mention")
}

/// Whether the member follows every thread of the channel that is answered from then on.
pub fn follows_threads(props: &NotifyProps) -> bool {
    props.get("channel_auto_follow_threads").is_some_and(|what| what == "on")
}

/// Whether calls to the whole channel pass the member by. Who mutes a channel and says nothing else
/// does not hear them.
pub fn ignores_broadcasts(props: &NotifyProps) -> bool {
    match props.get("ignore_channel_mentions").map(String::as_str) {
        Some("on") => true,
        Some("off") => false,
        Some(_) | None => is_muted(props),
    }
}

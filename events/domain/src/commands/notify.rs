//! How a member wants to be told of a channel.

use events::channel::ChannelMemberNotifyChanged;
use events::{ChannelId, Nothing, UserId};

use super::channel::{ChannelRejection as R, channel_refusal};
use super::{Decision, ensure, in_channels};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::notify::NotifyProps;
use crate::rights;

const HOW: &[&str] = &["default", "all", "mention", "none"];
const SWITCH: &[&str] = &["default", "on", "off"];

/// What can be set, and to what. `desktop_notification_sound` takes any short name.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("channel_auto_follow_threads", &["on", "off"]),
    ("desktop", HOW),
    ("desktop_sound", SWITCH),
    ("desktop_threads", HOW),
    ("email", &["default", "true", "false", "all", "mention", "none"]),
    ("ignore_channel_mentions", SWITCH),
    ("mark_unread", &["all", "mention"]),
    ("push", HOW),
    ("push_threads", HOW),
];
const SOUND: &str = "desktop_notification_sound";
const SOUND_CHARS_MAX: usize = 64;

/// Changes how a member is told of a channel. What is not named stays.
#[derive(Debug, Clone)]
pub struct ChangeMemberNotify {
    pub actor: UserId,
    pub channel_id: ChannelId,
    pub user_id: UserId,
    /// Names that mean nothing are left out.
    pub notify_props: NotifyProps,
}

impl ChangeMemberNotify {
    /// # Errors
    /// [`ChannelRejection`](super::channel::ChannelRejection)
    pub fn decide(&self, directory: &Directory, channels: &Channels) -> Result<Decision, R> {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let channel = channels.channel(self.channel_id).ok_or(R::UnknownChannel)?;
        let member = rights::member(directory, channel, self.user_id);
        ensure(member.is_some(), channel_refusal(directory, channel, self.user_id))?;
        let mut notify_props = self.known()?;
        let held = channel.notify_props(self.user_id);
        notify_props.retain(|name, value| held.is_none_or(|held| held.get(name) != Some(value)));
        if notify_props.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let (channel_id, user_id) = (self.channel_id, self.user_id);
        let c = ChannelMemberNotifyChanged { channel_id, user_id, notify_props };
        Ok(in_channels(c, Nothing {}))
    }

    fn known(&self) -> Result<NotifyProps, R> {
        let mut known = NotifyProps::new();
        for (name, value) in &self.notify_props {
            let allowed = ALLOWED.iter().find(|(allowed, _)| allowed == name);
            let valid = match allowed {
                Some((_, values)) => values.contains(&value.as_str()),
                None if name == SOUND => {
                    let plain = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
                    value.len() <= SOUND_CHARS_MAX && value.chars().all(plain)
                }
                None => continue,
            };
            let field = allowed.map_or(SOUND, |(name, _)| name);
            ensure(valid, R::Invalid(field))?;
            known.insert(name.clone(), value.clone());
        }
        Ok(known)
    }
}

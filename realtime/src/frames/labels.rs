//! What `posted` says of a channel besides the post.

use events::directory::ChannelType;
use events::{ChannelId, TeamId, UserId};
use fold::FoldSet;

pub struct Labels {
    pub r#type: ChannelType,
    pub team_id: Option<TeamId>,
    pub name: String,
    pub display_name: String,
}

impl Labels {
    /// Of a channel that the fold knows; a conversation of two is called after whoever speaks.
    pub fn of(set: &FoldSet, channel_id: ChannelId, sender: &str) -> Option<Self> {
        let channels = set.channels(channel_id);
        let channel = channels.state().channel(channel_id)?;
        let members = || channel.members().map(|member| member.user_id).collect::<Vec<UserId>>();
        let (r#type, team_id) = (channel.r#type, channel.team_id);
        let (name, display_name) = match r#type {
            ChannelType::Open | ChannelType::Private => {
                let display_name = channel.display_name.clone();
                drop(channels);
                (set.names().channel(channel_id).unwrap_or_default().to_owned(), display_name)
            }
            ChannelType::Direct => (wire::direct_name(&members()), sender.to_owned()),
            ChannelType::Group => {
                let members = members();
                drop(channels);
                let names = set.names();
                let usernames = members.iter().map(|id| names.username(*id).to_owned()).collect();
                (wire::group_name(&members), wire::group_display_name(usernames))
            }
        };
        Some(Self { r#type, team_id, name, display_name })
    }

    /// Of a channel of which nothing is known any more.
    pub fn unknown() -> Self {
        Self {
            r#type: ChannelType::Open,
            team_id: None,
            name: String::new(),
            display_name: String::new(),
        }
    }
}

//! Pages that say how much there is on all of them, as they are described: what they hold stands in no
//! struct before it is written.

use schemars::JsonSchema;
use wire::{ChannelWithTeam, RetentionPolicy, Team};

#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is only described")]
pub(crate) struct TeamsCounted {
    teams: Vec<Team>,
    total_count: usize,
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is only described")]
pub(crate) struct ChannelsCounted {
    channels: Vec<ChannelWithTeam>,
    total_count: usize,
}

#[derive(JsonSchema)]
#[allow(dead_code, reason = "it is only described")]
pub(crate) struct PoliciesCounted {
    policies: Vec<RetentionPolicy>,
    total_count: usize,
}

/// Without a number where none was asked for.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "it is only described")]
pub(crate) enum TeamsListed {
    Teams(Vec<Team>),
    Counted(TeamsCounted),
}

/// Without a number where no page was asked for.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "it is only described")]
pub(crate) enum ChannelsListed {
    Channels(Vec<ChannelWithTeam>),
    Counted(ChannelsCounted),
}

//! What a stream is asked for: from where on, of which channel or team, which types.

use std::collections::BTreeSet;

use domain::permissions::knows_channel;
use domain::rights;
use events::{ChannelId, Partition, Position, TeamId, Topic, UserId};
use fold::FoldSet;
use http::HeaderMap;
use platform::http::{ApiError, Query};

use super::cursor::Cursor;
use super::entry::{Concerns, Entry};
use super::table::{Audience, PUBLIC, PublicType};
use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::id_param;
use crate::rights::require_team;

const LAST_EVENT_ID: &str = "last-event-id";

/// Which events a stream is for, among those that its caller may hear.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    channel: Option<ChannelId>,
    team: Option<TeamId>,
    types: BTreeSet<&'static str>,
}

impl Filter {
    /// Reads `channel_id`, `team_id` and `types`.
    ///
    /// # Errors
    /// 400 for what is no id or no public type, or types of which none can come; 403 and 404 for what the
    /// caller may not read.
    pub async fn of(app: &App, caller: &Caller, query: &Query) -> Result<Self, ApiError> {
        let channel = id_param(query, "channel_id")?;
        let team = id_param(query, "team_id")?;
        let mut wanted = types(query.get("types"))?;
        if channel.is_some() {
            wanted.retain(|public| public.audience == Audience::Channel);
        } else if team.is_some() {
            wanted.retain(|public| matches!(public.audience, Audience::Channel | Audience::Team));
        }
        if wanted.is_empty() {
            return Err(ApiError::invalid_param("types"));
        }
        if let Some(channel) = channel {
            require_channel(app, caller, channel).await?;
        }
        if let Some(team) = team {
            require_team(app, caller, team).await?;
        }
        let types = wanted.into_iter().map(|public| public.event_type).collect();
        Ok(Self { channel, team, types })
    }

    /// The partitions in which there can be such events.
    pub fn partitions(&self, user: UserId) -> Vec<Partition> {
        let of =
            |topic| PUBLIC.iter().any(|p| p.topic == topic && self.types.contains(p.event_type));
        let mut partitions = Vec::new();
        if of(Topic::Directory) {
            partitions.push(Partition::DIRECTORY);
        }
        match self.channel {
            Some(channel) if of(Topic::Channels) => partitions.push(of_channel(channel)[1]),
            None if of(Topic::Channels) => partitions.extend(Topic::Channels.partitions()),
            _ => {}
        }
        if of(Topic::Users) {
            partitions.push(Partition::of(Topic::Users, user.as_bytes()));
        }
        partitions
    }

    pub fn wants(&self, app: &App, entry: &Entry) -> bool {
        if !self.types.contains(entry.public.event_type) {
            return false;
        }
        let Concerns::Channel(channel) = entry.concerns else {
            let of_team = |team| entry.concerns == Concerns::Team(team);
            return self.channel.is_none() && self.team.is_none_or(of_team);
        };
        self.channel.is_none_or(|wanted| wanted == channel)
            && self.team.is_none_or(|wanted| team_of(app, channel) == Some(wanted))
    }
}

fn team_of(app: &App, channel: ChannelId) -> Option<TeamId> {
    app.fold.channels(channel).state().channel(channel)?.team_id
}

fn types(text: Option<&str>) -> Result<Vec<&'static PublicType>, ApiError> {
    let Some(text) = text else { return Ok(PUBLIC.iter().collect()) };
    let mut wanted = Vec::new();
    for pattern in text.split(',').map(str::trim) {
        let matches = |public: &&PublicType| match pattern.strip_suffix(".*") {
            Some(category) => {
                public.event_type.split_once('.').is_some_and(|(first, _)| first == category)
            }
            None => public.event_type == pattern,
        };
        let before = wanted.len();
        wanted.extend(PUBLIC.iter().filter(matches));
        if wanted.len() == before {
            return Err(ApiError::invalid_param("types"));
        }
    }
    Ok(wanted)
}

/// Refuses unless the caller may read the channel; never from behind.
async fn require_channel(app: &App, caller: &Caller, channel: ChannelId) -> Result<(), ApiError> {
    let may_read = || {
        let directory = app.fold.directory();
        let channels = app.fold.channels(channel);
        let may = rights::may_read(directory.state(), channels.state(), channel, caller.user);
        let held = channels.state().channel(channel);
        (held.is_some_and(|held| knows_channel(directory.state(), caller.user, held)), may)
    };
    if may_read().1 {
        return Ok(());
    }
    app.fold_on(&of_channel(channel)).await?;
    match may_read() {
        (_, true) => Ok(()),
        (true, false) => Err(ApiError::forbidden()),
        (false, false) => Err(ApiError::channel_not_found()),
    }
}

/// Where the stream begins: what `Last-Event-ID` says, which clients send when they come again, else
/// what `from` says. What neither names begins now.
///
/// # Errors
/// 400 for what names no place in the log, or one beyond its end.
pub(super) async fn start(
    app: &App,
    partitions: &[Partition],
    query: &Query,
    headers: &HeaderMap,
) -> Result<Cursor, ApiError> {
    let ends = app.fold_on(partitions).await?;
    let ends: Cursor = partitions.iter().copied().zip(ends).collect();
    let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str());
    let cursor = match last {
        Some(Ok("")) | None => from(app, query.get("from"), &ends)?,
        Some(Ok(last)) => {
            named(&app.fold, last, &ends).ok_or_else(|| ApiError::invalid_param("Last-Event-ID"))?
        }
        Some(Err(_)) => return Err(ApiError::invalid_param("Last-Event-ID")),
    };
    // All partitions come to an epoch together.
    Ok(cursor.in_epoch(app.fold.epoch(Partition::DIRECTORY)))
}

fn from(app: &App, text: Option<&str>, ends: &Cursor) -> Result<Cursor, ApiError> {
    let invalid = || ApiError::invalid_param("from");
    match text {
        None | Some("now") => Ok(ends.clone()),
        Some("beginning") => Ok(ends.iter().map(|(partition, _)| (partition, 0)).collect()),
        Some(text) if text.contains('.') => positions(&app.fold, text, ends).ok_or_else(invalid),
        Some(text) => named(&app.fold, text, ends).ok_or_else(invalid),
    }
}

/// As a cursor says. It may name partitions that this stream does not follow.
fn named(fold: &FoldSet, text: &str, ends: &Cursor) -> Option<Cursor> {
    let cursor = Cursor::decode(text).ok()?;
    let place = |(partition, end)| {
        let next = cursor.get(partition).unwrap_or(end);
        let next = still_there(fold, (partition, next), cursor.epoch);
        (next <= end).then_some((partition, next))
    };
    ends.iter().map(place).collect()
}

/// The place, or where its epoch ends if that is earlier: what stood there was lost, and what stands there
/// now is something else.
fn still_there(fold: &FoldSet, (partition, next): (Partition, u64), epoch: u32) -> u64 {
    fold.end_of_epoch(partition, epoch).map_or(next, |end| next.min(end))
}

/// As positions say, each of which is the first event of its partition.
fn positions(fold: &FoldSet, text: &str, ends: &Cursor) -> Option<Cursor> {
    let mut named = Vec::new();
    for position in text.split(',') {
        let position: Position = position.trim().parse().ok()?;
        let Position { epoch, partition, offset } = position;
        let end = ends.get(partition)?;
        let next = still_there(fold, (partition, offset), epoch);
        let twice = named.iter().any(|(partition, _)| *partition == position.partition);
        if next > end || twice {
            return None;
        }
        named.push((partition, next));
    }
    Some(ends.iter().chain(named).collect())
}

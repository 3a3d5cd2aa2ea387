//! One file per subject; each endpoint extracts, parses into a command, executes, renders.

pub(crate) mod acknowledgements;
pub(crate) mod bookmarks;
pub(crate) mod categories;
pub(crate) mod channel_members;
pub(crate) mod channel_privacy;
pub(crate) mod channels;
pub(crate) mod conversations;
pub(crate) mod custom_status;
pub(crate) mod drafts;
pub(crate) mod emoji;
pub(crate) mod erasure;
pub(crate) mod files;
pub(crate) mod guests;
pub(crate) mod legal_holds;
pub(crate) mod login;
pub(crate) mod member_roles;
pub(crate) mod moderations;
pub(crate) mod notify_props;
pub(crate) mod passwords;
pub(crate) mod pictures;
pub(crate) mod pins;
pub(crate) mod posts;
pub(crate) mod preferences;
pub(crate) mod profile_fields;
pub(crate) mod reactions;
pub(crate) mod reminders;
pub(crate) mod retention;
pub(crate) mod rules;
pub(crate) mod scheduled_posts;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod team_admin;
pub(crate) mod team_members;
pub(crate) mod teams;
pub(crate) mod threads;
pub(crate) mod typing;
pub(crate) mod uploads;
pub(crate) mod users;
pub(crate) mod views;

use axum::response::Response;
use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::{Channels, Directory, Users, rights};
use events::{Actor, ChannelId, Partition, Position, Topic, UserId};
use platform::http::{ApiError, IdKind, note_channel, parse_id, with_position};

use crate::caller::{Caller, Wishes};
use crate::executor::{CommandApi, Ended, Order, Written, undelayed};
use crate::idempotency::CommandId;
use crate::refusals::Rejection;

/// The id that a field of a body holds.
pub(crate) fn id_field<K: IdKind>(name: &str, text: &str) -> Result<K, ApiError> {
    parse_id(text).ok_or_else(|| ApiError::invalid_body(name))
}

/// The id that a field of a body holds; none where it is empty.
pub(crate) fn optional_id<K: IdKind>(name: &str, text: &str) -> Result<Option<K>, ApiError> {
    if text.is_empty() { Ok(None) } else { id_field(name, text).map(Some) }
}

/// Ids that a field of a body holds.
pub(crate) fn id_fields<K: IdKind>(name: &str, texts: &[String]) -> Result<Vec<K>, ApiError> {
    texts.iter().map(|text| id_field(name, text)).collect()
}

impl Caller {
    /// A command of this request.
    pub(crate) fn order<'o>(
        &self,
        id: impl Into<CommandId>,
        partition: Partition,
        rests_on: &'o [Partition],
    ) -> Order<'o> {
        Order {
            id: id.into(),
            partition,
            rests_on,
            actor: self.actor(),
            cause: None,
            connection_id: self.wishes.connection_id.clone(),
        }
    }

    pub(crate) fn may_act_for(&self, user: UserId) -> Result<(), ApiError> {
        if user == self.user || self.account.system_admin {
            Ok(())
        } else {
            Err(ApiError::forbidden())
        }
    }
}

/// Checks before the command itself is decided on.
impl CommandApi {
    /// What `check` says; a no comes only from the ends of the partitions that it looks at.
    ///
    /// # Errors
    /// The refusal, or a 503.
    pub(crate) async fn never_from_behind<T>(
        &self,
        partitions: &[Partition],
        check: impl Fn() -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        if let Ok(found) = check() {
            return Ok(found);
        }
        let caught_up = self.fold.catch_up(partitions, self.deadline()).await;
        caught_up.map_err(ApiError::unavailable)?;
        check()
    }

    /// Refuses before anything is uploaded, and never from behind.
    ///
    /// # Errors
    /// The refusal, or a 503.
    pub(crate) async fn allowed(
        &self,
        check: impl Fn(&Directory) -> Result<(), DirectoryRejection>,
    ) -> Result<(), ApiError> {
        self.never_from_behind(&[Partition::DIRECTORY], || {
            check(self.fold.directory().state()).map_err(Rejection::to_error)
        })
        .await
    }

    /// Refuses who is no member of the channel, and never from behind.
    ///
    /// # Errors
    /// The refusal, or a 503.
    pub(crate) async fn require_member(
        &self,
        caller: &Caller,
        channel: ChannelId,
    ) -> Result<(), ApiError> {
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        self.never_from_behind(&[Partition::DIRECTORY, partition], || {
            let directory = self.fold.directory();
            let channels = self.fold.channels(channel);
            let (directory, channels) = (directory.state(), channels.state());
            let is_member = rights::may_read(directory, channels, channel, caller.user);
            if is_member { Ok(()) } else { Err(ApiError::forbidden()) }
        })
        .await
    }
}

impl CommandApi {
    /// A command that rests on the directory alone.
    pub(crate) async fn in_directory<R: Rejection + Send>(
        &self,
        actor: Actor,
        id: impl Into<CommandId>,
        decide: impl Fn(&Directory) -> Result<Decision, R>,
    ) -> Result<Option<Written>, ApiError> {
        let order = Order {
            id: id.into(),
            partition: Partition::DIRECTORY,
            rests_on: &[Partition::DIRECTORY],
            actor,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || undelayed(decide(self.fold.directory().state())));
        ended.await?.written()
    }

    /// A command that rests on the directory and on the channel's partition, and on no rows.
    pub(crate) async fn in_channel<R: Send>(
        &self,
        caller: &Caller,
        id: impl Into<CommandId>,
        channel: ChannelId,
        decide: impl Fn(&Directory, &Channels) -> Result<Decision, R>,
    ) -> Result<Ended<R>, ApiError> {
        note_channel(channel);
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let rests_on = [Partition::DIRECTORY, partition];
        let order = caller.order(id, partition, &rests_on);
        self.submit(order, || {
            let directory = self.fold.directory();
            let channels = self.fold.channels(channel);
            let decision = decide(directory.state(), channels.state());
            undelayed(decision)
        })
        .await
    }

    /// A command that rests on the directory and on the person's own partition.
    pub(crate) async fn in_users<R: Rejection + Send>(
        &self,
        actor: Actor,
        id: impl Into<CommandId>,
        user: UserId,
        decide: impl Fn(&Directory, &Users) -> Result<Decision, R>,
    ) -> Result<Option<Written>, ApiError> {
        let partition = Partition::of(Topic::Users, user.as_bytes());
        let rests_on = [Partition::DIRECTORY, partition];
        let order = Order {
            id: id.into(),
            partition,
            rests_on: &rests_on,
            actor,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let directory = self.fold.directory();
            let users = self.fold.users(user);
            let decision = decide(directory.state(), users.state());
            undelayed(decision)
        });
        ended.await?.written()
    }

    /// The newest position of a partition that the fold has passed: where whatever held already was
    /// written at the latest.
    pub(crate) fn newest(&self, partition: Partition) -> Option<Position> {
        let offset = self.fold.next(partition).checked_sub(1)?;
        Some(self.fold.position(partition, offset))
    }

    /// Where an answer's reads must have got to: the event, or what it found to be so.
    pub(crate) fn position_of(
        &self,
        written: Option<&Written>,
        partition: Partition,
    ) -> Vec<Position> {
        match written {
            Some(written) => vec![written.position],
            None => self.newest(partition).into_iter().collect(),
        }
    }

    /// Finishes an answer: reads show what was written, unless the caller does not care.
    pub(crate) async fn shown(
        &self,
        wishes: &Wishes,
        positions: &[Position],
        response: Response,
    ) -> Response {
        if !wishes.respond_async {
            self.visible(positions).await;
        }
        match positions.first() {
            Some(position) => with_position(response, *position),
            None => response,
        }
    }

    /// Finishes the answer of a command that takes access away.
    ///
    /// # Errors
    /// A 503 if access may still be open somewhere.
    pub(crate) async fn ended(
        &self,
        positions: &[Position],
        response: Response,
    ) -> Result<Response, ApiError> {
        self.access_ended(positions).await?;
        Ok(match positions.first() {
            Some(position) => with_position(response, *position),
            None => response,
        })
    }
}

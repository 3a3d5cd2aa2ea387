//! The end of an erasure: once every channel has erased what the person said, their own state goes, then
//! their key.

use std::sync::Arc;

use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::{Directory, Users};
use events::directory::UserKeyDestroyed;
use events::draft::DraftsErased;
use events::user::UserStateErased;
use events::{Actor, Body, EventId, Partition, Position, ReadstateEvent, Topic, UserId};
use platform::http::ApiError;
use sealing::Uploads;

use crate::executor::{CommandApi, Ended, Order, undelayed};

impl CommandApi {
    /// Whether the account is erased and its key may still be there.
    pub(crate) fn is_being_erased(&self, user: UserId) -> bool {
        self.erased_at(user).is_some()
    }

    /// Whether a legal hold keeps what the person wrote: one that names them, or a channel that they were
    /// ever in.
    pub(crate) fn keeps(&self, directory: &Directory, user: UserId) -> bool {
        let retention = directory.retention();
        let mut channels = retention.holds().flat_map(|(_, hold)| &hold.channels);
        retention.holds_person(user)
            || channels.any(|id| {
                let fold = self.fold.channels(*id);
                let channel = fold.state().channel(*id);
                channel.is_some_and(|channel| channel.any_member(user).is_some())
            })
    }

    fn erased_at(&self, user: UserId) -> Option<Position> {
        let directory = self.fold.directory();
        let account = directory.state().account(user).filter(|account| !account.key_destroyed)?;
        Some(Position::new(Partition::DIRECTORY, account.erased?))
    }

    /// Erases the person's own state and destroys their key, unless that is done; answers the positions of
    /// what was written. Killed in between, it goes on where it was: each part may be done twice.
    ///
    /// # Errors
    /// A 503: the erasure stands, and the process manager finishes it.
    pub(crate) async fn finish_erasure(&self, user: UserId) -> Result<Vec<Position>, ApiError> {
        let Some(erased) = self.erased_at(user) else { return Ok(Vec::new()) };
        let step = |name| EventId::step(&erased, name, user.as_bytes());
        let state = |_: &Directory, users: &Users| {
            let erased = Body::from(UserStateErased { user_id: user });
            let event = || Decision::Append(events::UserEvent::from(erased).into());
            Ok::<_, DirectoryRejection>(unless(users.has_erased(user), event))
        };
        let state = self.in_users(Actor::System, step("user_state.erased"), user, state).await?;
        let drafts = self.erase_drafts(user, step("drafts.erased")).await?;
        let uploads = Uploads::new(Arc::clone(&self.objects)).remove_of(user).await;
        uploads.map_err(ApiError::unavailable)?;
        let destroyed = tokio::time::timeout(self.settings.deadline, self.keys.destroy(user)).await;
        destroyed.map_err(ApiError::unavailable)?.map_err(ApiError::unavailable)?;
        let key = |directory: &Directory| {
            let destroyed = Body::from(UserKeyDestroyed { user_id: user });
            let done = directory.account(user).is_some_and(|account| account.key_destroyed);
            let event = || Decision::Append(events::DirectoryEvent::from(destroyed).into());
            Ok::<_, DirectoryRejection>(unless(done, event))
        };
        let key = self.in_directory(Actor::System, step("user.key_destroyed"), key).await?;
        let written = state.iter().chain(key.iter()).map(|written| written.position);
        Ok(written.chain(drafts).collect())
    }

    async fn erase_drafts(&self, user: UserId, id: EventId) -> Result<Option<Position>, ApiError> {
        let partition = Partition::of(Topic::Readstate, user.as_bytes());
        let order = Order {
            id: id.into(),
            partition,
            rests_on: &[partition],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let done = self.fold.readstate(user).state().drafts().has_erased(user);
            let erased = Body::from(DraftsErased { user_id: user });
            let event = || Decision::Append(ReadstateEvent::from(erased).into());
            undelayed(Ok::<_, DirectoryRejection>(unless(done, event)))
        });
        match ended.await? {
            Ended::Written(written) => Ok(Some(written.position)),
            Ended::AlreadySo | Ended::Refused(_) => Ok(None),
            Ended::Rejected(never) => Err(crate::refusals::Rejection::to_error(never)),
        }
    }

    /// Finishes those that a crash left in between; answers those that failed.
    pub(crate) async fn finish_erasures(&self) -> Vec<UserId> {
        let unfinished: Vec<UserId> = {
            let directory = self.fold.directory();
            let accounts = directory.state().accounts();
            let due = accounts.filter(|(_, a)| a.erased.is_some() && !a.key_destroyed);
            due.map(|(user, _)| user).collect()
        };
        let mut failed = Vec::new();
        for user in unfinished {
            if let Err(error) = self.finish_erasure(user).await {
                let error = error.message();
                tracing::warn!(error, "failed to finish an erasure; trying again");
                failed.push(user);
            }
        }
        failed
    }
}

fn unless(done: bool, event: impl FnOnce() -> Decision) -> Decision {
    if done { Decision::AlreadySo } else { event() }
}

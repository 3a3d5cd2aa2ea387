//! Statuses that people choose over their sockets, on their way to where commands are decided.

use std::sync::{Arc, OnceLock};

use command_api::CommandApi;
use events::UserId;
use events::user::StatusKind;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use realtime::SetStatus;

/// Hands statuses to the command side, which starts after the sockets that it has to wait for.
#[derive(Clone, Default)]
pub(crate) struct StatusDoor(Arc<OnceLock<CommandApi>>);

impl StatusDoor {
    /// Opens the door. Before that nothing is served, so nobody comes.
    pub fn open(&self, commands: &CommandApi) {
        // A second opening would hand in the same.
        let _ = self.0.set(commands.clone());
    }
}

impl SetStatus for StatusDoor {
    fn set_status(&self, user: UserId, status: StatusKind) -> BoxFuture<'_, ()> {
        match self.0.get() {
            Some(commands) => commands.set_status(user, status).boxed(),
            None => ready(()).boxed(),
        }
    }
}

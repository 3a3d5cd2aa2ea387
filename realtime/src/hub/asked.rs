//! What clients ask of the server over their sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::rights;
use events::presence::{StatusChosen, TypingStarted};
use events::user::StatusKind;
use events::{ChannelId, UserId};
use fold::Fold;
use fold::auth::{self, Authenticated};

use super::inbox::LookedUp;
use super::{Command, Hub};
use crate::audience::ConnectionKey;
use crate::codec;
use crate::protocol::{Ask, Who, replies};

/// How long a token that is not known yet is waited for.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(4);
/// Statuses in one answer.
const STATUSES_MAX: usize = 5_000;

impl Hub {
    pub(super) fn asked(&mut self, key: ConnectionKey, ask: Ask) {
        self.note_use(key);
        match ask {
            Ask::Authenticate { token } => self.authenticate(key, token),
            Ask::Typing { seq, channel_id, parent_id } => {
                let Some(user_id) = self.user(key) else { return };
                if !may_post(&self.world.fold, channel_id, user_id) {
                    return self.reply(key, &replies::forbidden(seq));
                }
                self.act(user_id);
                self.world.presence_log.append(TypingStarted { user_id, channel_id, parent_id });
                self.reply(key, &replies::ok(seq));
            }
            Ask::Statuses { seq, user_ids } => {
                let statuses = self.statuses(user_ids);
                self.reply(key, &replies::statuses(seq, statuses));
            }
            Ask::Activity { active, manual } => self.activity(key, active, manual),
        }
    }

    fn user(&self, key: ConnectionKey) -> Option<UserId> {
        self.connections.get(&key)?.identity.map(|(who, _)| who.user_id)
    }

    /// Whatever is asked over a socket is a use of its session.
    fn note_use(&self, key: ConnectionKey) {
        let Some((who, _)) = self.connections.get(&key).and_then(|held| held.identity) else {
            return;
        };
        let users = self.world.fold.users(who.user_id);
        if let Some(session) = users.state().session(&who.token) {
            self.world.fold.uses().note(session, platform::clock::now_ms());
        }
    }

    fn reply(&mut self, key: ConnectionKey, reply: &[u8]) {
        self.send(key, codec::text_frame(reply));
    }

    fn authenticate(&mut self, key: ConnectionKey, token: String) {
        let known = auth::authenticate(&self.world.fold, &token, platform::clock::now_ms());
        if let Some(known) = known {
            return self.authenticated(key, LookedUp::Known(who(&self.world.fold, &known)));
        }
        let (fold, inbox) = (self.world.fold.clone(), Arc::clone(&self.inbox));
        self.world.runtime.spawn(async move {
            let looked_up = look_up(&fold, &token).await;
            inbox.send(Command::Authenticated { connection: key, looked_up });
        });
    }

    fn statuses(&self, user_ids: Option<Vec<UserId>>) -> BTreeMap<UserId, StatusKind> {
        let users = user_ids.unwrap_or_else(|| self.world.statuses.present(STATUSES_MAX));
        let known = |user: &UserId| self.world.fold.directory().state().account(*user).is_some();
        users.into_iter().filter(known).map(|user| (user, self.shown(user).status)).collect()
    }

    fn activity(&mut self, key: ConnectionKey, active: bool, manual: bool) {
        let Some(user) = self.user(key) else { return };
        let now = self.now();
        let change = match active {
            true => self.presence.active(now, user),
            false => self.presence.idle(now, user),
        };
        if let Some(change) = change {
            self.tell_presence(change);
        }
        if manual {
            let status = if active { StatusKind::Online } else { StatusKind::Away };
            // One that is lost is harmless: the client shows what `status_change` says.
            self.world.presence_log.append(StatusChosen { user_id: user, status });
        }
    }
}

fn may_post(fold: &Fold, channel_id: ChannelId, user: UserId) -> bool {
    let directory = fold.directory();
    let channels = fold.channels(channel_id);
    let channel = channels.state().channel(channel_id);
    channel
        .filter(|channel| !channel.archived)
        .is_some_and(|channel| rights::member(directory.state(), channel, user).is_some())
}

/// Opening a socket is a use of the session.
fn who(fold: &Fold, known: &Authenticated) -> Who {
    fold.uses().note(&known.session, platform::clock::now_ms());
    Who { user_id: known.session.user_id, token: known.session.token_hash }
}

/// Whom `token` names. Nobody is refused from behind: the fold catches up before it says no.
pub async fn look_up(fold: &Fold, token: &str) -> LookedUp {
    let deadline = Instant::now() + LOOK_UP_WITHIN;
    match fold.authenticate(token, platform::clock::now_ms(), deadline).await {
        Ok(Some(known)) => LookedUp::Known(who(fold, &known)),
        Ok(None) => LookedUp::Nobody,
        Err(error) => {
            tracing::warn!(%error, "failed to look a token up");
            LookedUp::Unavailable
        }
    }
}

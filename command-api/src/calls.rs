//! Whom a message calls: its words against the names of today.

use std::collections::BTreeSet;

use domain::Channel;
use domain::commands::mentions::tokens;
use domain::commands::post::Calls;
use events::UserId;
use events::channel::Broadcast;
use events::user::StatusKind;
use fold::Names;

use crate::executor::CommandApi;

impl CommandApi {
    /// Everyone whom `message` calls in `channel`. Accounts that are no members do not matter, nor
    /// does who is online where nobody asks for it.
    pub(crate) fn calls(&self, channel: &Channel, message: &str, now_ms: i64) -> Calls {
        if !channel.r#type.in_team() {
            // Every post calls the others anyway.
            return Calls::default();
        }
        let names = self.fold.names();
        let found = tokens(message, names.has_words());
        let mut named: Vec<UserId> =
            found.names.iter().filter_map(|name| names.by_username(name)).collect();
        for word in &found.words {
            named.extend_from_slice(names.called_by(&word.to_lowercase()));
        }
        if found.broadcast == Broadcast::None {
            return Calls { named, ..Calls::default() };
        }
        let members = || channel.members().map(|member| member.user_id);
        let deaf = members().filter(|user| is_deaf(&names, channel, *user)).collect();
        drop(names);
        let online = if found.broadcast == Broadcast::Here {
            members().filter(|user| self.is_there(*user, now_ms)).collect()
        } else {
            BTreeSet::new()
        };
        Calls { named, broadcast: found.broadcast, deaf, online }
    }

    fn is_there(&self, user: UserId, now_ms: i64) -> bool {
        let users = self.fold.users(user);
        self.statuses.shown(users.state(), user, now_ms).status != StatusKind::Offline
    }
}

/// Whether calls to the whole channel pass the person by, everywhere or here.
fn is_deaf(names: &Names, channel: &Channel, user: UserId) -> bool {
    names.person(user).is_some_and(|person| !person.hears_broadcasts())
        || channel.ignores_broadcasts(user)
}

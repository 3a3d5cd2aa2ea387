//! Whom somebody may know of: everybody, but for guests, who know whom they meet in a channel.

use std::collections::BTreeSet;

use domain::{Directory, Member, rights};
use events::{PARTITIONS, UserId};

use crate::FoldSet;

impl FoldSet {
    /// Everyone who shares a channel with `user`, without themselves; of deactivated accounts too.
    pub fn acquaintances(&self, user: UserId) -> BTreeSet<UserId> {
        let mut known = BTreeSet::new();
        let directory = self.directory();
        for index in 0..PARTITIONS {
            let channels = self.channels_at(index);
            for (_, channel, mine) in channels.state().channels_of(user) {
                if rights::rests(directory.state(), channel, mine) {
                    let standing =
                        |member: &&Member| rights::stands(directory.state(), channel, member);
                    known.extend(channel.members().filter(standing).map(|member| member.user_id));
                }
            }
        }
        known.remove(&user);
        known
    }

    /// All whom `user` may know of, with themselves; `None` for everybody.
    pub fn known_to(&self, user: UserId) -> Option<BTreeSet<UserId>> {
        if !rights::is_guest(self.directory().state(), user) {
            return None;
        }
        let mut known = self.acquaintances(user);
        known.insert(user);
        Some(known)
    }

    /// Whether `user` may know of `other`. `directory` is this set's.
    pub fn may_know(&self, directory: &Directory, user: UserId, other: UserId) -> bool {
        user == other
            || !rights::is_guest(directory, user)
            || (0..PARTITIONS).any(|index| self.meet_in(directory, index, user, other))
    }

    fn meet_in(&self, directory: &Directory, index: u16, user: UserId, other: UserId) -> bool {
        let channels = self.channels_at(index);
        channels.state().channels_of(user).any(|(_, channel, mine)| {
            rights::rests(directory, channel, mine)
                && channel
                    .member(other)
                    .is_some_and(|member| rights::stands(directory, channel, member))
        })
    }
}

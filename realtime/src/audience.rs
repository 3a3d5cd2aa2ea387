//! Who of those that are connected may hear a frame.
//!
//! The index only says whom to ask about: every right is judged on the fold when a frame is pushed.
//! It may name too many, never too few. Cost is that of the people who are connected and concerned,
//! not of all members.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use domain::{Directory, rights};
use events::{ChannelId, TeamId, UserId};
use fold::FoldSet;

use crate::frames::Audience;

/// The key of a connection, never used twice.
pub type ConnectionKey = u64;

#[derive(Debug, Default)]
struct Present {
    connections: Vec<ConnectionKey>,
    channels: Vec<ChannelId>,
}

/// The connections of people, and the people of channels.
#[derive(Debug, Default)]
pub struct Index {
    present: HashMap<UserId, Present>,
    concerned: HashMap<ChannelId, HashSet<UserId>>,
}

impl Index {
    /// Adds a connection.
    pub fn insert(&mut self, set: &FoldSet, user: UserId, connection: ConnectionKey) {
        match self.present.entry(user) {
            Entry::Occupied(present) => present.into_mut().connections.push(connection),
            Entry::Vacant(absent) => {
                let channels = set.channels_of(user);
                for channel in &channels {
                    self.concerned.entry(*channel).or_default().insert(user);
                }
                absent.insert(Present { connections: vec![connection], channels });
            }
        }
    }

    pub fn remove(&mut self, user: UserId, connection: ConnectionKey) {
        let Entry::Occupied(mut present) = self.present.entry(user) else { return };
        present.get_mut().connections.retain(|one| *one != connection);
        if !present.get().connections.is_empty() {
            return;
        }
        for channel in present.remove().channels {
            let Entry::Occupied(mut concerned) = self.concerned.entry(channel) else { continue };
            concerned.get_mut().remove(&user);
            if concerned.get().is_empty() {
                concerned.remove();
            }
        }
    }

    /// Somebody became a member of a channel.
    pub fn joined(&mut self, user: UserId, channel: ChannelId) {
        let Some(present) = self.present.get_mut(&user) else { return };
        if self.concerned.entry(channel).or_default().insert(user) {
            present.channels.push(channel);
        }
    }

    /// Whether nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The connections of `user`, oldest first.
    pub fn connections(&self, user: UserId) -> &[ConnectionKey] {
        self.present.get(&user).map_or(&[], |present| &present.connections)
    }

    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.present.keys().copied()
    }

    /// Those who may hear a frame for `audience` now.
    pub fn resolve(&self, set: &FoldSet, audience: &Audience) -> Vec<UserId> {
        match audience {
            Audience::Member { channel_id, user_id } => self.member(set, *channel_id, *user_id),
            Audience::User(user) | Audience::Devices { user, .. } => {
                self.those(set, [*user], |_| true)
            }
            Audience::Channel { channel_id, at, except } => {
                self.members(set, *channel_id, *at, *except)
            }
            Audience::Others { channel_id, at, .. } => {
                self.members(set, *channel_id, Some(*at), None)
            }
            Audience::Team { team_id, except } => self.team(set, *team_id, *except),
            Audience::Finding { channel_id, team_id } => self.finding(set, *channel_id, *team_id),
            Audience::LastingTeam(team_id) => self.lasting_team(set, *team_id),
            Audience::Everyone => self.those(set, self.users(), |_| true),
            Audience::Intimates(user) => {
                self.those(set, self.users(), |(id, admin)| id == *user || admin)
            }
            Audience::Strangers(user) => {
                let others = self.those(set, self.users(), |(id, admin)| id != *user && !admin);
                knowing(set, *user, others)
            }
            Audience::Knowing(user) => knowing(set, *user, self.those(set, self.users(), |_| true)),
        }
    }

    /// Those who are connected with an active account and whom `choose` takes, by id and by whether
    /// they administer the system.
    fn those(
        &self,
        set: &FoldSet,
        users: impl IntoIterator<Item = UserId>,
        choose: impl Fn((UserId, bool)) -> bool,
    ) -> Vec<UserId> {
        let directory = set.directory();
        let chosen = |user: &UserId| {
            self.present.contains_key(user)
                && directory
                    .state()
                    .active_account(*user)
                    .is_some_and(|account| choose((*user, account.system_admin)))
        };
        users.into_iter().filter(chosen).collect()
    }

    fn member(&self, set: &FoldSet, channel_id: ChannelId, user: UserId) -> Vec<UserId> {
        if !self.present.contains_key(&user) {
            return Vec::new();
        }
        let directory = set.directory();
        let channels = set.channels(channel_id);
        let channel = channels.state().channel(channel_id);
        let hears = channel.is_some_and(|c| rights::member(directory.state(), c, user).is_some());
        if hears { vec![user] } else { Vec::new() }
    }

    fn members(
        &self,
        set: &FoldSet,
        channel_id: ChannelId,
        at: Option<u64>,
        except: Option<UserId>,
    ) -> Vec<UserId> {
        let Some(concerned) = self.concerned.get(&channel_id) else { return Vec::new() };
        let directory = set.directory();
        let channels = set.channels(channel_id);
        let Some(channel) = channels.state().channel(channel_id) else { return Vec::new() };
        let hears = |user: &&UserId| {
            except != Some(**user)
                && rights::member(directory.state(), channel, **user)
                    .is_some_and(|member| at.is_none_or(|at| member.since <= at))
        };
        concerned.iter().filter(hears).copied().collect()
    }

    fn lasting_team(&self, set: &FoldSet, team: TeamId) -> Vec<UserId> {
        let directory = set.directory();
        let directory = directory.state();
        let present =
            directory.members_of(team).iter().filter(|user| self.present.contains_key(*user));
        present
            .copied()
            .filter(|user| directory.lasting_membership(*user, team).is_some())
            .collect()
    }

    fn team(&self, set: &FoldSet, team: TeamId, except: UserId) -> Vec<UserId> {
        let directory = set.directory();
        self.in_team(directory.state(), team, |user| {
            user != except && !rights::is_guest(directory.state(), user)
        })
    }

    fn finding(&self, set: &FoldSet, channel_id: ChannelId, team: TeamId) -> Vec<UserId> {
        let directory = set.directory();
        let channels = set.channels(channel_id);
        let Some(channel) = channels.state().channel(channel_id) else { return Vec::new() };
        self.in_team(directory.state(), team, |user| {
            !rights::is_guest(directory.state(), user)
                || rights::member(directory.state(), channel, user).is_some()
        })
    }

    /// Present members of a team whom `choose` takes.
    fn in_team(
        &self,
        directory: &Directory,
        team: TeamId,
        choose: impl Fn(UserId) -> bool,
    ) -> Vec<UserId> {
        let members = directory.members_of(team);
        let hears =
            |user: &UserId| directory.active_membership(*user, team).is_some() && choose(*user);
        if members.len() <= self.present.len() {
            let present = members.iter().filter(|user| self.present.contains_key(*user));
            present.copied().filter(hears).collect()
        } else {
            self.users().filter(hears).collect()
        }
    }
}

/// Those of `users` who may know of `person`.
fn knowing(set: &FoldSet, person: UserId, mut users: Vec<UserId>) -> Vec<UserId> {
    let directory = set.directory();
    users.retain(|user| set.may_know(directory.state(), *user, person));
    users
}

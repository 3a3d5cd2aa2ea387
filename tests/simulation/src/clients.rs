//! The clients: a few people, one or two teams, few names, so that they get in each other's way.

use event_log::EventLog;
use events::channel::Broadcast;
use events::directory::RulesActivated;
use events::{
    Actor, Body, ChannelEvent, ChannelId, Event, EventId, Id, Meta, Partition, PostId, TeamId,
    UserId,
};
use futures::FutureExt;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::ledger::Ledger;
use crate::log::SimLog;
use crate::request::{Ask, Request};
use crate::rows::Database;

/// Ids that clients know, whether or not what they name came to be.
#[derive(Debug)]
pub struct Clients {
    users: Vec<UserId>,
    teams: Vec<TeamId>,
    channels: Vec<ChannelId>,
    texts: u32,
    mix: Mix,
}

/// What these clients do most.
#[derive(Debug, Clone, Copy)]
enum Mix {
    Everything,
    /// One team and few channels, which people join and leave all the time.
    Coming,
    /// Few channels, in which everybody talks and changes what was said.
    Talking,
}

impl Clients {
    pub fn new(rng: &mut SmallRng) -> Self {
        let mix = match rng.random_range(0..3) {
            0 => Mix::Everything,
            1 => Mix::Coming,
            _ => Mix::Talking,
        };
        Self { users: Vec::new(), teams: Vec::new(), channels: Vec::new(), texts: 0, mix }
    }

    pub fn next(&mut self, rng: &mut SmallRng, _: &Ledger, rows: &Database) -> Request {
        Request { id: EventId(Id(rng.random())), ask: self.ask(rng, rows) }
    }

    fn ask(&mut self, rng: &mut SmallRng, rows: &Database) -> Ask {
        if self.users.len() < 3 || rng.random_ratio(1, 40) {
            let user = UserId(Id(rng.random()));
            self.users.push(user);
            return Ask::CreateUser { user, name: rng.random_range(0..8) };
        }
        let actor = one(rng, &self.users);
        let another_team = matches!(self.mix, Mix::Everything) && rng.random_ratio(1, 40);
        if self.teams.is_empty() || another_team {
            let team = TeamId(Id(rng.random()));
            self.teams.push(team);
            self.channels.push(ChannelId::default_of(team, "town-square"));
            return Ask::CreateTeam { actor, team, name: rng.random_range(0..3) };
        }
        let team = one(rng, &self.teams);
        let name = rng.random_range(0..5);
        let user = one(rng, &self.users);
        let channel = one(rng, &self.channels);
        let few = !matches!(self.mix, Mix::Everything) && self.channels.len() >= 3;
        let kind = match self.mix {
            Mix::Everything => rng.random_range(0..100),
            Mix::Coming => [0, 12, 39, 48, 56][rng.random_range(0..5)],
            Mix::Talking => rng.random_range(0..250).max(50) % 100,
        };
        match kind {
            18..34 if few => self.post(rng, rows, actor, channel),
            0..12 => Ask::JoinTeam { user, team },
            12..18 => Ask::LeaveTeam { user, team },
            18..30 => {
                let channel = ChannelId(Id(rng.random()));
                self.channels.push(channel);
                Ask::CreateChannel { actor, channel, team, name }
            }
            30..34 => Ask::RenameChannel { actor, channel, name },
            34..39 => {
                let other = one(rng, &self.users);
                self.channels.push(ChannelId::direct(actor, other));
                Ask::OpenDirect { actor, other }
            }
            39..48 => Ask::JoinChannel { actor, user, channel },
            48..54 => Ask::LeaveChannel { user, channel },
            54..56 => Ask::DeactivateUser { actor: self.users[0], user },
            56..76 => self.post(rng, rows, actor, channel),
            76..92 => self.on_post(rng, rows, actor, channel),
            _ => Ask::View { user, channel },
        }
    }

    fn post(
        &mut self,
        rng: &mut SmallRng,
        rows: &Database,
        author: UserId,
        channel: ChannelId,
    ) -> Ask {
        self.texts += 1;
        let root = some_post(rng, rows).filter(|_| rng.random_ratio(1, 3));
        let channel = root.map_or(channel, |(_, channel)| channel);
        let broadcast = match rng.random_range(0..6) {
            0 => Broadcast::Channel,
            1 => Broadcast::Here,
            _ => Broadcast::None,
        };
        let named = rng.random_ratio(1, 2).then(|| one(rng, &self.users));
        Ask::Post {
            author,
            channel,
            root: root.map(|(post, _)| post),
            named,
            broadcast,
            text: self.texts,
        }
    }

    fn on_post(
        &mut self,
        rng: &mut SmallRng,
        rows: &Database,
        actor: UserId,
        channel: ChannelId,
    ) -> Ask {
        let Some((post, channel)) = some_post(rng, rows) else {
            return self.post(rng, rows, actor, channel);
        };
        // The author more often than not: others may do less.
        let author = rows.posts[&post].facts.author_id;
        let actor = if rng.random_ratio(2, 3) { author } else { actor };
        self.texts += 1;
        match rng.random_range(0..10) {
            0..4 => Ask::Edit { actor, post, channel, text: self.texts },
            4..6 => Ask::Delete { actor, post, channel },
            6..8 => Ask::Pin { actor, post, channel, pinned: rng.random() },
            _ => Ask::React { actor, post, channel, add: rng.random_ratio(2, 3) },
        }
    }
}

fn one<T: Copy>(rng: &mut SmallRng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}

fn some_post(rng: &mut SmallRng, rows: &Database) -> Option<(PostId, ChannelId)> {
    let count = rows.posts.len();
    let row = rows.posts.values().nth(rng.random_range(0..count.max(1)))?;
    Some((row.facts.post_id, row.facts.channel_id))
}

/// An operator activates the second rules in one partition of `channels`.
pub fn activate_rules(log: &SimLog, partition: Partition) {
    let body: Body<RulesActivated> = RulesActivated { rules: 2 }.into();
    let event: Event = ChannelEvent::from(body).into();
    let id = EventId(Id::derived("rules.activated", &[partition.to_string().as_bytes(), &[2]]));
    let meta = Meta::new(id, Id::default(), log.now_ms(), log.end_of(partition), Actor::System);
    let append = log.append(partition, events::encode("simulation", &meta, &event));
    // An operator repeats it; here once is enough, for it may fail like every other append.
    let _ = append.now_or_never();
}

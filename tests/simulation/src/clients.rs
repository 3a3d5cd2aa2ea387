//! The clients: a few people, one or two teams, few names, so that they get in each other's way.

mod personal;

use domain::drafts::DraftPlace;
use event_log::EventLog;
use events::channel::Broadcast;
use events::directory::RulesActivated;
use events::{
    Actor, ChannelId, EventId, Id, Meta, Partition, PostId, ScheduledPostId, SessionId, TeamId,
    UserId,
};
use futures::FutureExt;
use projector::MemoryTables;
use rand::Rng;
use rand::rngs::SmallRng;
use read_model::rows::PostRow;

use crate::log::{BEGINNING_MS, SimLog};
use crate::profile::Mix;
use crate::request::{Ask, Request};

/// Ids that clients know, whether or not what they name came to be.
#[derive(Debug)]
pub struct Clients {
    users: Vec<UserId>,
    teams: Vec<TeamId>,
    channels: Vec<ChannelId>,
    sessions: Vec<(UserId, SessionId)>,
    scheduled: Vec<(UserId, ChannelId, ScheduledPostId)>,
    /// Where somebody has begun to write.
    drafts: Vec<(UserId, DraftPlace)>,
    /// Texts and passwords, all different.
    texts: u32,
    /// Steps of the quiet beginning that were made.
    founded: u8,
    mix: Mix,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    JoinTeam,
    LeaveTeam,
    CreateChannel,
    RenameChannel,
    OpenDirect,
    JoinChannel,
    LeaveChannel,
    Deactivate,
    Erase,
    Post,
    OnPost,
    Expire,
    View,
    SetUnread,
    LogIn,
    LogOut,
    ChangePassword,
    RevokeSessions,
    Schedule,
    Reschedule,
    Unschedule,
    Remind,
    /// A reply, mostly in the newest thread.
    Reply,
    MindThread,
    Draft,
    Arrange,
}

impl Mix {
    /// What is asked for how often, against each other.
    fn weights(self) -> &'static [(Kind, u32)] {
        use Kind as K;
        match self {
            Self::Everything => &[
                (K::JoinTeam, 12),
                (K::LeaveTeam, 6),
                (K::CreateChannel, 12),
                (K::RenameChannel, 4),
                (K::OpenDirect, 5),
                (K::JoinChannel, 9),
                (K::LeaveChannel, 6),
                (K::Deactivate, 2),
                (K::Erase, 1),
                (K::Post, 20),
                (K::OnPost, 16),
                (K::Expire, 2),
                (K::View, 8),
                (K::SetUnread, 3),
                (K::LogIn, 3),
                (K::ChangePassword, 1),
                (K::MindThread, 8),
                (K::Draft, 5),
                (K::Arrange, 6),
                (K::Remind, 4),
            ],
            Self::Coming => &[
                (K::JoinTeam, 2),
                (K::LeaveTeam, 2),
                (K::JoinChannel, 2),
                (K::LeaveChannel, 2),
                (K::Post, 2),
                (K::CreateChannel, 1),
            ],
            Self::Returning => &[
                (K::JoinTeam, 4),
                (K::LeaveTeam, 3),
                (K::JoinChannel, 7),
                (K::LeaveChannel, 5),
                (K::Post, 1),
            ],
            Self::Talking => {
                &[(K::Post, 10), (K::OnPost, 12), (K::Expire, 1), (K::View, 2), (K::JoinTeam, 2)]
            }
            Self::Reading => &[
                (K::Post, 6),
                (K::OnPost, 1),
                (K::View, 5),
                (K::SetUnread, 4),
                (K::JoinChannel, 3),
                (K::LeaveChannel, 1),
                (K::JoinTeam, 2),
                (K::OpenDirect, 1),
            ],
            Self::Entering => &[
                (K::LogIn, 8),
                (K::LogOut, 3),
                (K::ChangePassword, 3),
                (K::RevokeSessions, 2),
                (K::Deactivate, 1),
                (K::JoinTeam, 1),
                (K::Post, 2),
            ],
            Self::Later => &[
                (K::Schedule, 8),
                (K::Reschedule, 4),
                (K::Unschedule, 2),
                (K::Remind, 6),
                (K::Erase, 1),
                (K::JoinTeam, 2),
                (K::LeaveTeam, 1),
                (K::JoinChannel, 3),
                (K::LeaveChannel, 2),
                (K::Deactivate, 1),
                (K::Post, 4),
            ],
            Self::Following => &[
                (K::Post, 3),
                (K::Reply, 8),
                (K::MindThread, 12),
                (K::OnPost, 3),
                (K::View, 2),
                (K::Expire, 1),
                (K::JoinTeam, 1),
                (K::LeaveTeam, 1),
                (K::JoinChannel, 2),
                (K::LeaveChannel, 1),
                (K::OpenDirect, 1),
            ],
            Self::Arranging => &[
                (K::Arrange, 14),
                (K::Draft, 10),
                (K::Erase, 1),
                (K::Post, 6),
                (K::CreateChannel, 2),
                (K::JoinTeam, 1),
                (K::LeaveTeam, 1),
                (K::JoinChannel, 3),
                (K::LeaveChannel, 2),
                (K::OpenDirect, 2),
            ],
            Self::Naming => {
                &[(K::CreateChannel, 5), (K::RenameChannel, 6), (K::JoinTeam, 2), (K::Post, 1)]
            }
        }
    }

    fn kind(self, rng: &mut SmallRng) -> Kind {
        let weights = self.weights();
        let total = weights.iter().map(|(_, weight)| weight).sum();
        let mut left: u32 = rng.random_range(0..total);
        for (kind, weight) in weights {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *kind,
            }
        }
        Kind::Post
    }

    /// Channels that people make at most: where something else is to be met, few.
    fn channels_max(self) -> usize {
        match self {
            Self::Everything | Self::Naming => usize::MAX,
            Self::Coming | Self::Returning | Self::Talking => 4,
            Self::Reading | Self::Entering | Self::Later | Self::Following => 5,
            Self::Arranging => 7,
        }
    }
}

impl Clients {
    pub fn new(mix: Mix) -> Self {
        let (users, teams, channels, sessions) = (vec![], vec![], vec![], vec![]);
        let (scheduled, drafts) = (vec![], vec![]);
        Self { users, teams, channels, sessions, scheduled, drafts, texts: 0, founded: 0, mix }
    }

    pub fn next(&mut self, rng: &mut SmallRng, rows: &MemoryTables) -> Request {
        Request { id: EventId(Id(rng.random())), ask: self.ask(rng, rows) }
    }

    /// The next request of a quiet beginning: people, a team with all of them in it, channels.
    pub fn found(&mut self, rng: &mut SmallRng) -> Option<Request> {
        let ask = self.founding(rng)?;
        Some(Request { id: EventId(Id(rng.random())), ask })
    }

    fn founding(&mut self, rng: &mut SmallRng) -> Option<Ask> {
        let step = self.founded;
        self.founded += 1;
        let fresh = Id(rng.random());
        match step {
            0..3 => {
                self.users.push(UserId(fresh));
                Some(Ask::CreateUser { user: UserId(fresh), name: step })
            }
            3 => {
                self.found_team(TeamId(fresh));
                Some(Ask::CreateTeam { actor: self.users[0], team: TeamId(fresh), name: 0 })
            }
            4..6 => {
                let user = self.users[usize::from(step) - 3];
                Some(Ask::JoinTeam { user, team: self.teams[0] })
            }
            6..8 => {
                let (actor, team) = (self.users[0], self.teams[0]);
                self.channels.push(ChannelId(fresh));
                // The first is open, the second private.
                Some(Ask::CreateChannel { actor, channel: ChannelId(fresh), team, name: step - 6 })
            }
            8..12 => {
                let user = self.users[1 + usize::from(step) % 2];
                let channel = self.channels[1 + usize::from(step) / 2 % 2];
                Some(Ask::JoinChannel { actor: self.users[0], user, channel })
            }
            // Threads of conversations belong to no team, and are read with each.
            12 if self.mix == Mix::Following => {
                let (actor, other) = (self.users[0], self.users[1]);
                self.channels.push(ChannelId::direct(actor, other));
                Some(Ask::OpenDirect { actor, other })
            }
            _ => None,
        }
    }

    fn found_team(&mut self, team: TeamId) {
        self.teams.push(team);
        self.channels.push(ChannelId::default_of(team, "town-square"));
    }

    fn ask(&mut self, rng: &mut SmallRng, rows: &MemoryTables) -> Ask {
        if self.users.len() < 3 || rng.random_ratio(1, 40) {
            let user = UserId(Id(rng.random()));
            self.users.push(user);
            return Ask::CreateUser { user, name: rng.random_range(0..8) };
        }
        let actor = one(rng, &self.users);
        let another_team = self.mix == Mix::Everything && rng.random_ratio(1, 40);
        if self.teams.is_empty() || another_team {
            let team = TeamId(Id(rng.random()));
            self.found_team(team);
            return Ask::CreateTeam { actor, team, name: rng.random_range(0..3) };
        }
        // Where somebody returns there has to be a channel that one can leave.
        let lacks_channel = self.mix == Mix::Returning && self.channels.len() < 2;
        let kind = if lacks_channel { Kind::CreateChannel } else { self.mix.kind(rng) };
        self.of_kind(kind, rng, rows, actor)
    }

    fn of_kind(
        &mut self,
        kind: Kind,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        actor: UserId,
    ) -> Ask {
        let team = one(rng, &self.teams);
        let user = self.somebody(rng);
        let channel = self.some_channel(rng);
        match kind {
            Kind::JoinTeam => Ask::JoinTeam { user, team },
            Kind::LeaveTeam => Ask::LeaveTeam { user, team },
            Kind::CreateChannel if self.channels.len() < self.mix.channels_max() => {
                let (channel, name) = (ChannelId(Id(rng.random())), self.name(rng));
                self.channels.push(channel);
                Ask::CreateChannel { actor, channel, team, name }
            }
            Kind::RenameChannel => Ask::RenameChannel { actor, channel, name: self.name(rng) },
            Kind::OpenDirect if self.channels.len() < self.mix.channels_max() => {
                let other = one(rng, &self.users);
                self.channels.push(ChannelId::direct(actor, other));
                Ask::OpenDirect { actor, other }
            }
            Kind::JoinChannel => {
                let oneself = self.mix == Mix::Returning && rng.random_ratio(3, 4);
                Ask::JoinChannel { actor: if oneself { user } else { actor }, user, channel }
            }
            Kind::LeaveChannel => Ask::LeaveChannel { user, channel },
            Kind::Deactivate => Ask::DeactivateUser { actor: self.users[0], user },
            Kind::Erase => Ask::EraseUser { actor: self.users[0], user },
            Kind::OnPost => self.on_post(rng, rows, actor, channel),
            Kind::Expire => match some_post(rng, rows) {
                Some((post, channel)) => {
                    let before = rows.posts[&post].create_at + rng.random_range(0..2);
                    Ask::Expire { channel, before }
                }
                None => view(rng, user, channel),
            },
            Kind::View => view(rng, user, channel),
            Kind::SetUnread => match some_post(rng, rows) {
                Some((post, channel)) => Ask::SetUnread { user, post, channel },
                None => view(rng, user, channel),
            },
            Kind::MindThread => self.mind_thread(rng, rows, user),
            Kind::Draft => self.draft(rng, rows, user, channel),
            Kind::Arrange => self.arrange(rng, rows, user, team),
            Kind::Reply => match some_thread(rng, rows) {
                Some(root) => self.post_in(rng, actor, root.channel_id, Some(root.id)),
                None => self.post(rng, rows, actor, channel),
            },
            Kind::LogIn => {
                let session = SessionId(Id(rng.random()));
                self.sessions.push((user, session));
                Ask::LogIn { user, session }
            }
            Kind::LogOut if !self.sessions.is_empty() => {
                let (user, session) = one(rng, &self.sessions);
                Ask::LogOut { user, session }
            }
            Kind::ChangePassword => {
                self.texts += 1;
                let own: Vec<_> = self.sessions.iter().filter(|(of, _)| *of == user).collect();
                let kept = (!own.is_empty()).then(|| one(rng, &own).1);
                Ask::ChangePassword { user, number: self.texts, kept }
            }
            Kind::RevokeSessions => Ask::RevokeSessions { user },
            Kind::Schedule => {
                let scheduled = ScheduledPostId(Id(rng.random()));
                self.scheduled.push((actor, channel, scheduled));
                self.texts += 1;
                let (due_at, text) = (due_at(rng), self.texts);
                Ask::Schedule { user: actor, scheduled, channel, due_at, text }
            }
            Kind::Reschedule if !self.scheduled.is_empty() => {
                let (user, channel, scheduled) = self.some_scheduled(rng);
                self.texts += 1;
                let (due_at, text) = (due_at(rng), self.texts);
                Ask::Reschedule { user, scheduled, channel, due_at, text }
            }
            Kind::Unschedule if !self.scheduled.is_empty() => {
                let (user, _, scheduled) = self.some_scheduled(rng);
                Ask::Unschedule { user, scheduled }
            }
            Kind::Remind => match some_post(rng, rows) {
                Some((post, channel)) => Ask::Remind { user, post, channel, due_at: due_at(rng) },
                None => self.post(rng, rows, actor, channel),
            },
            Kind::Post
            | Kind::CreateChannel
            | Kind::OpenDirect
            | Kind::LogOut
            | Kind::Reschedule
            | Kind::Unschedule => self.post(rng, rows, actor, channel),
        }
    }

    /// Anybody, or, where it is about one person's returns, mostly that one.
    fn somebody(&self, rng: &mut SmallRng) -> UserId {
        if self.mix == Mix::Returning && rng.random_ratio(3, 4) {
            return self.users[1];
        }
        one(rng, &self.users)
    }

    fn some_channel(&self, rng: &mut SmallRng) -> ChannelId {
        match self.channels.get(1) {
            Some(channel) if self.mix == Mix::Returning && rng.random_ratio(3, 4) => *channel,
            _ => one(rng, &self.channels),
        }
    }

    /// Mostly one of the latest: the others have long been sent.
    fn some_scheduled(&self, rng: &mut SmallRng) -> (UserId, ChannelId, ScheduledPostId) {
        let from = self.scheduled.len().saturating_sub(3);
        one(rng, &self.scheduled[from..])
    }

    fn name(&self, rng: &mut SmallRng) -> u8 {
        match self.mix {
            Mix::Naming => rng.random_range(0..3),
            // An open channel, into which one comes by oneself.
            Mix::Returning => 2 * rng.random_range(0..3),
            _ => rng.random_range(0..5),
        }
    }

    fn post(
        &mut self,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        author: UserId,
        channel: ChannelId,
    ) -> Ask {
        // Where somebody has begun to write they mostly go on.
        let begun = self.drafts.last().copied().filter(|_| rng.random_ratio(1, 2));
        if let Some((author, (channel, root))) = begun {
            return self.post_in(rng, author, channel, root);
        }
        let root = some_post(rng, rows).filter(|_| rng.random_ratio(1, 3));
        let channel = root.map_or(channel, |(_, channel)| channel);
        self.post_in(rng, author, channel, root.map(|(post, _)| post))
    }

    fn post_in(
        &mut self,
        rng: &mut SmallRng,
        author: UserId,
        channel: ChannelId,
        root: Option<PostId>,
    ) -> Ask {
        self.texts += 1;
        let broadcast = match rng.random_range(0..6) {
            0 => Broadcast::Channel,
            1 => Broadcast::Here,
            _ => Broadcast::None,
        };
        let named = rng.random_ratio(1, 2).then(|| one(rng, &self.users));
        let urgent = root.is_none() && rng.random_ratio(1, 3);
        Ask::Post { author, channel, root, named, broadcast, urgent, text: self.texts }
    }

    fn on_post(
        &mut self,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        actor: UserId,
        channel: ChannelId,
    ) -> Ask {
        let Some((post, channel)) = some_post(rng, rows) else {
            return self.post(rng, rows, actor, channel);
        };
        // The author more often than not: others may do less.
        let author = rows.posts[&post].user_id;
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

/// At once, or within what the log's clock may come to.
fn due_at(rng: &mut SmallRng) -> i64 {
    BEGINNING_MS + rng.random_range(0..60_000)
}

fn view(rng: &mut SmallRng, user: UserId, channel: ChannelId) -> Ask {
    Ask::View { user, channel, threads: rng.random_ratio(1, 3) }
}

fn one<T: Copy>(rng: &mut SmallRng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}

/// The newest post, which others change at the same time, or any.
fn some_post(rng: &mut SmallRng, rows: &MemoryTables) -> Option<(PostId, ChannelId)> {
    let any = rng.random_range(0..rows.posts.len().max(1));
    let row = if rng.random() {
        rows.posts.values().max_by_key(|row| row.create_at)
    } else {
        rows.posts.values().nth(any)
    };
    row.map(|row| (row.id, row.channel_id))
}

/// The root of the newest thread, or any.
fn some_thread<'r>(rng: &mut SmallRng, rows: &'r MemoryTables) -> Option<&'r PostRow> {
    let roots: Vec<&PostRow> = rows.posts.values().filter(|row| row.root_id.is_none()).collect();
    if roots.is_empty() || rng.random() {
        return roots.into_iter().max_by_key(|row| (row.last_reply_at, row.create_at));
    }
    Some(one(rng, &roots))
}

/// An operator activates the rules that are known in one partition of `channels`.
pub fn activate_rules(log: &SimLog, partition: Partition) {
    for rules in 2..=domain::RULES_KNOWN {
        let event = events::of_log(partition.topic, RulesActivated { rules });
        let id = EventId::of_log(event.event_type(), partition, rules);
        let end = log.end_of(partition);
        let mut meta = Meta::new(id, Id::default(), log.now_ms(), end, Actor::System);
        meta.epoch = log.epoch_of(partition);
        let append = log.append(partition, events::encode("simulation", &meta, &event));
        // An operator repeats it; here once is enough, for it may fail like every other append.
        let _ = append.now_or_never();
    }
}

use domain::PartitionFold;
use domain::commands::directory::{
    AddTeamMembers, ChangeGuest, CreateChannel, CreateTeam, RemoveTeamMember,
};
use domain::commands::subject_of;
use events::directory::{NewProfile, TeamType, UserCreated};
use events::{Actor, Meta, NewRecord, Record};

use super::*;

/// A cell whose folds are current and whose only steps are those that a test runs.
struct World {
    directory: PartitionFold<Directory>,
    channels: Vec<PartitionFold<Channels>>,
    log: Vec<DirectoryEvent>,
}

impl World {
    fn new() -> Self {
        Self {
            directory: PartitionFold::new(Partition::DIRECTORY),
            channels: Topic::Channels.partitions().map(PartitionFold::new).collect(),
            log: Vec::new(),
        }
    }

    fn record(partition: Partition, offset: u64, id: EventId, event: &Event) -> Record {
        let meta = Meta::new(id, subject_of(event), 1_000, offset, Actor::System);
        let NewRecord { key, headers, body } = events::encode("cell", &meta, event);
        Record { partition, offset, appended_ms: 1_000, key, headers, body }
    }

    /// Applies a decision of the directory and returns its offset.
    fn decide(&mut self, event: Event) -> u64 {
        let offset = self.directory.next();
        let record = Self::record(Partition::DIRECTORY, offset, EventId::random(), &event);
        let verdict = self.directory.apply(&record).unwrap().verdict;
        assert!(verdict.applied().is_some(), "{verdict:?}");
        let Event::Directory(event) = event else { panic!("not of the directory") };
        self.log.push(event);
        offset
    }

    fn user(&mut self, n: u8) -> UserId {
        let user_id = UserId::from_bytes([n; 16]);
        let c = UserCreated {
            user_id,
            username_hash: events::KeyedHash::from_bytes([n; 16]),
            email_hash: events::KeyedHash::from_bytes([n; 16]),
            is_bot: false,
            locale: String::new(),
        };
        self.decide(DirectoryEvent::from(Body { c, p: NewProfile::default() }).into());
        user_id
    }

    fn due(&self) -> Vec<Step> {
        let states: Vec<&Channels> = self.channels.iter().map(PartitionFold::state).collect();
        due(self.directory.state(), self.directory.next(), &states)
    }

    fn channel(&self, id: ChannelId) -> Option<&Channel> {
        let index = Partition::of(Topic::Channels, id.as_bytes()).index;
        self.channels[usize::from(index)].state().channel(id)
    }

    /// Runs what is due until nothing is; returns how many steps that took.
    fn settle(&mut self) -> usize {
        let mut ran = 0;
        loop {
            let steps = self.due();
            if steps.is_empty() {
                return ran;
            }
            for step in steps {
                ran += 1;
                self.run(step);
            }
            assert!(ran < 100, "steps never end");
        }
    }

    fn run(&mut self, step: Step) {
        let cause = usize::try_from(step.cause.offset).unwrap();
        let decision = step.decide(self.channel(step.channel_id), self.log.get(cause));
        let Some(event) = decision.event() else { return };
        let fold = &mut self.channels[usize::from(step.partition().index)];
        let record = Self::record(step.partition(), fold.next(), step.id, &event);
        let verdict = fold.apply(&record).unwrap().verdict;
        assert!(verdict.applied().is_some(), "{step:?}: {verdict:?}");
    }

    fn members(&self, id: ChannelId) -> Vec<UserId> {
        self.channel(id).unwrap().members().map(|member| member.user_id).collect()
    }

    fn team(&mut self, founder: UserId) -> TeamId {
        let team_id = TeamId::from_bytes([9; 16]);
        let create = CreateTeam {
            actor: founder,
            team_id,
            name: "crew".into(),
            display_name: "Crew".into(),
            description: String::new(),
            r#type: TeamType::Open,
            allow_open_invite: true,
            invite_id: Id::default(),
            email: String::new(),
        };
        let event = create.decide(self.directory.state()).unwrap().event().unwrap();
        self.decide(event);
        team_id
    }

    fn join(&mut self, user: UserId, team_id: TeamId) {
        let user_ids = vec![user];
        let join = AddTeamMembers { actor: user, team_id, user_ids, invite: None };
        let event = join.decide(self.directory.state()).unwrap().event().unwrap();
        self.decide(event);
    }

    fn due_at(&self, key: Key) -> Vec<Step> {
        let states: Vec<&Channels> = self.channels.iter().map(PartitionFold::state).collect();
        due_at(key, self.directory.state(), self.directory.next(), &states)
    }

    /// Applies what was decided of a channel.
    fn tell(&mut self, id: ChannelId, event: &ChannelEvent) {
        let partition = Partition::of(Topic::Channels, id.as_bytes());
        let fold = &mut self.channels[usize::from(partition.index)];
        let event = Event::from(event.clone());
        let record = Self::record(partition, fold.next(), EventId::random(), &event);
        let verdict = fold.apply(&record).unwrap().verdict;
        assert!(verdict.applied().is_some(), "{verdict:?}");
    }

    fn take_out(&mut self, channel_id: ChannelId, user_id: UserId) {
        let member = *self.channel(channel_id).unwrap().member(user_id).unwrap();
        let c = ChannelMemberRemoved {
            channel_id,
            user_id,
            membership: Some(member.since),
            generation: member.generation,
            by: UserId::from_bytes([1; 16]),
            because: LeftBecause::Removed,
            is_guest: true,
            notice: None,
        };
        self.tell(channel_id, &ChannelEvent::ChannelMemberRemoved(c.into()));
    }

    /// By the founder, who administers the system.
    fn guest(&mut self, user_id: UserId, is_guest: bool) {
        let actor = UserId::from_bytes([1; 16]);
        let change = ChangeGuest { actor, user_id, is_guest };
        let event = change.decide(self.directory.state()).unwrap().event().unwrap();
        self.decide(event);
    }

    fn leave(&mut self, user_id: UserId, team_id: TeamId) {
        let leave = RemoveTeamMember { actor: user_id, team_id, user_id };
        let event = leave.decide(self.directory.state()).unwrap().event().unwrap();
        self.decide(event);
    }

    fn create_channel(&mut self, actor: UserId, team_id: TeamId) -> ChannelId {
        let channel_id = ChannelId::from_bytes([7; 16]);
        let create = CreateChannel {
            actor,
            channel_id,
            team_id,
            r#type: ChannelType::Open,
            name: "plans".into(),
            display_name: "Plans".into(),
            header: "h".into(),
            purpose: "p".into(),
        };
        let event = create.decide(self.directory.state()).unwrap().event().unwrap();
        self.decide(event);
        channel_id
    }
}

fn town_square(team: TeamId) -> ChannelId {
    ChannelId::default_of(team, "town-square")
}

#[test]
fn a_new_team_gets_its_default_channels_with_its_founder_in_them() {
    let mut world = World::new();
    let founder = world.user(1);
    let team = world.team(founder);
    assert_eq!(world.due().len(), 2, "only the channels: joining needs them");
    assert_eq!(world.settle(), 4);
    for (name, _) in DEFAULT_CHANNELS {
        assert_eq!(world.members(ChannelId::default_of(team, name)), [founder]);
    }
}

#[test]
fn a_claimed_name_gets_its_channel_with_its_creator() {
    let mut world = World::new();
    let founder = world.user(1);
    let team = world.team(founder);
    world.settle();
    let channel = world.create_channel(founder, team);
    assert_eq!(world.settle(), 1);
    assert_eq!(world.members(channel), [founder]);
    assert!(world.channel(channel).unwrap().member(founder).unwrap().scheme_admin);
}

#[test]
fn whoever_leaves_a_team_leaves_its_channels_and_may_come_back() {
    let mut world = World::new();
    let (founder, guest) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.join(guest, team);
    world.settle();
    assert_eq!(world.members(town_square(team)), [founder, guest]);
    world.leave(guest, team);
    assert_eq!(world.settle(), 2);
    assert_eq!(world.members(town_square(team)), [founder]);
    world.join(guest, team);
    assert_eq!(world.settle(), 2);
    assert_eq!(world.members(town_square(team)), [founder, guest]);
}

#[test]
fn what_is_due_at_the_keys_of_an_event_is_what_is_due() {
    let mut world = World::new();
    let (founder, guest) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.settle();
    world.join(guest, team);
    let joined = Key::TeamMember(guest, team);
    let at = |world: &World, key| {
        let states: Vec<&Channels> = world.channels.iter().map(PartitionFold::state).collect();
        due_at(key, world.directory.state(), world.directory.next(), &states)
    };
    let ids = |steps: Vec<Step>| {
        let mut ids: Vec<EventId> = steps.iter().map(|step| step.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(at(&world, joined)), ids(world.due()));
    world.settle();
    world.leave(guest, team);
    assert_eq!(ids(at(&world, joined)), ids(world.due()));
    let member = Key::Member(town_square(team), guest);
    assert_eq!(at(&world, member).len(), 1);
}

#[test]
fn a_generation_beyond_the_own_position_is_unknown_and_not_ended() {
    let mut world = World::new();
    let (founder, guest) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.settle();
    let behind = world.directory.clone();
    world.join(guest, team);
    world.settle();
    let states: Vec<&Channels> = world.channels.iter().map(PartitionFold::state).collect();
    assert_eq!(due(behind.state(), behind.next(), &states), []);
}

#[test]
fn every_process_names_a_step_alike_and_a_second_membership_differently() {
    let mut world = World::new();
    let (founder, guest) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.settle();
    world.join(guest, team);
    let first = world.due();
    assert_eq!(first, world.due());
    world.settle();
    world.leave(guest, team);
    world.settle();
    world.join(guest, team);
    let second = world.due();
    assert!(first.iter().all(|step| second.iter().all(|other| other.id != step.id)));
}

#[test]
fn guests_are_in_no_default_channel_until_they_are_none_any_more() {
    let mut world = World::new();
    let (founder, sailor) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.settle();
    world.join(sailor, team);
    world.guest(sailor, true);
    assert_eq!(world.settle(), 0);
    world.guest(sailor, false);
    assert_eq!(world.settle(), 2);
    assert_eq!(world.members(town_square(team)), [founder, sailor]);
    world.guest(sailor, true);
    assert_eq!(world.settle(), 0, "whoever is in one stays");

    for _ in 0..2 {
        world.take_out(town_square(team), sailor);
        assert_eq!(world.settle(), 0, "guests may be taken out");
        world.guest(sailor, false);
        let member = Key::Member(town_square(team), sailor);
        assert_eq!(world.due_at(member), world.due());
        assert_eq!(world.settle(), 1);
        assert_eq!(world.members(town_square(team)), [founder, sailor]);
        world.guest(sailor, true);
    }
}

#[test]
fn who_becomes_a_guest_administers_no_channel_any_more() {
    let mut world = World::new();
    let (founder, sailor) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.join(sailor, team);
    world.settle();
    let channel = world.create_channel(sailor, team);
    world.settle();
    let admin =
        |world: &World| world.channel(channel).unwrap().member(sailor).unwrap().scheme_admin;
    assert!(admin(&world));
    world.guest(sailor, true);
    let states: Vec<&Channels> = world.channels.iter().map(PartitionFold::state).collect();
    let (directory, next) = (world.directory.state(), world.directory.next());
    assert_eq!(due_at(Key::Guest(sailor), directory, next, &states), world.due());
    assert_eq!(world.settle(), 1);
    world.guest(sailor, false);
    world.settle();
    assert!(!admin(&world));
}

#[test]
fn what_was_decided_before_somebody_became_a_guest_makes_them_no_administrator() {
    let mut world = World::new();
    let (founder, sailor) = (world.user(1), world.user(2));
    let team = world.team(founder);
    world.join(sailor, team);
    world.settle();
    let square = town_square(team);
    let membership = world.channel(square).unwrap().member(sailor).unwrap().since;
    world.guest(sailor, true);
    let c = ChannelMemberRolesChanged {
        channel_id: square,
        user_id: sailor,
        membership,
        scheme_admin: true,
    };
    let late = ChannelEvent::ChannelMemberRolesChanged(c.into());
    world.tell(square, &late);
    let keys = touched(&late.into(), &Applied::default());
    assert_eq!(keys, [Key::Member(square, sailor)]);
    assert_eq!(world.due_at(keys[0]), world.due());
    assert_eq!(world.settle(), 1);
    assert!(!world.channel(square).unwrap().member(sailor).unwrap().scheme_admin);
}

//! Given records, when one more comes, then this verdict: the bold rules of the log as state machine.

use std::sync::Arc;

use domain::{
    Aggregate, Applied, Channels, Directory, FoldError, PartitionFold, Refusal, Verdict, Void,
    WindowLimits,
};
use events::bookmark::{BookmarkCreated, BookmarkDeleted, BookmarkMoved};
use events::channel::*;
use events::directory::*;
use events::{
    Actor, Body, BookmarkId, ChannelEvent, ChannelId, DirectoryEvent, Event, EventId, Id,
    KeyedHash, Meta, Partition, PostId, Record, SessionId, TeamId, Topic, UserId,
};

/// A partition with a clock, and the offset and verdict of everything that was appended.
struct Given<A> {
    fold: PartitionFold<A>,
    now_ms: i64,
    subject: Id,
    records: Vec<Arc<Record>>,
}

impl<A: Aggregate> Given<A> {
    fn new(topic: Topic, subject: Id, limits: WindowLimits) -> Self {
        let partition = Partition::of(topic, &subject.0);
        let fold = PartitionFold::with_window(partition, limits);
        Self { fold, now_ms: 1_000, subject, records: Vec::new() }
    }

    fn meta(&self, id: EventId) -> Meta {
        Meta::new(id, self.subject, self.now_ms, self.fold.next(), Actor::System)
    }

    #[track_caller]
    fn append(&mut self, meta: Meta, event: impl Into<Event>) -> Verdict {
        let record =
            record(self.fold.partition(), self.fold.next(), self.now_ms, &meta, &event.into());
        self.records.push(Arc::clone(&record));
        self.fold.apply(&record).expect("the record is the next").verdict
    }

    #[track_caller]
    fn when(&mut self, event: impl Into<Event>) -> Verdict {
        self.now_ms += 10;
        self.append(self.meta(EventId::random()), event)
    }

    #[track_caller]
    fn applied(&mut self, event: impl Into<Event>) -> Applied {
        match self.when(event) {
            Verdict::Applied(applied) => applied,
            Verdict::Void(void) => panic!("the event is void: {void:?}"),
        }
    }

    #[track_caller]
    fn refused(&mut self, event: impl Into<Event>) -> Refusal {
        match self.when(event) {
            Verdict::Void(Void::Refused(refusal)) => refusal,
            other => panic!("the event is not refused: {other:?}"),
        }
    }
}

fn record(
    partition: Partition,
    offset: u64,
    appended_ms: i64,
    meta: &Meta,
    event: &Event,
) -> Arc<Record> {
    let new = events::encode("test", meta, event);
    Arc::new(Record {
        partition,
        offset,
        appended_ms,
        key: new.key,
        headers: new.headers,
        body: new.body,
    })
}

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

fn post(n: u8) -> PostId {
    PostId::from_bytes([n; 16])
}

const CHANNEL: ChannelId = ChannelId(Id([0xc; 16]));
const TEAM: TeamId = TeamId(Id([0xd; 16]));
const FEW: WindowLimits = WindowLimits { span_ms: 60_000, entries_max: 3 };

fn ev<E, F>(c: F) -> Event
where
    F: events::Fact,
    F::Personal: Default,
    E: From<Body<F>> + Into<Event>,
{
    E::from(Body { c, p: F::Personal::default() }).into()
}

fn dir<F: events::Fact>(c: F) -> Event
where
    DirectoryEvent: From<Body<F>>,
{
    ev::<DirectoryEvent, F>(c)
}

fn chan<F: events::Fact>(c: F) -> Event
where
    ChannelEvent: From<Body<F>>,
{
    ev::<ChannelEvent, F>(c)
}

fn account(n: u8) -> Event {
    dir(UserCreated {
        user_id: user(n),
        username_hash: KeyedHash::from_bytes([n; 16]),
        email_hash: KeyedHash::from_bytes([n ^ 0x80; 16]),
        is_bot: false,
        locale: String::new(),
    })
}

fn team_created(creator: u8) -> Event {
    dir(TeamCreated {
        team_id: TEAM,
        name: "team".into(),
        display_name: "Team".into(),
        description: String::new(),
        r#type: TeamType::Open,
        allow_open_invite: true,
        invite_id: Id([1; 16]),
        creator_id: user(creator),
        default_channels: vec![DefaultChannel {
            channel_id: ChannelId::default_of(TEAM, "town-square"),
            name: "town-square".into(),
            display_name: "Town Square".into(),
        }],
    })
}

fn directory() -> Given<Directory> {
    Given::new(Topic::Directory, Id::default(), WindowLimits::DIRECTORY)
}

/// A channel with `user(1)` in generation 5.
fn channel(limits: WindowLimits) -> Given<Channels> {
    let mut given = Given::new(Topic::Channels, CHANNEL.0, limits);
    given.applied(chan(ChannelCreated {
        channel_id: CHANNEL,
        team_id: TEAM,
        r#type: ChannelType::Open,
        display_name: "Channel".into(),
        header: String::new(),
        purpose: String::new(),
        creator_id: Some(user(1)),
        is_default: false,
        members: vec![member(1, 5)],
    }));
    given
}

fn member(n: u8, generation: u64) -> NewMember {
    NewMember { user_id: user(n), generation, scheme_admin: false }
}

fn added(n: u8, generation: u64, via: JoinedVia) -> Event {
    let by = if via == JoinedVia::Join { user(n) } else { user(1) };
    chan(ChannelMembersAdded {
        channel_id: CHANNEL,
        members: vec![member(n, generation)],
        by,
        via,
        notice: None,
    })
}

fn removed(n: u8, membership: Option<u64>, generation: u64, because: LeftBecause) -> Event {
    chan(ChannelMemberRemoved {
        channel_id: CHANNEL,
        user_id: user(n),
        membership,
        generation,
        by: user(1),
        because,
        is_guest: false,
        notice: None,
    })
}

fn created(n: u8, author: u8, root: Option<u8>) -> PostCreated {
    PostCreated {
        channel_id: CHANNEL,
        post_id: post(n),
        author_id: user(author),
        root: root.map(|r| Root { post_id: post(r), author_id: user(1) }),
        mentions: Vec::new(),
        named: Vec::new(),
        broadcast: Broadcast::None,
        files: Vec::new(),
        marks_read: true,
        auto_follow: true,
        set_online: true,
        priority: Default::default(),
    }
}

fn deleted(n: u8) -> Event {
    chan(PostDeleted {
        channel_id: CHANNEL,
        post_id: post(n),
        author_id: user(1),
        root_id: None,
        by: user(1),
    })
}

fn edited(n: u8) -> Event {
    chan(PostEdited {
        channel_id: CHANNEL,
        post_id: post(n),
        author_id: user(1),
        create_at: 1,
        root_id: None,
        is_pinned: false,
        has_reactions: false,
        reply_count: 0,
        files: Vec::new(),
        priority: Default::default(),
    })
}

fn reacted(n: u8) -> Event {
    chan(ReactionAdded {
        channel_id: CHANNEL,
        post_id: post(n),
        root_id: None,
        user_id: user(1),
        emoji_name: "tada".into(),
    })
}

#[test]
fn the_first_account_is_the_administrator_and_no_other() {
    let mut given = directory();
    assert!(given.applied(account(1)).system_admin);
    assert!(!given.applied(account(2)).system_admin);
    assert!(given.fold.state().account(user(1)).is_some_and(|a| a.system_admin));
}

#[test]
fn a_name_has_one_winner() {
    let mut given = directory();
    given.applied(account(1));
    let Event::Directory(DirectoryEvent::UserCreated(mut body)) = account(1) else {
        unreachable!()
    };
    body.c.user_id = user(2);
    assert_eq!(given.refused(DirectoryEvent::from(body)), Refusal::UsernameTaken);
}

#[test]
fn a_renamed_channel_takes_the_new_name_and_frees_the_old() {
    let mut given = directory();
    given.applied(account(1));
    given.applied(team_created(1));
    let generation = given.fold.state().membership(user(1), TEAM).expect("the creator").generation;
    let claim = |id: u8, name: &str| {
        dir(ChannelNameClaimed {
            team_id: TEAM,
            channel_id: ChannelId::from_bytes([id; 16]),
            name: name.into(),
            channel: ClaimedChannel {
                r#type: ChannelType::Open,
                display_name: name.into(),
                header: String::new(),
                purpose: String::new(),
                creator_id: user(1),
                creator_generation: generation,
            },
        })
    };
    given.applied(claim(1, "old"));
    assert_eq!(given.refused(claim(2, "old")), Refusal::ChannelNameTaken);
    let channel_id = ChannelId::from_bytes([1; 16]);
    given.applied(dir(ChannelNameChanged { channel_id, name: "new".into() }));
    assert_eq!(given.refused(claim(3, "new")), Refusal::ChannelNameTaken);
    given.applied(claim(4, "old"));
}

#[test]
fn the_last_administrator_stays() {
    let mut given = directory();
    given.applied(account(1));
    given.applied(account(2));
    assert_eq!(given.refused(dir(UserDeactivated { user_id: user(1) })), Refusal::LastAdmin);
    given.applied(dir(UserRolesChanged { user_id: user(2), system_admin: true }));
    given.applied(dir(UserDeactivated { user_id: user(1) }));
}

#[test]
fn a_password_change_keeps_no_session_that_was_ended_after_the_decision() {
    let mut given = directory();
    given.applied(account(1));
    let decided_before = given.meta(EventId::random());
    given.applied(dir(UserSessionsRevoked { user_id: user(1) }));
    let kept_session = Some(SessionId::from_bytes([9; 16]));
    let change = || dir(UserPasswordChanged { user_id: user(1), kept_session });
    assert_eq!(given.append(decided_before, change()), Verdict::Void(Void::Stale));
    given.applied(change());
}

#[test]
fn a_repeated_id_is_answered_with_the_first_verdict() {
    let mut given = channel(WindowLimits::STREAM);
    let meta = given.meta(EventId::random());
    let event = chan(created(1, 1, None));
    let first = given.fold.next();
    assert!(given.append(meta.clone(), event.clone()).applied().is_some());
    assert_eq!(given.append(meta.clone(), event), Verdict::Void(Void::Duplicate { first }));
    let outcome = given.fold.outcome(meta.id).expect("the id was seen");
    assert_eq!(outcome.offset, first);
    assert!(outcome.result.is_ok());
}

#[test]
fn a_refusal_is_remembered_like_a_success() {
    let mut given = channel(WindowLimits::STREAM);
    let meta = given.meta(EventId::random());
    let event = chan(created(1, 2, None));
    let refused = Verdict::Void(Void::Refused(Refusal::NotAMember));
    assert_eq!(given.append(meta.clone(), event.clone()), refused);
    given.applied(added(2, 6, JoinedVia::Join));
    // The rule would hold now; the first verdict stands.
    assert!(matches!(given.append(meta, event), Verdict::Void(Void::Duplicate { .. })));
}

#[test]
fn a_touch_after_read_at_makes_a_conflicting_event_stale_and_leaves_its_id_unseen() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(chan(created(1, 1, None)));
    let before = given.meta(EventId::random());
    given.applied(edited(1));
    assert_eq!(given.append(before.clone(), edited(1)), Verdict::Void(Void::Stale));
    assert_eq!(given.fold.outcome(before.id), None);
    let again = Meta { read_at: given.fold.next(), ..before };
    assert!(given.append(again, edited(1)).applied().is_some());
}

#[test]
fn a_reaction_conflicts_with_the_deletion_only() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(chan(created(1, 1, None)));
    let before = given.meta(EventId::random());
    given.applied(edited(1));
    given.applied(reacted(1));
    assert!(given.append(before.clone(), reacted(1)).applied().is_some());
    given.applied(deleted(1));
    let late = Meta { id: EventId::random(), ..before };
    assert_eq!(given.append(late, reacted(1)), Verdict::Void(Void::Stale));
}

#[test]
fn a_reply_to_a_root_that_was_deleted_meanwhile_is_stale() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(chan(created(1, 1, None)));
    let before = given.meta(EventId::random());
    given.applied(deleted(1));
    assert_eq!(given.append(before, chan(created(2, 1, Some(1)))), Verdict::Void(Void::Stale));
}

#[test]
fn what_leaves_the_queue_raises_the_floor_and_nothing_below_it_is_judged() {
    let mut given = channel(FEW);
    let frozen = given.meta(EventId::random());
    for n in 1..=4 {
        given.applied(chan(created(n, 1, None)));
    }
    assert!(given.fold.window().floor() > frozen.read_at);
    assert_eq!(given.fold.window().len(), 3);
    assert_eq!(given.append(frozen, chan(created(9, 1, None))), Verdict::Void(Void::Stale));
}

#[test]
fn a_late_duplicate_from_before_the_window_is_never_applied_twice() {
    let mut given = channel(FEW);
    let meta = given.meta(EventId::random());
    let event = chan(created(1, 1, None));
    assert!(given.append(meta.clone(), event.clone()).applied().is_some());
    for n in 2..=5 {
        given.applied(chan(created(n, 1, None)));
    }
    assert_eq!(given.fold.outcome(meta.id), None, "the id is forgotten");
    assert_eq!(given.append(meta, event), Verdict::Void(Void::Stale));
}

#[test]
fn the_window_forgets_by_append_time_too() {
    let mut given = channel(WindowLimits { span_ms: 1_000, entries_max: 100 });
    let frozen = given.meta(EventId::random());
    given.applied(chan(created(1, 1, None)));
    given.now_ms += 5_000;
    given.applied(chan(created(2, 1, None)));
    assert_eq!(given.fold.window().len(), 1);
    assert_eq!(given.append(frozen, chan(created(3, 1, None))), Verdict::Void(Void::Stale));
}

#[test]
fn times_follow_the_log_whatever_the_clocks_say() {
    let mut given = channel(WindowLimits::STREAM);
    let first = given.applied(chan(created(1, 1, None))).at;
    let behind = Meta { time_ms: 0, ..given.meta(EventId::random()) };
    let second = given.append(behind, chan(created(2, 1, None))).applied().expect("applied").at;
    assert_eq!(second, first + 1, "a clock that is behind moves on by one");
    given.now_ms += 100;
    let ahead = Meta { time_ms: i64::MAX, ..given.meta(EventId::random()) };
    let third = given.append(ahead, chan(created(3, 1, None))).applied().expect("applied").at;
    assert_eq!(third, given.now_ms, "a clock that runs ahead counts as the append time");
}

#[test]
fn a_step_needs_a_generation_above_any_seen() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(added(2, 7, JoinedVia::Step));
    assert_eq!(given.refused(added(2, 7, JoinedVia::Step)), Refusal::Already);
    let since =
        given.fold.state().channel(CHANNEL).and_then(|c| c.member(user(2))).expect("in").since;
    given.applied(removed(2, Some(since), 7, LeftBecause::Left));
    assert_eq!(given.refused(added(2, 7, JoinedVia::Step)), Refusal::GenerationEnded);
    given.applied(added(2, 7, JoinedVia::Join));
}

#[test]
fn the_end_of_a_generation_is_remembered_for_ever() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(removed(2, None, 7, LeftBecause::TeamEnded));
    assert_eq!(given.refused(added(2, 7, JoinedVia::Step)), Refusal::GenerationEnded);
    assert_eq!(given.refused(added(2, 7, JoinedVia::Join)), Refusal::GenerationEnded);
    given.applied(added(2, 8, JoinedVia::Join));
    assert_eq!(given.refused(removed(2, None, 7, LeftBecause::TeamEnded)), Refusal::Already);
}

#[test]
fn leaving_names_the_membership_that_it_ends() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(added(2, 7, JoinedVia::Join));
    let first = given.fold.next() - 1;
    given.applied(removed(2, Some(first), 7, LeftBecause::Left));
    given.applied(added(2, 7, JoinedVia::Join));
    let late = removed(2, Some(first), 7, LeftBecause::Left);
    assert_eq!(given.refused(late), Refusal::OtherMembership);
}

#[test]
fn totals_only_grow_and_roots_count_apart() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(added(2, 7, JoinedVia::Add));
    let mut root = created(1, 1, None);
    root.mentions = vec![user(2), user(9), user(1)];
    let applied = given.applied(chan(root));
    let totals = applied.channel.expect("a channel's event");
    assert_eq!((totals.msgs, totals.msgs_root), (1, 1));
    let mentioned = applied.members.iter().find(|m| m.user_id == user(2)).expect("mentioned");
    // One for having been added by another, one for the mention.
    assert_eq!((mentioned.mentions, mentioned.mentions_root), (2, 2));
    let author = applied.members.iter().find(|m| m.user_id == user(1)).expect("the author");
    assert_eq!(author.base.expect("the post marks the channel read").totals.msgs, 1);
    assert_eq!(author.mentions, 0, "authors do not mention themselves");
    assert_eq!(applied.members.len(), 2, "outsiders are not counted");
    let reply = given.applied(chan(created(2, 1, Some(1))));
    let totals = reply.channel.expect("a channel's event");
    assert_eq!((totals.msgs, totals.msgs_root), (2, 1));
    given.applied(deleted(1));
    assert_eq!(given.fold.state().channel(CHANNEL).expect("there").totals.msgs, 2);
}

#[test]
fn a_gap_stops_the_fold_and_changes_nothing() {
    let mut given = channel(WindowLimits::STREAM);
    let (hash, next) = (given.fold.hash(), given.fold.next());
    let meta = given.meta(EventId::random());
    let partition = given.fold.partition();
    let ahead = record(partition, next + 1, given.now_ms, &meta, &chan(created(1, 1, None)));
    let error = given.fold.apply(&ahead).expect_err("a gap");
    assert!(matches!(error, FoldError::NotTheNext { .. }));
    assert_eq!((given.fold.hash(), given.fold.next()), (hash, next));
}

#[test]
fn an_unknown_type_stops_the_fold_and_invalid_bytes_are_void() {
    let mut given = channel(WindowLimits::STREAM);
    let meta = given.meta(EventId::random());
    let event = chan(created(1, 1, None));
    let partition = given.fold.partition();
    let known = record(partition, given.fold.next(), given.now_ms, &meta, &event);
    let mut unknown = Record::clone(&known);
    for (name, value) in &mut unknown.headers {
        if name == "ce_type" {
            *value = "post.teleported".into();
        }
    }
    assert!(matches!(given.fold.apply(&unknown), Err(FoldError::Unknown(_))));
    let mut invalid = Record::clone(&known);
    invalid.body = "{\"c\":{}}".into();
    let judged = given.fold.apply(&invalid).expect("void, not an error");
    assert_eq!(judged.verdict, Verdict::Void(Void::Invalid));
}

#[test]
fn who_is_no_member_pins_nothing_by_the_second_rules_and_what_was_pinned_before_stays() {
    let mut given = channel(WindowLimits::STREAM);
    let pinned = |by| {
        chan(PostPinned { channel_id: CHANNEL, post_id: post(1), root_id: None, by: user(by) })
    };
    let unpinned = |by| {
        chan(PostUnpinned { channel_id: CHANNEL, post_id: post(1), root_id: None, by: user(by) })
    };
    given.applied(chan(created(1, 1, None)));
    given.applied(pinned(9));
    given.applied(unpinned(9));
    given.applied(chan(RulesActivated { rules: 2 }));
    assert_eq!(given.refused(chan(RulesActivated { rules: 2 })), Refusal::Already);
    assert_eq!(given.refused(pinned(9)), Refusal::NotAMember);
    given.applied(pinned(1));
    assert_eq!(given.refused(unpinned(9)), Refusal::NotAMember);

    // Whoever folds it all again comes to the same verdicts.
    let mut again = PartitionFold::<Channels>::new(given.fold.partition());
    for record in &given.records {
        again.apply(record).expect("the next");
    }
    assert_eq!(again.hash(), given.fold.hash());
    let mut older = PartitionFold::<Channels>::new(given.fold.partition()).knowing(1);
    let refused = older.resume(again).expect_err("it is of the second rules");
    assert_eq!(refused, "it is of rules 2, and 1 are known");
    let stopped = given.records.iter().find_map(|record| older.apply(record).err());
    let text = stopped.expect("it knows no second rules").to_string();
    assert!(text.contains("activates rules 2") && text.contains("knows 1"), "{text}");
}

#[test]
fn an_activation_of_unknown_rules_stops_the_fold() {
    let mut given = channel(WindowLimits::STREAM);
    let meta = given.meta(EventId::random());
    let partition = given.fold.partition();
    let activation = chan(RulesActivated { rules: domain::RULES_KNOWN + 1 });
    let record = record(partition, given.fold.next(), given.now_ms, &meta, &activation);
    assert!(matches!(given.fold.apply(&record), Err(FoldError::UnknownRules { .. })));
}

#[test]
fn an_opened_epoch_ends_all_before_and_a_sealed_one_takes_nothing_more() {
    let mut given = channel(WindowLimits::STREAM);
    let of_epoch = |given: &Given<Channels>, epoch, id| {
        let mut meta = given.meta(EventId(Id([id; 16])));
        meta.epoch = epoch;
        meta
    };
    given.applied(chan(created(1, 1, None)));
    let early = of_epoch(&given, 2, 9);
    assert_eq!(given.append(early, chan(created(9, 1, None))), Verdict::Void(Void::ForeignEpoch));
    assert_eq!(given.refused(chan(EpochSealed { epoch: 3 })), Refusal::OtherEpoch);
    given.applied(chan(EpochSealed { epoch: 1 }));
    assert!(given.fold.is_sealed());
    for event in [chan(created(2, 1, None)), chan(EpochSealed { epoch: 1 })] {
        assert_eq!(given.when(event), Verdict::Void(Void::ForeignEpoch));
    }

    let opened_at = given.fold.next();
    let opening = of_epoch(&given, 1, 10);
    let other = given.append(opening, chan(EpochOpened { epoch: 3 }));
    assert_eq!(other, Verdict::Void(Void::ForeignEpoch), "an epoch is opened in itself");
    let opening = of_epoch(&given, 3, 11);
    let opened = given.append(opening, chan(EpochOpened { epoch: 3 }));
    assert!(matches!(opened, Verdict::Applied(_)), "numbers may be left out: {opened:?}");
    assert_eq!((given.fold.epoch(), given.fold.is_sealed()), (3, false));
    assert_eq!((given.fold.epoch_at(opened_at), given.fold.epoch_at(opened_at + 1)), (1, 3));
    assert_eq!(given.fold.end_of_epoch(1), Some(opened_at + 1));
    assert_eq!(
        (given.fold.end_of_epoch(2), given.fold.end_of_epoch(3)),
        (Some(opened_at + 1), None)
    );
    for (epoch, id) in [(1, 12), (3, 13)] {
        let meta = of_epoch(&given, epoch, id);
        let verdict = given.append(meta, chan(EpochOpened { epoch }));
        let already = Verdict::Void(Void::Refused(Refusal::Already));
        assert_eq!(verdict, already, "{epoch}");
    }

    // What was left over of the epoch before has no effect, and its id is free.
    let late = of_epoch(&given, 1, 14);
    assert_eq!(given.append(late, chan(created(3, 1, None))), Verdict::Void(Void::ForeignEpoch));
    let again = of_epoch(&given, 3, 14);
    let verdict = given.append(again, chan(created(3, 1, None)));
    assert!(matches!(verdict, Verdict::Applied(_)), "{verdict:?}");
}

#[test]
fn a_snapshot_taken_anywhere_goes_on_like_the_whole() {
    let mut given = channel(FEW);
    given.applied(added(2, 7, JoinedVia::Add));
    for n in 1..=6 {
        given.applied(chan(created(n, 1 + n % 2, (n > 3).then_some(1))));
    }
    given.applied(removed(2, None, 7, LeftBecause::TeamEnded));
    given.refused(chan(created(8, 2, None)));
    for cut in 0..given.records.len() {
        let mut fold = PartitionFold::<Channels>::with_window(given.fold.partition(), FEW);
        for record in &given.records[..cut] {
            fold.apply(record).expect("the next");
        }
        let snapshot = postcard::to_stdvec(&fold).expect("encodes");
        let mut fold = PartitionFold::<Channels>::with_window(given.fold.partition(), FEW);
        fold.resume(postcard::from_bytes(&snapshot).expect("decodes")).expect("it is of use");
        for record in &given.records[cut..] {
            fold.apply(record).expect("the next");
        }
        assert_eq!(fold.hash(), given.fold.hash(), "cut at {cut}");
        assert_eq!(postcard::to_stdvec(&fold), postcard::to_stdvec(&given.fold), "cut at {cut}");
    }
}

#[test]
fn an_erased_account_is_no_account_and_frees_its_names() {
    let mut given = directory();
    given.applied(account(1));
    given.applied(account(2));
    assert_eq!(given.refused(dir(UserKeyDestroyed { user_id: user(2) })), Refusal::NotErased);
    let last = dir(UserErased { user_id: user(1), by: user(1) });
    assert_eq!(given.refused(last), Refusal::LastAdmin);
    let erased = || dir(UserErased { user_id: user(2), by: user(1) });
    given.applied(erased());
    assert_eq!(given.refused(erased()), Refusal::Already);
    assert_eq!(given.refused(dir(UserActivated { user_id: user(2) })), Refusal::UserInactive);
    let promoted = dir(UserRolesChanged { user_id: user(2), system_admin: true });
    assert_eq!(given.refused(promoted), Refusal::UserInactive);
    let again = dir(UserCreated {
        user_id: user(3),
        username_hash: KeyedHash::from_bytes([2; 16]),
        email_hash: KeyedHash::from_bytes([2 ^ 0x80; 16]),
        is_bot: false,
        locale: String::new(),
    });
    given.applied(again);
    given.applied(dir(UserKeyDestroyed { user_id: user(2) }));
    let twice = dir(UserKeyDestroyed { user_id: user(2) });
    assert_eq!(given.refused(twice), Refusal::Already);
}

#[test]
fn in_a_channel_that_erased_them_nobody_says_a_word_more_whatever_is_under_way() {
    let mut given = channel(WindowLimits::STREAM);
    given.applied(added(2, 7, JoinedVia::Add));
    given.applied(chan(created(1, 1, None)));
    let erased = || chan(ChannelAuthorErased { channel_id: CHANNEL, user_id: user(1) });
    given.applied(erased());
    assert_eq!(given.refused(erased()), Refusal::Already);
    assert_eq!(given.refused(chan(created(2, 1, None))), Refusal::UserInactive);
    assert_eq!(given.refused(edited(1)), Refusal::UserInactive);
    given.applied(chan(created(3, 2, Some(1))));
}

#[test]
fn who_joins_an_open_channel_by_oneself_does_not_come_into_one_that_became_private() {
    let mut given = channel(WindowLimits::STREAM);
    let before = given.meta(EventId::random());
    let notice = Notice {
        post_id: post(9),
        kind: NoticeKind::ChangeChanPrivacy,
        by: user(1),
        user_ids: vec![],
        old: String::new(),
        new: String::new(),
    };
    let private =
        ChannelPrivacyChanged { channel_id: CHANNEL, r#type: ChannelType::Private, notice };
    given.applied(chan(private.clone()));
    assert_eq!(given.refused(chan(private)), Refusal::Already);
    let join = given.append(before.clone(), added(2, 7, JoinedVia::Join));
    assert_eq!(join, Verdict::Void(Void::Stale));
    // Whom another brings relies on nothing of the kind.
    let brought = given.append(before, added(2, 7, JoinedVia::Add));
    assert!(matches!(brought, Verdict::Applied(_)), "{brought:?}");
}

#[test]
fn a_role_is_changed_of_the_membership_that_stands() {
    let mut given = channel(WindowLimits::STREAM);
    let admin = |membership, scheme_admin| {
        let (channel_id, user_id) = (CHANNEL, user(1));
        chan(ChannelMemberRolesChanged { channel_id, user_id, membership, scheme_admin })
    };
    given.applied(admin(0, true));
    assert_eq!(given.refused(admin(0, true)), Refusal::Already);
    assert_eq!(given.refused(admin(7, false)), Refusal::OtherMembership);
    given.applied(removed(1, Some(0), 5, LeftBecause::Left));
    assert_eq!(given.refused(admin(0, false)), Refusal::NotAMember);
}

#[test]
fn a_guest_is_no_administrator_and_founds_nothing() {
    let mut given = directory();
    given.applied(account(1));
    given.applied(account(2));
    let guest = |n, is_guest| dir(UserGuestChanged { user_id: user(n), is_guest });
    assert_eq!(given.refused(guest(1, true)), Refusal::LastAdmin);
    assert_eq!(given.refused(guest(2, false)), Refusal::Already);
    given.applied(guest(2, true));
    let admin = dir(UserRolesChanged { user_id: user(2), system_admin: true });
    assert_eq!(given.refused(admin), Refusal::Guest);
}

#[test]
fn what_was_said_before_a_channel_was_silenced_is_decided_anew() {
    let mut given = channel(WindowLimits::STREAM);
    let change =
        Moderation { whom: Moderatee::Members, what: Moderated::CreatePost, allowed: false };
    let silenced = |allowed| {
        let changes = vec![Moderation { allowed, ..change }];
        chan(ChannelModerated { channel_id: CHANNEL, changes, by: user(1) })
    };
    assert_eq!(given.refused(silenced(true)), Refusal::Already);
    let before = given.meta(EventId::random());
    given.applied(silenced(false));
    let reaction = ReactionAdded {
        channel_id: CHANNEL,
        post_id: post(1),
        root_id: None,
        user_id: user(1),
        emoji_name: "tada".into(),
    };
    for event in [
        chan(created(1, 1, None)),
        chan(created(2, 1, Some(9))),
        chan(reaction),
        added(2, 7, JoinedVia::Add),
        removed(1, Some(0), 5, LeftBecause::Removed),
    ] {
        let before = Meta { id: EventId::random(), ..before.clone() };
        assert_eq!(given.append(before, event), Verdict::Void(Void::Stale));
    }
    let leaves = given.append(before, removed(1, Some(0), 5, LeftBecause::Left));
    assert!(matches!(leaves, Verdict::Applied(_)), "who leaves asks nobody: {leaves:?}");
}

#[test]
fn what_was_done_with_bookmarks_before_a_channel_kept_them_is_decided_anew() {
    let mut given = channel(WindowLimits::STREAM);
    let (channel_id, by) = (CHANNEL, user(1));
    let made = |n: u8| {
        let bookmark_id = BookmarkId::from_bytes([n; 16]);
        chan(BookmarkCreated { channel_id, bookmark_id, owner_id: by, file: None })
    };
    given.applied(made(1));
    let bookmark_id = BookmarkId::from_bytes([1; 16]);
    let kept = |what| {
        let change = Moderation { whom: Moderatee::Members, what, allowed: false };
        chan(ChannelModerated { channel_id, changes: vec![change], by })
    };
    let first = given.meta(EventId::random());
    given.applied(kept(Moderated::CreatePost));
    let moved = chan(BookmarkMoved { channel_id, bookmark_id, place: 0, by });
    let verdict = given.append(first.clone(), moved.clone());
    assert!(matches!(verdict, Verdict::Applied(_)), "words are another matter: {verdict:?}");
    given.applied(kept(Moderated::ManageBookmarks));
    let deleted = chan(BookmarkDeleted { channel_id, bookmark_id, by });
    for event in [made(2), moved, deleted] {
        let before = Meta { id: EventId::random(), ..first.clone() };
        assert_eq!(given.append(before, event), Verdict::Void(Void::Stale));
    }
}

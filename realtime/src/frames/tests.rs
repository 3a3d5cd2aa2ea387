use domain::{Applied, Verdict};
use events::channel::{Broadcast as Calls, *};
use events::directory::*;
use events::pictures::*;
use events::user::*;
use events::*;
use fold::{FoldSet, Folded};
use serde_json::{Value, json};
use std::sync::Arc;

use super::*;

mod later;

const ADA: UserId = UserId(Id([1; 16]));
const BOB: UserId = UserId(Id([2; 16]));
const TOWN: ChannelId = ChannelId(Id([3; 16]));
const TEAM: TeamId = TeamId(Id([4; 16]));
const POST: PostId = PostId(Id([5; 16]));

/// Everything that was pushed.
#[derive(Default)]
struct Pushed {
    frames: Vec<(Audience, Value)>,
    rows: Vec<(Audience, Rows)>,
    called: Vec<UserId>,
}

impl Sink for Pushed {
    fn push(&mut self, audience: Audience, mentions: Mentions<'_>, make: impl FnOnce() -> Frame) {
        let called = [ADA, BOB].into_iter().filter(|user| mentions.call(*user, || true));
        self.called.extend(called);
        self.frames.push((audience, serde_json::from_str(&make().to_text(1, None)).unwrap()));
    }

    fn push_rows(&mut self, audience: Audience, rows: Rows) {
        self.rows.push((audience, rows));
    }
}

/// Follows a log of its own.
struct World(FoldSet);

impl World {
    /// Two people in a team with a channel.
    fn new() -> Self {
        let world = Self(FoldSet::new());
        for (user, name) in [(ADA, "ada"), (BOB, "bob")] {
            let c = UserCreated {
                user_id: user,
                username_hash: KeyedHash(user.0),
                email_hash: KeyedHash(user.0),
                is_bot: false,
                locale: String::new(),
            };
            let p = NewProfile { username: name.into(), ..NewProfile::default() };
            world.directory(DirectoryEvent::UserCreated(Body { c, p }));
        }
        let created = ChannelCreated {
            channel_id: TOWN,
            team_id: TEAM,
            r#type: ChannelType::Open,
            display_name: "Town".into(),
            header: String::new(),
            purpose: String::new(),
            creator_id: Some(ADA),
            is_default: false,
            members: [ADA, BOB].map(member).to_vec(),
        };
        world.channel(ChannelEvent::ChannelCreated(created.into()));
        world
    }

    fn push(&self, key: Id, event: impl Into<Event>) -> Pushed {
        self.push_from(None, key, event)
    }

    /// From the socket that clients call so.
    fn push_from(&self, socket: Option<&str>, key: Id, event: impl Into<Event>) -> Pushed {
        let event = event.into();
        let partition = Partition::of(event.topic(), &key.0);
        let offset = self.0.next(partition);
        let meta = Meta {
            connection_id: socket.map(str::to_owned),
            ..Meta::new(EventId::random(), key, 1_000, offset, Actor::User(ADA))
        };
        let NewRecord { key, headers, body } = encode("test", &meta, &event);
        let record = Record { partition, offset, appended_ms: 1_000, key, headers, body };
        let folded = self.0.apply(Arc::new(record)).unwrap();
        assert!(folded.applied().is_some(), "{:?}: {event:?}", folded.verdict);
        let mut pushed = Pushed::default();
        of(&self.0, &folded, &mut pushed);
        pushed
    }

    fn directory(&self, event: DirectoryEvent) -> Pushed {
        self.push(Id::default(), event)
    }

    fn channel(&self, event: ChannelEvent) -> Pushed {
        self.push(TOWN.0, event)
    }
}

fn member(user_id: UserId) -> NewMember {
    NewMember { user_id, generation: 0, scheme_admin: false }
}

fn notice(kind: NoticeKind) -> Notice {
    let (old, new) = ("Town".into(), "City".into());
    Notice { post_id: POST, kind, by: ADA, user_ids: vec![BOB], old, new }
}

fn created(author_id: UserId, broadcast: Calls) -> PostCreated {
    PostCreated {
        channel_id: TOWN,
        post_id: POST,
        author_id,
        root: None,
        mentions: Vec::new(),
        named: Vec::new(),
        broadcast,
        files: Vec::new(),
        marks_read: true,
        auto_follow: false,
        set_online: true,
        priority: Default::default(),
    }
}

fn names(pushed: &Pushed) -> Vec<&str> {
    pushed.frames.iter().map(|(_, frame)| frame["event"].as_str().unwrap()).collect()
}

#[test]
fn a_post_says_where_it_stands_and_whom_it_calls() {
    let world = World::new();
    let c = PostCreated {
        files: vec![AttachedFile {
            file_id: FileId::random(),
            size: 1,
            mime_type: "image/png".into(),
            extension: "png".into(),
            width: 1,
            height: 1,
            has_preview: false,
        }],
        ..created(ADA, Calls::Channel)
    };
    let p = PostContent {
        message: "hi".into(),
        pending_post_id: "ada:1".into(),
        ..PostContent::default()
    };
    let pushed = world.channel(ChannelEvent::PostCreated(Body { c, p }));
    let [(audience, frame)] = &pushed.frames[..] else { panic!("{:?}", names(&pushed)) };
    assert_eq!(*audience, Audience::channel(TOWN, 1));
    let data = &frame["data"];
    assert_eq!(data["channel_display_name"], "Town");
    assert_eq!(data["channel_type"], "O");
    assert_eq!(data["team_id"], TEAM.to_string());
    assert_eq!((&data["image"], &data["otherFile"]), (&json!("true"), &json!("true")));
    let post: Value = serde_json::from_str(data["post"].as_str().unwrap()).unwrap();
    assert_eq!(post["pending_post_id"], "ada:1");
    assert_eq!(pushed.called, [BOB], "never the author");
}

#[test]
fn a_conversation_of_two_is_called_after_who_speaks() {
    let world = World::new();
    let channel_id = ChannelId::direct(ADA, BOB);
    let opened = ChannelDirectOpened { channel_id, user_ids: vec![ADA, BOB], by: ADA };
    let pushed = world.push(channel_id.0, ChannelEvent::ChannelDirectOpened(opened.into()));
    assert_eq!(names(&pushed), ["direct_added"]);
    assert_eq!(pushed.frames[0].1["data"]["teammate_id"], BOB.to_string());
    let c = PostCreated { channel_id, mentions: vec![ADA], ..created(BOB, Calls::None) };
    let body = Body { c, p: PostContent::default() };
    let pushed = world.push(channel_id.0, ChannelEvent::PostCreated(body));
    let data = &pushed.frames[0].1["data"];
    assert_eq!(data["channel_display_name"], "@bob");
    assert_eq!(data["channel_name"], wire::direct_name(&[ADA, BOB]));
    assert_eq!(data["team_id"], "");
    assert_eq!(pushed.called, [ADA]);
}

#[test]
fn a_removal_is_told_in_two_shapes() {
    let world = World::new();
    let removed = ChannelMemberRemoved {
        channel_id: TOWN,
        user_id: BOB,
        membership: Some(0),
        generation: 0,
        by: ADA,
        because: LeftBecause::Removed,
        is_guest: false,
        notice: Some(notice(NoticeKind::RemoveFromChannel)),
    };
    let pushed = world.channel(ChannelEvent::ChannelMemberRemoved(removed.into()));
    assert_eq!(names(&pushed), ["user_removed", "user_removed", "posted"]);
    let (to_bob, to_others) = (&pushed.frames[0], &pushed.frames[1]);
    assert_eq!(to_bob.0, Audience::User(BOB));
    let expected = json!({"channel_id": TOWN.to_string(), "remover_id": ADA.to_string()});
    assert_eq!(to_bob.1["data"], expected);
    assert_eq!(to_others.0, Audience::channel(TOWN, 1));
    let expected = json!({"user_id": BOB.to_string(), "remover_id": ADA.to_string()});
    assert_eq!(to_others.1["data"], expected);
}

#[test]
fn an_open_channel_is_archived_before_its_whole_team() {
    let world = World::new();
    let archived = ChannelArchived { channel_id: TOWN, notice: notice(NoticeKind::ChannelDeleted) };
    let pushed = world.channel(ChannelEvent::ChannelArchived(archived.into()));
    assert_eq!(names(&pushed), ["channel_deleted", "posted"]);
    assert_eq!(pushed.frames[0].0, Audience::Finding { channel_id: TOWN, team_id: TEAM });
    let restored =
        ChannelRestored { channel_id: TOWN, notice: notice(NoticeKind::ChannelRestored) };
    let pushed = world.channel(ChannelEvent::ChannelRestored(restored.into()));
    assert_eq!(names(&pushed), ["channel_restored", "posted"]);
    assert_eq!(pushed.frames[0].1["data"], json!({"channel_id": TOWN.to_string()}));
}

#[test]
fn what_no_event_carries_is_read() {
    let world = World::new();
    let changed = ChannelSettingsChanged {
        channel_id: TOWN,
        display_name: Some("City".into()),
        header: None,
        purpose: None,
        notices: vec![notice(NoticeKind::DisplaynameChange)],
    };
    let pushed = world.channel(ChannelEvent::ChannelSettingsChanged(changed.into()));
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 1), Rows::Channel(TOWN))]);
    assert_eq!(names(&pushed), ["posted"]);
    let pinned = PostPinned { channel_id: TOWN, post_id: POST, root_id: None, by: ADA };
    let pushed = world.channel(ChannelEvent::PostPinned(pinned.into()));
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 2), Rows::Post(POST))]);
    let changed = UserProfileChanged {
        user_id: BOB,
        username_hash: None,
        email_hash: None,
        locale: Some("de".into()),
    };
    let body = Body { c: changed, p: ProfilePatch::default() };
    let pushed = world.directory(DirectoryEvent::UserProfileChanged(body));
    let variants = [Audience::Intimates(BOB), Audience::Strangers(BOB)];
    assert_eq!(pushed.rows, variants.clone().map(|audience| (audience, Rows::User(BOB))));
    let body = Body {
        c: UserPictureChanged { user_id: BOB, object: Some("pictures/x".into()) },
        p: PictureKey::default(),
    };
    let pushed = world.directory(DirectoryEvent::UserPictureChanged(body));
    assert_eq!(pushed.rows, variants.map(|audience| (audience, Rows::User(BOB))));
}

fn stored() -> StoredPicture {
    StoredPicture { object: "pictures/x".into(), key: "k".into() }
}

#[test]
fn a_teams_icon_is_told_to_the_team_from_its_row() {
    let world = World::new();
    world.directory(team_created());
    let changed = TeamIconChanged { team_id: TEAM, icon: Some(stored()) };
    let pushed = world.directory(DirectoryEvent::TeamIconChanged(changed.into()));
    let audience = Audience::LastingTeam(TEAM);
    assert_eq!(pushed.rows, [(audience, Rows::Team(TEAM, "update_team"))]);
}

#[test]
fn a_custom_emoji_is_told_to_everyone_and_shown_with_posts_that_name_it() {
    let world = World::new();
    let emoji_id = EmojiId(Id([7; 16]));
    let name = "party_parrot".to_owned();
    let created_emoji = EmojiCreated { emoji_id, name, creator_id: ADA, image: stored() };
    let pushed = world.directory(DirectoryEvent::EmojiCreated(created_emoji.into()));
    let (audience, frame) = &pushed.frames[0];
    assert_eq!((audience, &frame["event"]), (&Audience::Everyone, &json!("emoji_added")));
    let emoji: Value = serde_json::from_str(frame["data"]["emoji"].as_str().unwrap()).unwrap();
    assert_eq!(emoji["id"], json!(emoji_id));
    assert_eq!((&emoji["name"], &emoji["creator_id"]), (&json!("party_parrot"), &json!(ADA)));
    assert!(!frame.to_string().contains("pictures/x"), "where the bytes are is nobody's business");

    let c = created(ADA, Calls::None);
    let p = PostContent { message: ":party_parrot: :smile:".into(), ..PostContent::default() };
    let pushed = world.channel(ChannelEvent::PostCreated(Body { c, p }));
    let text = pushed.frames[0].1["data"]["post"].as_str().unwrap();
    let post: Value = serde_json::from_str(text).unwrap();
    assert_eq!(post["metadata"]["emojis"], json!([emoji]));
    let deleted = EmojiDeleted { emoji_id, by: ADA };
    let pushed = world.directory(DirectoryEvent::EmojiDeleted(deleted.into()));
    assert!(pushed.frames.is_empty() && pushed.rows.is_empty());
}

#[test]
fn reactions_edits_and_deletions_are_told_from_the_event() {
    let world = World::new();
    let added = ReactionAdded {
        channel_id: TOWN,
        post_id: POST,
        root_id: None,
        user_id: BOB,
        emoji_name: "tada".into(),
    };
    let pushed = world.channel(ChannelEvent::ReactionAdded(added.into()));
    let reaction = pushed.frames[0].1["data"]["reaction"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(reaction).unwrap()["emoji_name"], "tada");
    let edited = PostEdited {
        channel_id: TOWN,
        post_id: POST,
        author_id: ADA,
        create_at: 5,
        root_id: None,
        is_pinned: true,
        has_reactions: false,
        reply_count: 2,
        files: Vec::new(),
        priority: Default::default(),
    };
    let p = PostContent { message: "better".into(), ..PostContent::default() };
    let pushed = world.channel(ChannelEvent::PostEdited(Body { c: edited, p }));
    let post = pushed.frames[0].1["data"]["post"].as_str().unwrap();
    let post: Value = serde_json::from_str(post).unwrap();
    assert_eq!((&post["message"], &post["create_at"]), (&json!("better"), &json!(5)));
    assert!(post["edit_at"].as_i64().unwrap() >= 1_000);
    let deleted =
        PostDeleted { channel_id: TOWN, post_id: POST, author_id: ADA, root_id: None, by: BOB };
    let pushed = world.channel(ChannelEvent::PostDeleted(deleted.into()));
    assert_eq!(names(&pushed), ["post_deleted"]);
    assert_eq!(pushed.frames[0].1["data"]["delete_by"], BOB.to_string());
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 3), Rows::UrgentMentions(POST))]);
}

#[test]
fn an_own_state_is_told_to_its_person_alone() {
    let world = World::new();
    let p = Preferences {
        preferences: vec![Preference { category: "c".into(), name: "n".into(), value: "v".into() }],
    };
    let body = Body { c: PreferencesSet { user_id: BOB }, p };
    let pushed = world.push(BOB.0, UserEvent::PreferencesSet(body));
    assert_eq!(names(&pushed), ["preferences_changed"]);
    assert_eq!(pushed.frames[0].0, Audience::User(BOB));
    assert!(pushed.frames[0].1["data"]["preferences"].is_string());

    let totals = Totals { msgs: 3, msgs_root: 2, mentions: 1, ..Totals::default() };
    let marker = ReadMarker { channel_id: TOWN, as_of: 90, read_to: 80, totals };
    let advanced = ReadMarkerAdvanced { user_id: BOB, markers: vec![marker], threads: false };
    let pushed = world.push(BOB.0, ReadstateEvent::ReadMarkerAdvanced(advanced.into()));
    assert_eq!(pushed.frames[0].1["data"]["channel_times"], json!({ TOWN.to_string(): 80 }));

    let now = Totals { msgs: 9, msgs_root: 8, mentions: 4, mentions_root: 2, broadcasts: 1 };
    let set_back =
        ReadMarkerSetBack { user_id: BOB, marker, post_id: POST, now, urgent_mentions: 0 };
    let pushed = world.push(BOB.0, ReadstateEvent::ReadMarkerSetBack(set_back.into()));
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::User(BOB));
    assert_eq!(frame["data"]["msg_count"], 3, "what was read, as a total");
    assert_eq!(frame["data"]["mention_count"], 4, "three by name and one broadcast");
    assert_eq!(frame["broadcast"]["channel_id"], TOWN.to_string());
}

/// The team of [`World`], with Ada in it.
fn team_created() -> DirectoryEvent {
    let c = TeamCreated {
        team_id: TEAM,
        name: "team".into(),
        display_name: "Team".into(),
        description: String::new(),
        r#type: TeamType::Open,
        allow_open_invite: false,
        invite_id: Id([7; 16]),
        creator_id: ADA,
        default_channels: Vec::new(),
    };
    DirectoryEvent::TeamCreated(Body { c, p: TeamContact::default() })
}

#[test]
fn what_becomes_of_a_team_is_told_to_all_its_members_archived_or_not() {
    let world = World::new();
    world.directory(team_created());
    let steps: [(DirectoryEvent, &str); 4] = [
        (Body::from(TeamChanged { team_id: TEAM, ..TeamChanged::default() }).into(), "update_team"),
        (
            Body::from(TeamInviteRegenerated { team_id: TEAM, invite_id: Id([8; 16]) }).into(),
            "update_team",
        ),
        (Body::from(TeamArchived { team_id: TEAM }).into(), "delete_team"),
        (Body::from(TeamRestored { team_id: TEAM }).into(), "restore_team"),
    ];
    for (event, frame) in steps {
        let pushed = world.directory(event);
        assert_eq!(pushed.rows, [(Audience::LastingTeam(TEAM), Rows::Team(TEAM, frame))]);
    }
}

#[test]
fn roles_are_told_to_whose_they_are() {
    let world = World::new();
    let made = world.directory(team_created());
    assert_eq!(names(&made), ["added_to_team"]);
    let generation = world.0.directory().state().membership(ADA, TEAM).unwrap().generation;
    let changed =
        TeamMemberRolesChanged { team_id: TEAM, user_id: ADA, generation, scheme_admin: false };
    let pushed = world.directory(DirectoryEvent::TeamMemberRolesChanged(changed.into()));
    assert_eq!(names(&pushed), ["memberrole_updated"]);
    assert_eq!(pushed.frames[0].0, Audience::User(ADA));
    let member = pushed.frames[0].1["data"]["member"].as_str().unwrap();
    let member: Value = serde_json::from_str(member).unwrap();
    assert_eq!((&member["roles"], &member["scheme_admin"]), (&json!("team_user"), &json!(false)));
    let changed = ChannelMemberRolesChanged {
        channel_id: TOWN,
        user_id: BOB,
        membership: 0,
        scheme_admin: true,
    };
    let pushed = world.channel(ChannelEvent::ChannelMemberRolesChanged(changed.into()));
    assert_eq!(pushed.rows, [(Audience::User(BOB), Rows::ChannelMember(TOWN, BOB))]);
}

#[test]
fn a_converted_channel_is_told_to_its_team_and_its_members() {
    let world = World::new();
    let private = ChannelPrivacyChanged {
        channel_id: TOWN,
        r#type: ChannelType::Private,
        notice: notice(NoticeKind::ChangeChanPrivacy),
    };
    let pushed = world.channel(ChannelEvent::ChannelPrivacyChanged(private.into()));
    assert_eq!(names(&pushed), ["channel_converted", "posted"]);
    assert_eq!(pushed.frames[0].0, Audience::Finding { channel_id: TOWN, team_id: TEAM });
    assert_eq!(pushed.frames[0].1["data"], json!({"channel_id": TOWN.to_string()}));
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 1), Rows::Channel(TOWN))]);
}

#[test]
fn who_becomes_a_guest_is_told_of_all_their_roles() {
    let world = World::new();
    world.directory(team_created());
    let demoted = UserGuestChanged { user_id: BOB, is_guest: true };
    let pushed = world.directory(DirectoryEvent::UserGuestChanged(demoted.into()));
    assert_eq!(names(&pushed), ["user_role_updated"], "of no team");
    assert_eq!(pushed.frames[0].0, Audience::User(BOB));
    assert_eq!(pushed.frames[0].1["data"]["roles"], "system_guest");
    assert!(pushed.rows.contains(&(Audience::User(BOB), Rows::ChannelMembersOf(BOB))));
}

#[test]
fn members_of_a_moderated_channel_are_told_to_ask_for_their_roles() {
    let world = World::new();
    let change =
        Moderation { whom: Moderatee::Members, what: Moderated::CreatePost, allowed: false };
    let moderated = ChannelModerated { channel_id: TOWN, changes: vec![change], by: ADA };
    let pushed = world.channel(ChannelEvent::ChannelModerated(moderated.into()));
    assert_eq!(names(&pushed), ["channel_scheme_updated"]);
    assert_eq!(pushed.frames[0].1["data"], json!({}));
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 1), Rows::Channel(TOWN))]);
}

#[test]
fn what_is_void_is_not_told() {
    let world = World::new();
    let record = Record {
        partition: Partition::DIRECTORY,
        offset: 99,
        appended_ms: 1,
        key: [0; 16],
        headers: Vec::new(),
        body: Default::default(),
    };
    let folded = Folded {
        record: Arc::new(record),
        epoch: FIRST_EPOCH,
        decoded: None,
        verdict: Verdict::Applied(Applied::default()),
    };
    let mut pushed = Pushed::default();
    of(&world.0, &folded, &mut pushed);
    assert!(pushed.frames.is_empty() && pushed.rows.is_empty());
}

#[test]
fn a_reply_and_its_deletion_are_read_for_the_followers_of_the_thread() {
    let world = World::new();
    let root = PostId(Id([6; 16]));
    let reply = PostCreated {
        root: Some(Root { post_id: root, author_id: BOB }),
        ..created(ADA, Calls::None)
    };
    let pushed =
        world.channel(ChannelEvent::PostCreated(Body { c: reply, p: PostContent::default() }));
    let rows = |gone| Rows::Thread { root, reply: POST, gone };
    assert_eq!(names(&pushed), ["posted"]);
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 1), rows(false))]);
    let deleted = PostDeleted {
        channel_id: TOWN,
        post_id: POST,
        author_id: ADA,
        root_id: Some(root),
        by: ADA,
    };
    let pushed = world.channel(ChannelEvent::PostDeleted(deleted.into()));
    assert_eq!(pushed.rows, [(Audience::channel(TOWN, 2), rows(true))]);
}

#[test]
fn what_somebody_follows_and_has_read_is_told_to_them_alone() {
    use events::thread::*;
    let world = World::new();
    let (channel_id, root_id) = (TOWN, POST);
    let followed = ThreadFollowed { channel_id, root_id, user_id: BOB, reply_count: 3 };
    let pushed = world.channel(ChannelEvent::ThreadFollowed(followed.into()));
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::Member { channel_id, user_id: BOB });
    assert_eq!(frame["event"], "thread_follow_changed");
    let data = json!({ "thread_id": POST, "state": true, "reply_count": 3 });
    assert_eq!((&frame["data"], &frame["broadcast"]["team_id"]), (&data, &json!(TEAM)));

    let marker = ThreadMarker {
        channel_id,
        root_id,
        as_of: 90,
        read_to: 80,
        before: ThreadUnread { replies: 4, mentions: 2 },
        now: ThreadUnread { replies: 1, mentions: 0 },
    };
    let advanced = ThreadMarkerAdvanced { user_id: BOB, marker };
    let pushed = world.push(BOB.0, ReadstateEvent::ThreadMarkerAdvanced(advanced.into()));
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::User(BOB));
    let data = json!({
        "timestamp": 80, "thread_id": POST, "channel_id": TOWN,
        "unread_replies": 1, "unread_mentions": 0,
        "previous_unread_replies": 4, "previous_unread_mentions": 2,
    });
    assert_eq!(frame["data"], data);

    let scope = ThreadScope::Team(TEAM);
    let all = ThreadMarkersAdvanced::of(BOB, scope, 95);
    let pushed = world.push(BOB.0, ReadstateEvent::ThreadMarkersAdvanced(all.into()));
    assert_eq!(pushed.frames[0].1["data"], json!({ "timestamp": 95 }));
    assert_eq!(pushed.frames[0].1["broadcast"]["team_id"], TEAM.to_string());

    let marker = ReadMarker { channel_id, as_of: 99, read_to: 97, totals: Totals::default() };
    let view = ReadMarkerAdvanced { user_id: BOB, markers: vec![marker], threads: true };
    let pushed = world.push(BOB.0, ReadstateEvent::ReadMarkerAdvanced(view.into()));
    assert_eq!(names(&pushed), ["multiple_channels_viewed", "thread_read_changed"]);
    assert_eq!(pushed.frames[1].1["broadcast"]["channel_id"], TOWN.to_string());
}

#[test]
fn what_somebody_arranges_is_told_to_them_alone() {
    use events::sidebar::*;
    let world = World::new();
    let own = CategoryKey::Own(Id([9; 16]));
    let category = Category {
        category_id: own,
        sorting: CategorySorting::Alphabetical,
        muted: false,
        collapsed: true,
        channel_ids: vec![TOWN],
        sort_order: 10,
    };
    let c = SidebarCategoryCreated {
        user_id: BOB,
        team_id: TEAM,
        category_id: own,
        categories: vec![category],
        order: vec![CategoryKey::Favorites, own],
        favorites_removed: vec![TOWN],
    };
    let p = CategoryNames { names: vec!["Mine".into()] };
    let pushed = world.push(BOB.0, UserEvent::from(Body { c, p }));
    assert_eq!(
        names(&pushed),
        ["sidebar_category_created", "sidebar_category_updated", "preferences_deleted"]
    );
    assert!(pushed.frames.iter().all(|(audience, _)| *audience == Audience::User(BOB)));
    let (created, updated) = (&pushed.frames[0].1, &pushed.frames[1].1);
    assert_eq!(created["data"]["category_id"], Id([9; 16]).to_string());
    assert_eq!(created["broadcast"]["team_id"], TEAM.to_string());
    let listed: Value =
        serde_json::from_str(updated["data"]["updatedCategories"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&listed[0]["display_name"], &listed[0]["sorting"]),
        (&json!("Mine"), &json!("alpha"))
    );

    let order = vec![CategoryKey::Favorites];
    let ordered = SidebarOrderSet { user_id: BOB, team_id: TEAM, order };
    let pushed = world.push(BOB.0, UserEvent::from(Body::from(ordered)));
    let expected = json!([format!("favorites_{BOB}_{TEAM}")]);
    assert_eq!(pushed.frames[0].1["data"]["order"], expected);

    let preferences = Preferences {
        preferences: vec![Preference {
            category: "favorite_channel".into(),
            name: TOWN.to_string(),
            value: "true".into(),
        }],
    };
    let body = Body { c: PreferencesSet { user_id: BOB }, p: preferences };
    let pushed = world.push(BOB.0, UserEvent::from(body));
    assert_eq!(names(&pushed), ["preferences_changed"]);
    assert_eq!(pushed.rows, [(Audience::User(BOB), Rows::Sidebar(TEAM))]);

    let notify_props = [("push".to_owned(), "none".to_owned())].into();
    let c = ChannelMemberNotifyChanged { channel_id: TOWN, user_id: BOB, notify_props };
    let pushed = world.channel(ChannelEvent::from(Body::from(c)));
    assert_eq!(pushed.rows, [(Audience::User(BOB), Rows::ChannelMember(TOWN, BOB))]);
}

#[test]
fn a_draft_is_told_to_its_writers_other_devices() {
    use events::draft::*;
    let world = World::new();
    let (user_id, channel_id) = (BOB, TOWN);
    let c = DraftSaved { user_id, channel_id, root_id: None, file_ids: vec![], begun_at: None };
    let p = DraftContent { message: "tea".into(), ..DraftContent::default() };
    let pushed = world.push(BOB.0, ReadstateEvent::from(Body { c, p }));
    assert_eq!(names(&pushed), ["draft_created"]);
    assert_eq!(pushed.frames[0].0, Audience::Devices { user: BOB, except: None });
    let draft: Value =
        serde_json::from_str(pushed.frames[0].1["data"]["draft"].as_str().unwrap()).unwrap();
    assert_eq!((&draft["message"], &draft["root_id"]), (&json!("tea"), &json!("")));
    let because = DraftEnd::Sent;
    let c = DraftDeleted { user_id, channel_id, root_id: None, because, saved_until: None };
    let pushed = world.push_from(Some("laptop"), BOB.0, ReadstateEvent::from(Body::from(c)));
    assert_eq!(names(&pushed), ["draft_deleted"]);
    let (audience, frame) = &pushed.frames[0];
    let except = Some("laptop".to_owned());
    assert_eq!(*audience, Audience::Devices { user: BOB, except });
    assert_eq!(frame["broadcast"]["omit_connection_id"], "laptop");
}

#[test]
fn what_somebody_is_at_is_told_with_their_account() {
    use events::custom_status::*;
    let world = World::new();
    let body = Body {
        c: CustomStatusSet { user_id: BOB, expires_at_ms: 0 },
        p: CustomStatusContent::default(),
    };
    let pushed = world.push(BOB.0, UserEvent::from(body));
    let expected = [Audience::Intimates(BOB), Audience::Strangers(BOB)];
    assert_eq!(pushed.rows, expected.map(|audience| (audience, Rows::User(BOB))));
}

#[test]
fn an_acknowledgement_is_told_to_the_channel() {
    let world = World::new();
    let (channel_id, post_id, root_id, user_id) = (TOWN, POST, None, BOB);
    let c = PostAcknowledged { channel_id, post_id, root_id, user_id };
    let pushed = world.channel(ChannelEvent::PostAcknowledged(c.into()));
    assert_eq!(names(&pushed), ["post_acknowledgement_added"]);
    let (audience, frame) = &pushed.frames[0];
    assert!(matches!(audience, Audience::Channel { channel_id: TOWN, .. }));
    let told: Value =
        serde_json::from_str(frame["data"]["acknowledgement"].as_str().unwrap()).unwrap();
    assert_eq!((&told["user_id"], &told["post_id"]), (&json!(BOB), &json!(POST)));
    assert!(told["acknowledged_at"].as_i64() > Some(0));
    let c = PostAcknowledgementRemoved { channel_id, post_id, root_id, user_id };
    let pushed = world.channel(ChannelEvent::PostAcknowledgementRemoved(c.into()));
    assert_eq!(names(&pushed), ["post_acknowledgement_removed"]);
}

#[test]
fn bookmarks_are_told_to_all_but_the_connection_that_changed_them() {
    use events::bookmark::*;
    let world = World::new();
    let (channel_id, bookmark_id) = (TOWN, BookmarkId(Id([9; 16])));
    let c = BookmarkCreated { channel_id, bookmark_id, owner_id: ADA, file: None };
    let event = ChannelEvent::BookmarkCreated(Body { c, p: BookmarkContent::default() });
    let pushed = world.push_from(Some("laptop"), TOWN.0, event);
    let [(audience, rows)] = &pushed.rows[..] else { panic!("{:?}", pushed.rows) };
    assert_eq!(*rows, Rows::Bookmark(bookmark_id, "channel_bookmark_created"));
    let Audience::Others { channel_id: TOWN, by: ADA, except, .. } = audience else {
        panic!("{audience:?}")
    };
    assert_eq!(except, "laptop");

    let facts = wire::BookmarkFacts {
        id: bookmark_id,
        channel_id,
        owner_id: ADA,
        original_id: None,
        file_id: None,
        create_at: 1,
        update_at: 1,
        sort_order: 0,
    };
    let shown = wire::Bookmark::new(&facts, &BookmarkContent::default(), None);
    let frame = bookmark_changed(audience, bookmark_id, vec![shown.clone()]).unwrap();
    let frame: Value = serde_json::from_str(&frame.to_text(1, None)).unwrap();
    assert_eq!(frame["event"], "channel_bookmark_updated");
    assert_eq!(frame["broadcast"]["omit_connection_id"], "laptop");
    let told: Value = serde_json::from_str(frame["data"]["bookmarks"].as_str().unwrap()).unwrap();
    assert_eq!(told["updated"]["id"], json!(bookmark_id));
    let frame = bookmarks_sorted(audience, &[shown]);
    let frame: Value = serde_json::from_str(&frame.to_text(1, None)).unwrap();
    let told: Value = serde_json::from_str(frame["data"]["bookmarks"].as_str().unwrap()).unwrap();
    assert_eq!(told[0]["type"], "link");

    let c = BookmarkMoved { channel_id, bookmark_id, place: 0, by: ADA };
    let pushed = world.channel(ChannelEvent::BookmarkMoved(c.into()));
    assert!(matches!(pushed.rows[..], [(Audience::Channel { .. }, Rows::Bookmarks)]));

    let c = ChannelAuthorErased { channel_id, user_id: ADA };
    let pushed = world.channel(ChannelEvent::ChannelAuthorErased(c.into()));
    assert_eq!(names(&pushed), ["channel_bookmark_deleted"]);
    let told = pushed.frames[0].1["data"]["bookmark"].as_str().unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["id"], json!(bookmark_id));
    assert!(told["delete_at"].as_i64() > Some(0));
}

#[test]
fn fields_of_profiles_and_what_is_said_there_are_told_to_everyone_but_for_what_is_hidden() {
    use events::profile::*;
    let world = World::new();
    let field = |n: u8, visibility| ProfileField {
        field_id: ProfileFieldId(Id([n; 16])),
        name: n.to_string(),
        r#type: ProfileFieldType::Text,
        display_name: String::new(),
        visibility,
        value_type: ProfileValueType::Plain,
        sort_order: 0,
        options: vec![],
        managed: false,
    };
    let add = |n, visibility| {
        let created = ProfileFieldCreated { field: field(n, visibility), by: ADA };
        world.directory(DirectoryEvent::ProfileFieldCreated(created.into()))
    };
    let pushed = add(1, ProfileVisibility::Always);
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::Everyone);
    assert_eq!(frame["event"], "custom_profile_attributes_field_created");
    assert_eq!(frame["data"]["field"]["id"], json!(Id([1; 16])));
    add(2, ProfileVisibility::Hidden);
    let field_ids = [1, 2].map(|n| ProfileFieldId(Id([n; 16]))).to_vec();
    let values = vec![ProfileValue::One("tea".into()), ProfileValue::One("secret".into())];
    let c = ProfileValuesSet { user_id: BOB, field_ids };
    let said = Body { c, p: ProfileValues { values } };
    let pushed = world.push(BOB.0, UserEvent::from(said));
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::Knowing(BOB));
    assert_eq!(frame["event"], "custom_profile_attributes_values_updated");
    let told = json!({ "user_id": BOB, "values": { (Id([1; 16]).to_string()): "tea" } });
    assert_eq!(frame["data"], told);
    let deleted = ProfileFieldDeleted { field_id: ProfileFieldId(Id([1; 16])), by: ADA };
    let pushed = world.directory(DirectoryEvent::ProfileFieldDeleted(deleted.into()));
    assert_eq!(pushed.frames[0].1["data"], json!({ "field_id": Id([1; 16]) }));
}

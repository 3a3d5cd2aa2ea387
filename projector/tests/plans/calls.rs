//! Every function of the reader, as it is called most.

use events::directory::ChannelType;
use events::*;
use read_model::Page;
use read_model::queries::*;

use super::Asked;
use super::filling::*;

/// Calls functions of the reader and takes their plans.
macro_rules! ask {
    ($asked:ident; $($name:ident($($argument:expr),* $(,)?);)+) => {$(
        let answer = $asked.reader.$name($($argument),*).await.expect(stringify!($name));
        $asked.answered(stringify!($name), &answer).await;
    )+};
}

fn user(n: u64) -> UserId {
    UserId::from_bytes(id(USER, n))
}

fn team(n: u64) -> TeamId {
    TeamId::from_bytes(id(TEAM, n))
}

fn channel(n: u64) -> ChannelId {
    ChannelId::from_bytes(id(CHANNEL, n))
}

fn post(n: u64) -> PostId {
    PostId::from_bytes(id(POST, n))
}

fn file(n: u64) -> FileId {
    FileId::from_bytes(id(FILE, n))
}

fn at(n: u64) -> i64 {
    BEGINNING_MS + n.cast_signed() * 1_000
}

/// Who asks.
fn me() -> UserId {
    user(1)
}

fn large() -> ChannelId {
    channel(1)
}

const PAGE: Page = Page { page: 0, per_page: 60 };

pub async fn all(asked: &mut Asked) {
    posts(asked).await;
    single_posts(asked).await;
    threads(asked).await;
    channels(asked).await;
    lists_of_channels(asked).await;
    wholes(asked).await;
    teams(asked).await;
    people(asked).await;
    personal(asked).await;
    commands(asked).await;
    upkeep(asked).await;
}

async fn posts(asked: &mut Asked) {
    let with = Replies::WithRoots;
    let middle = post(POSTS / 2);
    let saved: Vec<PostId> = (1..200).map(|n| post(n * 40)).collect();
    let query = |team, channel| SavedQuery { team, channel, page: PAGE };
    let as_of = |n, before| AsOfQuery { at: at(n), before, per_page: 200 };
    ask! { asked;
        posts_page(me(), large(), PAGE, with);
        posts_page(me(), large(), Page { page: 20, ..PAGE }, with);
        posts_before(me(), large(), middle, PAGE, with);
        posts_after(me(), large(), middle, PAGE, with);
        posts_since(me(), large(), at(POSTS - 1_000), with);
        posts_around_unread(me(), large(), 30, 30, with);
        posts_around_unread(user(2), large(), 30, 30, with);
        posts_pinned(me(), large());
        posts_as_of(user(2), large(), as_of(POSTS, None));
        posts_as_of(user(2), large(), as_of(4_000, None));
        posts_as_of(me(), large(), as_of(POSTS, Some(middle)));
        posts_as_of(me(), channel(22), as_of(POSTS / 2, None));
        posts_newest_at(me(), large(), 60, true);
        posts_by_ids(me(), &saved[..60]);
        posts_by_ids_at(me(), &saved[..60]);
        posts_saved(me(), &saved, query(None, None));
        posts_saved(me(), &saved, query(Some(team(1)), None));
        posts_saved(me(), &saved, query(None, Some(large())));
        posts_linked(me(), &saved[..5]);
        posts_said(&saved[..60], &Topic::Channels.partitions().collect::<Vec<_>>());
    }
}

async fn single_posts(asked: &mut Asked) {
    // Edited, with reactions, in the large channel, and by somebody with rights.
    let one = post(600);
    let author = user(1 + 600 * 31 % USERS);
    ask! { asked;
        post(me(), one);
        post_place(me(), one);
        post_of_frame(one);
        post_history(author, one, HistoryOf::Standing);
        post_history(user(2), one, HistoryOf::Any);
        post_versions(me(), one);
        reactions(me(), one);
        acknowledged_at(one, user(1 + 120));
        file(me(), file(300));
        public_file(file(300));
        files_shown(me(), &[file(300), file(302)]);
        files_of_post(me(), one);
        files_of_command(large(), &[file(95_000), file(95_002)]);
    }
}

async fn threads(asked: &mut Asked) {
    let root = post(ANSWERED * 10);
    let roots: Vec<PostId> = (1..60).map(|n| post(n * ANSWERED)).collect();
    let down = ThreadQuery {
        direction: ThreadDirection::Down,
        per_page: Some(60),
        from_create_at: None,
        from_post: None,
        updated_after: None,
    };
    let query = FollowedQuery {
        team: team(1),
        exclude_direct: false,
        since: None,
        before: None,
        after: None,
        deleted: false,
        unread: false,
        per_page: 25,
    };
    let touched = TouchedThreads {
        roots: roots[..5].to_vec(),
        users: (1..200).map(user).collect(),
        added: vec![post(ANSWERED + 4)],
        removed: vec![],
    };
    ask! { asked;
        thread(me(), root, down);
        thread(me(), root, ThreadQuery { direction: ThreadDirection::Up, ..down });
        followed_threads(me(), &query);
        followed_threads(me(), &FollowedQuery { unread: true, ..query });
        followed_threads(me(), &FollowedQuery { before: Some(post(400)), ..query });
        followed_totals(me(), &query);
        unread_threads_of_teams(me());
        thread_of(me(), root);
        thread_unread_since(me(), root, at(1));
        has_unread_threads(me(), large());
        thread_marks(me(), &roots);
        told_followers(&touched, wire::CollapsedThreads::DefaultOn);
        followers_of(root);
        roots_of_frames(&roots[..5]);
    }
}

async fn channels(asked: &mut Asked) {
    let ids: Vec<ChannelId> = (1..60).map(channel).collect();
    ask! { asked;
        channel(me(), large());
        channel_of_frame(large());
        channels_by_ids(&ids);
        channel_by_name(me(), team(1), "channel1", false);
        channels_of(me(), Some(team(1)), None);
        channels_of(me(), None, Some(0));
        groups_of(me());
        channel_member_counts(me(), &ids);
        channel_memberships_of(me(), Some(team(1)), None);
        channel_memberships_of(me(), None, Some(PAGE));
        channel_membership(me(), large());
        members_called_urgently(&[post(162_000), post(161_000)], &[user(1), user(2)]);
        channel_members(me(), large(), None, PAGE);
        channel_members(me(), large(), Some(&[user(2), user(3)]), PAGE);
        unread_from(me(), post(POSTS - 400));
        bookmarks(me(), large(), 0);
        bookmarks_of_frame(large(), None);
        bookmark_of_command(large(), Some(BookmarkId::from_bytes(id(BOOKMARK, 5_000))), None);
    }
}

async fn lists_of_channels(asked: &mut Asked) {
    ask! { asked;
        channels_public(me(), team(1), PAGE);
        channels_private(team(1), PAGE);
        channels_archived(user(2), team(1), PAGE);
        channels_matching(me(), team(1), "channel1", Archived::Without, 20);
    }
}

/// A term may stand in any of several columns, who is active is known of each person alone, and a plan that
/// serves for ever is made for a channel of the usual size, whose people are few enough to sort.
async fn wholes(asked: &mut Asked) {
    let everywhere = ChannelsQuery {
        term: "channel12".to_owned(),
        teams: None,
        kinds: vec![ChannelType::Open, ChannelType::Private],
        archived: Archived::Without,
        defaults: true,
    };
    let called = PeopleQuery { term: Some("person12".to_owned()), ..PeopleQuery::default() };
    let in_team = PeopleQuery { in_team: Some(team(1)), ..called.clone() };
    let members = PeopleQuery { in_channel: Some(channel(11)), ..PeopleQuery::default() };
    let placed =
        PeopleQuery { order: PeopleOrder::Place, places: vec![(me(), 0)], ..members.clone() };
    let outside = PeopleQuery { not_in_channel: Some(channel(11)), term: None, ..in_team.clone() };
    let in_channel = PeopleQuery { in_channel: Some(large()), ..called };
    asked.takes_whole = true;
    ask! { asked;
        channel_stats(me(), large(), true);
        channel_timezones(me(), large());
        team_stats(me(), team(1), None);
        people(me(), &in_team, PAGE);
        people(me(), &in_channel, PAGE);
        people(me(), &members, PAGE);
        people(me(), &placed, PAGE);
        people(me(), &outside, PAGE);
        channels_matching_everywhere(me(), "channel1", 20);
        channels_of_all_teams(&everywhere, PAGE);
    }
    asked.takes_whole = false;
}

async fn teams(asked: &mut Asked) {
    let some: Vec<UserId> = (1..60).map(user).collect();
    ask! { asked;
        team(me(), team(1));
        team_of_frame(team(1));
        team_by_name(me(), "team1");
        team_by_invite(Id(id(12, 1)));
        teams_of(me());
        teams_listed(me(), Some("team"), PAGE);
        teams_by_ids(&[team(1), team(2)]);
        team_memberships_of(me());
        team_members(me(), team(1), None, MemberOrder::Id, PAGE);
        team_members(me(), team(1), None, MemberOrder::Username, PAGE);
        team_members(me(), team(1), Some(&some), MemberOrder::Id, PAGE);
        team_members(me(), team(1), Some(&some), MemberOrder::Username, PAGE);
        team_stats(me(), team(1), Some(&some));
        teams_unread(me());
    }
}

async fn people(asked: &mut Asked) {
    let some: Vec<UserId> = (1..60).map(user).collect();
    let names: Vec<String> = (1..60).map(|n| format!("person{n}")).collect();
    let members = PeopleQuery {
        in_channel: Some(large()),
        most_are_in_channel: true,
        ..PeopleQuery::default()
    };
    let anybody = PeopleQuery { active: Some(true), ..PeopleQuery::default() };
    let in_team = PeopleQuery { in_team: Some(team(1)), ..anybody.clone() };
    let among = PeopleQuery { among: Some(some.clone()), ..anybody.clone() };
    ask! { asked;
        users_by_ids(&some);
        user(me());
        user_at(me());
        users_by_usernames(&names);
        usernames(&some);
        user_by_email("person7@example.org");
        credentials_by_login("person7");
        credentials_of(me());
        statuses(&some);
        profile_values(me());
        session_devices(me());
        custom_status(me());
        people(me(), &anybody, PAGE);
        people(me(), &members, PAGE);
        people(me(), &in_team, PAGE);
        people(me(), &among, PAGE);
        people_of_conversations(me(), &[channel(4_001), channel(4_901)]);
    }
}

async fn personal(asked: &mut Asked) {
    ask! { asked;
        preferences(me(), None, None);
        preferences(me(), Some("display_settings"), Some("name1"));
        sidebar(me(), team(1));
        drafts(me(), team(1));
        scheduled_posts(me(), team(1), true);
        scheduled_post(me(), ScheduledPostId::from_bytes(id(SCHEDULED, 2)));
    }
}

async fn commands(asked: &mut Asked) {
    let event = EventId(Id(id(8, 7)));
    ask! { asked;
        post_of_command(post(400));
        keyed_request(event, Partition::DIRECTORY);
        keyed_request(event, Partition::of(Topic::Channels, large().as_bytes()));
        keyed_request(event, Partition::of(Topic::Users, me().as_bytes()));
    }
}

async fn upkeep(asked: &mut Asked) {
    let past =
        PastRows { channel_id: channel(77), posts_before: at(POSTS), files_before: at(POSTS) };
    ask! { asked;
        count_past(&[past], &[]);
        latest_of_piece(large(), 0..at(POSTS), 100);
        files_known(&[file(1), file(2)]);
        is_only_version();
        legal_holds();
        retention_runs(20, 0);
        expiries_of(Id(id(RUN, 5)), 20, 0);
    }
}

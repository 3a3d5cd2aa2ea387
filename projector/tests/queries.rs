//! What can be asked of the rows, and who is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::history::History;
use common::interleaving::Interleaving;
use common::postgres::{Postgres, empty};
use common::scene::Scene;
use events::channel::*;
use events::directory::*;
use events::user::*;
use events::*;
use projector::{MemoryTables, RowWriter};
use rand::SeedableRng;
use rand::rngs::StdRng;
use read_model::queries::{
    Archived, MemberOrder, PeopleQuery, PostPage, Replies, ThreadDirection, ThreadQuery,
};
use read_model::{Access, Page, Reader};

fn page(page: u32, per_page: u32) -> Page {
    Page { page, per_page }
}

fn ids(page: &PostPage) -> Vec<PostId> {
    page.posts.iter().map(|post| post.row.id).collect()
}

struct Asked {
    postgres: Postgres,
    writer: RowWriter,
    reader: Reader,
}

impl Asked {
    async fn start() -> Self {
        let postgres = Postgres::start().await;
        let database = postgres.database("queries").await;
        let writer = RowWriter::connect(&database).await.expect("Postgres answers");
        Self { postgres, writer, reader: Reader::new(database.pool(4)) }
    }

    async fn scene(&mut self) -> Scene {
        empty(self.writer.connection()).await;
        Scene::new()
    }
}

/// One Postgres for all, because a cluster takes a second to make.
#[tokio::test]
async fn the_read_model_answers() {
    let mut asked = Asked::start().await;
    pages_turn_both_ways(&mut asked).await;
    since_tells_of_edits_and_deletions(&mut asked).await;
    pages_around_the_first_unread_post(&mut asked).await;
    threads_end(&mut asked).await;
    rights_are_those_of_the_rows(&mut asked).await;
    unread_numbers_are_those_of_the_arithmetic(&mut asked).await;
    lists_of_channels_teams_and_people(&mut asked).await;
    files_are_for_those_who_may_read_their_post(&mut asked).await;
    marking_unread_counts_from_the_post_on(&mut asked).await;
    personal_settings(&mut asked).await;
    asked.postgres.cluster.stop().await;
}

async fn pages_turn_both_ways(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let ada = scene.user("ada");
    let team = scene.team("team", ada);
    let channel = scene.channel(team, ChannelType::Open, "talk", &[ada]);
    let mut posts: Vec<PostId> =
        (0..25).map(|n| scene.post(channel, ada, &format!("message {n}"))).collect();
    let reply = scene.reply(channel, ada, posts[0]);
    posts.push(reply);
    scene.write(&mut asked.writer).await;
    posts.reverse();

    let first =
        asked.reader.posts_page(ada, channel, page(0, 10), Replies::WithRoots).await.unwrap();
    let first = first.granted().unwrap();
    assert_eq!(ids(&first), posts[..10]);
    assert_eq!((first.next, first.prev), (None, Some(posts[10])));
    assert_eq!(first.roots.len(), 1, "the reply's root comes along");
    assert_eq!(first.roots[0].row.reply_count, 1);
    let without = asked.reader.posts_page(ada, channel, page(0, 10), Replies::Alone).await.unwrap();
    assert!(without.granted().unwrap().roots.is_empty());

    let last =
        asked.reader.posts_page(ada, channel, page(2, 10), Replies::WithRoots).await.unwrap();
    let last = last.granted().unwrap();
    assert_eq!(ids(&last), posts[20..]);
    assert_eq!((last.next, last.prev), (Some(posts[19]), None));

    let before = asked
        .reader
        .posts_before(ada, channel, posts[5], page(0, 4), Replies::WithRoots)
        .await
        .unwrap();
    let before = before.granted().unwrap();
    assert_eq!(ids(&before), posts[6..10]);
    assert_eq!((before.next, before.prev), (Some(posts[5]), Some(posts[10])));
    let before = asked
        .reader
        .posts_before(ada, channel, posts[5], page(1, 4), Replies::WithRoots)
        .await
        .unwrap();
    let before = before.granted().unwrap();
    assert_eq!(ids(&before), posts[10..14]);
    assert_eq!((before.next, before.prev), (Some(posts[9]), Some(posts[14])));

    let after = asked
        .reader
        .posts_after(ada, channel, posts[9], page(0, 4), Replies::WithRoots)
        .await
        .unwrap();
    let after = after.granted().unwrap();
    assert_eq!(ids(&after), posts[5..9]);
    assert_eq!((after.next, after.prev), (Some(posts[4]), Some(posts[9])));
    let after = asked
        .reader
        .posts_after(ada, channel, posts[9], page(2, 4), Replies::WithRoots)
        .await
        .unwrap();
    let after = after.granted().unwrap();
    assert_eq!(ids(&after), posts[..1]);
    assert_eq!((after.next, after.prev), (None, Some(posts[1])));
    let nowhere = PostId::default();
    let none = asked
        .reader
        .posts_before(ada, channel, nowhere, page(0, 4), Replies::WithRoots)
        .await
        .unwrap();
    assert_eq!(none.granted().unwrap(), PostPage::default());
}

async fn since_tells_of_edits_and_deletions(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let ada = scene.user("ada");
    let team = scene.team("team", ada);
    let channel = scene.channel(team, ChannelType::Open, "talk", &[ada]);
    let posts: Vec<PostId> = (0..4).map(|_| scene.post(channel, ada, "tea")).collect();
    scene.write(&mut asked.writer).await;
    let newest = asked.reader.post(ada, posts[3]).await.unwrap().granted().unwrap();
    let since = newest.row.create_at;
    scene.edit(channel, posts[0], ada, "coffee");
    scene.delete(channel, posts[1], ada, None);
    let fresh = scene.post(channel, ada, "more");
    scene.write(&mut asked.writer).await;

    let changed = asked.reader.posts_since(ada, channel, since, Replies::WithRoots).await.unwrap();
    let changed = changed.granted().unwrap();
    assert_eq!(ids(&changed), [fresh, posts[1], posts[0]]);
    assert_eq!((changed.next, changed.prev), (None, None));
    assert!(changed.posts[1].row.delete_at > 0);
    assert_eq!(changed.posts[2].row.message, "coffee");
    assert_eq!(asked.reader.post(ada, posts[1]).await.unwrap(), Access::Unknown);
    let versions = asked.reader.post_versions(ada, posts[0]).await.unwrap().granted().unwrap();
    assert_eq!(versions.len(), 1);
    assert_eq!(versions[0].message, "tea");
    let kept = asked.reader.posts_by_ids(ada, &posts).await.unwrap();
    assert_eq!(kept.len(), 3, "deleted posts are not listed");
}

async fn pages_around_the_first_unread_post(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let (ada, bob) = (scene.user("ada"), scene.user("bob"));
    let team = scene.team("team", ada);
    scene.join_team(team, bob);
    let channel = scene.channel(team, ChannelType::Open, "talk", &[ada, bob]);
    let mut posts: Vec<PostId> = (0..10).map(|_| scene.post(channel, ada, "tea")).collect();
    scene.view(bob, channel);
    posts.extend((0..10).map(|_| scene.post(channel, ada, "tea")));
    scene.write(&mut asked.writer).await;
    posts.reverse();

    let around =
        asked.reader.posts_around_unread(bob, channel, 3, 4, Replies::WithRoots).await.unwrap();
    let around = around.granted().unwrap();
    assert_eq!(ids(&around), posts[6..13], "four from the first unread on, three before it");
    assert_eq!((around.next, around.prev), (Some(posts[5]), Some(posts[13])));
    let read =
        asked.reader.posts_around_unread(ada, channel, 3, 4, Replies::WithRoots).await.unwrap();
    let read = read.granted().unwrap();
    assert_eq!(ids(&read), posts[..3], "all is read: the newest");
    assert_eq!((read.next, read.prev), (None, Some(posts[3])));
    let all =
        asked.reader.posts_around_unread(bob, channel, 60, 60, Replies::WithRoots).await.unwrap();
    assert_eq!(ids(&all.granted().unwrap()), posts);
}

async fn threads_end(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let ada = scene.user("ada");
    let team = scene.team("team", ada);
    let channel = scene.channel(team, ChannelType::Open, "talk", &[ada]);
    let root = scene.post(channel, ada, "root");
    let replies: Vec<PostId> = (0..5).map(|_| scene.reply(channel, ada, root)).collect();
    scene.delete(channel, replies[4], ada, Some(root));
    scene.write(&mut asked.writer).await;

    let mut query = ThreadQuery {
        direction: ThreadDirection::Down,
        per_page: Some(2),
        ..ThreadQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let thread = asked.reader.thread(ada, replies[2], query).await.unwrap().granted().unwrap();
        assert_eq!(thread.root.row.id, root);
        assert_eq!(thread.root.row.reply_count, 4);
        let Some(last) = thread.replies.last() else { panic!("a page has replies") };
        query.from_create_at = Some(last.row.create_at);
        query.from_post = Some(last.row.id);
        seen.extend(thread.replies.iter().map(|reply| reply.row.id));
        if !thread.has_next {
            assert_eq!(thread.root.row.last_reply_at, last.row.create_at);
            break;
        }
    }
    assert_eq!(seen, replies[..4]);
    let up = asked.reader.thread(ada, root, ThreadQuery::default()).await.unwrap();
    let up: Vec<PostId> = up.granted().unwrap().replies.iter().map(|reply| reply.row.id).collect();
    assert_eq!(up, [replies[3], replies[2], replies[1], replies[0]]);
    let since = asked.reader.post(ada, replies[1]).await.unwrap().granted().unwrap().row.update_at;
    let query = ThreadQuery { updated_after: Some(since), ..ThreadQuery::default() };
    let updated = asked.reader.thread(ada, root, query).await.unwrap().granted().unwrap();
    assert_eq!(updated.replies.len(), 2);

    scene.delete(channel, root, ada, None);
    scene.write(&mut asked.writer).await;
    for post in [root, replies[0]] {
        let gone = asked.reader.thread(ada, post, ThreadQuery::default()).await.unwrap();
        assert_eq!(gone, Access::Unknown);
    }
}

async fn rights_are_those_of_the_rows(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let (admin, ada, bob) = (scene.user("admin"), scene.user("ada"), scene.user("bob"));
    let team = scene.team("team", ada);
    scene.join_team(team, bob);
    let secret = scene.channel(team, ChannelType::Private, "secret", &[ada, bob]);
    let post = scene.post(secret, ada, "hush");
    scene.write(&mut asked.writer).await;
    let reader = &asked.reader;
    assert!(matches!(reader.post(bob, post).await.unwrap(), Access::Granted(_)));
    assert_eq!(reader.post(admin, post).await.unwrap(), Access::Unknown);
    assert_eq!(reader.post(bob, PostId::default()).await.unwrap(), Access::Unknown);
    let unknown = ChannelId::default();
    let page0 = page(0, 60);
    let nothing = reader.posts_page(bob, unknown, page0, Replies::WithRoots).await.unwrap();
    assert_eq!(nothing, Access::Unknown);

    // The channel still holds bob's membership; the team's has ended.
    scene.leave_team(team, bob);
    scene.write(&mut asked.writer).await;
    let reader = &asked.reader;
    assert_eq!(reader.post(bob, post).await.unwrap(), Access::Unknown);
    assert_eq!(
        reader.posts_page(bob, secret, page0, Replies::WithRoots).await.unwrap(),
        Access::Unknown
    );
    assert_eq!(
        reader.posts_since(bob, secret, 0, Replies::WithRoots).await.unwrap(),
        Access::Unknown
    );
    assert_eq!(reader.posts_pinned(bob, secret).await.unwrap(), Access::Unknown);
    assert_eq!(
        reader.posts_around_unread(bob, secret, 5, 5, Replies::WithRoots).await.unwrap(),
        Access::Unknown
    );
    assert_eq!(reader.thread(bob, post, ThreadQuery::default()).await.unwrap(), Access::Unknown);
    assert_eq!(reader.reactions(bob, post).await.unwrap(), Access::Unknown);
    assert_eq!(reader.post_versions(bob, post).await.unwrap(), Access::Unknown);
    assert_eq!(reader.files_of_post(bob, post).await.unwrap(), Access::Unknown);
    assert!(reader.posts_by_ids(bob, &[post]).await.unwrap().is_empty());
    assert_eq!(reader.channel(bob, secret).await.unwrap(), Access::Unknown);
    assert_eq!(reader.channel_stats(bob, secret, false).await.unwrap(), Access::Unknown);
    assert_eq!(reader.channel_members(bob, secret, None, page0).await.unwrap(), Access::Unknown);
    assert_eq!(reader.team(bob, team).await.unwrap(), Access::Unknown);
    let by_id = MemberOrder::Id;
    assert_eq!(reader.team_members(bob, team, None, by_id, page0).await.unwrap(), Access::Unknown);
    assert!(reader.channels_of(bob, None, None).await.unwrap().is_empty());
    assert!(reader.channel_memberships_of(bob, None, None).await.unwrap().is_empty());
    assert!(
        reader.channels_matching(bob, team, "sec", Archived::With, 10).await.unwrap().is_empty()
    );
    let people = PeopleQuery { in_channel: Some(secret), ..PeopleQuery::default() };
    assert_eq!(reader.people(bob, &people, page0).await.unwrap(), Access::Denied);
    let people = PeopleQuery { most_are_in_channel: true, ..people };
    assert_eq!(reader.people(bob, &people, page0).await.unwrap(), Access::Denied);

    // A new membership of the team does not revive the old one of the channel.
    scene.join_team(team, bob);
    scene.history.directory(Body::from(UserDeactivated { user_id: ada }));
    scene.write(&mut asked.writer).await;
    assert_eq!(asked.reader.post(bob, post).await.unwrap(), Access::Unknown);
    assert_eq!(asked.reader.post(ada, post).await.unwrap(), Access::Unknown, "deactivated");
}

async fn unread_numbers_are_those_of_the_arithmetic(asked: &mut Asked) {
    let mut compared = 0;
    for seed in 0..25 {
        empty(asked.writer.connection()).await;
        let history = History::random(seed, 200);
        let mut rng = StdRng::seed_from_u64(seed);
        let mut tables = MemoryTables::default();
        let mut reader = Interleaving::new(&history.log);
        while let Some(changes) = reader.batch(&mut rng, 500) {
            tables.apply(&changes).unwrap();
            asked.writer.write(&changes).await.unwrap();
        }
        for user in history.users() {
            let views = asked.reader.channel_memberships_of(*user, None, None).await.unwrap();
            for channel in history.channels() {
                let found = views.iter().find(|view| view.row.channel_id == *channel);
                let expected = tables.read_state(*user, *channel);
                assert_eq!(found.map(|view| view.state), expected, "seed {seed}");
                compared += usize::from(expected.is_some());
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

async fn lists_of_channels_teams_and_people(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let (ada, bob, eve) = (scene.user("ada"), scene.user("bob"), scene.user("eve"));
    let team = scene.team("team", ada);
    scene.join_team(team, bob);
    let open = scene.channel(team, ChannelType::Open, "open", &[ada]);
    let closed = scene.channel(team, ChannelType::Private, "closed", &[ada, bob]);
    let direct = scene.direct(ada, bob);
    let group = scene.group(&[ada, bob, eve]);
    scene.post_with(closed, ada, "all", None, &[], Broadcast::Channel, Vec::new());
    scene.post_with(closed, ada, "@bob", None, &[bob], Broadcast::None, Vec::new());
    scene.write(&mut asked.writer).await;
    let reader = &asked.reader;

    let mine = reader.channels_of(bob, Some(team), None).await.unwrap();
    let mut found: Vec<ChannelId> = mine.iter().map(|channel| channel.row.id).collect();
    found.sort_unstable();
    let mut expected = vec![closed, direct, group];
    expected.sort_unstable();
    assert_eq!(found, expected);
    let of = |id| mine.iter().find(|channel| channel.row.id == id).unwrap().to_wire();
    assert_eq!(of(direct).name, wire::direct_name(&[ada, bob]));
    assert_eq!(of(group).display_name, "ada, bob, eve");
    assert_eq!((of(closed).name.as_str(), of(closed).total_msg_count), ("closed", 2));

    let public = reader.channels_public(bob, team, page(0, 60)).await.unwrap().granted().unwrap();
    assert_eq!(public.len(), 1);
    assert_eq!(public[0].row.id, open);
    assert_eq!(reader.channels_public(eve, team, page(0, 60)).await.unwrap(), Access::Unknown);
    let named = reader.channel_by_name(bob, team, "open", false).await.unwrap();
    assert_eq!(named.granted().unwrap().row.id, open);
    assert_eq!(reader.channel_by_name(eve, team, "closed", false).await.unwrap(), Access::Unknown);
    let matching = reader.channels_matching(bob, team, "o", Archived::Without, 10).await.unwrap();
    assert_eq!(matching.len(), 1);

    let unread = reader.teams_unread(bob).await.unwrap();
    assert_eq!((unread[0].msg_count, unread[0].mention_count), (2, 2));
    let membership = reader.channel_membership(bob, closed).await.unwrap().unwrap();
    assert_eq!(membership.to_unread().msg_count, 2);
    assert_eq!(membership.with_team(membership.to_wire()).team_name, "team");
    let mine = reader.channel_membership(ada, closed).await.unwrap().unwrap();
    assert_eq!((mine.state.unread, mine.state.mentions, mine.state.msgs), (0, 0, 2));

    let stats = reader.channel_stats(bob, closed, true).await.unwrap().granted().unwrap();
    assert_eq!((stats.member_count, stats.files_count), (2, -1));
    let members =
        reader.channel_members(bob, closed, Some(&[ada, eve]), page(0, 60)).await.unwrap();
    assert_eq!(members.granted().unwrap().len(), 1);
    let stats = reader.team_stats(ada, team, None).await.unwrap().granted().unwrap();
    assert_eq!(stats.total_member_count, 2);
    assert_eq!(reader.teams_of(bob).await.unwrap().len(), 1);
    assert_eq!(reader.team_memberships_of(bob).await.unwrap().len(), 1);
    let one =
        reader.team_members(bob, team, Some(&[ada]), MemberOrder::Id, page(0, 60)).await.unwrap();
    assert!(one.granted().unwrap()[0].scheme_admin);
    assert!(matches!(reader.team_by_name(bob, "team").await.unwrap(), Access::Granted(_)));
    assert!(reader.teams_listed(eve, None, page(0, 60)).await.unwrap().is_empty());

    let names = |query: PeopleQuery| async move {
        let found = reader.people(bob, &query, page(0, 60)).await.unwrap().granted().unwrap();
        found.into_iter().map(|user| user.username).collect::<Vec<_>>()
    };
    let everyone = PeopleQuery::default();
    assert_eq!(names(everyone.clone()).await, ["ada", "bob", "eve"]);
    let query = PeopleQuery { in_channel: Some(closed), in_team: Some(team), ..everyone.clone() };
    assert_eq!(names(query.clone()).await, ["ada", "bob"]);
    let query = PeopleQuery { in_team: None, most_are_in_channel: true, ..query };
    assert_eq!(names(query).await, ["ada", "bob"], "the same, found another way");
    let query = PeopleQuery { not_in_team: Some(team), active: Some(true), ..everyone.clone() };
    assert_eq!(names(query).await, ["eve"]);
    let query = PeopleQuery { not_in_channel: Some(open), in_team: Some(team), ..everyone.clone() };
    assert_eq!(names(query).await, ["bob"]);
    let query = PeopleQuery { term: Some("FIRST-e".to_owned()), ..everyone };
    assert_eq!(names(query).await, ["eve"]);
    let talking = reader.people_of_conversations(eve, &[group, direct, closed]).await.unwrap();
    assert_eq!(talking.len(), 3, "only of conversations that one is in");

    assert_eq!(reader.users_by_ids(&[ada, eve]).await.unwrap().len(), 2);
    assert_eq!(reader.users_by_usernames(&["ADA".to_owned()]).await.unwrap().len(), 1);
    assert_eq!(reader.user_by_email("ada@example.ORG").await.unwrap().unwrap().id, ada);
    assert_eq!(reader.usernames(&[bob]).await.unwrap()[&bob], "bob");
    let by_name = reader.credentials_by_login("Bob").await.unwrap().unwrap();
    let by_mail = reader.credentials_by_login("bob@example.org").await.unwrap().unwrap();
    assert_eq!((by_name.password_hash.as_str(), &by_name), ("$hash-of-bob", &by_mail));
    assert!(by_name.next_offset > 0);
    assert_eq!(reader.credentials_of(bob).await.unwrap().unwrap(), by_name);
    assert_eq!(reader.credentials_by_login("nobody\0").await.unwrap(), None);
}

fn file(n: u8) -> AttachedFile {
    AttachedFile {
        file_id: FileId::from_bytes([n; 16]),
        size: 3,
        mime_type: "text/plain".to_owned(),
        extension: "txt".to_owned(),
        width: 0,
        height: 0,
        has_preview: false,
    }
}

async fn files_are_for_those_who_may_read_their_post(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let (ada, bob, eve) = (scene.user("ada"), scene.user("bob"), scene.user("eve"));
    let channel = scene.direct(ada, bob);
    for n in 1..3 {
        let c = FileUploaded {
            channel_id: channel,
            owner_id: ada,
            file: file(n),
            object: format!("files/{n}"),
        };
        let p = FileDetails { name: "notes.txt".to_owned(), ..FileDetails::default() };
        scene.history.channel(channel, Body { c, p });
    }
    let post = scene.post_with(channel, ada, "", None, &[], Broadcast::None, vec![file(1)]);
    scene.write(&mut asked.writer).await;
    let reader = &asked.reader;
    let (shown, alone) = (file(1).file_id, file(2).file_id);
    let seen = reader.file(bob, shown).await.unwrap().granted().unwrap();
    assert_eq!(seen.post.map(|head| (head.id, head.user_id)), Some((post, ada)));
    assert_eq!((seen.row.post_id, seen.row.object.as_str()), (Some(post), "files/1"));
    assert_eq!(reader.file(eve, shown).await.unwrap(), Access::Unknown);
    assert_eq!(reader.file(bob, alone).await.unwrap(), Access::Unknown);
    assert!(matches!(reader.file(ada, alone).await.unwrap(), Access::Granted(_)));
    let of_post = reader.files_of_post(bob, post).await.unwrap().granted().unwrap();
    assert_eq!((of_post.post.id, of_post.value.len()), (post, 1));
    let for_command = reader.files_of_command(channel, &[shown, alone]).await.unwrap();
    assert_eq!((for_command.files.len(), for_command.next_offset), (2, 4));
    let names = |_: UserId| None;
    let told = reader.post(bob, post).await.unwrap().granted().unwrap().to_wire(&names);
    assert_eq!(told.metadata.files[0].name, "notes.txt");

    scene.delete(channel, post, ada, None);
    scene.write(&mut asked.writer).await;
    assert_eq!(asked.reader.file(bob, shown).await.unwrap(), Access::Unknown);
}

async fn marking_unread_counts_from_the_post_on(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let (ada, bob) = (scene.user("ada"), scene.user("bob"));
    let channel = scene.direct(ada, bob);
    let say = |scene: &mut Scene| {
        scene.post_with(channel, ada, "tea", None, &[bob], Broadcast::None, Vec::new())
    };
    let posts: Vec<PostId> = (0..5).map(|_| say(&mut scene)).collect();
    let reaction = ReactionAdded {
        channel_id: channel,
        post_id: posts[0],
        root_id: None,
        user_id: bob,
        emoji_name: "tada".to_owned(),
    };
    scene.history.channel(channel, Body::from(reaction));
    scene.delete(channel, posts[3], ada, None);
    scene.write(&mut asked.writer).await;

    let from = asked.reader.unread_from(bob, posts[2]).await.unwrap().unwrap();
    assert_eq!((from.totals.msgs, from.totals.mentions, from.totals.mentions_root), (2, 2, 2));
    assert_eq!((from.now.msgs, from.now.mentions, from.next_offset), (5, 5, 8));
    assert_eq!(asked.reader.unread_from(bob, posts[3]).await.unwrap(), None);
    let found = asked.reader.post_of_command(posts[0]).await.unwrap().unwrap();
    assert!(found.has_reactions);
    assert_eq!(found.next_offset, 8);
    let reactions = asked.reader.reactions(ada, posts[0]).await.unwrap().granted().unwrap();
    assert_eq!(reactions.value[0].emoji_name, "tada");
    let view = asked.reader.post(ada, posts[0]).await.unwrap().granted().unwrap();
    assert_eq!(view.reactions, [reactions.value[0].to_wire()]);
    let none = asked.reader.reactions(ada, posts[1]).await.unwrap().granted().unwrap();
    assert_eq!((none.post.id, none.value), (posts[1], Vec::new()));
    let positions = asked.reader.positions().await.unwrap();
    assert_eq!(positions[&Partition::of(Topic::Channels, channel.as_bytes())], 8);
}

async fn personal_settings(asked: &mut Asked) {
    let mut scene = asked.scene().await;
    let ada = scene.user("ada");
    let preferences = ["a", "b"]
        .map(|name| Preference {
            category: "display".to_owned(),
            name: name.to_owned(),
            value: "on".to_owned(),
        })
        .to_vec();
    let set = Body { c: PreferencesSet { user_id: ada }, p: Preferences { preferences } };
    scene.history.personal(ada, set);
    let status = StatusSet { user_id: ada, status: StatusKind::Dnd, dnd_end_ms: 5_000 };
    scene.history.personal(ada, Body::from(status));
    scene.write(&mut asked.writer).await;
    let reader = &asked.reader;
    assert_eq!(reader.preferences(ada, None, None).await.unwrap().len(), 2);
    assert_eq!(reader.preferences(ada, Some("display"), Some("a")).await.unwrap().len(), 1);
    assert!(reader.preferences(ada, Some("other"), None).await.unwrap().is_empty());
    let statuses = reader.statuses(&[ada]).await.unwrap();
    assert_eq!(statuses[0].to_wire().dnd_end_time, 5);
}

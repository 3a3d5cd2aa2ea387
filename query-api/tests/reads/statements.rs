//! What a request costs the database does not grow with the page that it asks for.

use std::cell::Cell;
use std::sync::Once;

use events::channel::NoticeKind;
use events::directory::ChannelType;
use events::{ChannelId, PostId};
use platform::clock::now_ms;
use tracing::Event;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::links::options;
use crate::people::{Person, Team, each, order};
use crate::world::{Setup, World, run};

/// What sqlx calls the notices that it hands on.
const NOTICES: &str = "sqlx::postgres::notice";

/// Postgres tells of every statement before it runs it.
const TELLING: &[(&str, &str)] = &[("log_statement", "all"), ("client_min_messages", "log")];

tokio::task_local! {
    /// Statements of the request that this task makes.
    static STATEMENTS: Cell<usize>;
}

struct Counting;

impl<S: tracing::Subscriber> Layer<S> for Counting {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        // Of other tests' requests nobody asks.
        let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
    }
}

fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let notices = Targets::new().with_target(NOTICES, LevelFilter::TRACE);
        let layer = Counting.with_filter(notices);
        tracing_subscriber::registry().with(layer).try_init().expect("nobody else listens");
    });
}

/// Statements that a request takes, and how many posts, or threads, it answers with.
async fn cost(world: &World, person: &Person, path: &str) -> (usize, usize) {
    let asking = async {
        let answer = world.get(person, path).await.ok();
        let found = match &answer["threads"] {
            serde_json::Value::Null => order(&answer).len(),
            threads => each(threads, "id").len(),
        };
        (STATEMENTS.with(Cell::get), found)
    };
    STATEMENTS.scope(Cell::new(0), asking).await
}

/// A channel whose every post has a reaction, a reply, a file and a link to another post.
async fn busy(world: &World, team: Team, people: [&Person; 2], name: &str, posts: usize) -> Busy {
    let [ada, bob] = people;
    let channel = world.channel(team, ChannelType::Open, name, ada).await;
    world.join(channel, bob, NoticeKind::JoinChannel).await;
    let linked = world.say(team.town_square, ada, "look at this").await;
    let mut thread = linked;
    for n in 0..posts {
        let file = world.upload(channel, ada, "a.txt", "text/plain", b"tea").await;
        let message = format!("{n}: http://chat.example/tea/pl/{linked}");
        let post = world.post(channel, ada, &message, None, &[(file, "a.txt")]).await;
        world.react(channel, bob, post, "tada").await;
        world.pin(channel, ada, post).await;
        world.reply((post, ada), channel, bob).await;
        thread = post;
    }
    for _ in 0..posts {
        let reply = world.reply((thread, ada), channel, bob).await;
        world.react(channel, ada, reply, "tada").await;
    }
    Busy { channel, thread }
}

struct Busy {
    channel: ChannelId,
    thread: PostId,
}

const OWN: &str = "/api/nottermost/v1";

const SHORT: usize = 10;
const LONG: usize = 60;

#[test]
fn a_long_page_costs_as_many_statements_as_a_short_one() {
    listen();
    run(async {
        let setup = Setup { links: options(""), session: TELLING, ..Setup::default() };
        let world = World::start_as(setup).await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let both = [&ada, &bob];
        // The first request of all fills what is kept of people.
        let first = busy(&world, team, both, "first", 2).await;
        let short = busy(&world, team, both, "short", SHORT / 2).await;
        let long = busy(&world, team, both, "long", LONG / 2).await;
        let pages = |of: &Busy, len: usize| {
            let (channel, thread) = (of.channel, of.thread);
            [
                format!("/channels/{channel}/posts?per_page={len}"),
                format!("/channels/{channel}/posts?page=0&per_page={len}&collapsedThreads=true"),
                format!("/channels/{channel}/posts?since=1"),
                format!("/channels/{channel}/pinned"),
                format!("{OWN}/channels/{channel}/as_of?at={}&per_page={len}", now_ms()),
                format!("/posts/{thread}/thread?perPage={len}"),
                format!("/users/me/teams/{}/threads?extended=true&per_page={len}", team.id),
            ]
        };
        for path in pages(&first, SHORT) {
            cost(&world, &bob, &path).await;
        }
        for (short, long) in pages(&short, SHORT).iter().zip(pages(&long, LONG)) {
            let ((few, some), (as_few, more)) =
                (cost(&world, &bob, short).await, cost(&world, &bob, &long).await);
            assert!(some > 2 && more > 2 * some, "{long} finds {more} where {short} finds {some}");
            assert_eq!(few, as_few, "{short} and {long} cost differently");
            assert!(few > 0, "{short} costs nothing");
        }
    });
}

//! What posts link to: previews, permalinks, pictures that lie elsewhere.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use events::directory::ChannelType;
use http::StatusCode;
use image::{DynamicImage, ImageFormat};
use platform::config::{Networks, Setting};
use query_api::LinkOptions;
use serde_json::{Value, json};

use crate::people::{Answer, Person};
use crate::world::{Setup, World, run};

const PAGE: &str = r#"<head><meta property="og:title" content="Tea &amp; more">
    <meta property="og:image" content="/tea.png"><meta property="og:image:width" content="4">
    <meta property="og:image:height" content="3"></head>"#;

/// Another server, on this machine.
struct Elsewhere {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Elsewhere {
    async fn start() -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let typed = |kind: &'static str, body: Vec<u8>| ([(CONTENT_TYPE, kind)], body);
        let page = move |request: Request| {
            counted.fetch_add(1, Ordering::Relaxed);
            let told = request.headers();
            assert!(!told.contains_key(COOKIE) && !told.contains_key(AUTHORIZATION));
            async { ([(CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response() }
        };
        let routes = Router::new()
            .route("/page", get(page))
            .route("/there", get(|| async { Redirect::temporary("/page") }))
            .route("/inside", get(|| async { Redirect::temporary("http://10.0.0.1/") }))
            .route("/round", get(|| async { Redirect::temporary("/round") }))
            .route("/tea.png", get(move || async move { typed("image/png", png()) }))
            .route("/large.png", get(move || async move { typed("image/png", vec![0; 5_000]) }))
            .route("/tea.svg", get(move || async move { typed("image/svg+xml", vec![]) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, asked }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// A picture of 4 times 3 pixels.
fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(4, 3).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub fn options(allowed: &str) -> LinkOptions {
    let mut options = LinkOptions::new(&platform::config::Config::defaults().links);
    options.allowed = Networks::parse(allowed).unwrap();
    options.image_bytes_max = 1_000;
    options
}

async fn world(allowed: &str) -> World {
    World::start_as(Setup { links: options(allowed), ..Setup::default() }).await
}

async fn described(world: &World, person: &Person, url: &str) -> Value {
    world.ask(person, "/opengraph", json!({ "url": url })).await.ok()
}

async fn picture(world: &World, person: &Person, url: &str) -> Answer {
    world.get(person, &format!("/image?url={url}")).await
}

#[test]
fn a_page_is_described_wherever_it_redirects_to() {
    run(async {
        let world = world("127.0.0.0/8").await;
        let elsewhere = Elsewhere::start().await;
        let ada = world.person("ada").await;
        for path in ["/page", "/there"] {
            let page = described(&world, &ada, &elsewhere.at(path)).await;
            assert_eq!(
                (&page["title"], &page["url"]),
                (&json!("Tea & more"), &json!(elsewhere.at("/page")))
            );
            assert_eq!(page["images"][0]["url"], elsewhere.at("/tea.png"));
        }
        assert_eq!(elsewhere.asked.load(Ordering::Relaxed), 2);
        described(&world, &ada, &elsewhere.at("/page")).await;
        assert_eq!(elsewhere.asked.load(Ordering::Relaxed), 2, "it is known for a while");
        for nowhere in ["/inside", "/round", "/none"] {
            let page = described(&world, &ada, &elsewhere.at(nowhere)).await;
            assert_eq!((&page["title"], &page["images"]), (&json!(""), &json!([])), "{nowhere}");
        }
        for url in ["", "ftp://a.example/", "http://user:secret@a.example/", "nonsense"] {
            let (status, _) = world.ask(&ada, "/opengraph", json!({ "url": url })).await.refused();
            assert_eq!(status, 400, "{url}");
        }
    });
}

#[test]
fn this_machine_and_its_neighbours_are_not_asked_for_anybody() {
    run(async {
        let world = world("").await;
        let elsewhere = Elsewhere::start().await;
        let ada = world.person("ada").await;
        let port = elsewhere.url.rsplit(':').next().unwrap().to_owned();
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
            let url = format!("http://{host}:{port}/page");
            assert_eq!(described(&world, &ada, &url).await["title"], "", "{host}");
            let answer = picture(&world, &ada, &url).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host}");
        }
        let path = format!("/redirect_location?url={}", elsewhere.at("/there"));
        assert_eq!(world.get(&ada, &path).await.ok(), json!({ "location": "" }));
        assert_eq!(elsewhere.asked.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn pictures_that_lie_elsewhere_are_handed_on_and_nothing_else_is() {
    run(async {
        let world = world("127.0.0.0/8").await;
        let elsewhere = Elsewhere::start().await;
        let ada = world.person("ada").await;
        let answer = picture(&world, &ada, &elsewhere.at("/tea.png")).await;
        assert_eq!((answer.status, answer.body.to_vec()), (StatusCode::OK, png()));
        assert_eq!(answer.headers["content-type"], "image/png");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        for refused in ["/page", "/tea.svg", "/large.png", "/inside", "/none"] {
            let answer = picture(&world, &ada, &elsewhere.at(refused)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{refused}");
        }
        assert_eq!(world.get(&ada, "/image").await.refused().0, 400);
        let path = format!("/redirect_location?url={}", elsewhere.at("/there"));
        let there = json!({ "location": elsewhere.at("/page") });
        assert_eq!(world.get(&ada, &path).await.ok(), there);
    });
}

#[test]
fn a_post_shows_what_its_link_leads_to_once_that_is_known() {
    run(async {
        let world = world("127.0.0.0/8").await;
        let elsewhere = Elsewhere::start().await;
        let ada = world.person("ada").await;
        let team = world.team(&ada, "tea").await;
        let (page, image) = (elsewhere.at("/page"), elsewhere.at("/tea.png"));
        let linking = world.say(team.town_square, &ada, &format!("see {page}.")).await;
        let showing = world.say(team.town_square, &ada, &format!("`code` {image}")).await;
        let path = format!("/channels/{}/posts", team.town_square);
        let before = world.get(&ada, &path).await.ok();
        assert_eq!(before["posts"][linking.to_string()]["metadata"]["embeds"][0]["url"], page);
        described(&world, &ada, &page).await;
        described(&world, &ada, &image).await;
        let posts = world.get(&ada, &path).await.ok()["posts"].clone();
        let told = |id: events::PostId| posts[id.to_string()]["metadata"].clone();
        assert_eq!(told(linking)["embeds"][0]["type"], "opengraph");
        assert_eq!(told(linking)["embeds"][0]["data"]["title"], "Tea & more");
        assert_eq!(told(linking)["images"][&image]["height"], 3);
        assert_eq!(told(showing)["embeds"], json!([{ "type": "image", "url": image }]));
        let size = json!({ "width": 4, "height": 3, "format": "png", "frame_count": 0 });
        assert_eq!(told(showing)["images"][&image], size);
    });
}

#[test]
fn a_permalink_shows_its_post_to_those_who_may_read_it() {
    run(async {
        let world = world("").await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let secret = world.channel(team, ChannelType::Private, "secret", &ada).await;
        let said = world.say(secret, &ada, "between us").await;
        let link = format!("http://chat.example/tea/pl/{said}");
        let linking = world.say(team.town_square, &ada, &link).await;
        let path = format!("/channels/{}/posts", team.town_square);
        for _ in 0..2 {
            let page = world.get(&ada, &path).await.ok();
            let embed = &page["posts"][linking.to_string()]["metadata"]["embeds"][0];
            assert_eq!(
                (&embed["type"], &embed["data"]["post_id"]),
                (&json!("permalink"), &json!(said))
            );
            assert_eq!(embed["data"]["post"]["message"], "between us");
            assert_eq!(embed["data"]["team_name"], "tea");
            let page = world.get(&bob, &path).await;
            assert!(!String::from_utf8_lossy(&page.body).contains("between us"));
            assert_eq!(page.ok()["posts"][linking.to_string()]["metadata"], json!({}));
        }
        let one = world.get(&bob, &format!("/posts/{linking}")).await;
        assert!(!String::from_utf8_lossy(&one.body).contains("between us"));
        world.leave(secret, &ada).await;
        let page = world.get(&ada, &path).await;
        assert!(!String::from_utf8_lossy(&page.body).contains("between us"));
    });
}

//! The web page, beside the API.

use axum::body::Body;
use http::Request;
use http::header::ACCEPT;
use tower::ServiceExt;

use crate::world::World;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn asked(world: &World, path: &str, accept: &str) -> http::Response<Body> {
    let request = Request::get(path).header(ACCEPT, accept).body(Body::empty()).unwrap();
    world.router.clone().oneshot(request).await.unwrap()
}

fn media_type(response: &http::Response<Body>) -> &str {
    response.headers()["content-type"].to_str().unwrap()
}

#[tokio::test]
async fn the_page_is_at_the_root_and_wherever_a_browser_goes() {
    let world = World::start().await;
    for (path, accept) in [("/", "*/*"), ("/", BROWSER), ("/first/channels/town-square", BROWSER)] {
        let response = asked(&world, path, accept).await;
        assert_eq!(
            (response.status().as_u16(), media_type(&response)),
            (200, "text/html; charset=utf-8")
        );
        assert!(response.headers().contains_key("content-security-policy"));
        assert!(response.headers().contains_key("x-version-id"));
    }
}

#[tokio::test]
async fn programs_and_addresses_of_the_api_get_what_they_got() {
    let world = World::start().await;
    for (path, accept) in [("/first/channels/town-square", "*/*"), ("/api/v4/nonsense", BROWSER)] {
        let response = asked(&world, path, accept).await;
        assert_eq!((response.status().as_u16(), media_type(&response)), (404, "application/json"));
    }
}

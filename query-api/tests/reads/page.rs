//! The web page, beside the API.

use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use http::Request;
use tower::ServiceExt;

use crate::world::World;

/// Stands in for the files of the page.
pub fn page(request: &Request<Body>) -> Option<Response> {
    let path = request.uri().path();
    (!path.starts_with("/api")).then(|| Html(path.to_owned()).into_response())
}

#[tokio::test]
async fn it_is_at_the_root_and_where_no_address_is() {
    let world = World::start().await;
    let cases = [
        ("/", 200, "text/html; charset=utf-8"),
        ("/first/channels/town-square", 200, "text/html; charset=utf-8"),
        ("/api/v4/nonsense", 404, "application/json"),
    ];
    for (path, status, media_type) in cases {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["content-type"], media_type, "{path}");
        assert!(response.headers().contains_key("x-version-id"), "{path}");
    }
}

//! `GET /`: what there is at this address.

use axum::response::{Html, IntoResponse, Response};

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>nottermost</title></head>
<body>
<h1>nottermost</h1>
<p>A team-chat server. It speaks the REST API v4 and the WebSocket protocol below
<code>/api/v4</code>: point a client at this address. There is no web page here yet.</p>
</body>
</html>
";

pub(crate) async fn get() -> Response {
    Html(PAGE).into_response()
}

//! The web page: the files that `npm run build` makes of `web/`, inside of this binary.
//!
//! Owns which file answers which path and under which headers. It must never know what the page shows,
//! nor answer below a path that belongs to the API. A binary that was built without the files says how
//! to build them.

mod negotiation;

use std::borrow::Cow;

use axum::body::Body;
use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use negotiation::Coding;

/// In debug builds, too: a binary is whole wherever it lies.
#[derive(RustEmbed)]
#[folder = "../dist/page"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";
/// Below it the names hold a hash of what the files say.
const HASHED: &str = "assets/";

/// First segments whose unknown paths are not the page's, whoever asks.
const OTHERS: [&str; 7] = ["api", "files", "hooks", "metrics", "oauth", "plugins", "static"];

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// What the page may load: what comes from here. Nothing inline, nobody's frame, no plug-in; pictures
/// that are made in the page (previews of what is about to be sent) are blobs.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     media-src 'self' blob:; font-src 'self'; connect-src 'self'; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>nottermost</title></head>
<body>
<h1>nottermost</h1>
<p>A team-chat server. It speaks the REST API v4 and the WebSocket protocol below
<code>/api/v4</code>: point a client at this address.</p>
<p>This binary was built without its page. <code>make run</code> builds both; by hand:
<code>make web</code>, then <code>cargo build</code>.</p>
</body>
</html>
";

/// What the page has at the request's path, if anything.
pub fn page(request: &http::Request<Body>) -> Option<Response<Body>> {
    let answer = at(request.method(), request.uri().path(), request.headers())?;
    Some(answer.map(Body::from))
}

/// The page itself. At `/` it is HTML whoever asks.
fn root(headers: &HeaderMap) -> Response<Bytes> {
    file(INDEX, headers).unwrap_or_else(not_built)
}

/// At a path that is no address of the API it is one of its files, or, for a browser that goes
/// somewhere, the page, which knows the place.
fn at(method: &Method, path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
    let path = path.strip_prefix('/')?;
    let first = path.split('/').next().unwrap_or_default();
    if !matches!(*method, Method::GET | Method::HEAD) || OTHERS.contains(&first) {
        return None;
    }
    if path.is_empty() {
        return Some(root(headers));
    }
    if path != INDEX && Files::get(path).is_some() {
        return file(path, headers);
    }
    // A file of an older build, or of none: an answer in HTML would be run as a script.
    let place = !path.starts_with(HASHED) && wants_html(headers);
    place.then(|| root(headers))
}

/// Programs that ask for "anything" are told that there is nothing; browsers name HTML.
fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
    let plain = Files::get(path)?;
    let etag = etag(&plain);
    let (coding, content) = smallest(path, headers).unwrap_or((None, plain));
    let known = headers.get(IF_NONE_MATCH).is_some_and(|held| held == etag);
    let mut response = Response::new(if known { Bytes::new() } else { bytes_of(content.data) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answered = response.headers_mut();
    answered.insert(CONTENT_TYPE, content_type(path));
    answered.insert(CACHE_CONTROL, if path.starts_with(HASHED) { FOREVER } else { ASK_AGAIN });
    answered.insert(VARY, HeaderValue::from_static("accept-encoding"));
    answered.insert(ETAG, etag);
    if let Some(coding) = coding {
        answered.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    protect(answered);
    Some(response)
}

/// The compressed twin that the client reads, if the build made one.
fn smallest(path: &str, headers: &HeaderMap) -> Option<(Option<Coding>, EmbeddedFile)> {
    Coding::accepted(headers)
        .find_map(|coding| Some((Some(coding), Files::get(&format!("{path}{}", coding.suffix()))?)))
}

fn bytes_of(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

/// Of what the file says, whichever way it is sent: weak.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash: String =
        file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("W/\"{hash}\"")).expect("digits and letters")
}

fn content_type(path: &str) -> HeaderValue {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let charset = if mime.type_() == "text" { "; charset=utf-8" } else { "" };
    HeaderValue::try_from(format!("{mime}{charset}")).expect("a media type is ASCII")
}

fn protect(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, CSP);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        PERMISSIONS_POLICY,
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
}

fn not_built() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(NOT_BUILT.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, ASK_AGAIN);
    protect(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn browser() -> HeaderMap {
        headers(&[(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")])
    }

    fn get(path: &str, headers: &HeaderMap) -> Option<Response<Bytes>> {
        at(&Method::GET, path, headers)
    }

    #[test]
    fn the_root_is_html_under_a_strict_policy_whether_the_page_was_built_or_not() {
        let answer = get("/", &HeaderMap::new()).expect("the page");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().expect("ASCII");
        assert!(
            policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
    }

    #[test]
    fn a_browser_finds_the_page_at_every_place_of_it() {
        for path in ["/login", "/first/channels/town-square", "/first/messages/@ada.l", "/a/pl/b"] {
            let answer = get(path, &browser()).expect(path);
            assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        }
    }

    #[test]
    fn programs_and_the_paths_of_others_are_not_answered() {
        for accept in ["*/*", "application/json"] {
            assert!(get("/login", &headers(&[(ACCEPT, accept)])).is_none());
        }
        assert!(get("/login", &HeaderMap::new()).is_none());
        for path in ["/api", "/api/v4/nonsense", "/files/x/public", "/hooks/x", "/metrics/x"] {
            assert!(get(path, &browser()).is_none(), "{path}");
        }
        assert!(at(&Method::POST, "/login", &browser()).is_none());
    }

    #[test]
    fn a_file_that_does_not_exist_is_not_the_page() {
        assert!(get("/assets/index-of-another-build.js", &browser()).is_none());
    }

    #[test]
    fn every_file_of_the_build_is_served_smaller_where_it_can_be_and_known_by_its_tag() {
        let any = headers(&[(http::header::ACCEPT_ENCODING, "gzip, br")]);
        for path in Files::iter().filter(|path| !path.ends_with(".br") && !path.ends_with(".gz")) {
            let url = if path == INDEX { "/login".to_owned() } else { format!("/{path}") };
            let answer = get(&url, &browser()).expect("a file of the build");
            let mut again = browser();
            again.insert(IF_NONE_MATCH, answer.headers()[ETAG].clone());
            assert_eq!(get(&url, &again).expect(&url).status(), StatusCode::NOT_MODIFIED);
            let kept = answer.headers()[CACHE_CONTROL] == FOREVER;
            assert_eq!(kept, path.starts_with(HASHED), "{path}");
            let small = file(&path, &any).expect("a file of the build");
            if path.ends_with(".js") && answer.body().len() > 4096 {
                assert_eq!(small.headers()[CONTENT_ENCODING], "br", "{path}");
                assert!(small.body().len() < answer.body().len());
            }
        }
    }
}

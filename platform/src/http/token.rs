//! The caller's token, as clients show it, and the guard against forged requests.
//!
//! What a token means is for the fold to say; here is only where it stands in a request.

use events::{Id, SessionId};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, Method};

use crate::secrets::Secrets;

/// The cookie that holds the token.
pub const TOKEN_COOKIE: &str = "MMAUTHTOKEN";
/// The cookie, readable by scripts, that says who is logged in.
pub const USER_COOKIE: &str = "MMUSERID";
/// The cookie, readable by scripts, whose value requests must repeat in a header.
pub const CSRF_COOKIE: &str = "MMCSRF";

const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// A token with where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownToken<'h> {
    pub text: &'h str,
    /// Browsers send cookies unasked, so that writes need the guard.
    pub by_cookie: bool,
}

/// The token of a request: of the cookie, else of `Authorization: Bearer` or `Authorization: token`.
pub fn shown_token(headers: &HeaderMap) -> Option<ShownToken<'_>> {
    if let Some(text) = cookie(headers, TOKEN_COOKIE) {
        return Some(ShownToken { text, by_cookie: true });
    }
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.trim().split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    let text = text.trim();
    (known && !text.is_empty()).then_some(ShownToken { text, by_cookie: false })
}

/// The value of a cookie, if it is there and not empty.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"'))
}

/// What requests of this session repeat to show that they come from a page of ours.
pub fn csrf_token(secrets: &Secrets, session: SessionId) -> String {
    let tag = secrets.mac("csrf", session.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&tag[..16]);
    Id(id).to_string()
}

/// Whether a request was made by a script that browsers let speak for the person, rather than by a
/// foreign page that made the browser send its cookie.
pub fn is_genuine(
    method: &Method,
    headers: &HeaderMap,
    token: ShownToken<'_>,
    secrets: &Secrets,
    session: SessionId,
) -> bool {
    if !token.by_cookie || method.is_safe() {
        return true;
    }
    let repeats = headers
        .get(CSRF_HEADER)
        .is_some_and(|held| held.to_str().is_ok_and(|held| held == csrf_token(secrets, session)));
    repeats || is_script(headers)
}

/// Whether the request says that it comes from a script: the header that foreign pages cannot set.
pub fn is_script(headers: &HeaderMap) -> bool {
    headers.get(REQUESTED_WITH).is_some_and(|held| held == "XMLHttpRequest")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn shown(pairs: &[(&'static str, &'static str)]) -> Option<(String, bool)> {
        let headers = headers(pairs);
        shown_token(&headers).map(|token| (token.text.to_owned(), token.by_cookie))
    }

    #[test]
    fn a_token_is_read_from_wherever_clients_put_it() {
        let by_header = Some(("abc".to_owned(), false));
        assert_eq!(shown(&[("authorization", "Bearer abc")]), by_header);
        assert_eq!(shown(&[("authorization", "BEARER abc")]), by_header);
        assert_eq!(shown(&[("authorization", "token  abc ")]), by_header);
        assert_eq!(shown(&[("authorization", "Basic abc")]), None);
        assert_eq!(shown(&[("authorization", "Bearer ")]), None);
        assert_eq!(shown(&[("cookie", "MMUSERID=u")]), None);
        let both = [("cookie", "MMUSERID=u; MMAUTHTOKEN=xyz"), ("authorization", "Bearer abc")];
        assert_eq!(shown(&both), Some(("xyz".to_owned(), true)));
    }

    #[test]
    fn writes_by_cookie_need_a_sign_that_a_page_of_ours_made_them() {
        let secrets = Secrets::from_keys([1; 32], [2; 32]);
        let session = SessionId::from_bytes([3; 16]);
        let by_cookie = ShownToken { text: "xyz", by_cookie: true };
        let by_header = ShownToken { text: "xyz", by_cookie: false };
        let genuine = |method: &Method, headers: &HeaderMap, token| {
            is_genuine(method, headers, token, &secrets, session)
        };
        let bare = HeaderMap::new();
        assert!(genuine(&Method::GET, &bare, by_cookie));
        assert!(genuine(&Method::POST, &bare, by_header));
        assert!(!genuine(&Method::POST, &bare, by_cookie));
        assert!(genuine(
            &Method::POST,
            &headers(&[("x-requested-with", "XMLHttpRequest")]),
            by_cookie
        ));
        let mut repeated = HeaderMap::new();
        let token = csrf_token(&secrets, session);
        repeated.insert(CSRF_HEADER, HeaderValue::try_from(token).unwrap());
        assert!(genuine(&Method::POST, &repeated, by_cookie));
        let other = csrf_token(&secrets, SessionId::from_bytes([4; 16]));
        repeated.insert(CSRF_HEADER, HeaderValue::try_from(other).unwrap());
        assert!(!genuine(&Method::POST, &repeated, by_cookie));
    }
}

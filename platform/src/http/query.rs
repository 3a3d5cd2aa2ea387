//! Query parameters, read leniently: clients send empty, repeated and odd ones.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::ApiError;

/// Rows per page unless the client asks otherwise.
pub const PER_PAGE_DEFAULT: u32 = 60;
/// Rows per page at most; more is clamped, not refused.
pub const PER_PAGE_MAX: u32 = 200;

/// The query string. Of a repeated parameter the first counts.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Parses a query string; `None` if it holds a NUL, which no store accepts.
    pub fn parse(query: &str) -> Option<Self> {
        let pairs: Vec<_> =
            form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (own(k), own(v))).collect();
        let nul = pairs.iter().any(|(key, value)| key.contains('\0') || value.contains('\0'));
        (!nul).then_some(Self { pairs })
    }

    /// The parameter's text, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// The parameter as a number, if it is one.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    /// The parameter as a yes or no; anything but a yes is a no.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| matches!(v, "true" | "True" | "TRUE" | "t" | "T" | "1"))
    }

    /// The page asked for by `page` and `per_page`.
    pub fn page(&self) -> Page {
        self.page_by("per_page")
    }

    /// The page asked for, where the size has another name (`perPage`, `pageSize`).
    pub fn page_by(&self, size_name: &str) -> Page {
        Page::clamped(self.int("page"), self.int(size_name))
    }
}

fn own(text: Cow<'_, str>) -> String {
    text.into_owned()
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        Self::parse(query).ok_or_else(|| ApiError::invalid_param("a NUL character"))
    }
}

/// A page of a list. Out-of-range numbers are clamped and nonsense reads as the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub page: u32,
    pub per_page: u32,
}

impl Page {
    /// The page of these numbers, wherever they came from.
    pub fn clamped(page: Option<i64>, per_page: Option<i64>) -> Self {
        let page = page.unwrap_or(0).max(0);
        let per_page = per_page.filter(|n| *n > 0).unwrap_or(i64::from(PER_PAGE_DEFAULT));
        Self {
            page: u32::try_from(page).unwrap_or(u32::MAX),
            per_page: u32::try_from(per_page).unwrap_or(PER_PAGE_MAX).min(PER_PAGE_MAX),
        }
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        i64::from(self.page) * i64::from(self.per_page)
    }

    /// Rows on this page at most.
    pub fn limit(self) -> i64 {
        i64::from(self.per_page)
    }

    /// The part of `items` that is on this page.
    pub fn slice<T>(self, items: &[T]) -> &[T] {
        let start = usize::try_from(self.offset()).unwrap_or(usize::MAX).min(items.len());
        let end = start.saturating_add(self.per_page as usize).min(items.len());
        &items[start..end]
    }
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = Query::parse(parts.uri.query().unwrap_or_default()).unwrap_or_default();
        Ok(query.page())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> (u32, u32) {
        let page = Query::parse(query).unwrap().page();
        (page.page, page.per_page)
    }

    #[test]
    fn pages_are_clamped_and_nonsense_is_the_default() {
        assert_eq!(page(""), (0, 60));
        assert_eq!(page("page=3&per_page=10"), (3, 10));
        assert_eq!(page("page=-1&per_page=-5"), (0, 60));
        assert_eq!(page("page=abc&per_page=1e3"), (0, 60));
        assert_eq!(page("per_page=201"), (0, 200));
        assert_eq!(page("per_page=0"), (0, 60));
        assert_eq!(page("page=99999999999999999999&per_page=9223372036854775807"), (0, 200));
        assert_eq!(page("page=9223372036854775807"), (u32::MAX, 60));
    }

    #[test]
    fn a_page_beyond_the_end_is_empty_and_never_overflows() {
        let last = Page { page: u32::MAX, per_page: 200 };
        assert_eq!(last.slice(&[1, 2, 3]), &[] as &[i32]);
        assert!(last.offset() > 0);
        assert_eq!(Page { page: 1, per_page: 2 }.slice(&[1, 2, 3]), &[3]);
    }

    #[test]
    fn reads_flags_and_decodes_text() {
        let query = Query::parse("a=true&b=0&c=&term=%C3%BC+x&a=false&bad=%ff").unwrap();
        assert!(query.flag("a") && !query.flag("b") && !query.flag("absent"));
        assert_eq!(query.get("c"), None);
        assert_eq!(query.get("term"), Some("ü x"));
        assert_eq!(query.get("bad"), Some("\u{fffd}"));
    }

    #[test]
    fn a_nul_is_refused() {
        assert!(Query::parse("term=%00").is_none());
    }
}

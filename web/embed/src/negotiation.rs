//! Which compressed twins of a file a client reads.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Those that the client names and does not refuse by `q=0`.
    pub fn accepted(headers: &HeaderMap) -> impl Iterator<Item = Self> {
        let accepts = |coding: &Self| {
            let lines = headers.get_all(ACCEPT_ENCODING).iter();
            lines.filter_map(|line| line.to_str().ok()).any(|line| coding.is_in(line))
        };
        Self::ALL.into_iter().filter(accepts)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    fn is_in(self, line: &str) -> bool {
        line.split(',').any(|item| {
            let (name, quality) = item.split_once(';').unwrap_or((item, ""));
            let refused = quality.trim().strip_prefix("q=").is_some_and(is_zero);
            name.trim().eq_ignore_ascii_case(self.name()) && !refused
        })
    }
}

fn is_zero(quality: &str) -> bool {
    quality.parse::<f32>().is_ok_and(|quality| quality <= 0.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepted(line: &'static str) -> Vec<Coding> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(line));
        Coding::accepted(&headers).collect()
    }

    #[test]
    fn takes_what_is_named_and_leaves_what_is_refused() {
        assert_eq!(accepted("gzip, deflate, br"), [Coding::Brotli, Coding::Gzip]);
        assert_eq!(accepted("gzip;q=0.5,br;q=0"), [Coding::Gzip]);
        assert_eq!(accepted("identity, broth"), []);
    }
}

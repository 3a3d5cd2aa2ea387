//! From the table to nginx' maps: which location takes a request.

use platform::http::urls::{FALLBACK, Service, Url, Verb};

/// How a request is passed on; each is a location of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To a service that changes nothing: any of its processes may be asked again.
    Read,
    /// To the command side, by a method that nginx never repeats once it was sent.
    Post,
    /// To the command side, by a method that nginx would repeat.
    Once,
    Socket,
    /// Not at all.
    Refused,
}

impl Way {
    fn of(url: &Url) -> Self {
        match (url.service, url.verb) {
            (Service::Query, _) => Self::Read,
            (Service::Command, Verb::Post) => Self::Post,
            (Service::Command, _) => Self::Once,
            (Service::Realtime, _) => Self::Socket,
            (Service::Each, _) => Self::Refused,
        }
    }

    pub(super) fn location(self) -> &'static str {
        match self {
            Self::Read => "/query-api",
            Self::Post => "/command-api/post",
            Self::Once => "/command-api/once",
            Self::Socket => "/realtime",
            Self::Refused => "/refused",
        }
    }
}

const PATH: &str = r#"# The path as it was sent, because the services match it before anything in it is decoded.
map $request_uri $nottermost_path {
    "~^(?<nottermost_sent>[^?#]*)" $nottermost_sent;
}
"#;

const UPGRADE: &str = r#"
map $nottermost_route $nottermost_upgrade {
    default "";
    /realtime $http_upgrade;
}

map $nottermost_upgrade $nottermost_connection {
    default upgrade;
    "" "";
}
"#;

/// What decides, from the request's method and path as they were sent. Expressions only: nginx would
/// compare plain texts without regard to case. They are tried in the order of their lines, so the
/// more definite goes first, as axum has it.
pub(super) fn maps(table: &[Url]) -> String {
    let mut urls: Vec<&Url> = table.iter().collect();
    urls.sort_by_key(|url| (url.segments().collect::<Vec<_>>(), url.verb));
    let lines: String = urls.into_iter().map(line).collect();
    let (refusing, default) = (FALLBACK.name(), Way::Read.location());
    format!(
        "{PATH}\n# What stands in no line does not exist; {refusing} says so.\n\
         map \"$request_method $nottermost_path\" $nottermost_route {{\n    \
         default {default};\n{lines}}}\n{UPGRADE}"
    )
}

fn line(url: &Url) -> String {
    let verb = if url.verb == Verb::Get { "(GET|HEAD)" } else { url.verb.name() };
    let last = url.segments().count() - 1;
    let segment = |(n, (any, text)): (usize, (bool, &'static str))| match any {
        // axum takes an empty segment, but at the end of a path.
        true if n < last => "/[^/]*".to_owned(),
        true => "/[^/]+".to_owned(),
        false => format!("/{}", text.replace('.', "\\.")),
    };
    let path: String = url.segments().enumerate().map(segment).collect();
    format!("    \"~^{verb} {path}$\" {};\n", Way::of(url).location())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn url(verb: Verb, path: &'static str, service: Service) -> Url {
        Url { verb, path, service, streamed: false }
    }

    fn lines(table: &[Url]) -> Vec<String> {
        let maps = maps(table);
        let lines = maps.lines().map(str::trim);
        let mut lines = lines.skip_while(|line| !line.starts_with("default /query-api"));
        lines.by_ref().skip(1).take_while(|line| *line != "}").map(str::to_owned).collect()
    }

    #[test]
    fn the_method_decides_with_the_path() {
        let table = [
            url(Verb::Get, "/posts/{id}", Service::Query),
            url(Verb::Delete, "/posts/{id}", Service::Command),
            url(Verb::Post, "/posts", Service::Command),
        ];
        let expected = [
            r#""~^POST /posts$" /command-api/post;"#,
            r#""~^(GET|HEAD) /posts/[^/]+$" /query-api;"#,
            r#""~^DELETE /posts/[^/]+$" /command-api/once;"#,
        ];
        assert_eq!(lines(&table), expected);
    }

    #[test]
    fn what_is_more_definite_goes_first() {
        let table = [
            url(Verb::Put, "/a/{x}/c", Service::Command),
            url(Verb::Put, "/a/b/{y}", Service::Query),
            url(Verb::Put, "/{z}/b/c", Service::Realtime),
            url(Verb::Put, "/a/b/c", Service::Each),
        ];
        let expected = [
            r#""~^PUT /a/b/c$" /refused;"#,
            r#""~^PUT /a/b/[^/]+$" /query-api;"#,
            r#""~^PUT /a/[^/]*/c$" /command-api/once;"#,
            r#""~^PUT /[^/]*/b/c$" /realtime;"#,
        ];
        assert_eq!(lines(&table), expected);
    }
}

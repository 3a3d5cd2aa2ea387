//! The types that settings have.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Setting;

/// A whole number within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounded<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a size or count in memory.
    pub fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The number as so many milliseconds.
    pub fn millis(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> Setting for Bounded<MIN, MAX> {
    fn accepted() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let number = text.parse().map_err(|_| None)?;
        if (MIN..=MAX).contains(&number) { Ok(Self(number)) } else { Err(None) }
    }
}

impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn accepted() -> String {
        format!("{}, or nothing", T::accepted())
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Setting for bool {
    fn accepted() -> String {
        "true or false".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

impl Setting for String {
    fn accepted() -> String {
        "a text that is not empty".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.trim().is_empty() { Err(None) } else { Ok(text.to_owned()) }
    }
}

impl Setting for PathBuf {
    fn accepted() -> String {
        "a path".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() || text.contains('\0') { Err(None) } else { Ok(Self::from(text)) }
    }
}

impl Setting for SocketAddr {
    fn accepted() -> String {
        "an address and a port, as in 127.0.0.1:8065 or [::]:8065".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
}

/// One of a few words, each with what it stands for.
pub trait OneOf: Copy + 'static {
    const CHOICES: &'static [(&'static str, Self)];
}

impl<T: OneOf> Setting for T {
    fn accepted() -> String {
        let words: Vec<_> = T::CHOICES.iter().map(|(word, _)| *word).collect();
        words.join(" or ")
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let choice = T::CHOICES.iter().find(|(word, _)| *word == text);
        choice.map(|(_, value)| *value).ok_or(None)
    }
}

/// An address of a web service, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(String);

impl HttpUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached through TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl Setting for HttpUrl {
    fn accepted() -> String {
        "an http:// or https:// address".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let uri: http::Uri = text.parse().map_err(|_| None)?;
        let web = matches!(uri.scheme_str(), Some("http" | "https"));
        let named = uri.host().is_some_and(|host| !host.is_empty());
        if !web || !named || uri.query().is_some() {
            return Err(None);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// A text that no message and no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever is meant to have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn accepted() -> String {
        String::accepted()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        String::parse(text).map(Self)
    }
}

/// Where Postgres is; it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseUrl(Secret);

impl DatabaseUrl {
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl Setting for DatabaseUrl {
    const SECRET: bool = true;

    fn accepted() -> String {
        "postgres://user:password@host:port/database".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if postgres && text.parse::<sqlx::postgres::PgConnectOptions>().is_ok() {
            Ok(Self(Secret(text.to_owned())))
        } else {
            Err(None)
        }
    }
}

/// Which messages are logged, as in `info,sqlx=warn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for LogFilter {
    fn accepted() -> String {
        "error, warn, info, debug or trace, and target=level pairs, separated by commas".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        match tracing_subscriber::EnvFilter::try_new(text) {
            Ok(_) if !text.is_empty() => Ok(Self(text.to_owned())),
            _ => Err(None),
        }
    }
}

/// Which event log is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUrl {
    /// In this directory, below the data directory unless it is absolute.
    Embedded(PathBuf),
    /// On these brokers, `host:port` separated by commas, in topics whose names begin so.
    Kafka { bootstrap: String, topic_prefix: String },
}

impl LogUrl {
    /// Whether several processes can use it at once.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Kafka { .. })
    }
}

impl fmt::Display for LogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(directory) => write!(f, "embedded:{}", directory.display()),
            Self::Kafka { bootstrap, topic_prefix } => {
                write!(f, "kafka://{bootstrap}/{topic_prefix}")
            }
        }
    }
}

impl Setting for LogUrl {
    fn accepted() -> String {
        "embedded: or embedded:<directory>, relative to the data directory, or \
         kafka://<host>:<port>[,<host>:<port>...][/<prefix of the topics' names>]"
            .to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        match text.strip_prefix("kafka://") {
            Some(rest) => kafka(rest).ok_or(None),
            None => directory_after("embedded:", text, "log").map(Self::Embedded).ok_or(None),
        }
    }
}

/// Brokers and what a topic's name may consist of.
fn kafka(rest: &str) -> Option<LogUrl> {
    let (bootstrap, topic_prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let broker = |text: &str| {
        let (host, port) = text.rsplit_once(':')?;
        let port: u16 = port.parse().ok()?;
        (!host.is_empty() && port > 0).then_some(())
    };
    bootstrap.split(',').map(broker).collect::<Option<Vec<_>>>()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let (bootstrap, topic_prefix) = (bootstrap.to_owned(), topic_prefix.to_owned());
    topic_prefix.chars().all(legal).then_some(LogUrl::Kafka { bootstrap, topic_prefix })
}

/// Further settings of the Kafka client, as `security.protocol=SSL,ssl.ca.location=/etc/ca.pem`. They
/// may hold passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSettings(Vec<(String, String)>);

impl ClientSettings {
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

impl Setting for ClientSettings {
    fn accepted() -> String {
        "name=value pairs separated by commas, or nothing".to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let pair = |text: &str| {
            let (name, value) = text.split_once('=')?;
            Some((name.trim().to_owned(), value.to_owned()))
        };
        let pairs = text.split(',').filter(|text| !text.is_empty()).map(pair);
        pairs.collect::<Option<_>>().map(Self).ok_or(None)
    }
}

/// The directory of a `scheme:directory` text, where `scheme:///a` is `/a` too.
pub(super) fn directory_after(scheme: &str, text: &str, default: &str) -> Option<PathBuf> {
    let directory = text.strip_prefix(scheme)?;
    let directory = match directory.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        // A host where a path is meant: `file://objects` is refused, not guessed at.
        Some(_) => return None,
        None => directory,
    };
    match directory {
        "" => Some(PathBuf::from(default)),
        path => PathBuf::parse(path).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kafka_log_names_its_brokers_and_may_name_a_prefix() {
        let parsed = |text| LogUrl::parse(text).unwrap();
        let kafka = |bootstrap: &str, topic_prefix: &str| LogUrl::Kafka {
            bootstrap: bootstrap.to_owned(),
            topic_prefix: topic_prefix.to_owned(),
        };
        assert_eq!(parsed("kafka://b1:9092,b2:9093"), kafka("b1:9092,b2:9093", ""));
        assert_eq!(parsed("kafka://b1:9092/chat."), kafka("b1:9092", "chat."));
        assert_eq!(parsed("embedded:"), LogUrl::Embedded("log".into()));
        for bad in [
            "kafka://",
            "kafka://b1",
            "kafka://b1:0",
            "kafka://:1",
            "kafka://b1:1/a b",
            "kafka:b1:1",
        ] {
            assert_eq!(LogUrl::parse(bad), Err(None), "{bad}");
        }
    }

    #[test]
    fn client_settings_are_pairs_and_are_not_shown() {
        let parsed = ClientSettings::parse("security.protocol=SSL,sasl.password=a=b").unwrap();
        assert_eq!(parsed.pairs()[1], ("sasl.password".to_owned(), "a=b".to_owned()));
        assert_eq!(format!("{parsed:?}"), "(not shown)");
        assert_eq!(ClientSettings::parse("").unwrap().pairs(), []);
        assert!(ClientSettings::parse("nonsense").is_err());
    }

    #[test]
    fn web_addresses_lose_their_last_slash_and_others_are_refused() {
        assert_eq!(
            HttpUrl::parse("https://chat.example/").unwrap().as_str(),
            "https://chat.example"
        );
        for bad in ["chat.example", "ftp://x", "http://", "http://x/?a=1", ""] {
            assert_eq!(HttpUrl::parse(bad), Err(None), "{bad}");
        }
    }

    #[test]
    fn an_option_may_be_empty_or_absent() {
        assert_eq!(Option::<HttpUrl>::parse(""), Ok(None));
        assert_eq!(Option::<HttpUrl>::absent(), Some(None));
        assert_eq!(HttpUrl::absent(), None);
    }
}

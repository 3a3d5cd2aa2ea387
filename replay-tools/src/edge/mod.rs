//! `replay edge`: the configuration of nginx in front of services that are processes of their own,
//! made from the URL table.
//!
//! It rests on the table alone: no log, no data directory. To keep a file of it, it asks the processes for
//! their health.

mod follow;
mod routes;
mod server;

use std::fmt;
use std::str::FromStr;

use platform::http::urls::{Service, URLS};

pub use follow::{Follow, follow};

/// Where the edge listens, and the processes behind it.
#[derive(Debug, Clone)]
pub struct Edge {
    pub listen: Vec<Listen>,
    pub command_api: Vec<Address>,
    pub query_api: Vec<Address>,
    pub realtime: Vec<Address>,
}

/// What nginx' `listen` takes: `8065`, `127.0.0.1:8065`, `443 ssl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(String);

/// A process: `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address(String);

/// The text would not be one value in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it should be an address or a port with nginx' parameters, as in 127.0.0.1:8065")]
    Listen,
    #[error("it should be HOST:PORT, as in 10.0.0.7:8065 or [::1]:8065")]
    Address,
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte)
}

impl FromStr for Listen {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let plain = |byte| is_host(byte) || b" =/*".contains(&byte);
        let listen = !text.trim().is_empty() && text.bytes().all(plain);
        listen.then(|| Self(text.to_owned())).ok_or(Malformed::Listen)
    }
}

impl FromStr for Address {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (host, port) = text.rsplit_once(':').ok_or(Malformed::Address)?;
        let address = !host.is_empty()
            && host.bytes().all(is_host)
            && port.parse::<u16>().is_ok_and(|p| p > 0);
        address.then(|| Self(text.to_owned())).ok_or(Malformed::Address)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const HEAD: &str = "\
# nottermost's edge, made by `replay edge` from the URL table. Make it anew instead of editing it.
# Include it in nginx' `http` block, as conf.d does; certificates and logs are that block's.
";

impl Edge {
    /// The configuration, to stand in nginx' `http` block.
    pub fn nginx(&self) -> String {
        [
            HEAD.to_owned(),
            server::upstream(Service::Command, &self.command_api),
            server::upstream(Service::Query, &self.query_api),
            server::upstream(Service::Realtime, &self.realtime),
            routes::maps(URLS),
            server::server(&self.listen),
        ]
        .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_one_value_gets_into_the_configuration() {
        for good in ["10.0.0.7:8065", "[::1]:8065", "query-api.internal:80"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        for bad in ["", "host", ":80", "host:0", "host:x", "a b:80", "a;b:80", "a}:80", "$a:80"] {
            assert_eq!(bad.parse::<Address>(), Err(Malformed::Address), "{bad}");
        }
        for good in ["8065", "443 ssl", "[::]:443 ssl", "*:80 backlog=4096"] {
            assert_eq!(good.parse::<Listen>().unwrap().to_string(), good);
        }
        for bad in ["", " ", "80;", "80\n}", "80 {", "$port", "80 #"] {
            assert_eq!(bad.parse::<Listen>(), Err(Malformed::Listen), "{bad}");
        }
    }
}

//! The `[http]` section.

use std::net::SocketAddr;

use crate::config::{Bounded, HttpUrl, Networks};

crate::settings_section! {
    /// Where the server listens.
    "http" => pub struct HttpSettings {
        /// The address that it listens on. Port 0 takes any free port.
        listen: SocketAddr = "127.0.0.1:8065",
        /// The address that people reach it by, if that is another one (behind a proxy).
        site_url: Option<HttpUrl>,
        /// Whose `X-Forwarded-For` is believed: the proxies between this process and people. An
        /// address that anyone else sends is not a person's.
        trusted_proxies: Networks = "",
        /// How long the process goes on serving after SIGTERM while its health says that it leaves.
        /// Behind an edge that asks for its health: longer than that takes to notice.
        leave_ms: Bounded<0, 60_000> = "0",
        /// How long requests may go on once no more are taken before they are cut off.
        drain_ms: Bounded<0, 60_000> = "3500",
    }
}

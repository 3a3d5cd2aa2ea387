//! The `[http]` section.

use std::net::SocketAddr;

use crate::config::{Bounded, HttpUrl};

crate::settings_section! {
    /// Where the server listens.
    "http" => pub struct HttpSettings {
        /// The address that it listens on. Port 0 takes any free port.
        listen: SocketAddr = "127.0.0.1:8065",
        /// The address that people reach it by, if that is another one (behind a proxy).
        site_url: Option<HttpUrl>,
        /// How long requests may go on after SIGTERM before they are cut off.
        drain_ms: Bounded<0, 60_000> = "3500",
    }
}

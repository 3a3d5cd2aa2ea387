//! Who is at the other end of a request.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

use crate::config::Networks;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the person's machine: who connected, or, if that is a proxy of ours, the last in
/// `X-Forwarded-For` that is none. What stands further left is hearsay. Absent: nobody connected, as
/// in a test.
pub fn client_address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted_proxies: &Networks,
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let mut client = peer.ip().to_canonical();
    // Each proxy adds to the right, in a header of its own or to the one that is there.
    let values = headers.get_all(FORWARDED_FOR).iter().rev();
    // What a person put in front of it may be no text at all.
    let named = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for name in named {
        if !trusted_proxies.contain(client) {
            break;
        }
        let Some(address) = address(name) else { break };
        client = address.to_canonical();
    }
    Some(client)
}

fn address(name: &[u8]) -> Option<IpAddr> {
    str::from_utf8(name).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::config::Setting;

    fn client(peer: &str, forwarded: &[impl AsRef<[u8]>]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header(FORWARDED_FOR, value.as_ref());
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer: SocketAddr = peer.parse().unwrap();
        parts.extensions.insert(ConnectInfo(peer));
        let trusted = Networks::parse("127.0.0.1, 10.0.0.0/8").unwrap();
        client_address(&parts.extensions, &parts.headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        assert_eq!(client("203.0.113.9:1", &["198.51.100.7"]), "203.0.113.9", "anyone can say so");
        assert_eq!(client("127.0.0.1:1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("[::ffff:127.0.0.1]:1", &["198.51.100.7"]), "198.51.100.7");
        let chain = ["1.1.1.1, 198.51.100.7", "10.0.0.5"];
        assert_eq!(client("127.0.0.1:1", &chain), "198.51.100.7", "what it said itself is not");
        assert_eq!(client("127.0.0.1:1", &[""; 0]), "127.0.0.1");
        assert_eq!(client("127.0.0.1:1", &["10.0.0.5"]), "10.0.0.5", "one of us has asked");
        let hidden: &[u8] = b"\xe9, 198.51.100.7";
        assert_eq!(client("127.0.0.1:1", &[hidden]), "198.51.100.7", "ours can be read");
        for unreadable in ["unknown", "", "1.2.3.4:80", "\u{e9}"] {
            assert_eq!(client("127.0.0.1:1", &[unreadable]), "127.0.0.1", "{unreadable}");
        }
    }
}

//! Which machines are asked: public ones, so that nobody reaches through this server what only it
//! reaches.

use std::net::IpAddr;
use std::sync::LazyLock;

use platform::config::{Networks, Setting};
use url::Url;

/// What is no single public machine, by the registries of special addresses. Of IPv6 only 2000::/3 is
/// public at all; what is listed of it carries addresses of IPv4, or nothing.
static SPECIAL: LazyLock<Networks> = LazyLock::new(|| {
    Networks::parse(
        "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,168.63.129.16/32,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,\
         192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,\
         224.0.0.0/3,2001::/23,2001:db8::/32,2002::/16,3fff::/20",
    )
    .expect("these are networks")
});

static UNICAST_IPV6: LazyLock<Networks> =
    LazyLock::new(|| Networks::parse("2000::/3").expect("this is a network"));

/// Whom this server may ask.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub allowed: Networks,
    pub any_port: bool,
}

impl Addresses {
    /// Whether the machine may be asked at this port.
    pub fn allow(&self, address: IpAddr, port: u16) -> bool {
        self.allowed.contain(address) || (is_public(address) && self.allow_port(port))
    }

    fn allow_port(&self, port: u16) -> bool {
        self.any_port || matches!(port, 80 | 443)
    }
}

/// Whether an address leads to a server of the web, and brings nobody's credentials.
pub(super) fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
}

fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let routed = address.is_ipv4() || UNICAST_IPV6.contain(address);
    routed && !SPECIAL.contain(address)
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;

    fn rules(allowed: &str) -> Addresses {
        Addresses { allowed: Networks::parse(allowed).unwrap(), any_port: false }
    }

    fn allowed(rules: &Addresses, url: &str) -> bool {
        let url = Url::parse(url).unwrap();
        let port = url.port_or_known_default().unwrap();
        match url.host() {
            Some(Host::Ipv4(address)) => rules.allow(address.into(), port),
            Some(Host::Ipv6(address)) => rules.allow(address.into(), port),
            host => panic!("{host:?} is no address"),
        }
    }

    #[test]
    fn only_public_machines_are_asked() {
        let rules = rules("");
        for public in ["http://93.184.216.34/", "https://[2606:2800:220:1::1]/"] {
            assert!(allowed(&rules, public), "{public}");
        }
        for special in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0/",
            "http://10.1.2.3/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://172.31.0.1/",
            "http://192.168.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:1::1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[ff02::1]/",
        ] {
            assert!(!allowed(&rules, special), "{special}");
        }
    }

    #[test]
    fn other_schemes_and_credentials_are_refused() {
        let plain = |url: &str| Url::parse(url).is_ok_and(|url| is_plain(&url));
        assert!(plain("http://a.example/") && plain("https://a.example:8443/"));
        for refused in [
            "ftp://a.example/",
            "file:///etc/passwd",
            "http://user:secret@a.example/",
            "http://user@a.example/",
            "data:text/html,x",
        ] {
            assert!(!plain(refused), "{refused}");
        }
    }

    #[test]
    fn other_ports_are_asked_only_where_that_is_set() {
        let mut rules = rules("");
        assert!(!allowed(&rules, "http://93.184.216.34:22/"));
        rules.any_port = true;
        assert!(allowed(&rules, "http://93.184.216.34:22/"));
        assert!(!allowed(&rules, "http://127.0.0.1:22/"));
    }

    #[test]
    fn a_network_may_be_allowed_at_whatever_port() {
        let rules = rules("127.0.0.0/8");
        assert!(allowed(&rules, "http://127.0.0.1:8065/"));
        assert!(allowed(&rules, "http://[::ffff:127.0.0.1]:8065/"));
        assert!(!allowed(&rules, "http://10.0.0.1/"));
        assert!(!allowed(&rules, "http://[::1]/"));
    }
}

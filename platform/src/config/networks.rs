//! Networks as settings have them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Setting;

/// Addresses of machines: single ones and networks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl Setting for Networks {
    fn accepted() -> String {
        "addresses and networks separated by commas, as in 127.0.0.1,10.0.0.0/8,fd00::/8, or nothing"
            .to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let network = |text: &str| match text.trim().parse::<IpAddr>() {
            Ok(address) => Some(IpNet::from(address.to_canonical())),
            // A network of mapped addresses would contain none: they are compared as what they map.
            Err(_) => text
                .trim()
                .parse()
                .ok()
                .filter(|network: &IpNet| network.addr() == network.addr().to_canonical()),
        };
        let networks = text.split(',').filter(|text| !text.trim().is_empty()).map(network);
        networks.collect::<Option<_>>().map(Self).ok_or(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_and_prefixes() {
        let parsed = Networks::parse("127.0.0.1, 10.0.0.0/8,fd00::/8").unwrap();
        let contain = |address: &str| parsed.contain(address.parse().unwrap());
        assert!(contain("127.0.0.1") && contain("10.200.0.1") && contain("fd00::7"));
        assert!(contain("::ffff:10.0.0.1"), "as a socket for both families shows it");
        assert!(!contain("127.0.0.2") && !contain("11.0.0.1") && !contain("::1"));
        let mapped = Networks::parse("::ffff:10.0.0.1").unwrap();
        assert!(mapped.contain("10.0.0.1".parse().unwrap()));
        assert_eq!(Networks::parse("").unwrap(), Networks::default());
        for bad in ["10.0.0.0/33", "localhost", "10.0.0", "1.2.3.4;5.6.7.8", "::ffff:10.0.0.0/104"]
        {
            assert_eq!(Networks::parse(bad), Err(None), "{bad}");
        }
    }
}

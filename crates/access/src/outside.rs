//! Which addresses somebody outside may have requests sent to: public ones,
//! so that nobody reaches what only we can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// IPv4 networks that are not public: IANA's registry of special-purpose
/// addresses, multicast, reserved ones, and the address under which one cloud
/// shows each machine its secrets.
const NOT_PUBLIC_V4: [Ipv4Net; 19] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([168, 63, 129, 16], 32),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 52, 193, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([192, 175, 48, 0], 24),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// Where public IPv6 addresses lie. Whatever holds an IPv4 address in itself
/// (mapped, NAT64), and local ones, lie outside.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0], 3);
/// What is not public within: protocol assignments (Teredo among them),
/// documentation, and 6to4, which holds an IPv4 address.
const NOT_PUBLIC_V6: [Ipv6Net; 4] =
    [v6([0x2001, 0], 23), v6([0x2001, 0xdb8], 32), v6([0x2002, 0], 16), v6([0x3fff, 0], 20)];

/// Last labels of names that mean something inside of a network.
const INSIDE: [&str; 14] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
    "test",
    "invalid",
    "svc",
];

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b]: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// Which addresses may be sent to.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Networks that may be sent to although they are not public.
    pub networks: Vec<IpNet>,
    /// Whether an address in one of these may be written with http.
    pub http: bool,
}

impl Outside {
    /// Whether requests may go to this address.
    pub fn may(&self, address: IpAddr) -> bool {
        let is_public = match address {
            IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&address)),
            IpAddr::V6(address) => {
                PUBLIC_V6.contains(&address)
                    && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&address))
            }
        };
        is_public || self.is_named(address)
    }

    /// Reads an address that somebody gives. A name in it is still to be
    /// resolved, and what it resolves to to be asked of [`Outside::may`].
    ///
    /// # Errors
    /// Why nothing is sent there, in words.
    pub fn url(&self, text: &str) -> Result<Url, &'static str> {
        // Why before it is read: reading repairs what should not be repaired.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err("it is no URL");
        }
        let url = Url::parse(text).map_err(|_| "it is no URL")?;
        let host = url.host().ok_or("it is no URL")?;
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err("it names a user");
        }
        if url.fragment().is_some() {
            return Err("it has a fragment");
        }
        match (url.scheme(), &host) {
            ("https", _) => {}
            ("http", Host::Ipv4(address)) if self.http && self.is_named((*address).into()) => {}
            ("http", Host::Ipv6(address)) if self.http && self.is_named((*address).into()) => {}
            _ => return Err("it has to begin with https"),
        }
        if url.port().is_some_and(|port| port < 1_024) {
            return Err("its port is another service's");
        }
        let is_outside = match host {
            Host::Ipv4(address) => self.may(address.into()),
            Host::Ipv6(address) => self.may(address.into()),
            Host::Domain(name) => is_public_name(name),
        };
        if is_outside { Ok(url) } else { Err("it is not a public address") }
    }

    fn is_named(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|net| net.contains(&address))
    }
}

fn is_public_name(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    !last.is_empty() && !INSIDE.contains(&last) && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssrf_addresses_that_are_not_public_are_told_by_their_numbers() {
        let outside = Outside::default();
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!outside.may(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "223.5.5.5", "100.128.0.1", "172.32.0.1", "2400:3200::1"] {
            assert!(outside.may(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_network_that_is_named_may_be_sent_to_and_http_only_there() {
        let named = |http| Outside { networks: vec!["127.0.0.1/32".parse().unwrap()], http };
        assert!(named(true).url("http://127.0.0.1:9000/x").is_ok());
        assert!(named(false).url("https://127.0.0.1:9000/x").is_ok());
        assert!(named(false).url("http://127.0.0.1:9000/x").is_err());
        assert!(named(true).url("http://127.0.0.2:9000/x").is_err());
        assert!(named(true).url("http://hooks.example.com/x").is_err());
        assert!(Outside::default().url("https://hooks.example.com:8443/x?y=z").is_ok());
    }
}

//! Networks: which addresses an API user may call from, and which proxies are trusted.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address (`192.0.2.7`) or a network (`10.0.0.0/8`, `2001:db8::/32`). IPv4 addresses in the form of
/// IPv6 (`::ffff:192.0.2.7`) are IPv4 addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network(IpNet);

/// A text that is neither an address nor a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an address or a network is wanted, such as 192.0.2.7 or 10.0.0.0/8")]
pub struct NoNetwork;

impl Network {
    /// True if the address is in the network.
    pub fn covers(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// The networks by which a machine reaches itself.
    pub fn loopback() -> [Network; 2] {
        let four = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let six = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        [Network(four.into()), Network(six.into())]
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Network, NoNetwork> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| NoNetwork)?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let canonical = address.to_canonical();
        let length = match length {
            // The 96 bits in front of the IPv4 address are part of the length.
            Some(length) if canonical != address => Some(length.checked_sub(96).ok_or(NoNetwork)?),
            length => length,
        };
        let network = match length {
            Some(length) => IpNet::new(canonical, length).map_err(|_| NoNetwork)?,
            None => canonical.into(),
        };
        Ok(Network(network))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_cover_their_addresses() {
        for (network, address, expected) in [
            ("198.51.100.7", "198.51.100.7", true),
            ("198.51.100.8", "198.51.100.7", false),
            ("198.51.100.0/24", "198.51.100.7", true),
            ("198.51.100.9/24", "198.51.100.7", true),
            ("198.51.101.0/24", "198.51.100.7", false),
            ("0.0.0.0/0", "198.51.100.7", true),
            ("::/0", "198.51.100.7", false),
            ("198.51.100.0/24", "::ffff:198.51.100.7", true),
            ("::ffff:198.51.100.0/120", "198.51.100.7", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::1", "2001:db8::2", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.covers(address.parse().unwrap()), expected, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network() {
        for text in
            ["", "here", "198.51.100.7/33", "198.51.100.7/", "::/129", "10.0.0/8", "::ffff:10.0.0.0/8"]
        {
            assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
        }
    }

    #[test]
    fn this_machine() {
        for (address, expected) in
            [("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("10.0.0.1", false)]
        {
            let address = address.parse().unwrap();
            assert_eq!(
                Network::loopback().iter().any(|network| network.covers(address)),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for text in ["192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::1"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}

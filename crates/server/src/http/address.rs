//! Whom an address stands for where load is shared out.

use std::net::{IpAddr, Ipv4Addr};

/// One client as far as addresses can tell: an IPv4 address, the first 64 bits of an IPv6 address, or all whose
/// address is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum AddressKey {
    /// An IPv4 address, also one that is written as IPv6.
    V4(Ipv4Addr),
    /// The network of an IPv6 address: one customer has all of it.
    V6(u64),
    /// No address.
    Unknown,
}

impl From<Option<IpAddr>> for AddressKey {
    fn from(address: Option<IpAddr>) -> AddressKey {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => AddressKey::V4(address),
            Some(IpAddr::V6(address)) => {
                AddressKey::V6(u64::try_from(address.to_bits() >> 64).unwrap_or_default())
            }
            None => AddressKey::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_counts_as_one() {
        let key = |text: &str| AddressKey::from(text.parse::<IpAddr>().ok());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("?"), AddressKey::Unknown);
    }
}

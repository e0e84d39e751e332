//! Where somebody is, by address (R-AUTH-13): a list of networks of the territory, kept by the
//! authority. No service is asked.

use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

use escrutinio_core::manifest::GeoGate;

/// Addresses with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    mask: u128,
}

/// IPv4 within IPv6, so that there is one kind of address.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "is no network such as 198.51.100.0/24 or 2001:db8::/32";
        let (address, length) = text.split_once('/').ok_or(WRONG)?;
        let address: IpAddr = address.parse().map_err(|_| WRONG)?;
        let length: u32 = length.parse().map_err(|_| WRONG)?;
        let (longest, skipped) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        if length > longest {
            return Err(WRONG);
        }
        let ones = length.saturating_add(skipped);
        let mask = u128::MAX.checked_shl(128u32.saturating_sub(ones)).unwrap_or(0);
        let bits = number(address);
        if bits & mask == bits { Ok(Self { bits, mask }) } else { Err("has bits after its length") }
    }
}

impl Network {
    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        number(address) & self.mask == self.bits
    }

    /// A file of them, one a line; `#` begins a comment.
    ///
    /// # Errors
    /// The number of the line, and what is wrong with it.
    pub fn list(text: &str) -> Result<Vec<Self>, (usize, &'static str)> {
        let line = |text: &str| text.split('#').next().unwrap_or_default().trim().to_owned();
        let lines = (1..).zip(text.lines().map(line)).filter(|(_, line)| !line.is_empty());
        lines.map(|(number, line)| line.parse().map_err(|why| (number, why))).collect()
    }
}

/// The check of the place.
#[derive(Debug)]
pub(super) struct PlaceGate {
    gate: GeoGate,
    domestic: Vec<Network>,
}

impl PlaceGate {
    pub(super) fn new(gate: GeoGate, domestic: Vec<Network>) -> Self {
        Self { gate, domestic }
    }

    /// Whether an address is of the territory. Where the gate is off nothing is looked up.
    pub(super) fn domestic(&self, address: IpAddr) -> bool {
        self.gate != GeoGate::Off && self.domestic.iter().any(|network| network.contains(address))
    }

    /// Whether nobody comes in from there.
    pub(super) fn enforced(&self) -> bool {
        self.gate == GeoGate::Enforce
    }
}

/// IPv4 addresses that come as IPv6, as themselves.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => Ipv6Addr::to_ipv4_mapped(&v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domestic() -> Vec<Network> {
        Network::list("# México\n198.51.100.0/24 # a\n\n2001:db8::/32\n203.0.113.7/32\n").unwrap()
    }

    fn found(gate: GeoGate, address: &str) -> bool {
        PlaceGate::new(gate, domestic()).domestic(address.parse().unwrap())
    }

    #[test]
    fn r_auth_13_a_domestic_address_is_refused_only_where_the_gate_is_enforced() {
        for address in ["198.51.100.9", "2001:db8:1::1", "203.0.113.7", "::ffff:198.51.100.1"] {
            assert!(!found(GeoGate::Off, address), "nothing is looked up");
            assert!(found(GeoGate::LogOnly, address) && found(GeoGate::Enforce, address), "{address}");
        }
        for address in ["198.51.101.9", "2001:db9::1", "203.0.113.8", "::1"] {
            assert!(!found(GeoGate::Enforce, address), "{address}");
        }
        let enforced = |gate| PlaceGate::new(gate, domestic()).enforced();
        assert_eq!([GeoGate::Off, GeoGate::LogOnly, GeoGate::Enforce].map(enforced), [false, false, true]);
    }

    #[test]
    fn networks_are_read_strictly() {
        for wrong in ["198.51.100.0", "198.51.100.0/33", "198.51.100.1/24", "::/129", "x/8", "1.2.3.4/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("9.9.9.9".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
        assert!("::/0".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
        assert_eq!(Network::list("10.0.0.0/8\nx").unwrap_err().0, 2);
    }
}

//! Formats of text: networks in CIDR notation, dates.

use std::net::IpAddr;

/// A network in CIDR notation, `10.0.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network that `text` spells. Bits below the prefix may be set, `10.0.0.7/16`; they are kept off
    /// [`Network::first`].
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let is_plain = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let (address, prefix): (IpAddr, u8) = (address.parse().ok()?, prefix.parse().ok().filter(|_| is_plain)?);
        if prefix > width(address) {
            return None;
        }
        Some(Self { first: from_number(address, number(address) & !below(address, prefix)), prefix })
    }

    /// Whether it is of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.first.is_ipv4()
    }

    /// The number of bits that all its addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The first address.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// The address `offset` after the first, if it is still inside.
    pub fn address(&self, offset: u128) -> Option<IpAddr> {
        (offset <= below(self.first, self.prefix)).then(|| from_number(self.first, number(self.first) + offset))
    }

    /// Whether `other` lies inside this network, or is it.
    pub fn contains(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.holds(other.first)
    }

    /// Whether some address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether `address` is one of its own.
    pub fn holds(&self, address: IpAddr) -> bool {
        let mask = !below(self.first, self.prefix);
        self.first.is_ipv4() == address.is_ipv4() && number(address) & mask == number(self.first)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The bits below the prefix, all set.
fn below(address: IpAddr, prefix: u8) -> u128 {
    match width(address) - prefix {
        128 => u128::MAX,
        free => (1 << free) - 1,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address of this number, of the same family as `like`.
fn from_number(like: IpAddr, number: u128) -> IpAddr {
    match u32::try_from(number) {
        Ok(bits) if like.is_ipv4() => IpAddr::V4(bits.into()),
        _ => IpAddr::V6(number.into()),
    }
}

/// Whether `text` is a date and time by RFC 3339, or a date alone; AWS takes both.
pub fn is_date_time(text: &str) -> bool {
    let (date, time) = text.split_once(['T', 't', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    is_date(date) && time.is_none_or(is_time)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    matches!(parts[..], [year, month, day] if year.len() == 4
        && digits(year, 0, 9999) && digits(month, 1, 12) && digits(day, 1, 31))
}

fn is_time(text: &str) -> bool {
    let zone = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone);
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let parts: Vec<_> = clock.split(':').collect();
    let is_clock = match parts[..] {
        [hour, minute] => digits(hour, 0, 23) && digits(minute, 0, 59),
        [hour, minute, second] => digits(hour, 0, 23) && digits(minute, 0, 59) && digits(second, 0, 60),
        _ => false,
    };
    is_clock && (zone.len() <= 1 || zone[1..].replace(':', "").bytes().all(|byte| byte.is_ascii_digit()))
}

fn digits(text: &str, least: u32, most: u32) -> bool {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number && text.parse().is_ok_and(|number: u32| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).expect(text)
    }

    #[test]
    fn networks_are_read_and_slips_are_not() {
        assert_eq!(network("10.0.3.7/16").first().to_string(), "10.0.0.0");
        assert_eq!(
            network("0.0.0.0/0").address(u128::from(u32::MAX)).map(|a| a.to_string()).as_deref(),
            Some("255.255.255.255")
        );
        assert_eq!(network("::/0").prefix(), 0);
        for slip in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/", "anywhere", "::/129"] {
            assert_eq!(Network::parse(slip), None, "{slip}");
        }
    }

    #[test]
    fn networks_contain_and_overlap() {
        let (all, half, other) = (network("10.0.0.0/16"), network("10.0.128.0/17"), network("10.1.0.0/16"));
        assert!(all.contains(&half) && !half.contains(&all) && half.overlaps(&all) && !all.overlaps(&other));
        assert!(!all.contains(&network("::/64")));
        assert_eq!(half.address(32768), None);
    }

    #[test]
    fn dates_are_told_from_other_text() {
        for good in ["2026-01-31", "2026-01-31T08:00:00Z", "2026-01-31T08:00:00.123+02:00"] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in ["tomorrow", "2026-13-01", "2026-01-31T25:00:00Z", ""] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }
}

//! CIDR blocks as people write them: what family one is of, or why it is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// What is wrong with a block, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadCidr {
    pub(super) reason: String,
    pub(super) help: String,
}

/// The family of `block`: an address, `/`, and a prefix length that covers every bit that is set.
pub(super) fn family(block: &str) -> Result<Family, BadCidr> {
    let Some((address, prefix)) = block.split_once('/') else {
        return Err(without_prefix(block));
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(bad(block, format!("`{address}` is not an IP address"), "an example: `10.0.0.0/8`"));
    };
    let (family, bits) = match address {
        IpAddr::V4(_) => (Family::V4, 32),
        IpAddr::V6(_) => (Family::V6, 128),
    };
    let length = prefix.parse::<u32>().ok().filter(|length| *length <= bits && length.to_string() == prefix);
    let Some(length) = length else {
        return Err(bad(block, format!("the prefix length is `{prefix}`"), format!("it is a number from 0 to {bits}")));
    };
    let network = network(address, length);
    if network != address {
        return Err(bad(block, "bits beyond the prefix are set", format!("the block is `{network}/{length}`")));
    }
    Ok(family)
}

fn without_prefix(block: &str) -> BadCidr {
    match block.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => bad(block, "it has no prefix length", format!("one address is `{block}/32`")),
        Ok(IpAddr::V6(_)) => bad(block, "it has no prefix length", format!("one address is `{block}/128`")),
        Err(_) => bad(block, "it is not an IP address and a prefix length", "an example: `10.0.0.0/8`"),
    }
}

fn bad(block: &str, reason: impl std::fmt::Display, help: impl Into<String>) -> BadCidr {
    BadCidr { reason: format!("`{block}` is not a CIDR block: {reason}"), help: help.into() }
}

/// `address` with all bits after the first `length` cleared.
fn network(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_both_families() {
        for block in ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32"] {
            assert_eq!(family(block), Ok(Family::V4), "{block}");
        }
        for block in ["::/0", "2001:db8::/32", "::1/128"] {
            assert_eq!(family(block), Ok(Family::V6), "{block}");
        }
    }

    #[test]
    fn a_bad_block_says_why() {
        let check = |block: &str, reason: &str, help: &str| {
            let bad = family(block).expect_err(block);
            assert_eq!(bad.reason, format!("`{block}` is not a CIDR block: {reason}"));
            assert_eq!(bad.help, help);
        };
        check("10.0.0.1/8", "bits beyond the prefix are set", "the block is `10.0.0.0/8`");
        check("2001:db8::1/32", "bits beyond the prefix are set", "the block is `2001:db8::/32`");
        check("10.0.0.0/33", "the prefix length is `33`", "it is a number from 0 to 32");
        check("10.0.0.0/+8", "the prefix length is `+8`", "it is a number from 0 to 32");
        check("::/129", "the prefix length is `129`", "it is a number from 0 to 128");
        check("300.0.0.0/8", "`300.0.0.0` is not an IP address", "an example: `10.0.0.0/8`");
        check("192.0.2.1", "it has no prefix length", "one address is `192.0.2.1/32`");
        check("office", "it is not an IP address and a prefix length", "an example: `10.0.0.0/8`");
    }
}

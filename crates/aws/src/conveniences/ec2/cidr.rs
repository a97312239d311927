//! CIDR blocks as people write them: what family one is of, or why it is none.

use std::net::IpAddr;

use ironwright_core::facts::check::Network;

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
    let Some(network) = Network::parse(block) else { return Err(why(block)) };
    let (first, prefix) = (network.first(), network.prefix());
    if address_of(block) != Some(first) {
        return Err(bad(block, "bits beyond the prefix are set", format!("the block is `{first}/{prefix}`")));
    }
    Ok(if network.is_ipv4() { Family::V4 } else { Family::V6 })
}

fn address_of(block: &str) -> Option<IpAddr> {
    block.split('/').next()?.parse().ok()
}

/// Why `block` is no network at all.
fn why(block: &str) -> BadCidr {
    let Some(address) = address_of(block) else {
        return bad(block, "it does not start with an IP address", "an example: `10.0.0.0/8`");
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    match block.split_once('/') {
        None => bad(block, "it has no prefix length", format!("one address is `{block}/{bits}`")),
        Some((_, prefix)) => {
            bad(block, format!("the prefix length is `{prefix}`"), format!("it is a number from 0 to {bits}"))
        }
    }
}

fn bad(block: &str, reason: impl std::fmt::Display, help: impl Into<String>) -> BadCidr {
    BadCidr { reason: format!("`{block}` is not a CIDR block: {reason}"), help: help.into() }
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
        check("300.0.0.0/8", "it does not start with an IP address", "an example: `10.0.0.0/8`");
        check("192.0.2.1", "it has no prefix length", "one address is `192.0.2.1/32`");
        check("office", "it does not start with an IP address", "an example: `10.0.0.0/8`");
    }
}

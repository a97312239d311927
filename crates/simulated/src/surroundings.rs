//! The simulated account: its number, its partitions, regions and zones.

/// The account's number.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The partition of a region.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The domain of the services of a region.
pub(crate) fn url_suffix(region: &str) -> &'static str {
    if partition(region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// The availability zones of a region, in order.
pub(crate) fn zones(region: &str) -> Vec<String> {
    ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect()
}

/// The id of a zone that holds for all accounts: `usw2-az1` for `us-west-2a`.
pub(crate) fn zone_id(zone: &str) -> String {
    let (region, letter) = zone.split_at(zone.len().saturating_sub(1));
    let parts: Vec<_> = region.split('-').collect();
    let short = |(index, part): (usize, &&str)| match (index, *part) {
        (0, part) => part.to_owned(),
        (_, "northeast") => "ne".to_owned(),
        (_, "northwest") => "nw".to_owned(),
        (_, "southeast") => "se".to_owned(),
        (_, "southwest") => "sw".to_owned(),
        (_, part) => part.chars().take(1).collect(),
    };
    let number = letter.bytes().next().map_or(1, |byte| byte.wrapping_sub(b'a').wrapping_add(1));
    format!("{}-az{number}", parts.iter().enumerate().map(short).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_ids() {
        assert_eq!(zone_id("us-west-2a"), "usw2-az1");
        assert_eq!(zone_id("ap-southeast-1c"), "apse1-az3");
        assert_eq!((partition("cn-north-1"), url_suffix("cn-north-1")), ("aws-cn", "amazonaws.com.cn"));
    }
}

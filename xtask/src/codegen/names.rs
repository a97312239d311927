//! AWS names in Rust's spelling: words, `snake_case`, `PascalCase`, and what to do with keywords.
//! What a type or module is finally called (clashes, prefixes) is decided elsewhere.

/// Words that no rule about capitals gets right, with the spelling that a name is split by.
const SPELLINGS: &[(&str, &str)] = &[
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
    ("IpV4", "Ipv4"),
    ("IpV6", "Ipv6"),
    ("IPV4", "Ipv4"),
    ("IPV6", "Ipv6"),
    ("IoT", "Iot"),
    ("OAuth", "Oauth"),
    ("VCpu", "Vcpu"),
    ("vCpu", "Vcpu"),
    ("GraphQL", "Graphql"),
    ("OpenID", "Openid"),
    ("MySQL", "Mysql"),
    ("PostgreSQL", "Postgresql"),
    ("DDoS", "Ddos"),
    ("mTLS", "Mtls"),
    ("FSx", "Fsx"),
    ("GiB", "Gib"),
    ("MiB", "Mib"),
    ("KiB", "Kib"),
    ("SaaS", "Saas"),
    ("XRay", "Xray"),
    ("ETag", "Etag"),
    ("RStudio", "Rstudio"),
    ("VCenter", "Vcenter"),
    ("VMotion", "Vmotion"),
    ("VSan", "Vsan"),
    ("IdC", "Idc"),
    ("QnA", "Qna"),
    ("SerDe", "Serde"),
    ("DBv2", "Dbv2"),
    ("VPCDHCP", "VpcDhcp"),
    ("DHCPOptions", "DhcpOptions"),
];

/// Rust's keywords.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
    "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The methods that resources and builders have already.
#[rustfmt::skip]
const OF_RESOURCES: &[&str] = &[
    "bag_mut", "build", "builder", "clone", "depends_on", "into_bag", "lower", "new", "protect", "raw", "retain", "snapshot", "tag",
];

/// The methods that handles have already.
const OF_HANDLES: &[&str] = &["address", "clone", "new", "origin"];

/// The words of an AWS name, each in its original spelling: `KMSKeyIDs` is `KMS`, `Key`, `IDs`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let spelled = SPELLINGS.iter().fold(name.to_owned(), |name, (from, to)| respelled(&name, from, to));
    let mut words = Vec::new();
    for part in spelled.split(|c: char| !c.is_ascii_alphanumeric()) {
        split_capitals(&part.chars().collect::<Vec<_>>(), &mut words);
    }
    words
}

/// `name` with the word `from` as `to`, wherever a word, or its plural, ends there: `IdC` in `IdCArn`, not in `IdClaim`.
fn respelled(name: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once(from) {
        let singular = after.strip_prefix('s').unwrap_or(after);
        let ends = [after, singular].iter().any(|after| !after.starts_with(|c: char| c.is_ascii_lowercase()));
        out.push_str(before);
        out.push_str(if ends { to } else { from });
        rest = after;
    }
    out + rest
}

fn split_capitals(part: &[char], words: &mut Vec<String>) {
    let mut start = 0;
    for at in 1..part.len() {
        if starts_word(part, at) {
            words.push(part[start..at].iter().collect());
            start = at;
        }
    }
    if start < part.len() {
        words.push(part[start..].iter().collect());
    }
}

/// Whether a new word begins at `at`: at a capital after a small letter or digit, and at the last capital of a run
/// that small letters follow, unless those are the plural of an acronym (`ARNs`).
fn starts_word(part: &[char], at: usize) -> bool {
    let (before, here) = (part[at - 1], part[at]);
    if !here.is_ascii_uppercase() {
        return false;
    }
    if !before.is_ascii_uppercase() {
        return true;
    }
    match part.get(at + 1) {
        Some(next) if next.is_ascii_lowercase() => !is_plural_end(part, at + 1),
        _ => false,
    }
}

fn is_plural_end(part: &[char], at: usize) -> bool {
    part[at] == 's' && part.get(at + 1).is_none_or(|next| !next.is_ascii_lowercase())
}

/// `VPCId` is `vpc_id`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for word in words(name) {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(&word.to_ascii_lowercase());
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

/// The name of a property's setter: a keyword, or a name that is taken, gets a trailing underscore.
pub(crate) fn setter(name: &str) -> String {
    free_of(OF_RESOURCES, name)
}

/// The name of an attribute's method, likewise.
pub(crate) fn attribute(name: &str) -> String {
    free_of(OF_HANDLES, name)
}

fn free_of(taken: &[&str], name: &str) -> String {
    let snake = snake(name);
    if [KEYWORDS, taken].concat().contains(&snake.as_str()) { snake + "_" } else { snake }
}

/// `DBInstance` is `DbInstance`.
pub(crate) fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        out.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        out.extend(chars.map(|c| c.to_ascii_lowercase()));
    }
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'N');
    }
    out
}

/// The name of an enum's variant: `PascalCase`, a sign in front spelled out, and nothing that Rust or the enum has taken.
pub(crate) fn variant(value: &str) -> String {
    let spelled = value.replace('+', " plus ").replace('*', " any ");
    let spelled = match spelled.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("minus {rest}"),
        _ => spelled,
    };
    match pascal(&spelled).as_str() {
        "Self" => "SelfValue".to_owned(),
        "Other" => "OtherValue".to_owned(),
        "N" => "Empty".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_keeps_acronyms_together() {
        for (aws, rust) in [
            ("CidrBlock", "cidr_block"),
            ("VPCId", "vpc_id"),
            ("KMSKeyId", "kms_key_id"),
            ("IPv6", "ipv6"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
            ("EnableDns64", "enable_dns64"),
            ("VPCZoneIdentifier", "vpc_zone_identifier"),
            ("TargetGroupARNs", "target_group_arns"),
            ("ARNs", "arns"),
            ("VPCEndpointIDs", "vpc_endpoint_ids"),
            ("DBSubnetGroupName", "db_subnet_group_name"),
            ("S3Bucket", "s3_bucket"),
            ("HTTPSPort", "https_port"),
            ("OAuth2Settings", "oauth2_settings"),
            ("IoTJob", "iot_job"),
            ("VCpus", "vcpus"),
            ("MemoryGiBPerVCpu", "memory_gib_per_vcpu"),
            ("IdCApplicationArn", "idc_application_arn"),
            ("UserIdClaim", "user_id_claim"),
            ("VPCDHCPOptionsAssociation", "vpc_dhcp_options_association"),
            ("WebsiteURL", "website_url"),
            ("Endpoint.Address", "endpoint_address"),
            ("aws:SourceArn", "aws_source_arn"),
        ] {
            assert_eq!(snake(aws), rust, "{aws}");
        }
    }

    #[test]
    fn pascal_case_reads_as_words() {
        for (aws, rust) in [
            ("VPC", "Vpc"),
            ("EIP", "Eip"),
            ("DBInstance", "DbInstance"),
            ("NatGateway", "NatGateway"),
            ("iSCSIVolume", "IScsiVolume"),
            ("3DModel", "N3DModel"),
        ] {
            assert_eq!(pascal(aws), rust, "{aws}");
        }
    }

    #[test]
    fn taken_method_names_get_an_underscore() {
        assert_eq!(setter("Type"), "type_");
        assert_eq!((setter("Tag"), attribute("Tag")), ("tag_".to_owned(), "tag".to_owned()));
        assert_eq!((setter("Address"), attribute("Address")), ("address".to_owned(), "address_".to_owned()));
        assert_eq!(setter("Name"), "name");
    }

    #[test]
    fn variants_never_collide_with_rust_or_the_catch_all() {
        assert_eq!(variant("self"), "SelfValue");
        assert_eq!(variant("other"), "OtherValue");
        assert_eq!(variant(""), "Empty");
        assert_eq!(variant("-1"), "Minus1");
        assert_eq!(variant("t2.micro"), "T2Micro");
        assert_eq!(variant("VPC_IPV4"), "VpcIpv4");
    }
}

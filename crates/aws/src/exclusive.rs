//! What one resource of a type holds alone: while the old one is there, AWS refuses a new one that holds the same. So a
//! replacement destroys first. The schemas do not say it.

/// Properties, by type, each set of which is held by one resource at a time.
const HELD_ALONE: [(&str, &[&[&str]]); 6] = [
    ("AWS::EC2::NatGateway", &[&["AllocationId"]]),
    ("AWS::EC2::NetworkAclEntry", &[&["NetworkAclId", "RuleNumber", "Egress"]]),
    (
        "AWS::EC2::Route",
        &[
            &["RouteTableId", "DestinationCidrBlock"],
            &["RouteTableId", "DestinationIpv6CidrBlock"],
            &["RouteTableId", "DestinationPrefixListId"],
        ],
    ),
    ("AWS::EC2::SubnetRouteTableAssociation", &[&["SubnetId"]]),
    ("AWS::EC2::VPCGatewayAttachment", &[&["VpcId"], &["InternetGatewayId"]]),
    ("AWS::EC2::VolumeAttachment", &[&["VolumeId"]]),
];

/// The sets of `type_name`.
pub(crate) fn held_alone(type_name: &str) -> impl Iterator<Item = Vec<String>> {
    let sets = HELD_ALONE.iter().filter(move |(known, _)| *known == type_name).flat_map(|(_, sets)| *sets);
    sets.map(|set| set.iter().map(|property| (*property).to_owned()).collect())
}

#[cfg(all(test, feature = "ec2"))]
mod tests {
    use super::*;
    use crate::facts;

    #[test]
    fn every_property_is_one_of_its_type() {
        for (type_name, sets) in HELD_ALONE {
            let facts = facts().facts(type_name).unwrap_or_else(|| panic!("{type_name} has no facts"));
            for property in sets.iter().copied().flatten() {
                assert!(facts.properties.contains_key(*property), "{type_name}.{property}");
            }
            assert!(held_alone(type_name).all(|set| facts.additional_identifiers.contains(&set)), "{type_name}");
        }
    }
}

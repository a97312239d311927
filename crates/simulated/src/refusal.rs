//! Errors in AWS's words: which code each service uses for which problem.

use ironwright_core::facts::check::{Violation, ViolationKind};
use ironwright_engine::{ErrorKind, ProviderError};

use crate::entry::Key;

/// A refusal: the request is wrong as it stands.
pub(crate) fn refused(code: impl Into<String>, message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Refused, code, message)
}

/// The codes of one service.
struct Codes {
    service: &'static str,
    /// A value that is not valid.
    invalid: &'static str,
    /// A property that is missing.
    missing: &'static str,
    /// A property that is not known.
    unknown: &'static str,
    /// A name that is taken.
    exists: &'static str,
    /// A resource that is not there.
    not_found: &'static str,
    /// A resource that others use.
    in_use: &'static str,
}

#[rustfmt::skip]
const CODES: &[Codes] = &[
    Codes { service: "EC2", invalid: "InvalidParameterValue", missing: "MissingParameter", unknown: "UnknownParameter", exists: "InvalidParameterValue", not_found: "", in_use: "DependencyViolation" },
    Codes { service: "S3", invalid: "InvalidRequest", missing: "MalformedXML", unknown: "MalformedXML", exists: "BucketAlreadyOwnedByYou", not_found: "NoSuchBucket", in_use: "BucketNotEmpty" },
    Codes { service: "IAM", invalid: "ValidationError", missing: "ValidationError", unknown: "ValidationError", exists: "EntityAlreadyExists", not_found: "NoSuchEntity", in_use: "DeleteConflict" },
    Codes { service: "Lambda", invalid: "InvalidParameterValueException", missing: "InvalidParameterValueException", unknown: "InvalidParameterValueException", exists: "ResourceConflictException", not_found: "ResourceNotFoundException", in_use: "ResourceInUseException" },
    Codes { service: "DynamoDB", invalid: "ValidationException", missing: "ValidationException", unknown: "ValidationException", exists: "ResourceInUseException", not_found: "ResourceNotFoundException", in_use: "ResourceInUseException" },
    Codes { service: "SQS", invalid: "InvalidAttributeValue", missing: "MissingParameter", unknown: "InvalidAttributeName", exists: "QueueAlreadyExists", not_found: "AWS.SimpleQueueService.NonExistentQueue", in_use: "ResourceInUse" },
    Codes { service: "SNS", invalid: "InvalidParameter", missing: "InvalidParameter", unknown: "InvalidParameter", exists: "InvalidParameter", not_found: "NotFound", in_use: "ResourceInUse" },
    Codes { service: "RDS", invalid: "InvalidParameterValue", missing: "MissingParameter", unknown: "InvalidParameterValue", exists: "AlreadyExistsFault", not_found: "NotFoundFault", in_use: "InvalidStateFault" },
    Codes { service: "ElasticLoadBalancingV2", invalid: "ValidationError", missing: "ValidationError", unknown: "ValidationError", exists: "DuplicateName", not_found: "NotFound", in_use: "ResourceInUse" },
    Codes { service: "ECS", invalid: "InvalidParameterException", missing: "InvalidParameterException", unknown: "InvalidParameterException", exists: "InvalidParameterException", not_found: "NotFoundException", in_use: "ResourceInUseException" },
    Codes { service: "EKS", invalid: "InvalidParameterException", missing: "InvalidParameterException", unknown: "InvalidParameterException", exists: "ResourceInUseException", not_found: "ResourceNotFoundException", in_use: "ResourceInUseException" },
    Codes { service: "ECR", invalid: "InvalidParameterException", missing: "InvalidParameterException", unknown: "InvalidParameterException", exists: "RepositoryAlreadyExistsException", not_found: "RepositoryNotFoundException", in_use: "RepositoryNotEmptyException" },
    Codes { service: "Logs", invalid: "InvalidParameterException", missing: "InvalidParameterException", unknown: "InvalidParameterException", exists: "ResourceAlreadyExistsException", not_found: "ResourceNotFoundException", in_use: "OperationAbortedException" },
    Codes { service: "KMS", invalid: "ValidationException", missing: "ValidationException", unknown: "ValidationException", exists: "AlreadyExistsException", not_found: "NotFoundException", in_use: "KMSInvalidStateException" },
    Codes { service: "SecretsManager", invalid: "InvalidParameterException", missing: "InvalidParameterException", unknown: "InvalidParameterException", exists: "ResourceExistsException", not_found: "ResourceNotFoundException", in_use: "InvalidRequestException" },
    Codes { service: "SSM", invalid: "ValidationException", missing: "ValidationException", unknown: "ValidationException", exists: "ParameterAlreadyExists", not_found: "ParameterNotFound", in_use: "ResourceInUseException" },
    Codes { service: "Route53", invalid: "InvalidInput", missing: "InvalidInput", unknown: "InvalidInput", exists: "HostedZoneAlreadyExists", not_found: "NoSuchHostedZone", in_use: "HostedZoneNotEmpty" },
    Codes { service: "AutoScaling", invalid: "ValidationError", missing: "ValidationError", unknown: "ValidationError", exists: "AlreadyExists", not_found: "ValidationError", in_use: "ResourceInUse" },
    Codes { service: "CloudWatch", invalid: "InvalidParameterValue", missing: "MissingParameter", unknown: "ValidationError", exists: "AlreadyExists", not_found: "ResourceNotFound", in_use: "ResourceInUse" },
];

const GENERIC: Codes = Codes {
    service: "",
    invalid: "ValidationException",
    missing: "ValidationException",
    unknown: "ValidationException",
    exists: "AlreadyExists",
    not_found: "ResourceNotFoundException",
    in_use: "ResourceInUse",
};

/// Codes for a reference to nothing, and for reading or deleting nothing, by type.
#[rustfmt::skip]
const NOT_FOUND: &[(&str, &str)] = &[
    ("AWS::EC2::VPC", "InvalidVpcID.NotFound"),
    ("AWS::EC2::Subnet", "InvalidSubnetID.NotFound"),
    ("AWS::EC2::SecurityGroup", "InvalidGroup.NotFound"),
    ("AWS::EC2::Instance", "InvalidInstanceID.NotFound"),
    ("AWS::EC2::Volume", "InvalidVolume.NotFound"),
    ("AWS::EC2::EIP", "InvalidAllocationID.NotFound"),
    ("AWS::EC2::NatGateway", "NatGatewayNotFound"),
    ("AWS::EC2::KeyPair", "InvalidKeyPair.NotFound"),
    ("AWS::EC2::NetworkInterface", "InvalidNetworkInterfaceID.NotFound"),
    ("AWS::EC2::PlacementGroup", "InvalidPlacementGroup.Unknown"),
    ("AWS::EC2::Route", "InvalidRoute.NotFound"),
    ("AWS::EC2::SubnetRouteTableAssociation", "InvalidAssociationID.NotFound"),
    ("AWS::EC2::LaunchTemplate", "InvalidLaunchTemplateId.NotFound"),
    ("AWS::EC2::VPCEndpoint", "InvalidVpcEndpointId.NotFound"),
    ("AWS::EC2::SecurityGroupIngress", "InvalidSecurityGroupRuleId.NotFound"),
    ("AWS::EC2::SecurityGroupEgress", "InvalidSecurityGroupRuleId.NotFound"),
    ("AWS::EC2::VPCGatewayAttachment", "Gateway.NotAttached"),
    ("AWS::S3::BucketPolicy", "NoSuchBucketPolicy"),
    ("AWS::ECS::Cluster", "ClusterNotFoundException"),
    ("AWS::ECS::Service", "ServiceNotFoundException"),
    ("AWS::RDS::DBInstance", "DBInstanceNotFound"),
    ("AWS::RDS::DBCluster", "DBClusterNotFoundFault"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupNotFoundFault"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerNotFound"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupNotFound"),
    ("AWS::ElasticLoadBalancingV2::Listener", "ListenerNotFound"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "RuleNotFound"),
];

/// Codes for a name that is taken, by type.
#[rustfmt::skip]
const EXISTS: &[(&str, &str)] = &[
    ("AWS::EC2::SecurityGroup", "InvalidGroup.Duplicate"),
    ("AWS::EC2::KeyPair", "InvalidKeyPair.Duplicate"),
    ("AWS::EC2::LaunchTemplate", "InvalidLaunchTemplateName.AlreadyExistsException"),
    ("AWS::EC2::PlacementGroup", "InvalidPlacementGroup.Duplicate"),
    ("AWS::EC2::Route", "RouteAlreadyExists"),
    ("AWS::EC2::VPCGatewayAttachment", "Resource.AlreadyAssociated"),
    ("AWS::EC2::SubnetRouteTableAssociation", "Resource.AlreadyAssociated"),
    ("AWS::EC2::SecurityGroupIngress", "InvalidPermission.Duplicate"),
    ("AWS::EC2::SecurityGroupEgress", "InvalidPermission.Duplicate"),
    ("AWS::EC2::NetworkAclEntry", "NetworkAclEntryAlreadyExists"),
    ("AWS::RDS::DBInstance", "DBInstanceAlreadyExists"),
    ("AWS::RDS::DBCluster", "DBClusterAlreadyExistsFault"),
    ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupAlreadyExists"),
    ("AWS::RDS::DBParameterGroup", "DBParameterGroupAlreadyExists"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "DuplicateLoadBalancerName"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "DuplicateTargetGroupName"),
    ("AWS::ElasticLoadBalancingV2::Listener", "DuplicateListener"),
    ("AWS::S3::BucketPolicy", "AlreadyExists"),
];

/// Codes for deleting what others use, by type.
#[rustfmt::skip]
const IN_USE: &[(&str, &str)] = &[
    ("AWS::EC2::EIP", "InvalidIPAddress.InUse"),
    ("AWS::EC2::Volume", "VolumeInUse"),
    ("AWS::EC2::PlacementGroup", "InvalidPlacementGroup.InUse"),
    ("AWS::EC2::NetworkInterface", "InvalidNetworkInterface.InUse"),
    ("AWS::ECS::Cluster", "ClusterContainsServicesException"),
    ("AWS::RDS::DBSubnetGroup", "InvalidDBSubnetGroupStateFault"),
    ("AWS::RDS::DBParameterGroup", "InvalidDBParameterGroupState"),
    ("AWS::RDS::DBCluster", "InvalidDBClusterStateFault"),
];

fn codes(type_name: &str) -> &'static Codes {
    let service = type_name.split("::").nth(1).unwrap_or_default();
    CODES.iter().find(|codes| codes.service == service).unwrap_or(&GENERIC)
}

fn by_type(table: &'static [(&str, &str)], type_name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == type_name).map(|(_, code)| *code)
}

/// The last part of a type's name, `Subnet`.
pub(crate) fn short_name(type_name: &str) -> &str {
    type_name.rsplit("::").next().unwrap_or(type_name)
}

/// The type is not one the facts know.
pub(crate) fn unknown_type(type_name: &str) -> ProviderError {
    refused("TypeNotFoundException", format!("the type {type_name} cannot be found"))
}

/// The properties break rules of the type. The code is that of the first; the message tells all.
pub(crate) fn invalid(type_name: &str, violations: &[Violation]) -> ProviderError {
    let codes = codes(type_name);
    let code = match violations.first().map(|violation| violation.kind) {
        Some(ViolationKind::MissingProperty) => codes.missing,
        Some(ViolationKind::UnknownProperty) => codes.unknown,
        Some(ViolationKind::ExcludedProperty) if codes.service == "EC2" => "InvalidParameterCombination",
        Some(ViolationKind::ReadOnly) => "ValidationException",
        _ => codes.invalid,
    };
    let text = |violation: &Violation| match (&violation.path, &violation.problem.help) {
        (path, None) if path.is_empty() => violation.problem.message.clone(),
        (path, Some(help)) if !path.is_empty() => format!("{path}: {} ({help})", violation.problem.message),
        (path, _) => format!("{path}: {}", violation.problem.message),
    };
    refused(code, violations.iter().map(text).collect::<Vec<_>>().join("; "))
}

/// The code for `type_name` having no such resource.
pub(crate) fn not_found_code(type_name: &str) -> String {
    match (by_type(NOT_FOUND, type_name), codes(type_name).not_found) {
        (None, "") => format!("Invalid{}ID.NotFound", short_name(type_name)),
        (Some(code), _) | (None, code) => code.to_owned(),
    }
}

/// What was asked for is not there.
pub(crate) fn not_found(key: &Key) -> ProviderError {
    let message = format!("the {} '{}' does not exist", noun(&key.type_name), key.id);
    ProviderError::new(ErrorKind::NotFound, not_found_code(&key.type_name), message)
}

/// A property refers to what is not there.
pub(crate) fn dangling(type_name: &str, path: &str, value: &str) -> ProviderError {
    let message = format!("the {} '{value}' does not exist ({path})", noun(type_name));
    refused(not_found_code(type_name), message)
}

/// The name is taken.
pub(crate) fn exists(type_name: &str, name: &str) -> ProviderError {
    let code = by_type(EXISTS, type_name).unwrap_or(codes(type_name).exists);
    refused(code, format!("the {} '{name}' already exists", noun(type_name)))
}

/// Others use what shall be deleted.
pub(crate) fn in_use(key: &Key, users: &[String]) -> ProviderError {
    let code = by_type(IN_USE, &key.type_name).unwrap_or(codes(&key.type_name).in_use);
    let message = format!("the {} '{}' is still used by {}", noun(&key.type_name), key.id, users.join(", "));
    ProviderError::new(ErrorKind::InUse, code, message)
}

/// What people call the resources of a type, `security group`.
fn noun(type_name: &str) -> String {
    let mut noun = String::new();
    let mut after_lower = false;
    for letter in short_name(type_name).chars() {
        if letter.is_uppercase() && after_lower {
            noun.push(' ');
        }
        after_lower = letter.is_lowercase();
        noun.push(letter);
    }
    let is_word = |word: &&str| word.chars().nth(1).is_some_and(char::is_lowercase);
    let lower = |word: &str| if is_word(&word) { word.to_lowercase() } else { word.to_owned() };
    noun.split(' ').map(lower).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_read_like_prose() {
        for (type_name, expect) in [
            ("AWS::EC2::SecurityGroup", "security group"),
            ("AWS::EC2::VPC", "VPC"),
            ("AWS::S3::Bucket", "bucket"),
            ("AWS::RDS::DBInstance", "DBInstance"),
        ] {
            assert_eq!(noun(type_name), expect);
        }
    }

    #[test]
    fn codes_are_those_of_the_service_or_generic() {
        assert_eq!(not_found_code("AWS::EC2::RouteTable"), "InvalidRouteTableID.NotFound");
        assert_eq!(not_found_code("AWS::IAM::Role"), "NoSuchEntity");
        assert_eq!(not_found_code("AWS::Batch::JobQueue"), "ResourceNotFoundException");
        assert_eq!(exists("AWS::Batch::JobQueue", "x").code, "AlreadyExists");
    }
}

//! What AWS's error codes mean for a run. Pure: a code and a status in, an [`ErrorKind`] out.
//!
//! Codes are facts of AWS's API references: EC2's list of error codes, Cloud Control's handler error codes, and the common
//! errors of every service.

use ironwright_engine::ErrorKind;

/// Too many requests; the call was not carried out.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Others use the resource, or it is being changed: later it may go.
const IN_USE: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConcurrentOperationException",
    "ConcurrentTagAccess",
    "ConcurrentUpdateException",
    "DeleteConflict",
    "DependencyViolation",
    "EntityTemporarilyUnmodifiable",
    "IncorrectInstanceState",
    "IncorrectModificationState",
    "IncorrectState",
    "InvalidGroup.InUse",
    "InvalidIPAddress.InUse",
    "InvalidNetworkInterface.InUse",
    "InvalidPlacementGroup.InUse",
    "OperationAborted",
    "ResourceConflict",
    "ResourceConflictException",
    "ResourceInUse",
    "ResourceInUseException",
    "VolumeInUse",
];

/// The credentials have run out, and new ones would do.
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// The credentials are wrong, or do not allow the call.
const CREDENTIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidCredentials",
    "InvalidSignatureException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// AWS had trouble, and says that it did not take the call on.
const UNAVAILABLE: &[&str] = &[
    "InsufficientAddressCapacity",
    "InsufficientCapacity",
    "InsufficientHostCapacity",
    "InsufficientInstanceCapacity",
    "InsufficientReservedInstanceCapacity",
    "InsufficientVolumeCapacity",
    "NetworkFailure",
    "ServiceUnavailable",
    "Unavailable",
];

/// AWS had trouble, and it may have done what was asked.
const UNKNOWN: &[&str] = &[
    "GeneralServiceException",
    "HandlerInternalFailureException",
    "InternalError",
    "InternalFailure",
    "InternalFailureException",
    "ServiceInternalError",
    "ServiceTimeout",
];

/// There is no such resource, in codes that do not say so by their form.
const NOT_FOUND: &[&str] =
    &["Gateway.NotAttached", "NoSuchEntity", "NotFound", "ResourceNotFound", "ResourceNotFoundException"];

/// What `code` of a call that was meant to read or delete says: `InvalidVpcID.NotFound` is the absence of the resource.
pub(crate) fn kind(code: &str, status: u16) -> ErrorKind {
    let lists = [
        (THROTTLED, ErrorKind::Throttled),
        (IN_USE, ErrorKind::InUse),
        (CREDENTIALS, ErrorKind::Credentials),
        (EXPIRED, ErrorKind::Expired),
        (UNAVAILABLE, ErrorKind::Unavailable),
        (UNKNOWN, ErrorKind::OutcomeUnknown),
        (NOT_FOUND, ErrorKind::NotFound),
    ];
    if let Some((_, kind)) = lists.iter().find(|(codes, _)| codes.contains(&code)) {
        return *kind;
    }
    match status {
        _ if is_not_found(code) => ErrorKind::NotFound,
        429 => ErrorKind::Throttled,
        500.. => ErrorKind::OutcomeUnknown,
        _ => ErrorKind::Refused,
    }
}

/// What `code` of a call that makes or changes something says: that what it names is not there means that it is not
/// there yet, since the engine asks only for what depends on what is live.
pub(crate) fn kind_of_change(code: &str, status: u16, message: &str) -> ErrorKind {
    match kind(code, status) {
        ErrorKind::NotFound => ErrorKind::NotReady,
        ErrorKind::Refused if is_spreading(code, message) => ErrorKind::NotReady,
        kind => kind,
    }
}

/// EC2 names the kind of resource: `InvalidGroup.NotFound`, `InvalidAllocationID.NotFound`, `NatGatewayNotFound`.
fn is_not_found(code: &str) -> bool {
    let ends = ["NotFound", ".Unknown", "NotFoundFault", "NotFoundException"];
    ends.iter().any(|end| code.ends_with(end))
}

/// The codes under which services refuse what they do not see yet; the message tells it from what is wrong for good.
const SPREADING: &[&str] = &[
    "ClientException",
    "InvalidArgumentException",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidRequest",
    "InvalidRequestException",
    "MalformedPolicy",
    "MalformedPolicyDocument",
    "MalformedPolicyDocumentException",
    "ValidationError",
    "ValidationException",
];

fn is_spreading(code: &str, message: &str) -> bool {
    SPREADING.contains(&code) && is_spreading_message(message)
}

/// IAM answers other services late: for seconds a role or profile that was just made is refused as invalid, or cannot be
/// assumed yet. What services say then, in lower case.
pub(crate) fn is_spreading_message(message: &str) -> bool {
    let about = [
        "iaminstanceprofile",
        "iam instance profile",
        "no associated iam roles",
        "cannot be assumed",
        "could not be assumed",
        "unable to assume",
        "authorized to assume the provided role",
        "not authorized to perform: sts:assumerole",
        "invalid principal in policy",
        "invalid principals",
        "principalnotfound",
        "role arn does not have required permissions",
        "execution role does not have permissions",
    ];
    let message = message.to_lowercase();
    about.iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_they_mean_for_the_run() {
        let check = |code: &str, status, expect| assert_eq!(kind(code, status), expect, "{code} {status}");
        check("RequestLimitExceeded", 503, ErrorKind::Throttled);
        check("DependencyViolation", 400, ErrorKind::InUse);
        check("InvalidVpcID.NotFound", 400, ErrorKind::NotFound);
        check("NatGatewayNotFound", 400, ErrorKind::NotFound);
        check("InvalidParameterValue", 400, ErrorKind::Refused);
        check("InternalError", 500, ErrorKind::OutcomeUnknown);
        check("NobodyKnows", 502, ErrorKind::OutcomeUnknown);
        check("NobodyKnows", 429, ErrorKind::Throttled);
        check("UnauthorizedOperation", 403, ErrorKind::Credentials);
        check("AccessDeniedException", 400, ErrorKind::Credentials);
        check("ExpiredTokenException", 403, ErrorKind::Expired);
        check("RequestExpired", 400, ErrorKind::Expired);
    }

    /// A throttled or broken describe must never count as "gone".
    #[test]
    fn only_the_cloud_s_own_word_is_absence() {
        for code in ["", "RequestLimitExceeded", "InternalError", "UnauthorizedOperation", "ServiceUnavailable"] {
            for status in [400, 403, 404, 429, 500, 503] {
                assert_ne!(kind(code, status), ErrorKind::NotFound, "{code} {status}");
            }
        }
    }

    #[test]
    fn what_a_create_does_not_find_is_not_visible_yet() {
        let check =
            |code: &str, message: &str, expect| assert_eq!(kind_of_change(code, 400, message), expect, "{code}");
        check("InvalidGroup.NotFound", "", ErrorKind::NotReady);
        check(
            "InvalidParameterValue",
            "Value (x) for parameter iamInstanceProfile.name is invalid",
            ErrorKind::NotReady,
        );
        check("InvalidParameterValue", "the instance type t9.huge", ErrorKind::Refused);
    }

    /// In the words of the services that use roles: EC2, Auto Scaling, Lambda, Step Functions, Firehose, EKS, KMS, SNS.
    #[test]
    fn a_role_that_is_not_seen_yet_is_waited_for_and_a_wrong_request_is_not() {
        let spreading = [
            (
                "InvalidParameterValue",
                "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
            ),
            ("InvalidParameterValue", "IAM Instance Profile \"arn\" has no associated IAM Roles"),
            ("ValidationError", "Invalid IAM Instance Profile name: web"),
            ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
            (
                "InvalidParameterValueException",
                "The provided execution role does not have permissions to call ReceiveMessage on SQS",
            ),
            ("ValidationException", "no service principal is authorized to assume the provided role."),
            ("InvalidArgumentException", "Firehose is unable to assume role arn"),
            ("InvalidParameterException", "Role could not be assumed because the trusted entity is not correct"),
            ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
            ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
        ];
        for (code, message) in spreading {
            assert_eq!(kind_of_change(code, 400, message), ErrorKind::NotReady, "{message}");
            assert_eq!(kind(code, 400), ErrorKind::Refused, "{code}: a read is not waited for");
        }
        for (code, message) in
            [("InvalidParameterValue", "Invalid subnet"), ("AlreadyExists", "the role cannot be assumed")]
        {
            assert_eq!(kind_of_change(code, 400, message), ErrorKind::Refused, "{message}");
        }
    }
}

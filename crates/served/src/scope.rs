//! The scope of a request's credentials: which service of which region it is for, and by which key. Signatures are not
//! looked at.

/// The service and region that a request is signed for, and the key it is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Scope {
    /// The scope in an `Authorization` header of Signature Version 4:
    /// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
    pub(crate) fn of(authorization: &str) -> Option<Self> {
        let (_, rest) = authorization.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential=")?;
        let credential = rest.split([',', ' ']).next()?;
        // A key may have slashes; what follows it has none.
        let mut parts = credential.rsplitn(5, '/');
        let (end, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().filter(|_| end == "aws4_request" && !region.is_empty())?;
        let key = parts.next().unwrap_or_default().to_owned();
        Some(Self { key, region: region.to_owned(), service: service.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_names_region_and_service() {
        let scope = Scope::of(
            "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/cloudcontrolapi/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00",
        );
        let (key, region) = ("AKID".to_owned(), "eu-west-1".to_owned());
        let expect = Scope { key, region, service: "cloudcontrolapi".to_owned() };
        assert_eq!(scope, Some(expect));
    }

    #[test]
    fn what_is_no_such_header_has_no_scope() {
        for header in ["", "Basic abc", "AWS4-HMAC-SHA256 Credential=AKID/20261123/aws4_request, SignedHeaders=host"] {
            assert_eq!(Scope::of(header), None, "{header}");
        }
    }
}

//! How a property that takes several kinds of ids takes them: a role's ARN or its name, a key's id or its ARN.

/// `accepts!(KmsKey: KmsKeyId, KmsKeyArn)`: where a `KmsKey` is asked for, values of the other kinds will do.
macro_rules! accepts {
    ($union:ident: $($member:ident),+) => {$(
        impl ironwright_core::kinds::StandsFor<$union> for $member {}
    )+};
}
pub(crate) use accepts;

//! How a property that takes several kinds of ids takes them: a role's ARN or its name, a key's id or its ARN.

/// `accepts!(KmsKey: KmsKeyId, KmsKeyArn)`: where a `KmsKey` is asked for, values of the other kinds will do.
macro_rules! accepts {
    ($union:ident: $($member:ident),+) => {$(
        #[diagnostic::do_not_recommend]
        impl ironwright_core::IntoValue<$union> for ironwright_core::Value<$member> {
            fn into_value(self) -> ironwright_core::Value<$union> {
                self.cast()
            }
        }
    )+};
}
pub(crate) use accepts;

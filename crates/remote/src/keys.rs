//! Numbers in the names of objects: twenty digits, so that names sort as the numbers do.

/// The digits of `number`.
pub(crate) fn numbered(number: u64) -> String {
    format!("{number:020}")
}

/// The number that `digits` are.
pub(crate) fn number_in(digits: &str) -> Option<u64> {
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

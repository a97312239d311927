//! Fingerprints of public keys, as OpenSSH shows them.

use ironwright_core::evaluate::base64;

use crate::hash::sha256;

/// The fingerprint of the public key `encoded`, as it stands in a `known_hosts` file: `SHA256:…`. Nothing where that is no
/// base 64.
pub(super) fn fingerprint(encoded: &str) -> Option<String> {
    let digest = sha256(decoded(encoded)?);
    Some(format!("SHA256:{}", base64(&digest).trim_end_matches('=')))
}

/// The bytes that `text` in base 64 stands for.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for digit in digits.bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for length in 0..64_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37).wrapping_add(length)).collect();
            assert_eq!(decoded(&base64(&bytes)), Some(bytes));
        }
        for wrong in ["A", "AAA", "A===", "====", "AA A", "AAA\n", "AA-_"] {
            assert_eq!(decoded(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn as_openssh_has_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        let keygen = |arguments: &[&str]| {
            let output = Command::new("ssh-keygen").args(arguments).arg("-f").arg(&file).output().expect("ssh-keygen");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("text")
        };
        keygen(&["-q", "-t", "ed25519", "-N", ""]);
        let public = std::fs::read_to_string(file.with_extension("pub")).expect("the public key");
        let ours = fingerprint(public.split(' ').nth(1).expect("a key")).expect("a fingerprint");
        assert_eq!(keygen(&["-l"]).split(' ').nth(1), Some(ours.as_str()));
    }
}

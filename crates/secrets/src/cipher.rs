//! Encrypting text with age and decrypting it again. The ciphertext is age's armoured text, which the `age` tool reads too.

use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::{Decryptor, Encryptor, Identity, Recipient, scrypt};
use std::io::{Read as _, Write as _};

/// The work of scrypt as a power of two: about a quarter of a second and 64 MB, and not less in an unoptimised build, as
/// measuring the machine would give.
const WORK: u8 = if cfg!(test) { 8 } else { 16 };
/// The most work that is taken on to open what somebody else encrypted.
const MOST_WORK: u8 = 22;

/// Why a text cannot be encrypted or decrypted.
#[derive(Debug)]
pub(crate) enum CipherError {
    /// None of the keys fits.
    NoKeyFits,
    /// It is not what was encrypted; or cannot be.
    Broken(String),
}

/// `plain`, encrypted to `recipients`.
pub(crate) fn encrypt<'a>(
    recipients: impl Iterator<Item = &'a dyn Recipient>,
    plain: &[u8],
) -> Result<String, CipherError> {
    let broken = |error: std::io::Error| CipherError::Broken(error.to_string());
    let encryptor = Encryptor::with_recipients(recipients).map_err(|error| CipherError::Broken(error.to_string()))?;
    let mut text = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut text, Format::AsciiArmor).map_err(broken)?;
    let mut writer = encryptor.wrap_output(armor).map_err(broken)?;
    writer.write_all(plain).map_err(broken)?;
    writer.finish().and_then(ArmoredWriter::finish).map_err(broken)?;
    String::from_utf8(text).map_err(|error| CipherError::Broken(error.to_string()))
}

/// `plain`, encrypted with `passphrase`.
pub(crate) fn encrypt_with_passphrase(passphrase: &SecretString, plain: &[u8]) -> Result<String, CipherError> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(WORK);
    encrypt(iter::once(&recipient as &dyn Recipient), plain)
}

/// What `sealed` holds, if one of `keys` opens it.
pub(crate) fn decrypt<'a>(
    keys: impl Iterator<Item = &'a dyn Identity>,
    sealed: &str,
) -> Result<SecretString, CipherError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(sealed.as_bytes())).map_err(unfit)?;
    let mut plain = String::new();
    let mut reader = decryptor.decrypt(keys).map_err(unfit)?;
    reader.read_to_string(&mut plain).map_err(|error| CipherError::Broken(error.to_string()))?;
    Ok(SecretString::from(plain))
}

/// What `sealed` holds, if `passphrase` opens it.
pub(crate) fn decrypt_with_passphrase(passphrase: &SecretString, sealed: &str) -> Result<SecretString, CipherError> {
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MOST_WORK);
    decrypt(iter::once(&identity as &dyn Identity), sealed)
}

fn unfit(error: age::DecryptError) -> CipherError {
    match error {
        age::DecryptError::NoMatchingKeys
        | age::DecryptError::DecryptionFailed
        | age::DecryptError::KeyDecryptionFailed => CipherError::NoKeyFits,
        other => CipherError::Broken(other.to_string()),
    }
}

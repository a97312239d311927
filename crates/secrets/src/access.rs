//! Who may open secrets: recipients and keys of a team, or a passphrase, as the environment gives them.

use std::path::Path;

use age::IdentityFile;
use age::secrecy::SecretString;
use age::x25519::Recipient;
use ironwright_engine::VaultError;

/// Public keys to encrypt to, separated by commas.
const RECIPIENTS: &str = "IRONWRIGHT_AGE_RECIPIENTS";
/// A file with age identities.
const KEY_FILE: &str = "IRONWRIGHT_AGE_KEY_FILE";
/// A passphrase, instead of keys.
const PASSPHRASE: &str = "IRONWRIGHT_PASSPHRASE";

/// A key that opens what was encrypted to its recipient.
pub(crate) type Key = Box<dyn age::Identity + Send + Sync>;

/// Who may open the secrets of a state, and with which keys this process opens them.
pub struct Access(pub(crate) Kind);

pub(crate) enum Kind {
    /// Nothing is given.
    Nothing,
    /// Keys of a team.
    Team {
        /// Whom to encrypt to; not empty.
        recipients: Vec<Recipient>,
        /// What this process can open with; may be empty.
        keys: Vec<Key>,
    },
    /// A passphrase.
    Passphrase(SecretString),
}

/// What the environment gives, and what is to be said of it.
pub struct Given {
    /// The access.
    pub access: Access,
    /// Something to warn of: a key file that others can read.
    pub warning: Option<String>,
}

impl Access {
    /// What the variables `IRONWRIGHT_AGE_RECIPIENTS`, `IRONWRIGHT_AGE_KEY_FILE` and `IRONWRIGHT_PASSPHRASE` of
    /// `environment` give. The last one excludes the others; a key file without recipients is its own recipient.
    pub fn given(environment: &dyn Fn(&str) -> Option<String>) -> Result<Given, VaultError> {
        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let (recipients, file, passphrase) = (set(RECIPIENTS), set(KEY_FILE), set(PASSPHRASE));
        if let Some(passphrase) = passphrase {
            if recipients.is_some() || file.is_some() {
                let other = if recipients.is_some() { RECIPIENTS } else { KEY_FILE };
                return Err(unusable(format!("{PASSPHRASE} and {other} are both set; only one of them can be meant")));
            }
            return Ok(Self(Kind::Passphrase(SecretString::from(passphrase))).into());
        }
        let recipients = recipients.map(|list| parse_recipients(&list)).transpose()?;
        let Some(path) = file else {
            let team = |recipients| Kind::Team { recipients, keys: Vec::new() };
            return Ok(Self(recipients.map_or(Kind::Nothing, team)).into());
        };
        let (own, keys) = read_key_file(&path)?;
        let access = Self(Kind::Team { recipients: recipients.unwrap_or(own), keys });
        let warning = is_open_to_others(Path::new(&path))
            .then(|| format!("the key file {path} can be read by others; type `chmod 600 {path}`"));
        Ok(Given { access, warning })
    }

    /// Nothing given: what is sealed already stays so, and nothing can be opened.
    pub fn nothing() -> Self {
        Self(Kind::Nothing)
    }
}

impl From<Access> for Given {
    fn from(access: Access) -> Self {
        Self { access, warning: None }
    }
}

fn parse_recipients(list: &str) -> Result<Vec<Recipient>, VaultError> {
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let recipients: Vec<Recipient> = words.map(parse_recipient).collect::<Result<_, _>>()?;
    if recipients.is_empty() {
        return Err(unusable(format!("{RECIPIENTS} names nobody")));
    }
    Ok(recipients)
}

fn parse_recipient(word: &str) -> Result<Recipient, VaultError> {
    if word.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        // Not repeated: it is no public key.
        return Err(unusable(format!("{RECIPIENTS} holds a secret key; it wants public ones, `age1…`")));
    }
    word.parse().map_err(|problem| unusable(format!("{RECIPIENTS}: `{word}` is no age recipient: {problem}")))
}

fn read_key_file(path: &str) -> Result<(Vec<Recipient>, Vec<Key>), VaultError> {
    let wrong = |problem: String| unusable(format!("{KEY_FILE}: {path}: {problem}"));
    let file = IdentityFile::from_file(path.to_owned()).map_err(|error| wrong(error.to_string()))?;
    let mut public = Vec::new();
    file.write_recipients_file(&mut public).map_err(|error| wrong(error.to_string()))?;
    let public = String::from_utf8_lossy(&public);
    let recipients = public.lines().map(parse_recipient).collect::<Result<_, _>>()?;
    let keys = file.into_identities().map_err(|error| wrong(error.to_string()))?;
    Ok((recipients, keys))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

pub(crate) fn unusable(problem: String) -> VaultError {
    VaultError::Unusable(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret as _;

    fn given(set: &[(&str, &str)]) -> Result<Given, VaultError> {
        Access::given(&|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[track_caller]
    fn refused(set: &[(&str, &str)], part: &str) -> String {
        let problem = given(set).err().expect("refused").to_string();
        assert!(problem.contains(part), "{problem}");
        problem
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        refused(&[(PASSPHRASE, "x"), (KEY_FILE, "key")], "IRONWRIGHT_AGE_KEY_FILE are both set");
        refused(&[(RECIPIENTS, "age1nonsense")], "`age1nonsense` is no age recipient");
        refused(&[(RECIPIENTS, " , ")], "names nobody");
        refused(&[(KEY_FILE, "/nowhere/key")], "/nowhere/key");
        let secret = age::x25519::Identity::generate().to_string();
        let problem = refused(&[(RECIPIENTS, secret.expose_secret())], "holds a secret key");
        assert!(!problem.contains(secret.expose_secret()));
    }

    #[test]
    fn a_key_file_is_its_own_recipient_and_must_be_kept_from_others() {
        let key = age::x25519::Identity::generate();
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), format!("# a comment\n{}\n", key.to_string().expose_secret())).expect("written");
        let path = file.path().to_str().expect("plain").to_owned();
        let found = given(&[(KEY_FILE, &path)]).expect("usable");
        let Kind::Team { recipients, keys } = found.access.0 else { panic!("a team of one") };
        assert_eq!((recipients, keys.len()), (vec![key.to_public()], 1));
        assert_eq!(found.warning, None);
        let other = age::x25519::Identity::generate().to_public();
        let both = given(&[(KEY_FILE, &path), (RECIPIENTS, &format!("{other}, {}", key.to_public()))]).expect("usable");
        let Kind::Team { recipients, .. } = both.access.0 else { panic!("a team of two") };
        assert_eq!(recipients, [other, key.to_public()]);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_warned_of() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().expect("a file");
        let key = age::x25519::Identity::generate().to_string();
        std::fs::write(file.path(), key.expose_secret()).expect("written");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).expect("set");
        let found = given(&[(KEY_FILE, file.path().to_str().expect("plain"))]).expect("usable");
        assert!(found.warning.is_some_and(|warning| warning.contains("chmod 600")));
    }
}

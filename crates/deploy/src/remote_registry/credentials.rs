//! Logins as Docker's configuration on this machine has them: written in it, or kept by a credential helper.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use ironwright_core::secret::SecretText;
use oci_client::secrets::RegistryAuth;
use serde_json::json;

use crate::registry_access::Login;

/// The user that stands beside an identity token where there must be one; whoever takes such tokens knows it.
const TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

/// What lets us in at a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A user and a password.
    Password(Login),
    /// A token that stands for a user.
    Token(SecretText),
}

impl Credential {
    /// A configuration of Docker's with this login for the registry `key` alone.
    pub(crate) fn configuration(&self, key: &str) -> SecretText {
        let auth = |user: &str, password: &str| STANDARD.encode(format!("{user}:{password}"));
        let entry = match self {
            Self::Password(login) => json!({"auth": auth(&login.username, login.password.expose())}),
            Self::Token(token) => json!({"auth": auth(TOKEN_USER, ""), "identitytoken": token.expose()}),
        };
        SecretText::new(json!({"auths": {key: entry}}).to_string())
    }

    /// What a client of registries is given.
    pub(super) fn authentication(&self) -> RegistryAuth {
        match self {
            Self::Password(login) => RegistryAuth::Basic(login.username.clone(), login.password.expose().to_owned()),
            Self::Token(token) => RegistryAuth::Basic(TOKEN_USER.to_owned(), token.expose().to_owned()),
        }
    }
}

/// Where Docker's configuration lies, by the environment variables that `lookup` knows.
pub(super) fn folder(lookup: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOCKER_CONFIG").or_else(|| Some(set("HOME")?.join(".docker")))
}

/// The login that the configuration in `folder` has for `registry`; the error says why it cannot be had. A credential helper
/// is a program: this takes its time.
pub(super) fn configured(folder: &Path, registry: &str) -> Result<Option<Credential>, String> {
    let path = folder.join("config.json");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    match docker_credential::get_credential_from_reader(BufReader::new(file), registry) {
        Ok(DockerCredential::UsernamePassword(username, password)) => {
            Ok(Some(Credential::Password(Login { username, password: SecretText::new(password) })))
        }
        Ok(DockerCredential::IdentityToken(token)) => Ok(Some(Credential::Token(SecretText::new(token)))),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(error) => failure(&path, &error),
    }
}

/// What the failure to get a login means. What a helper has none for, it says in these words.
fn failure(path: &Path, error: &CredentialRetrievalError) -> Result<Option<Credential>, String> {
    let CredentialRetrievalError::HelperFailure { helper, stdout, stderr } = error else {
        return Err(format!("{}: {}", path.display(), Lower(&error.to_string())));
    };
    let said = [stderr, stdout].into_iter().find(|said| !said.trim().is_empty()).map_or("", |said| said.trim());
    if said.contains("credentials not found") {
        return Ok(None);
    }
    let said: String = said.lines().next().unwrap_or("it said nothing").chars().take(200).collect();
    Err(format!("`{helper}`, which {} names, failed: {said}", path.display()))
}

/// Text that goes on in the middle of a sentence.
struct Lower<'a>(&'a str);

impl fmt::Display for Lower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = self.0.chars();
        letters.next().map_or(Ok(()), |first| write!(f, "{}{}", first.to_lowercase(), letters.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(config: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("config.json"), config).expect("a file");
        folder
    }

    fn password(username: &str, password: &str) -> Credential {
        Credential::Password(Login { username: username.to_owned(), password: SecretText::new(password) })
    }

    #[test]
    fn what_the_configuration_holds() {
        let config = json!({
            "auths": {
                "ghcr.io": {"auth": STANDARD.encode("me:pass:word")},
                "https://index.docker.io/v1/": {"auth": STANDARD.encode("hub:secret")},
                "shop.azurecr.io": {"identitytoken": "long"},
            },
        });
        let folder = with(&config.to_string());
        let check = |registry: &str, expect: Option<Credential>| {
            assert_eq!(configured(folder.path(), registry), Ok(expect), "{registry}");
        };
        check("ghcr.io", Some(password("me", "pass:word")));
        check("https://index.docker.io/v1/", Some(password("hub", "secret")));
        check("shop.azurecr.io", Some(Credential::Token(SecretText::new("long"))));
        check("quay.io", None);
        assert_eq!(configured(tempfile::tempdir().expect("a folder").path(), "ghcr.io"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said_and_no_more() {
        let folder = with("no json: hunter2");
        let error = configured(folder.path(), "ghcr.io").expect_err("it cannot be read");
        assert!(error.contains("config.json: unable to read config") && !error.contains("hunter2"), "{error}");

        let folder = with(r#"{"credHelpers": {"ghcr.io": "is-not-here"}}"#);
        let error = configured(folder.path(), "ghcr.io").expect_err("there is no such helper");
        assert!(error.contains("credential helper"), "{error}");

        let failed = |stdout: &str, stderr: &str| {
            let (helper, stdout, stderr) = ("docker-credential-x".to_owned(), stdout.to_owned(), stderr.to_owned());
            failure(Path::new("/c"), &CredentialRetrievalError::HelperFailure { helper, stdout, stderr })
        };
        assert_eq!(failed("credentials not found in native keychain\n", ""), Ok(None));
        let error = failed("locked\nmore", "").expect_err("it failed");
        assert_eq!(error, "`docker-credential-x`, which /c names, failed: locked");
    }

    #[test]
    fn where_the_configuration_lies() {
        let lookup = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(folder(&lookup(&[("HOME", "/h")])), Some("/h/.docker".into()));
        assert_eq!(folder(&lookup(&[("HOME", "/h"), ("DOCKER_CONFIG", "/d")])), Some("/d".into()));
        assert_eq!(folder(&lookup(&[("DOCKER_CONFIG", "")])), None);
    }

    #[test]
    fn a_host_is_given_the_one_login_and_no_more() {
        let config = |credential: Credential| credential.configuration("ghcr.io").expose().to_owned();
        let auth = STANDARD.encode("me:secret");
        assert_eq!(config(password("me", "secret")), format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{auth}"}}}}}}"#));
        assert!(config(Credential::Token(SecretText::new("long"))).contains(r#""identitytoken":"long""#));
        assert!(!format!("{:?}", password("me", "secret")).contains("secret"));
    }
}

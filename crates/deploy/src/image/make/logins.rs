//! The user's logins at registries, as the daemon takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use ironwright_core::secret::SecretText;
use serde_json::{Value, json};

use crate::remote_registry::{Credential, ImageName, Registries};

/// The user that BuildKit is told where there is a token instead of a password: none.
const NOBODY: &str = "";

/// The logins that this machine has.
#[derive(Clone)]
pub(super) struct Logins(Arc<Registries>);

/// What lets the daemon in at one registry.
pub(super) struct Login(Credential);

impl Login {
    /// The user.
    pub(super) fn user(&self) -> &str {
        match &self.0 {
            Credential::Password(login) => &login.username,
            Credential::Token(_) => NOBODY,
        }
    }

    /// The password or the token.
    pub(super) fn secret(&self) -> &SecretText {
        match &self.0 {
            Credential::Password(login) => &login.password,
            Credential::Token(token) => token,
        }
    }

    fn json(&self, server: &str) -> Value {
        match &self.0 {
            Credential::Password(login) => {
                json!({"username": login.username, "password": login.password.expose(), "serveraddress": server})
            }
            Credential::Token(token) => json!({"identitytoken": token.expose(), "serveraddress": server}),
        }
    }
}

impl Logins {
    pub(super) fn new(registries: Arc<Registries>) -> Self {
        Self(registries)
    }

    /// The login at the registry on `host`, if there is one.
    pub(super) async fn of(&self, host: &str) -> Result<Option<Login>, String> {
        let name = ImageName::parse(&format!("{host}/image")).map_err(|error| error.to_string())?;
        self.at(&name).await
    }

    async fn at(&self, name: &ImageName) -> Result<Option<Login>, String> {
        let found = self.0.credential(name).await.map_err(|error| error.to_string())?;
        Ok(found.map(Login))
    }

    /// The header with the login for the image `name`, as a pull takes it.
    pub(super) async fn header(&self, name: &ImageName) -> Result<SecretText, String> {
        let login = self.at(name).await?;
        Ok(encoded(&login.map_or_else(|| json!({}), |login| login.json(name.login_key()))))
    }

    /// The header with the logins for the images that `dockerfile` begins with, as the classic builder takes them.
    pub(super) async fn header_for(&self, dockerfile: &str) -> Result<SecretText, String> {
        let mut all = BTreeMap::new();
        for name in bases(dockerfile) {
            if let Some(login) = self.at(&name).await? {
                all.insert(name.login_key().to_owned(), login.json(name.login_key()));
            }
        }
        Ok(encoded(&json!(all)))
    }
}

/// The images that the stages of `dockerfile` begin with, as far as they are written out.
fn bases(dockerfile: &str) -> Vec<ImageName> {
    let mut bases = Vec::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("FROM")) {
            let name = words.find(|word| !word.starts_with("--"));
            bases.extend(name.and_then(|name| ImageName::parse(name).ok()));
        }
    }
    bases
}

fn encoded(value: &Value) -> SecretText {
    SecretText::new(URL_SAFE.encode(value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_found_in_all_stages() {
        let dockerfile = "ARG X=1\nFROM --platform=linux/amd64 ghcr.io/shop/base:1 AS build\nRUN make\nfrom scratch\n\
                          FROM $BASE\nFROM registry.example:5000/app@sha256:\
                          e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let found = bases(dockerfile);
        let registries: Vec<&str> = found.iter().map(ImageName::registry).collect();
        assert_eq!(registries, ["ghcr.io", "docker.io", "registry.example:5000"]);
    }

    #[test]
    fn a_header_is_safe_in_every_letter() {
        // The last of three letters is all that may need other than letters and digits.
        let header = encoded(&json!({"password": ">>>???~~~"}));
        assert!(header.expose().bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_=".contains(&letter)));
    }
}

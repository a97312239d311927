//! Takes a ready-made image from its registry, with the logins of the user.

use crate::readiness::Progress;
use crate::remote_registry::ImageName;

use super::build::layer;
use super::daemon::{self, Daemon, nothing};
use super::error::{MakeError, MakeErrorKind};
use super::logins::Logins;
use super::platform_of;

/// The tag that is meant where none is said.
const LATEST: &str = "latest";

/// Pulls `reference` for `platform`, unless it is named by its digest and there already; returns its tag, if it has one.
pub(super) async fn pull(
    daemon: &Daemon,
    logins: &Logins,
    reference: &str,
    platform: Option<&str>,
    progress: Progress<'_>,
) -> Result<Option<String>, MakeError> {
    let name = ImageName::parse(reference);
    let name = name.map_err(|error| MakeError::new(MakeErrorKind::Properties, error.to_string()))?;
    let tag = tag(reference);
    if name.digest().is_some() && has(daemon, reference, platform).await? {
        return Ok(tag);
    }
    let failed = |why: &str| explain(&name, reference, why);
    let login = logins.header(&name).await.map_err(|why| failed(&why))?;
    let whole = name.digest().or(tag.as_deref()).unwrap_or(LATEST);
    let image = format!("{}/{}", name.registry(), name.repository());
    let query = [("fromImage", image.as_str()), ("tag", whole), ("platform", platform.unwrap_or_default())];
    let request = daemon::post(&daemon::query("/images/create", &query)).header("X-Registry-Auth", login.expose());
    let mut lines = daemon.lines(request, nothing()).await.map_err(|error| match error.kind {
        MakeErrorKind::Daemon => failed(&error.message),
        _ => error,
    })?;
    progress(&format!("pulling {reference}"));
    while let Some(line) = lines.next().await? {
        if let Some(error) = daemon::failure(&line) {
            return Err(failed(error));
        }
        if let Some(line) = layer(&line) {
            progress(&line);
        }
    }
    Ok(tag)
}

/// Whether the daemon has `reference` for `platform`, or for its own where that is not said. A digest is mostly that of
/// images for many platforms, of which a daemon has one.
async fn has(daemon: &Daemon, reference: &str, platform: Option<&str>) -> Result<bool, MakeError> {
    let Some(found) = daemon.image(reference).await? else { return Ok(false) };
    let wanted = match platform {
        Some(said) => platform_of(said)?,
        None => daemon.version().await?.platform(),
    };
    Ok(wanted.accepts(&found.platform()))
}

/// The tag of `reference`: `latest` where it says neither a tag nor a digest.
fn tag(reference: &str) -> Option<String> {
    let (name, has_digest) = reference.split_once('@').map_or((reference, false), |(name, _)| (name, true));
    let last = name.rsplit('/').next().unwrap_or_default();
    let said = last.split_once(':').map(|(_, tag)| tag);
    said.or((!has_digest).then_some(LATEST)).map(str::to_owned)
}

fn explain(name: &ImageName, reference: &str, why: &str) -> MakeError {
    let said = why.to_lowercase();
    let denied = ["denied", "unauthorized", "authentication required", "no basic auth"];
    let help = if said.contains("no matching manifest") || said.contains("does not match the specified platform") {
        let help = "there is none for that platform; choose another with `.platform(…)`";
        return MakeError::new(MakeErrorKind::Platform, format!("{reference} cannot be pulled: {help} ({why})"));
    } else if said.contains("not found") || said.contains("manifest unknown") {
        "there is no such image in its registry; look whether name and tag are right".to_owned()
    } else if denied.iter().any(|word| said.contains(word)) {
        format!("there is no such image, or you may not have it; log in with `docker login {}`", name.registry())
    } else {
        "run it again when its registry can be reached".to_owned()
    };
    MakeError::told(MakeErrorKind::Pull, format!("{reference} cannot be pulled: {help} ({why})"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ironwright_engine::SystemClock;
    use serde_json::json;

    use super::super::fake_daemon::FakeDaemon;
    use super::*;
    use crate::remote_registry::Registries;

    #[test]
    fn tags_of_references() {
        let tags = ["nginx", "nginx:1.27", "localhost:5000/nginx", "a/b:c@sha256:0", "a@sha256:0"].map(tag);
        assert_eq!(
            tags.each_ref().map(Option::as_deref),
            [Some("latest"), Some("1.27"), Some("latest"), Some("c"), None]
        );
    }

    #[tokio::test]
    async fn what_is_there_by_its_digest_is_pulled_for_another_platform() {
        let reference = format!("ghcr.io/shop/app@sha256:{}", "0".repeat(64));
        let pulled = async |there: Option<&'static str>, platform: Option<&str>| {
            let fake = FakeDaemon::new(move |request| match there {
                _ if request.contains("/version") => (200, json!({"Os": "linux", "Arch": "amd64"})),
                _ if request.contains("/images/create") => (200, json!({"status": "done"})),
                Some(architecture) => (200, json!({"Id": "1", "Os": "linux", "Architecture": architecture})),
                None => (404, json!({"message": "no such image"})),
            });
            let registries = Registries::new(|_| None, None, Arc::new(SystemClock::new()));
            let logins = Logins::new(Arc::new(registries));
            let tag = pull(&fake.daemon(), &logins, &reference, platform, &|_| ()).await.expect("it is there");
            assert_eq!(tag, None);
            let asked = fake.asked();
            let pulls: Vec<_> = asked.iter().filter(|request| request.starts_with("POST /images/create")).collect();
            assert!(pulls.iter().all(|pull| pull.contains("&tag=sha256%3A000")), "{asked:?}");
            pulls.len()
        };
        assert_eq!(pulled(None, None).await, 1);
        assert_eq!(pulled(Some("amd64"), None).await, 0);
        assert_eq!(pulled(Some("arm64"), None).await, 1);
        assert_eq!(pulled(Some("arm64"), Some("linux/arm64/v8")).await, 0);
        assert_eq!(pulled(Some("amd64"), Some("linux/arm64")).await, 1);
    }

    #[test]
    fn each_refusal_has_its_remedy() {
        let of = |why: &str| {
            let name = ImageName::parse("ghcr.io/shop/app:1").expect("a name");
            let error = explain(&name, "ghcr.io/shop/app:1", why);
            assert!(error.message.contains("ghcr.io/shop/app:1 cannot be pulled: "), "{error}");
            (error.kind, error.message)
        };
        let (kind, message) = of("denied: requested access to the resource is denied");
        assert!(kind == MakeErrorKind::Pull && message.contains("`docker login ghcr.io`"), "{message}");
        let (kind, message) = of("manifest for ghcr.io/shop/app:1 not found: manifest unknown");
        assert!(kind == MakeErrorKind::Pull && message.contains("name and tag"), "{message}");
        let (kind, message) = of("no matching manifest for linux/arm64/v8 in the manifest list entries");
        assert!(kind == MakeErrorKind::Platform && message.contains(".platform("), "{message}");
        let (kind, message) = of("write /var/lib/docker/tmp/x: no space left on device");
        assert!(kind == MakeErrorKind::DiskFull && message.contains("docker system prune"), "{message}");
    }
}

//! Takes a ready-made image from its registry, with the logins of the user.

use crate::readiness::Progress;
use crate::remote_registry::ImageName;

use super::build::layer;
use super::daemon::{self, Daemon, nothing};
use super::error::{MakeError, MakeErrorKind};
use super::logins::Logins;

/// Pulls `reference` for `platform`, unless it is named by its digest and there already; returns its tag.
pub(super) async fn pull(
    daemon: &Daemon,
    logins: &Logins,
    reference: &str,
    platform: Option<&str>,
    progress: Progress<'_>,
) -> Result<String, MakeError> {
    let name = ImageName::parse(reference);
    let name = name.map_err(|error| MakeError::new(MakeErrorKind::Properties, error.to_string()))?;
    let tag = tag(reference);
    if name.digest().is_some() && daemon.image(reference).await?.is_some() {
        return Ok(tag);
    }
    let failed = |why: &str| explain(&name, reference, why);
    let login = logins.header(&name).await.map_err(|why| failed(&why))?;
    let whole = name.digest().unwrap_or(&tag);
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

/// The tag of `reference`; `latest` where it says none.
fn tag(reference: &str) -> String {
    let name = reference.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map_or("latest", |(_, tag)| tag).to_owned()
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
    use super::*;

    #[test]
    fn tags_of_references() {
        let tags = ["nginx", "nginx:1.27", "localhost:5000/nginx", "a/b:c@sha256:0", "a@sha256:0"].map(tag);
        assert_eq!(tags, ["latest", "1.27", "latest", "c", "latest"]);
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

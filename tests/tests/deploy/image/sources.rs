//! Images that are not built here: pulled from a registry, or read from an archive.

use ironwright::core::function::{Asset, AssetKind};
use ironwright::docker::assets::AssetFolder;
use ironwright::docker::make::MakeErrorKind;
use ironwright::docker::spec::ImageSpec;
use ironwright::engine::Assets as _;
use ironwright_tests::testbed::available;

use super::{BASE, Workshop};
use crate::remote_registry::{ENCODED, RemoteRegistry};

fn archive(workshop: &Workshop) -> ImageSpec {
    let asset = Asset { path: "image.tar".into(), kind: AssetKind::Plain };
    let digest = AssetFolder::new(workshop.path("")).digest(&asset).expect("a digest");
    ImageSpec { archive: Some("image.tar".into()), archive_digest: Some(digest), ..ImageSpec::default() }
}

#[test]
fn what_docker_saved_is_read() {
    if !available() {
        return;
    }
    let workshop = Workshop::new();
    workshop.docker(&["save", "--output", workshop.path("image.tar").to_str().expect("text"), BASE]);
    let spec = archive(&workshop);
    // No Docker is needed.
    workshop.set("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let (made, _) = workshop.makes(&spec);
    // Always the same image has a tag: one of a registry may be fixed, and `latest` the user's.
    assert_eq!((made.tag.as_str(), workshop.kept(&made).layers.len()), (&made.digest.hex()[..16], 1));
    assert_eq!(workshop.makes(&spec).0, made);
    let foreign = ImageSpec { platform: Some("linux/s390x".into()), ..spec.clone() };
    workshop.fails(&foreign, MakeErrorKind::Platform, &["linux/s390x"]);
    workshop.write("image.tar", "changed");
    workshop.fails(&spec, MakeErrorKind::ContextChanged, &["image.tar changed after the plan was made"]);
    workshop.fails(&archive(&workshop), MakeErrorKind::Archive, &["image.tar", "cannot be understood"]);
}

/// The configuration of Docker with a login for the registry.
fn log_in(workshop: &Workshop, registry: &RemoteRegistry) {
    let config = serde_json::json!({"auths": {registry.host(): {"auth": ENCODED}}});
    workshop.write(".docker/config.json", &config.to_string());
}

#[test]
fn what_is_pulled_is_kept_and_by_its_digest_pulled_once() {
    if !available() {
        return;
    }
    let Some(registry) = RemoteRegistry::start(true) else { return };
    let workshop = Workshop::new();
    let name = format!("{}/shop/base", registry.host());
    let pull = |reference: &str| ImageSpec { pull: Some(reference.into()), ..ImageSpec::default() };
    log_in(&workshop, &registry);
    workshop.docker(&["tag", BASE, &format!("{name}:1.2")]);
    workshop.docker(&["push", &format!("{name}:1.2")]);
    let digests = workshop.docker(&["inspect", "--format", "{{join .RepoDigests \"\\n\"}}", BASE]);
    let by_digest = digests.lines().find(|line| line.starts_with(&name)).expect("it was pushed").to_owned();
    workshop.docker(&["rmi", &format!("{name}:1.2")]);

    let (made, said) = workshop.makes(&pull(&format!("{name}:1.2")));
    assert!(said[0].starts_with("pulling "), "{said:?}");
    assert_eq!((made.tag.as_str(), made.repository.as_str()), ("1.2", "ironwright.local/shop/web/image"));
    assert_eq!(workshop.kept(&made).layers.len(), 1);

    let missing = format!("{name}:9");
    workshop.fails(&pull(&missing), MakeErrorKind::Pull, &[&missing, "look whether name and tag are right"]);
    let foreign = ImageSpec { platform: Some("linux/s390x".into()), ..pull(&format!("{name}:1.2")) };
    workshop.fails(&foreign, MakeErrorKind::Platform, &["linux/s390x"]);
    workshop.write(".docker/config.json", "{}");
    let login = format!("docker login {}", registry.host());
    workshop.fails(&pull(&format!("{name}:1.2")), MakeErrorKind::Pull, &[&login]);

    // What is there by its digest is not asked for.
    drop(registry);
    let (again, said) = workshop.makes(&pull(&by_digest));
    assert_eq!((again.tag.as_str(), &again.digest), (&made.digest.hex()[..16], &made.digest));
    assert!(!said.iter().any(|line| line.starts_with("pulling")), "{said:?}");
    workshop.fails(&pull("no name"), MakeErrorKind::Properties, &["no name"]);
}

#[test]
fn what_is_made_for_a_registry_is_pushed_there() {
    if !available() {
        return;
    }
    let Some(registry) = RemoteRegistry::start(true) else { return };
    let workshop = Workshop::new();
    let repository = format!("{}/shop/app", registry.host());
    super::context(&workshop, "pushed", "COPY . /app\n");
    let spec = ImageSpec { registry: Some(repository.clone()), ..workshop.spec("app") };
    workshop.fails(&spec, MakeErrorKind::Push, &[&format!("docker login {}", registry.host())]);
    log_in(&workshop, &registry);
    let (made, _) = workshop.makes(&spec);
    assert_eq!(made.reference, format!("{repository}@{}", made.digest));
    assert_eq!(made.repository, repository);
    workshop.docker(&["pull", &made.reference]);
    workshop.docker(&["pull", &format!("{repository}:{}", made.tag)]);
}

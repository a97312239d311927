//! What is refused, each time with what to do.

use std::fs;
use std::os::unix::net::UnixListener;

use ironwright::docker::make::MakeErrorKind;
use ironwright::docker::spec::ImageSpec;
use ironwright::engine::{ErrorKind, ProviderError};
use ironwright_tests::testbed::available;

use super::{Workshop, by_both, context};

#[test]
fn what_is_wrong_with_a_dockerfile_is_said() {
    by_both(|workshop, builder| {
        context(workshop, builder, "FORM nothing\n");
        workshop.fails(&workshop.spec("app"), MakeErrorKind::Build, &["the build failed", "FORM"]);
        context(workshop, builder, "COPY nowhere /\n");
        workshop.fails(
            &workshop.spec("app"),
            MakeErrorKind::Build,
            &["the build failed at step ", "COPY nowhere /", "nowhere"],
        );
        let unknown = ImageSpec { target: Some("release".into()), ..workshop.spec("app") };
        workshop.fails(&unknown, MakeErrorKind::Build, &["release"]);
    });
}

#[test]
fn an_image_for_another_platform_is_refused() {
    by_both(|workshop, builder| {
        context(workshop, builder, "");
        let foreign = |platform: &str| ImageSpec { platform: Some(platform.into()), ..workshop.spec("app") };
        let other = if cfg!(target_arch = "aarch64") { "linux/amd64" } else { "linux/arm64" };
        let (made, said) = workshop.make(&foreign(other));
        let error = made.expect_err("the base is for this machine");
        assert!(matches!(error.kind, MakeErrorKind::Build | MakeErrorKind::Platform), "{builder}: {error}");
        assert!(error.message.contains(other), "{builder}: {error}\n{said:#?}");
        workshop.makes(&foreign(if cfg!(target_arch = "aarch64") { "linux/arm64/v8" } else { "linux/amd64" }));
        workshop.fails(&foreign("amd64"), MakeErrorKind::Properties, &["amd64"]);
    });
}

#[test]
fn a_context_other_than_the_planned_one_is_not_built() {
    if !available() {
        return;
    }
    let workshop = Workshop::new();
    context(&workshop, "changed", "COPY . /app\n");
    let spec = workshop.spec("app");
    workshop.write("app/late", "");
    workshop.fails(&spec, MakeErrorKind::ContextChanged, &["changed after the plan was made", "plan again"]);
    let (made, said) = workshop.make(&spec);
    assert_eq!(ProviderError::from(made.expect_err("still")).kind, ErrorKind::Refused);
    assert_eq!(said, [""; 0], "nothing was begun");
    fs::remove_file(workshop.path("app/late")).expect("it is there");
    workshop.makes(&spec);
    fs::remove_dir_all(workshop.path("app")).expect("it is there");
    let (again, said) = workshop.make(&spec);
    assert!(again.is_ok() && said[0].starts_with("nothing to build"), "{said:?}");
}

#[test]
fn where_there_is_no_docker_it_is_said_what_to_do() {
    if !available() {
        return;
    }
    let workshop = Workshop::new();
    context(&workshop, "none", "");
    let spec = workshop.spec("app");
    let at = |path: &str| workshop.set("DOCKER_HOST", path);
    at("unix:///nowhere/docker.sock");
    workshop.fails(&spec, MakeErrorKind::NoDocker, &["there is no Docker here", "apt-get install docker.io"]);
    let socket = workshop.path("docker.sock");
    drop(UnixListener::bind(&socket).expect("a socket"));
    at(&format!("unix://{}", socket.display()));
    workshop.fails(&spec, MakeErrorKind::DaemonStopped, &["does not run", "systemctl start docker"]);
    at("tcp://127.0.0.1:1");
    workshop.fails(&spec, MakeErrorKind::DaemonStopped, &["tcp://127.0.0.1:1 does not run"]);
    at("ssh://root@build");
    workshop.fails(&spec, MakeErrorKind::Endpoint, &["DOCKER_HOST is `ssh://root@build`", "ssh -fNL"]);
    workshop.fails(&ImageSpec::default(), MakeErrorKind::Properties, &["one of the three"]);
}

//! Build secrets: the step that asks for one gets it, and nothing keeps it.

use std::io::Read as _;

use ironwright::core::secret::SecretText;
use ironwright::docker::make::MakeErrorKind;
use ironwright::docker::spec::ImageSpec;
use ironwright_tests::testbed::available;

use super::{Workshop, context};

const SECRET: &str = "t0ken-that-nobody-else-has";

fn with_secret(workshop: &Workshop, secret: &str) -> ImageSpec {
    let build_secrets = [("TOKEN".to_owned(), SecretText::new(secret))].into();
    ImageSpec { build_secrets, ..workshop.spec("app") }
}

#[test]
fn a_secret_is_there_in_its_step_and_nowhere_after() {
    if !available() {
        return;
    }
    let workshop = Workshop::running("BuildKit");
    let run = "RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN | wc -c >/length\n";
    context(&workshop, "secret", &run.replace("wc -c", "busybox wc -c"));
    let (made, said) = workshop.makes(&with_secret(&workshop, SECRET));
    assert_eq!(workshop.inside(&made, "cat /length; ls /run/secrets 2>/dev/null"), SECRET.len().to_string());

    let image = format!("{}:{}", made.repository, made.tag);
    let mut shown = said.join("\n");
    shown += &workshop.docker(&["history", "--no-trunc", &image]);
    shown += &workshop.docker(&["inspect", &image]);
    let saved = workshop.path("saved.tar");
    workshop.docker(&["save", "--output", saved.to_str().expect("text"), &image]);
    let mut bytes = std::fs::read(saved).expect("a file");
    let manifest = workshop.kept(&made);
    for blob in manifest.blobs() {
        let (mut file, _) = workshop.store.file(&blob.digest).expect("the store").expect("it is there");
        file.read_to_end(&mut bytes).expect("it is read");
    }
    bytes.extend(shown.as_bytes());
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "the secret is somewhere");
    assert!(bytes.windows(7).any(|window| window == b"/length"), "this looks at what the image is made of");

    // Another secret makes no other image.
    let (again, said) = workshop.makes(&with_secret(&workshop, "another"));
    assert!(again == made && said[0].starts_with("nothing to build"), "{said:?}");
}

#[test]
fn what_a_failing_step_writes_of_its_secret_is_not_shown() {
    if !available() {
        return;
    }
    let workshop = Workshop::running("BuildKit");
    context(&workshop, "leak", "RUN --mount=type=secret,id=TOKEN echo it is $(cat /run/secrets/TOKEN); false\n");
    let (made, said) = workshop.make(&with_secret(&workshop, SECRET));
    let error = made.expect_err("the step fails").message;
    assert!(error.contains("it is (sensitive)") && !error.contains(SECRET), "{error}");
    assert!(!said.join("\n").contains(SECRET), "{said:#?}");
    workshop.fails(&workshop.spec("app"), MakeErrorKind::Build, &["TOKEN"]);
}

#[test]
fn without_buildkit_a_secret_is_refused() {
    if !available() {
        return;
    }
    let workshop = Workshop::running("classic");
    context(&workshop, "refused", "");
    let says = ["the build secret `TOKEN` takes BuildKit", "unset `DOCKER_BUILDKIT`"];
    let error = workshop.fails(&with_secret(&workshop, SECRET), MakeErrorKind::NoBuildKit, &says);
    assert!(!error.contains(SECRET));
}

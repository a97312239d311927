//! What is done with containers that are deployed, on the simulated target: `rollback` of one.

use ironwright_core::{App, InputError, Inputs, Secret, Text};
use ironwright_deploy::{Container, DockerImage, Host, http};

use super::{Case, Exit};

/// A container on two hosts, and one that stands alone.
fn shop(inputs: &Inputs) -> Result<App, InputError> {
    let mut app = App::new("shop").region("eu-west-1");
    let web = app.stack("web");
    let version = inputs.get_or("version", "1.27".to_owned())?;
    let image = web.add("image", DockerImage::pull(format!("nginx:{version}")));
    let container = Container::new(image.reference())
        .on([Host::at("192.0.2.10"), Host::at("192.0.2.11")])
        .publish(80, 80)
        .health(http("/"))
        .env("LOG_LEVEL", inputs.get_or("level", "info".to_owned())?)
        .secret_env("API_KEY", Secret::<Text>::new("hunter22-hunter22"));
    web.add("app", container);
    web.add("worker", Container::new("busybox:1.36").on(Host::at("192.0.2.12")));
    Ok(app)
}

fn run(case: &Case, line: &str) -> (String, String, Exit) {
    case.run_program(shop, line, None)
}

/// What `line` prints; it must end well.
#[track_caller]
fn printed(case: &Case, line: &str) -> String {
    let (output, error, exit) = run(case, line);
    assert_eq!(exit, Exit::Done, "{line}: {output}{error}");
    output
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn one_container_goes_back_and_the_next_apply_goes_forward() {
    let case = Case::new("rollback-of");
    printed(&case, "apply --yes");
    printed(&case, "apply --yes --var version=1.28");
    printed(&case, "apply --yes --var version=1.28 --var level=debug");
    let (output, error, exit) = run(&case, "rollback web/app --to 2");
    has(&output, &["Rollback of web/app to version 2 of the state", "Plan: 0 to add, 1 to change, 0 to destroy."]);
    has(&error, &["rollback web/app --to 2 --yes"]);
    assert_eq!(exit, Exit::Usage);
    let output = printed(&case, "rollback web/app --yes");
    has(&output, &["Rollback of web/app to version 3", "\"debug\" -> \"info\"", "Rollback complete!"]);
    has(&output, &["The program was not changed: the next `", "takes web/app forward again."]);
    let output = printed(&case, "rollback web/app --yes --to 2");
    has(&output, &["~ Image", "Rollback complete!"]);
    assert!(!output.contains("web/image"), "the image stays as it is:\n{output}");
    let output = printed(&case, "plan --var version=1.28 --var level=debug");
    has(&output, &["# web/app will be updated", "Plan: 0 to add, 1 to change, 0 to destroy."]);
    printed(&case, "apply --yes --var version=1.28 --var level=debug");
    has(&printed(&case, "plan --var version=1.28 --var level=debug"), &["No changes."]);
    has(&printed(&case, "rollback web/app --to 7 --yes"), &["No changes. It is as it was in that version."]);
}

#[test]
fn what_cannot_go_back_says_why() {
    let case = Case::new("rollback-of-nothing");
    printed(&case, "apply --yes");
    for (line, expect) in [
        ("rollback web/app --yes", "no version of the state that is kept has `web/app` otherwise than it is"),
        ("rollback web/ap --yes", "did you mean `web/app`?"),
        ("rollback web/app --to 1 --yes", "version 1 of the state has no `web/app`"),
    ] {
        let (_, error, exit) = run(&case, line);
        has(&error, &[expect]);
        assert_eq!(exit, Exit::Error, "{line}");
    }
}

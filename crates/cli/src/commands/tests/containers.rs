//! What is done with containers that are deployed, on the simulated target: `rollback` of one, `status`, `logs`, `exec`.

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

#[test]
fn simulated_containers_are_shown_and_say_so() {
    let case = Case::new("status");
    printed(&case, "apply --yes");
    printed(&case, "apply --yes --var version=1.28");
    let output = printed(&case, "status");
    has(&output, &["Target: simulated", "web/app\nhost", "192.0.2.10  2", "192.0.2.11  2", "web/worker", "simulated"]);
    let output = printed(&case, "status web/worker");
    assert!(!output.contains("web/app") && output.contains("192.0.2.12  1"), "{output}");
    let output = printed(&case, "status web/app --json");
    let lines: Vec<&str> = output.lines().filter(|line| line.contains(r#""type":"container""#)).collect();
    assert_eq!(lines.len(), 2, "{output}");
    has(lines[0], &[r#""host":"192.0.2.10","reachable":true,"release":2"#, r#""state":"simulated""#, r#""digest":""#]);
    assert!(!output.contains("hunter22"), "{output}");
}

#[test]
fn what_is_no_container_or_none_that_runs_is_said() {
    let case = Case::new("no-container");
    has(&printed(&case, "status"), &["No container is deployed."]);
    printed(&case, "apply --yes");
    for (line, expect) in [
        ("status web/image", "`web/image` is no container: it is Docker::Image"),
        ("status web/ap", "did you mean `web/app`?"),
        ("logs web/nothing", "containers are: web/app, web/worker"),
        ("logs web/app", "`web/app` is simulated: it writes no logs"),
        ("exec web/app -- ls -l", "`web/app` is simulated: nothing runs in it"),
    ] {
        let (_, error, exit) = run(&case, line);
        has(&error, &[expect]);
        assert_eq!(exit, Exit::Error, "{line}");
    }
}

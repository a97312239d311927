//! `state` and `rollback` on a captured terminal.

use super::{Case, Exit};

fn deployed(name: &str) -> Case {
    let case = Case::new(name);
    assert_eq!(case.run("apply --yes", None).2, Exit::Done);
    case
}

/// What `line` prints; it must end well.
fn printed(case: &Case, line: &str) -> String {
    let (output, error, exit) = case.run(line, None);
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
fn the_history_has_the_newest_version_first() {
    let case = deployed("history");
    printed(&case, "apply --yes --var name=others");
    let output = printed(&case, "state history");
    let lines: Vec<&str> = output.lines().collect();
    has(lines[0], &["serial", "saved", "by", "command", "resources", "changes"]);
    has(lines[1], &["     3  20", "apply", "+0 ~1 -0"]);
    has(lines[2], &["     2  20", "+1 ~0 -0"]);
    has(lines[3], &["     1  20", "+0 ~0 -0"]);
    let json = printed(&case, "state history --json");
    has(json.lines().last().unwrap_or_default(), &["\"type\":\"state_version\"", "\"serial\":1", "\"added\":0"]);
}

#[test]
fn a_resource_gets_another_address() {
    let case = deployed("mv");
    let output = printed(&case, "state mv web/orders web/sales");
    has(&output, &["web/orders -> web/sales", "Saved as version 3", "Nothing was changed in the cloud"]);
    assert_eq!(printed(&case, "state list"), "web/sales\n");
    let (_, error, exit) = case.run("state mv web/orders web/x", None);
    has(&error, &["`web/orders` is not in the state"]);
    assert_eq!(exit, Exit::Error);
    has(
        &printed(&case, "state mv web/sales web/orders --json"),
        &["\"type\":\"state_moved\"", "\"type\":\"state_saved\""],
    );
}

#[test]
fn what_is_removed_can_be_imported_again() {
    let case = deployed("rm");
    let (_, error, exit) = case.run("state rm web/orders", None);
    has(&error, &["nobody can be asked", "state rm web/orders --yes"]);
    assert_eq!(exit, Exit::Usage);
    let (output, _, exit) = case.run("state rm web/orders", Some("no\n"));
    has(&output, &["left in the cloud as it is", "AWS::SNS::Topic web/orders [arn:", "Cancelled"]);
    assert_eq!(exit, Exit::Error);
    has(&printed(&case, "state rm web/orders --yes"), &["Saved as version 3", "import web/orders arn:"]);
    assert_eq!(printed(&case, "state list"), "");
    has(&printed(&case, "state restore 2 --yes"), &["+ web/orders", "Saved as version 4", "plan"]);
    assert_eq!(printed(&case, "state list"), "web/orders\n");
}

#[test]
fn a_document_goes_out_and_in_again() {
    let case = deployed("pull");
    let file = case.folder.join("pulled.json");
    let path = file.display().to_string();
    assert_eq!(printed(&case, &format!("state pull --out {path}")), format!("{path}\n"));
    let document = std::fs::read_to_string(&file).unwrap();
    assert_eq!(printed(&case, "state pull"), document);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    has(&printed(&case, &format!("state push {path}")), &["says what the state says"]);
    std::fs::write(&file, document.replace("web/orders", "web/sales")).unwrap();
    has(&printed(&case, &format!("state push {path} --yes")), &["+ web/sales", "- web/orders", "Saved as version 3"]);
    let (_, error, exit) = case.run(&format!("state push {path} --yes"), None);
    has(&error, &["would be lost", "state pull"]);
    assert_eq!(exit, Exit::Error);
    let (_, error, exit) = case.run("state pull --json", None);
    has(&error, &[]);
    assert_eq!(exit, Exit::Usage);
}

#[test]
fn the_last_run_is_taken_back_and_what_is_lost_is_said_first() {
    let case = deployed("rollback");
    printed(&case, "apply --yes --var name=others");
    let output = printed(&case, "rollback --yes");
    has(
        &output,
        &["Rollback to version 2 of the state", "This cannot be undone:", "web/orders: arn:", "Rollback complete!"],
    );
    let told = output.find("This cannot be undone").unwrap();
    assert!(told < output.find("will be replaced").unwrap(), "{output}");
    has(&printed(&case, "plan"), &["No changes."]);
    has(&printed(&case, "rollback --to 4"), &["No changes. That version and what is deployed agree."]);
    let (_, error, _) = case.run("rollback", None);
    has(&error, &["rollback --yes"]);
    let (_, error, exit) = Case::new("rollback-nothing").run("rollback", None);
    has(&error, &["there is no run to take back"]);
    assert_eq!(exit, Exit::Error);
}

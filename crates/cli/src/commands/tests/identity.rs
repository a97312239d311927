//! Imports, moves and renames on the command line: what is shown, what is asked, how it ends.

use super::*;

/// Topics of the names in the variable `names`; `moved` says `old>new`.
fn topics(inputs: &Inputs) -> Result<App, ironwright_core::InputError> {
    let mut app = App::new("topics").region("eu-west-1");
    let web = app.stack("web");
    let names: String = inputs.get("names")?;
    names.split(',').for_each(|name| drop(web.add(name, Topic(Bag::new()))));
    let moved: String = inputs.get_or("moved", String::new())?;
    if let Some((old, new)) = moved.split_once('>') {
        web.moved(format!("web/{old}").as_str(), format!("web/{new}").as_str());
    }
    Ok(app)
}

impl Case {
    fn topics(&self, line: &str, typed: Option<&'static str>) -> (String, String, Exit) {
        self.run_program(topics, line, typed)
    }

    /// The physical id of what is live at `address`.
    fn id(&self, address: &str) -> String {
        let (listed, _, _) = self.topics("state list --json --var names=a", None);
        let mut lines = listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let line = lines.find(|line| line["address"] == address).unwrap_or_else(|| panic!("{address} in {listed}"));
        line["physical_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_resource_is_imported_by_its_id_and_nothing_else_happens() {
    let case = Case::new("import");
    case.topics("apply --yes --var names=a,b", None);
    let id = case.id("web/a");
    let (_, error, exit) = case.topics("state rm web/a --yes --var names=a,b", None);
    assert_eq!(exit, Exit::Done, "{error}");
    let import = format!("import web/a {id} --var names=a,b,c");
    let (_, error, exit) = case.topics(&import, None);
    assert!(error.contains("--yes") && error.contains(&format!("import web/a {id}")), "{error}");
    assert_eq!(exit, Exit::Usage);
    let (output, error, exit) = case.topics(&import, Some("yes\n"));
    assert!(output.contains("# web/a will be imported\n"), "{output}{error}");
    assert!(output.contains("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."), "{output}");
    assert!(output.contains("Do you want to import this resource?"), "{output}");
    assert!(output.contains("Resources: 1 imported, 0 added, 0 changed, 0 destroyed."), "{output}");
    assert_eq!((exit, case.id("web/a")), (Exit::Done, id));
    let (output, _, _) = case.topics("plan --var names=a,b", None);
    assert!(output.contains("No changes."), "{output}");
}

#[test]
fn an_id_that_is_nowhere_is_an_error() {
    let case = Case::new("import-missing");
    let (_, error, exit) = case.topics("import web/a nowhere --yes --var names=a", None);
    assert!(error.contains("there is no AWS::SNS::Topic with the id `nowhere` in eu-west-1"), "{error}");
    assert_eq!(exit, Exit::Error);
}

#[test]
fn a_move_is_shown_and_nothing_is_recreated() {
    let case = Case::new("moved");
    case.topics("apply --yes --var names=a", None);
    let id = case.id("web/a");
    let (output, _, exit) = case.topics("plan --detailed-exitcode --var names=b --var moved=a>b", None);
    assert!(output.contains("# web/a has moved to web/b\n"), "{output}");
    assert_eq!(exit, Exit::Changes);
    let (output, error, _) = case.topics("apply --yes --var names=b", None);
    assert!(output.contains("# web/b looks like a rename of web/a: nothing will be recreated"), "{output}{error}");
    assert_eq!(case.id("web/b"), id);
}

#[test]
fn what_was_renamed_is_asked_and_never_guessed() {
    let case = Case::new("renamed");
    case.topics("apply --yes --var names=a,b", None);
    let (a, b) = (case.id("web/a"), case.id("web/b"));
    let (output, error, exit) = case.topics("apply --yes --var names=c", None);
    assert!(!output.contains("Plan:") && error.contains("stack.moved(\"web/a\", \"web/c\");"), "{output}{error}");
    assert!(error.contains("--no-rename web/c"), "{error}");
    assert_eq!(exit, Exit::Error);
    let (output, error, exit) = case.topics("apply --var names=c", Some("x\n9\n2\nyes\n"));
    for part in ["`web/c` (", "  1) web/a\n  2) web/b\n  3) none of these", "is none of them", "1 to destroy"] {
        assert!(output.contains(part), "{part:?} is not in:\n{output}{error}");
    }
    assert_eq!((exit, case.id("web/c")), (Exit::Done, b.clone()));
    assert_ne!(a, b);
}

#[test]
fn none_of_these_and_no_answer() {
    let case = Case::new("not-renamed");
    case.topics("apply --yes --var names=a,b", None);
    for answer in ["", "\n"] {
        let (_, error, exit) = case.topics("plan --var names=c", Some(answer));
        assert!(error.contains("is not guessed"), "{error}");
        assert_eq!(exit, Exit::Error);
    }
    for (flags, typed) in [("", Some("3\n")), ("--no-rename web/c", None)] {
        let (output, error, _) = case.topics(&format!("plan --var names=c {flags}"), typed);
        assert!(output.contains("Plan: 1 to add, 0 to change, 2 to destroy."), "{output}{error}");
    }
}

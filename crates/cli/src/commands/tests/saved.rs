//! Saved plans: shown as they were printed, applied as what they were, refused where something moved.

use super::*;
use crate::subject::StateAlone;

impl Case {
    /// A file beside the state.
    fn file(&self, name: &str) -> String {
        std::fs::create_dir_all(&self.folder).unwrap();
        self.folder.join(name).display().to_string()
    }
}

/// What is shown of the file where there is neither program nor state.
fn shown(line: &str) -> String {
    let words = ["ironwright"].into_iter().chain(line.split_whitespace()).chain(["--state", "no/such/folder"]);
    let arguments = <Arguments as clap::Parser>::try_parse_from(words).unwrap();
    let Command::OfProgram(command) = arguments.into_command() else { panic!("{line}") };
    let (terminal, output, error) = terminal(None);
    let subject = Subject::StateAlone(StateAlone { app: None, flags: String::new(), command: "show".to_owned() });
    let session = Session::new(subject, &Facts, Arc::new(terminal), &|_| None, command.common().clone());
    assert_eq!(session.end(crate::commands::run(&session, &command)), Exit::Done, "{}", error.text());
    output.text().replace("app topics, stage", "stage")
}

/// What was printed, but for the signs of life while resources are read.
fn without_progress(text: &str) -> String {
    let is_progress = |line: &&str| line.contains(r#""type":"refreshing""#) || line.starts_with("Refreshing");
    text.lines().filter(|line| !is_progress(line)).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_saved_plan_is_shown_as_it_was_printed() {
    let case = Case::new("shown");
    let file = case.file("x.plan");
    for variables in ["", "--var name=others"] {
        for flags in ["", "--where", "--format md", "--json"] {
            let (printed, _, _) = case.run(&format!("plan {variables} {flags}"), None);
            let (saved, error, exit) = case.run(&format!("plan {variables} {flags} --out {file}"), None);
            assert_eq!(exit, Exit::Done, "{error}");
            assert!(saved.starts_with(&printed), "{saved}");
            assert_eq!(shown(&format!("show {file} {flags}")), without_progress(&printed), "{flags}");
        }
        assert_eq!(case.run("apply --yes", None).2, Exit::Done);
    }
}

#[test]
fn it_is_applied_unasked_and_once() {
    let case = Case::new("once");
    let file = case.file("x.plan");
    let (output, _, exit) = case.run(&format!("plan --detailed-exitcode --out {file}"), None);
    assert!(output.contains(&format!("apply {file}")), "{output}");
    assert_eq!(exit, Exit::Changes);
    let (output, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(output.contains("will be created") && output.contains("Apply complete!"), "{output}{error}");
    assert!(!output.contains("Enter a value"), "{output}");
    assert_eq!(exit, Exit::Done);
    let (output, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(!output.contains("Apply complete!"), "{output}");
    for part in ["there was no state when the plan was made", "plan --out", "go on from what is there now"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(exit, Exit::Error);
}

#[test]
fn variables_are_given_again() {
    let case = Case::new("variables");
    let file = case.file("x.plan");
    case.run(&format!("plan --var name=hunter2 --out {file}"), None);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(r#""variables":{"name":{"digest":"#), "{text}");
    let (_, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(error.contains("the variable `name`, and it is not given"), "{error}");
    assert_eq!(exit, Exit::Error);
    let (_, error, _) = case.run(&format!("apply {file} --var name=other"), None);
    assert!(error.contains("`name` has another value") && !error.contains("hunter2"), "{error}");
    assert_eq!(case.run(&format!("apply {file} --var name=hunter2"), None).2, Exit::Done);
}

#[test]
fn a_destruction_is_saved_too() {
    let case = Case::new("destruction");
    let file = case.file("x.plan");
    case.run("apply --yes", None);
    let (output, _, _) = case.run(&format!("plan --destroy --out {file}"), None);
    assert!(output.contains("Plan: 0 to add, 0 to change, 1 to destroy."), "{output}");
    assert!(shown(&format!("show {file}")).contains("1 to destroy."));
    let (output, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(output.contains("Destroy complete!"), "{output}{error}");
    assert_eq!(exit, Exit::Done);
    let (_, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(error.contains("plan --destroy --out") && error.contains(" destroy --state"), "{error}");
    assert_eq!(exit, Exit::Error);
}

#[test]
fn it_brings_its_stage_and_is_refused_at_another() {
    let case = Case::new("stage");
    let file = case.file("x.plan");
    case.run(&format!("plan --stage prod --out {file}"), None);
    let (_, error, exit) = case.run(&format!("apply {file} --stage test"), None);
    assert!(error.contains("the stage `prod`, and `test` is asked for"), "{error}");
    assert_eq!(exit, Exit::Error);
    let (output, error, exit) = case.run(&format!("apply {file}"), None);
    assert!(output.contains("stage prod"), "{output}{error}");
    assert_eq!(exit, Exit::Done);
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let case = Case::new("no_plan");
    let file = case.file("x.plan");
    let (_, error, exit) = case.run(&format!("show {file}"), None);
    assert!(error.contains("cannot be read"), "{error}");
    assert_eq!(exit, Exit::Error);
    std::fs::write(&file, "{\"version\": 1}").unwrap();
    for command in ["show", "apply"] {
        let (_, error, exit) = case.run(&format!("{command} {file}"), None);
        assert!(error.contains("is damaged"), "{error}");
        assert_eq!(exit, Exit::Error);
    }
    let (_, error, exit) = case.run(&format!("plan --out {}", case.folder.display()), None);
    assert!(error.contains("cannot be written"), "{error}");
    assert_eq!(exit, Exit::Error);
}

//! Commands on a captured terminal: what is asked, what is answered, how it ends.

mod containers;
mod identity;
mod saved;
mod state;
mod targets;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ironwright_core::facts::{FactSource, Form, Shape, TypeFacts};
use ironwright_core::resource::{Attributes, Origin};
use ironwright_core::{App, Bag, Inputs, Resource};

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::program::IntoProgram;
use crate::session::Session;
use crate::subject::Subject;
use crate::terminal::captured::terminal;

/// A topic, written by hand: `cli` knows no generated types.
struct Topic(Bag);
struct TopicAttributes(Origin);

impl Attributes for TopicAttributes {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

impl Resource for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
    type Attributes = TopicAttributes;
    fn into_bag(self) -> Bag {
        self.0
    }
    fn bag_mut(&mut self) -> &mut Bag {
        &mut self.0
    }
}

struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        let text = || Shape { form: Form::Text, ..Shape::default() };
        let properties = ["TopicArn", "TopicName"].into_iter().map(|name| (name.to_owned(), text()));
        let facts = TypeFacts {
            type_name: type_name.to_owned(),
            properties: properties.collect(),
            create_only: vec!["TopicName".to_owned()],
            read_only: vec!["TopicArn".to_owned()],
            primary_identifier: vec!["TopicArn".to_owned()],
            attributes: BTreeMap::from([("TopicArn".to_owned(), text())]),
            ..TypeFacts::default()
        };
        if type_name == Topic::TYPE { Some(Arc::new(facts)) } else { ironwright_deploy::facts().facts(type_name) }
    }
}

fn app(inputs: &Inputs) -> Result<App, ironwright_core::InputError> {
    let mut app = App::new("topics").region("eu-west-1");
    let name = inputs.get_or("name", "orders".to_owned())?;
    let web = app.stack("web");
    web.add("orders", Topic(Bag::new().set::<ironwright_core::Text>("TopicName", name)));
    if inputs.get_or("more", false)? {
        web.add("audit", Topic(Bag::new().set::<ironwright_core::Text>("TopicName", "audit")));
    }
    Ok(app)
}

struct Case {
    folder: PathBuf,
}

impl Case {
    fn new(name: &str) -> Self {
        // Relative to the package, where tests run: a long path of a checkout would break lines elsewhere.
        let folder = PathBuf::from("../../target/tmp/cli").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        Self { folder }
    }

    /// Runs `line` where `typed` is typed at a terminal, or in a pipe where nothing is; what was printed, and the exit.
    fn run(&self, line: &str, typed: Option<&'static str>) -> (String, String, Exit) {
        self.run_program(app, line, typed)
    }

    fn run_program<M>(
        &self,
        program: impl IntoProgram<M>,
        line: &str,
        typed: Option<&'static str>,
    ) -> (String, String, Exit) {
        self.run_in(&|_| None, program, line, typed)
    }

    /// The same in an environment.
    fn run_in<M>(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
        program: impl IntoProgram<M>,
        line: &str,
        typed: Option<&'static str>,
    ) -> (String, String, Exit) {
        let state = self.folder.display().to_string();
        let mut words: Vec<&str> = ["topics"].into_iter().chain(line.split_whitespace()).collect();
        let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        words.splice(end..end, ["--state", &state]);
        let arguments = <Arguments as clap::Parser>::try_parse_from(words).unwrap();
        let Command::OfProgram(command) = arguments.into_command() else { panic!("{line}") };
        let (terminal, output, error) = terminal(typed);
        let program = program.into_program();
        let common = command.common().clone();
        let session = Session::new(Subject::Program(&program), &Facts, Arc::new(terminal), environment, common);
        let exit = session.end(super::run(&session, &command));
        (output.text(), error.text(), exit)
    }
}

#[test]
fn yes_is_consent_and_nothing_else_is() {
    let case = Case::new("consent");
    for answer in ["no\n", "y\n", "YES\n", "\n", ""] {
        let (output, _, exit) = case.run("apply", Some(answer));
        assert!(output.ends_with("Cancelled: nothing was changed.\n"), "{answer:?}: {output}");
        assert_eq!(exit, Exit::Error);
    }
    let (output, _, exit) = case.run("apply", Some("yes\n"));
    assert!(output.contains("Enter a value: "), "{output}");
    assert!(output.contains("Apply complete! Resources: 1 added, 0 changed, 0 destroyed."), "{output}");
    assert_eq!(exit, Exit::Done);
}

#[test]
fn a_plan_of_nothing_asks_nobody() {
    let case = Case::new("nothing");
    assert_eq!(case.run("apply --yes", None).2, Exit::Done);
    let (output, _, exit) = case.run("apply", Some(""));
    assert!(output.contains("No changes.") && !output.contains("Enter a value"), "{output}");
    assert_eq!(exit, Exit::Done);
}

#[test]
fn exit_codes_of_a_plan() {
    let case = Case::new("codes");
    assert_eq!(case.run("plan", None).2, Exit::Done);
    assert_eq!(case.run("plan --detailed-exitcode", None).2, Exit::Changes);
    assert_eq!(case.run("apply", None).2, Exit::Usage);
    assert_eq!(case.run("apply --yes", None).2, Exit::Done);
    assert_eq!(case.run("plan --detailed-exitcode", None).2, Exit::Done);
    let (output, _, exit) = case.run("plan --detailed-exitcode --var name=others", None);
    assert!(output.contains("will be replaced: TopicName changed and cannot change in place"), "{output}");
    assert_eq!(exit, Exit::Changes);
}

#[test]
fn a_part_is_announced_and_the_rest_is_spoken_of() {
    let case = Case::new("part");
    let (output, _, _) = case.run("plan --var more=true --only web/audit", None);
    assert!(output.contains("Partial plan: 1 of 2 resources, by --only web/audit.\n"), "{output}");
    let (_, error, exit) = case.run("apply --var more=true --exclude web/orders", None);
    assert!(error.contains("apply --exclude web/orders --yes"), "{error}");
    assert_eq!(exit, Exit::Usage);
    let (output, error, exit) = case.run("apply --yes --var more=true --only web/audit", None);
    assert!(output.contains("Apply complete! Resources: 1 added"), "{output}");
    assert!(error.contains("1 of 2 resources was not looked at"), "{error}");
    assert_eq!(exit, Exit::Done);
    let (output, error, exit) = case.run("destroy --only web/audit", None);
    assert!(output.contains("Partial plan: 1 of 1 resource, by --only web/audit."), "{output}");
    assert!(error.contains("destroy --only web/audit --yes"), "{error}");
    assert_eq!(exit, Exit::Usage);
    let (output, _, exit) = case.run("destroy --json --yes --only web", None);
    assert!(output.contains(r#"{"type":"partial","only":["web"],"exclude":[],"selected":1,"total":1"#), "{output}");
    assert_eq!(exit, Exit::Done);
}

#[test]
fn a_part_that_cannot_be_meant_is_refused() {
    let case = Case::new("no-part");
    let (_, error, exit) = case.run("plan --only web/orders --exclude web", None);
    assert!(error.contains("contradict each other"), "{error}");
    assert_eq!(exit, Exit::Usage);
    let (_, error, exit) = case.run("plan --only web/order", None);
    assert!(error.contains("did you mean `web/orders`?"), "{error}");
    assert_eq!(exit, Exit::Error);
}

#[test]
fn the_first_line_says_the_target() {
    let case = Case::new("target");
    let (output, _, _) = case.run("plan", None);
    assert!(output.starts_with("Target: simulated"), "{output}");
    let (output, error, _) = case.run("output", None);
    assert!(output.is_empty() && error.starts_with("Target: simulated"), "{output}{error}");
}

/// A program that names no region is where the environment says, and stays there.
#[test]
fn an_environment_of_another_region_is_refused() {
    let homeless = |_: &Inputs| {
        let mut app = App::new("topics");
        app.stack("web").add("orders", Topic(Bag::new()));
        app
    };
    let case = Case::new("region");
    let run = |region: &'static str, line| {
        let says = move |name: &str| (name == "AWS_REGION").then(|| region.to_owned());
        case.run_in(&says, homeless, line, None)
    };
    assert_eq!(run("eu-west-1", "apply --yes").2, Exit::Done);
    let (_, error, exit) = run("us-west-2", "apply --yes");
    assert!(
        error.contains("the stack `web` is live in eu-west-1 (1 resource), and AWS_REGION says us-west-2"),
        "{error}"
    );
    assert!(error.contains("set AWS_REGION=eu-west-1"), "{error}");
    assert_eq!(exit, Exit::Error);
    assert_eq!(run("eu-west-1", "plan --detailed-exitcode").2, Exit::Done);
}

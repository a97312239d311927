//! Validation: all that is wrong with a program that can be told from the facts about its types, before any cloud call.

use std::collections::BTreeMap;

use ironwright_core::facts::check::{self, Violation, ViolationKind};
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::graph::StackNode;
use ironwright_core::nearest::nearest;
use ironwright_core::stack::Parameter;
use ironwright_core::tree::Reference;
use ironwright_core::{Diagnostic, Diagnostics, Graph, Name, Node, Planned, Severity};

use crate::planner::Context;

/// All that is wrong with `graph` by the facts of its types. `parameters` are the values given to stack parameters.
pub fn validate(graph: &Graph, facts: &dyn FactSource, parameters: &BTreeMap<String, String>) -> Diagnostics {
    validate_those(graph, facts, parameters, |_| true)
}

/// The same of those resources that `concerns` picks; stacks are looked at whole.
pub(crate) fn validate_those(
    graph: &Graph,
    facts: &dyn FactSource,
    parameters: &BTreeMap<String, String>,
    concerns: impl Fn(&Node) -> bool,
) -> Diagnostics {
    let context = Context { stacks: graph.stacks().to_vec(), parameters: parameters.clone(), ..Context::default() };
    let mut problems = graph.missing_regions();
    for stack in graph.stacks() {
        problems.extend(parameter_problems(stack, parameters));
    }
    for node in graph.nodes().iter().filter(|node| concerns(node)) {
        problems.extend(node_problems(node, &context, facts));
    }
    problems
}

/// The error for a type that no provider of this build serves.
pub(crate) fn not_served(node: &Node) -> Diagnostic {
    let message = format!("no provider of this build serves the type {}", node.type_name);
    Diagnostic::error("type-not-served", message)
        .at(&node.address)
        .source(&node.source)
        .help("switch on the cargo feature of its service, or choose another `--target`")
}

fn parameter_problems(stack: &StackNode, given: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let problem = |(name, parameter): &(Name, Parameter)| {
        let Some(value) = given.get(name.as_ref()).or(parameter.default.as_ref()) else {
            let message = format!("the parameter `{name}` of stack `{}` has no value", stack.name);
            return Some(Diagnostic::error("parameter-missing", message).help(format!("add `--var {name}=…`")));
        };
        if parameter.allowed.is_empty() || parameter.allowed.contains(value) {
            return None;
        }
        let allowed = parameter.allowed.join(", ");
        let message = format!("the parameter `{name}` of stack `{}` may be one of: {allowed}", stack.name);
        let error = Diagnostic::error("parameter-invalid", message);
        let near = nearest(value, parameter.allowed.iter().map(String::as_str)).filter(|_| !parameter.secret);
        Some(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("change `--var {name}=…`")),
        })
    };
    stack.parts.parameters.iter().filter_map(problem).collect()
}

fn node_problems(node: &Node, context: &Context, facts: &dyn FactSource) -> Vec<Diagnostic> {
    let Some(facts) = facts.facts(&node.type_name) else {
        return vec![not_served(node)];
    };
    let unknown = |_: &Reference| Planned::Unknown;
    let entries = node.properties.iter().map(|entry| {
        let value = context.evaluate(node.stack, &entry.tree, &unknown);
        (entry.name.to_string(), value)
    });
    let planned = Planned::Map(entries.filter(|(_, value)| *value != Planned::Null).collect());
    check(node, &facts, &planned)
}

/// All that the facts forbid in the properties of `node`, as far as they are known. What is set through `.raw` is the
/// user's own responsibility: there it is a warning, and so is a value that may be newer than the facts.
pub(crate) fn check(node: &Node, facts: &TypeFacts, properties: &Planned) -> Vec<Diagnostic> {
    let diagnostic = |violation: Violation| {
        let top = violation.path.split(['.', '[']).next().unwrap_or_default();
        let entry = node.property(top);
        let source = entry.map_or(&node.source, |entry| &entry.source);
        let may_be_right = violation.kind == ViolationKind::NotKnown || entry.is_some_and(|entry| entry.raw);
        let mut diagnostic = Diagnostic::from(violation.problem).at(&node.address).source(source);
        if may_be_right {
            diagnostic.severity = Severity::Warning;
        }
        if violation.path.is_empty() { diagnostic } else { diagnostic.property(violation.path) }
    };
    let broken = check::check(facts, properties).into_iter().map(diagnostic);
    broken.chain(secret_names(node, facts, properties)).collect()
}

/// What a resource is known by stands in plans, states and addresses of the cloud.
fn secret_names(node: &Node, facts: &TypeFacts, properties: &Planned) -> Vec<Diagnostic> {
    let is_secret = |path: &&String| properties.get(path).is_some_and(Planned::has_secret);
    let problem = |path: &String| {
        let message = "a resource is known by this, and so it is shown: it cannot be a secret".to_owned();
        let source = node.property(path).map_or(&node.source, |entry| &entry.source);
        let error = Diagnostic::error("secret-as-name", message).at(&node.address).source(source);
        error.property(path.as_str()).help("give it a name that may be seen")
    };
    facts.primary_identifier.iter().filter(is_secret).map(problem).collect()
}

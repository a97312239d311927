//! What CloudFormation takes of one template at most.

use ironwright_core::{Diagnostic, Diagnostics};

use crate::template::{Sections, Template};

/// The most bytes of a template.
pub(crate) const BODY: usize = 1_000_000;

/// An error for every section that holds more than CloudFormation takes, and for a stack without resources.
pub(crate) fn check_sections(stack: &str, sections: &Sections, problems: &mut Diagnostics) {
    if sections.resources.is_empty() {
        let error = Diagnostic::error(
            "template-empty",
            format!("the stack `{stack}` has no resources, and a template needs one"),
        );
        problems.push(error.help("move its outputs, parameters, mappings and conditions to a stack with resources"));
    }
    for (section, what, most) in [
        (&sections.resources, "resources", 500),
        (&sections.outputs, "outputs", 200),
        (&sections.parameters, "parameters", 200),
        (&sections.mappings, "mappings", 200),
    ] {
        if section.len() > most {
            problems.push(exceeded(stack, section.len(), what, most));
        }
    }
}

/// An error for a template of more bytes than CloudFormation takes.
pub(crate) fn check_size(template: &Template, problems: &mut Diagnostics) {
    if template.size() > BODY {
        problems.push(exceeded(template.stack(), template.size(), "bytes", BODY));
    }
}

fn exceeded(stack: &str, count: usize, what: &str, most: usize) -> Diagnostic {
    let message = format!("the template of the stack `{stack}` has {count} {what}; CloudFormation takes {most}");
    Diagnostic::error("template-limit", message)
        .help("split the stack: resources of several stacks of one app may refer to each other")
}

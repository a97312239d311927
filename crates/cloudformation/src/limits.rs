//! What CloudFormation takes of one template at most.

use ironwright_core::{Diagnostic, Diagnostics};

use crate::Template;

/// The most bytes of a template.
pub(crate) const BODY: usize = 1_000_000;

/// Sections, what they hold, and how many of it.
const SECTIONS: [(&str, &str, usize); 4] = [
    ("Resources", "resources", 500),
    ("Outputs", "outputs", 200),
    ("Parameters", "parameters", 200),
    ("Mappings", "mappings", 200),
];

/// An error for every limit that `template` exceeds, and for one without resources.
pub(crate) fn check(template: &Template, problems: &mut Diagnostics) {
    if template.section("Resources").is_none() {
        let message = format!("the stack `{}` has no resources, and a template needs one", template.stack());
        let error = Diagnostic::error("template-empty", message);
        problems.push(error.help("move its outputs, parameters, mappings and conditions to a stack with resources"));
    }
    for (section, what, most) in SECTIONS {
        let count = template.section(section).map_or(0, crate::document::Document::len);
        if count > most {
            problems.push(exceeded(template, &format!("{count} {what}"), &most.to_string()));
        }
    }
    if template.size() > BODY {
        problems.push(exceeded(template, &format!("{} bytes", template.size()), &BODY.to_string()));
    }
}

fn exceeded(template: &Template, found: &str, most: &str) -> Diagnostic {
    let message = format!("the template of the stack `{}` has {found}; CloudFormation takes {most}", template.stack());
    Diagnostic::error("template-limit", message)
        .help("split the stack: resources of several stacks of one app may refer to each other")
}

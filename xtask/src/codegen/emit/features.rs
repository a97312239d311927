//! The tables of features in the two manifests, between their marker comments.

use std::fmt::Write;

use crate::codegen::services::Services;

const OPEN: &str = "# <codegen:features>\n";
const CLOSE: &str = "# </codegen:features>";

/// Services with features of their own in `ironwright-testing`.
const WITH_ASSERTIONS: [&str; 1] = ["ec2"];

/// The manifest of `ironwright-aws` with its table renewed.
pub(crate) fn in_aws(manifest: &str, services: &Services) -> Option<String> {
    between_markers(manifest, &table(services, |_| "[]".to_owned()))
}

/// The root manifest with its table renewed: the same names, forwarded.
pub(crate) fn in_facade(manifest: &str, services: &Services) -> Option<String> {
    between_markers(manifest, &table(services, forwarded))
}

/// What a feature of the facade turns on: the service, and what `ironwright-testing` knows of its types.
fn forwarded(feature: &str) -> String {
    if WITH_ASSERTIONS.contains(&feature) {
        format!("[\"ironwright-aws/{feature}\", \"ironwright-testing/{feature}\"]")
    } else {
        format!("[\"ironwright-aws/{feature}\"]")
    }
}

fn table(services: &Services, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    list("default", services.default_features().iter().map(String::as_str), &mut out);
    list("all-services", services.features().into_iter(), &mut out);
    for feature in services.features() {
        let _ = writeln!(out, "{feature} = {}", value(feature));
    }
    out
}

fn list<'a>(name: &str, features: impl Iterator<Item = &'a str>, out: &mut String) {
    let _ = writeln!(out, "{name} = [");
    for feature in features {
        let _ = writeln!(out, "    \"{feature}\",");
    }
    out.push_str("]\n");
}

fn between_markers(manifest: &str, table: &str) -> Option<String> {
    let (before, rest) = manifest.split_once(OPEN)?;
    let (_, after) = rest.split_once(CLOSE)?;
    Some(format!("{before}{OPEN}{table}{CLOSE}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_the_markers_stays() {
        let manifest = "[features]\ntui = []\n# <codegen:features>\nold = []\n# </codegen:features>\n[lints]\n";
        let renewed = between_markers(manifest, "new = []\n").unwrap();
        assert_eq!(renewed, "[features]\ntui = []\n# <codegen:features>\nnew = []\n# </codegen:features>\n[lints]\n");
        assert_eq!(between_markers("[features]\n", ""), None);
    }
}

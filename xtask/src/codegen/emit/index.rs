//! `generated/mod.rs`: the modules behind their features, and the tables by which facts and features are found.

use std::fmt::Write;

use crate::codegen::services::Services;

/// What is good in generated code and would not be elsewhere.
const ALLOWED: &str = "#![allow(clippy::wildcard_imports, reason = \"a service takes most kinds\")]
#![allow(clippy::type_complexity, reason = \"a builder's type lists what is missing\")]
#![allow(clippy::should_implement_trait, reason = \"a property may be called `Add` or `Not`\")]
#![allow(clippy::similar_names, reason = \"arguments are named after properties\")]
";

/// The text of `generated/mod.rs`.
pub(crate) fn write(preamble: &str, services: &Services) -> String {
    let mut out = format!("{preamble}\n{ALLOWED}\n#[rustfmt::skip]\npub mod kinds;\n");
    for (namespace, service) in services.all() {
        let (module, feature) = (&service.module, &service.feature);
        let _ = writeln!(
            out,
            "/// Resources of `{namespace}`.\n#[cfg(feature = {feature:?})]\n#[rustfmt::skip]\npub mod {module};"
        );
    }
    out.push_str("\n/// The facts of the services that are on, or of all, by namespace.\n#[rustfmt::skip]\npub(crate) const FACTS: &[(&str, &str)] = &[\n");
    let mut by_namespace = services.all();
    by_namespace.sort_by_key(|(namespace, _)| *namespace);
    for (namespace, service) in &by_namespace {
        let (module, feature) = (&service.module, &service.feature);
        let _ = writeln!(
            out,
            "    #[cfg(any(feature = \"all-facts\", feature = {feature:?}))]\n    ({namespace:?}, include_str!(\"{module}.facts\")),"
        );
    }
    out.push_str("];\n\n/// The feature of every service, on or off, by namespace.\n#[rustfmt::skip]\npub(crate) const FEATURES: &[(&str, &str)] = &[\n");
    for (namespace, service) in &by_namespace {
        let _ = writeln!(out, "    ({namespace:?}, {:?}),", service.feature);
    }
    out.push_str("];\n");
    out
}

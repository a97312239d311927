//! The kinds of ids, always compiled: every service's module may take and give them.

use std::fmt::Write;

use crate::codegen::relations::Relations;

/// The text of `kinds.rs`.
pub(crate) fn write(preamble: &str, relations: &Relations) -> String {
    let mut out =
        format!("{preamble}\nuse ironwright_core::id_kind;\n\nuse crate::kind_support::accepts;\n\nid_kind! {{\n");
    for (kind, givers) in &relations.kinds {
        let listed: Vec<String> =
            givers.iter().map(|giver| format!("`{}` of `{}`", giver.attribute, giver.target)).collect();
        let _ = writeln!(out, "    /// {}.\n    {kind},", listed.join(", "));
    }
    for (union, members) in &relations.unions {
        let listed: Vec<String> = members.iter().map(|member| format!("[`{member}`]")).collect();
        let _ = writeln!(out, "    /// Any of {}.\n    {union},", listed.join(", "));
    }
    out.push_str("}\n\n");
    for (union, members) in &relations.unions {
        let _ = writeln!(out, "accepts!({union}: {});", members.join(", "));
    }
    out
}

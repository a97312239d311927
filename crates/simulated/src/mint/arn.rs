//! ARNs, from the templates of the facts: `arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}`.

use crate::draft::Draft;
use crate::entry::is_global;
use crate::refusal::short_name;
use crate::surroundings::{ACCOUNT, partition};

use super::name;

/// The ARN of the draft.
pub(super) fn mint(draft: &mut Draft) -> String {
    if let Some(template) = &draft.facts.arn {
        return fill(draft, template);
    }
    let region = if is_global(&draft.facts.type_name) { "" } else { draft.region };
    let (partition, service) = (partition(draft.region), draft.service());
    let kind = short_name(&draft.facts.type_name).to_lowercase();
    let name = own_name(draft);
    format!("arn:{partition}:{service}:{region}:{ACCOUNT}:{kind}/{name}")
}

fn fill(draft: &mut Draft, template: &str) -> String {
    let mut arn = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, after) = after.split_once('}').unwrap_or((after, ""));
        arn.push_str(before);
        arn.push_str(&value_of(draft, variable));
        rest = after;
    }
    arn.push_str(rest);
    arn
}

fn value_of(draft: &mut Draft, variable: &str) -> String {
    match variable {
        "Partition" => return partition(draft.region).to_owned(),
        "Region" if is_global(&draft.facts.type_name) => return String::new(),
        "Region" => return draft.region.to_owned(),
        "Account" | "AccountId" => return ACCOUNT.to_owned(),
        _ => {}
    }
    if let Some(text) = draft.text(variable) {
        return text.trim_start_matches('/').to_owned();
    }
    if variable.ends_with("Path") {
        return String::new();
    }
    own_name(draft)
}

/// What tells this resource from others of its type: its physical id if that is no ARN, a property that is its name, or
/// a new name.
fn own_name(draft: &mut Draft) -> String {
    let known = draft.physical_id().filter(|id| !id.starts_with("arn:"));
    let last = known.and_then(|id| id.rsplit('|').next().map(str::to_owned));
    let kind = short_name(&draft.facts.type_name);
    let named = || ["Name".to_owned(), format!("{kind}Name"), format!("{kind}Id"), "Id".to_owned()];
    let property = || named().iter().find_map(|path| draft.text(path).map(str::to_owned));
    match last.or_else(property) {
        Some(name) => name,
        None => name::named(draft, 48),
    }
}

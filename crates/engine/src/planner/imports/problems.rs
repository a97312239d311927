//! Why something cannot be imported, with what is live and what to type.

use ironwright_core::nearest::nearest;
use ironwright_core::{Address, Diagnostic, Graph, Import};

use super::Listed;
use crate::journal::Book;
use crate::state::Record;

fn error(code: &'static str, message: String, import: &Import) -> Diagnostic {
    let error = Diagnostic::error(code, message).at(&import.address);
    import.source.iter().fold(error, Diagnostic::source)
}

pub(super) fn not_declared(graph: &Graph, import: &Import) -> Diagnostic {
    let known = nearest(import.address.as_str(), graph.nodes().iter().map(|node| node.address.as_str()));
    let message = "is to be imported, and the program does not add it".to_owned();
    error("import-not-declared", message, import).help(match known {
        Some(known) => format!("did you mean `{known}`?"),
        None => "add the resource that describes it to the program first".to_owned(),
    })
}

/// The error for an import by itself of what needs resources that are not live.
pub(super) fn lacking(graph: &Graph, import: &Import, book: &Book) -> Option<Diagnostic> {
    let needed = graph.dependencies(graph.position(&import.address)?).iter();
    let needed = needed.map(|position| &graph.nodes()[*position].address);
    let lacking = needed.filter(|address| !book.state().resources.contains_key(*address));
    let lacking: Vec<String> = lacking.map(|address| format!("`{address}`")).collect();
    let message = format!("needs {}, which the state does not have yet", lacking.join(", "));
    (!lacking.is_empty()).then(|| {
        error("import-needs", message, import).help(format!(
            "import that first; or let the program do both, with all it makes:\n  stack.import(\"{}\", \"{}\");",
            import.address, import.physical_id
        ))
    })
}

pub(super) fn asked_twice(import: &Import, other: &Import) -> Diagnostic {
    let message = format!("is to be imported as `{}` and as `{}`", other.physical_id, import.physical_id);
    error("duplicate-import", message, import)
        .related("first imported here", other.source.as_ref())
        .help("take one of the two out")
}

pub(super) fn taken(import: &Import, known: &Record) -> Diagnostic {
    let message = format!("is to be imported as `{}`, and is `{}` already", import.physical_id, known.physical_id);
    error("import-taken", message, import).related(format!("live now: {}", known.physical_id), None).help(format!(
        "take the import out: the import has done its work, where it was replaced since; or type `state rm {}` first, which \
         leaves in the cloud what is live now",
        import.address
    ))
}

pub(super) fn managed(import: &Import, other: &Record) -> Diagnostic {
    let message = format!("`{}` is managed already, at `{}`", import.physical_id, other.address);
    error("import-managed", message, import).help(format!(
        "if that resource was renamed, say so instead of importing it:\n  stack.moved(\"{}\", \"{}\");",
        other.address, import.address
    ))
}

pub(super) fn deposed(import: &Import, other: &Record) -> Diagnostic {
    let message = format!("`{}` was replaced at `{}`, and is still to be deleted", import.physical_id, other.address);
    error("import-managed", message, import).help("take the import out and type `apply`: it deletes what is left over")
}

pub(super) fn unsettled(import: &Import, address: &Address) -> Diagnostic {
    let message = format!("whether an interrupted run made `{address}` is not settled, and this may be what it made");
    error("import-unsettled", message, import)
        .help("take the import out and type `apply`, which settles it; then import")
}

/// How many ids are named of what there is.
const MOST_NAMED: usize = 10;

pub(super) fn missing(import: &Import, record: &Record, listed: &Listed) -> Diagnostic {
    let place = if record.region.is_empty() { String::new() } else { format!(" in {}", record.region) };
    let message = format!("there is no {} with the id `{}`{place}", record.type_name, import.physical_id);
    let there = listed.get(&(record.type_name.clone(), record.region.clone()));
    error("import-missing", message, import).help(match there.map(Vec::as_slice) {
        None => "check the id, the region of the stack, and the account".to_owned(),
        Some([]) => "there is none that is not managed yet: check the region of the stack, and the account".to_owned(),
        Some(ids) => named(&import.physical_id, ids),
    })
}

pub(super) fn called_otherwise(import: &Import, physical_id: &str) -> Diagnostic {
    let message = format!("the cloud knows `{}` under the id `{physical_id}`", import.physical_id);
    error("import-id", message, import).help("import it by that id")
}

/// What there is, where `wanted` is not.
fn named(wanted: &str, ids: &[String]) -> String {
    if let Some(near) = nearest(wanted, ids.iter().map(String::as_str)) {
        return format!("did you mean `{near}`?");
    }
    let more = ids.len().saturating_sub(MOST_NAMED);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    format!("there is: {}{more}", ids[..ids.len().min(MOST_NAMED)].join(", "))
}

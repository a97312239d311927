//! How the user started the program, so that the next command can be shown as they would type it.

use std::ffi::OsString;
use std::path::Path;

/// The program's name, from its first word.
pub(crate) fn program_name(first: Option<OsString>) -> String {
    let path = first.unwrap_or_default();
    Path::new(&path).file_stem().map_or_else(|| "ironwright".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What stands before the command: `cargo run --`, `cargo run --example network --`, or the program itself.
///
/// `package` is the name of the package that cargo runs, where cargo does.
pub(crate) fn prefix(executable: &Path, package: Option<&str>) -> String {
    let name = executable.file_stem().map_or_else(|| "ironwright".into(), |name| name.to_string_lossy());
    let folder = executable.parent().and_then(Path::file_name);
    match package {
        Some(_) if folder.is_some_and(|folder| folder == "examples") => format!("cargo run --example {name} --"),
        Some(package) if package == name => "cargo run --".to_owned(),
        Some(_) => format!("cargo run --bin {name} --"),
        None => executable.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_is_shown_as_it_would_be_typed() {
        let check = |path: &str, package, expect: &str| assert_eq!(prefix(Path::new(path), package), expect);
        check("target/debug/shop", Some("shop"), "cargo run --");
        check("target/debug/examples/network", Some("ironwright"), "cargo run --example network --");
        check("target/debug/admin", Some("shop"), "cargo run --bin admin --");
        check("./shop", None, "./shop");
    }
}

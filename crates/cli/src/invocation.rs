//! How the program was started and by whom: the next command as the user would type it, and the lock's owner.

use std::ffi::OsString;
use std::path::Path;

/// The program's name, from its first word.
pub(crate) fn program_name(first: Option<OsString>) -> String {
    let path = first.unwrap_or_default();
    Path::new(&path).file_stem().map_or_else(|| "ironwright".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What stands before the command: `cargo run --`, `cargo run --example network --`, or the program itself.
pub(crate) fn prefix(environment: &dyn Fn(&str) -> Option<String>) -> String {
    let executable = std::env::args_os().next().unwrap_or_default();
    prefix_of(Path::new(&executable), environment("CARGO_PKG_NAME").as_deref())
}

/// `user@host`, as far as the environment tells.
pub(crate) fn owner(environment: &dyn Fn(&str) -> Option<String>) -> String {
    let first = |names: &[&str]| names.iter().find_map(|name| environment(name).filter(|text| !text.is_empty()));
    let file = || std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned());
    let user = first(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "someone".to_owned());
    let host = first(&["HOSTNAME", "COMPUTERNAME"]).or_else(file).unwrap_or_else(|| "this machine".to_owned());
    format!("{user}@{host}")
}

/// `package` is the name of the package that cargo runs, where cargo does.
fn prefix_of(executable: &Path, package: Option<&str>) -> String {
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
        let check = |path: &str, package, expect: &str| assert_eq!(prefix_of(Path::new(path), package), expect);
        check("target/debug/shop", Some("shop"), "cargo run --");
        check("target/debug/examples/network", Some("ironwright"), "cargo run --example network --");
        check("target/debug/admin", Some("shop"), "cargo run --bin admin --");
        check("./shop", None, "./shop");
    }

    #[test]
    fn the_owner_is_who_the_environment_says() {
        let environment = |name: &str| match name {
            "USER" => Some(String::new()),
            "LOGNAME" => Some("me".to_owned()),
            "HOSTNAME" => Some("here".to_owned()),
            _ => None,
        };
        assert_eq!(owner(&environment), "me@here");
    }
}

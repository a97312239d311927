//! Which program is meant: the one that the command line says, or the only one of the folder's project.

use std::path::{Path, PathBuf};

use ironwright_core::Diagnostic;

use super::Driven;
use super::cargo::{self, Package, Project};
use crate::arguments::WhichProgram;
use crate::error::CommandError;

/// The program that `which` says, or that of the current folder; nothing where the state alone is meant, or there is none.
/// `command` is what is to be done, as it is typed.
pub(crate) fn find(which: &WhichProgram, colors: bool, command: &str) -> Result<Option<Driven>, CommandError> {
    if which.is_state_alone() {
        return Ok(None);
    }
    let drive = |words: Vec<String>| {
        let colors = if colors { Vec::new() } else { vec!["--color".to_owned(), "never".to_owned()] };
        Some(Driven::new([words, colors].concat(), which.flags(), command))
    };
    if which.names_target() {
        return Ok(drive(which.words()));
    }
    let Some(manifest) = which.manifest_path.clone().or_else(manifest_of_the_folder) else {
        return match &which.package {
            Some(_) => Err(no_program(which, Path::new("this folder"))),
            None => Ok(None),
        };
    };
    let project = cargo::project(&manifest)?;
    let candidates = candidates(&project, which.package.as_deref(), &manifest);
    match choose(&candidates)? {
        Some((package, program)) => {
            let words = which.manifest_path.iter().flat_map(|path| ["--manifest-path".to_owned(), text(path)]);
            let program = ["--package", &package.name, "--bin", program].map(str::to_owned);
            Ok(drive(words.chain(program).collect()))
        }
        None if which.is_empty() => Ok(None),
        None => Err(no_program(which, &manifest)),
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The nearest `Cargo.toml`, from the current folder up.
fn manifest_of_the_folder() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

/// The packages that cargo would take: the one that is named, else that of the manifest, else the usual ones of the workspace.
fn candidates<'a>(project: &'a Project, name: Option<&str>, manifest: &Path) -> Vec<&'a Package> {
    let chosen = |keep: &dyn Fn(&Package) -> bool| project.packages.iter().filter(|package| keep(package)).collect();
    if let Some(name) = name {
        return chosen(&|package| package.name == name);
    }
    let manifest = manifest.canonicalize().unwrap_or_else(|_| manifest.to_owned());
    let own: Vec<_> = chosen(&|package| package.manifest_path.canonicalize().is_ok_and(|path| path == manifest));
    if !own.is_empty() {
        return own;
    }
    chosen(&|package| project.workspace_default_members.contains(&package.id))
}

/// The one program of `packages`, if there is one.
fn choose<'a>(packages: &[&'a Package]) -> Result<Option<(&'a Package, &'a str)>, CommandError> {
    let of_package = |package: &'a Package| {
        let programs = package.programs();
        let default = package.default_run.as_deref().filter(|name| programs.contains(name));
        default.map_or(programs, |name| vec![name]).into_iter().map(move |program| (package, program))
    };
    let programs: Vec<_> = packages.iter().copied().flat_map(of_package).collect();
    match programs.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        several => {
            let names: Vec<_> = several.iter().map(|(_, program)| *program).collect();
            let message = format!("the project has {} programs: {}", names.len(), names.join(", "));
            let help = format!("say which: `--bin {}`; or say it in Cargo.toml: `default-run = \"{0}\"`", names[0]);
            Err(CommandError::usage(Diagnostic::error("program-ambiguous", message).help(help)))
        }
    }
}

fn no_program(which: &WhichProgram, place: &Path) -> CommandError {
    let of = which.package.as_ref().map(|name| format!(" of the package `{name}`")).unwrap_or_default();
    let message = format!("there is no program{of} in {}", place.display());
    let help =
        "a program is a binary of a package that depends on `ironwright`; an example is said by `--example NAME`";
    CommandError::usage(Diagnostic::error("program-missing", message).help(help))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, dependency: &str, kind: Option<&str>, programs: &[&str], default: Option<&str>) -> Value {
        let bins: Vec<_> = programs.iter().map(|name| json!({ "name": name, "kind": ["bin"] })).collect();
        let targets = [bins, vec![json!({ "name": "library", "kind": ["lib"] })]].concat();
        json!({
            "name": name, "id": name, "manifest_path": format!("/nowhere/{name}/Cargo.toml"), "default_run": default,
            "dependencies": [{ "name": dependency, "kind": kind }], "targets": targets,
        })
    }

    #[track_caller]
    fn check(packages: &[Value], name: Option<&str>, expect: Result<Option<&str>, &str>) {
        let project = json!({ "packages": packages, "workspace_default_members": ["infra", "web"] });
        let project: Project = serde_json::from_value(project).unwrap();
        let candidates = candidates(&project, name, Path::new("/nowhere/Cargo.toml"));
        let found = choose(&candidates).map_err(|error| error.diagnostics.to_string());
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found.map(|(_, program)| program), expect),
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (found, expect) => panic!("found {found:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn the_only_program_that_depends_on_ironwright_is_meant() {
        let web = || package("web", "axum", None, &["server"], None);
        let infra = |programs, default| package("infra", "ironwright", None, programs, default);
        check(&[web()], None, Ok(None));
        check(&[web(), infra(&["deploy"], None)], None, Ok(Some("deploy")));
        check(&[web(), infra(&["deploy"], None)], Some("web"), Ok(None));
        check(&[infra(&[], None)], None, Ok(None));
        check(&[infra(&["a", "b"], None)], None, Err("the project has 2 programs: a, b"));
        check(&[infra(&["a", "b"], None)], None, Err("`--bin a`"));
        check(&[infra(&["a", "b"], Some("b"))], None, Ok(Some("b")));
        check(&[package("infra", "ironwright", Some("dev"), &["tool"], None)], None, Ok(None));
        let other = package("other", "ironwright", None, &["other"], None);
        check(&[infra(&["a"], None), other], None, Ok(Some("a")));
    }
}

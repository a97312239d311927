//! `new`: a project to start from. Its files are the templates of this package, with a few words put in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ironwright_core::{Diagnostic, Diagnostics};

use crate::arguments::NewArguments;
use crate::exit::Exit;
use crate::render::diagnostics;
use crate::source_lines::FromWorkingDirectory;
use crate::terminal::Terminal;

/// The files of a project, and what each is made from.
const FILES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../templates/Cargo.toml.template")),
    ("src/main.rs", include_str!("../../templates/main.rs")),
    (".github/workflows/deploy.yml", include_str!("../../templates/deploy.yml")),
    (".gitignore", include_str!("../../templates/gitignore")),
    ("README.md", include_str!("../../templates/README.md")),
];

/// Names that cargo cannot build a package under, besides Rust's keywords.
const TAKEN: [&str; 7] = ["build", "core", "deps", "examples", "incremental", "ironwright", "test"];

/// Words that Rust keeps for itself.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final \
    fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super trait \
    true try type typeof unsafe unsized use virtual where while yield";

/// Makes the project, and says what to type next.
pub(crate) fn run(arguments: &NewArguments, terminal: &Terminal) -> Exit {
    match make(arguments) {
        Ok(folder) => {
            terminal.print(&next_commands(&arguments.name, &folder));
            Exit::Done
        }
        Err((problem, exit)) => {
            let text = diagnostics::diagnostics(
                &Diagnostics::from(problem),
                &FromWorkingDirectory::default(),
                terminal.width(),
            );
            terminal.complain(&text);
            exit
        }
    }
}

fn make(arguments: &NewArguments) -> Result<PathBuf, (Diagnostic, Exit)> {
    let name = &arguments.name;
    if let Some(wrong) = wrong_name(name) {
        let message = format!("`{name}` cannot be the name of a project: {wrong}");
        let help = "use letters, digits, `-` and `_`, a letter first";
        return Err((Diagnostic::error("invalid-name", message).help(help), Exit::Usage));
    }
    let folder = arguments.path.clone().unwrap_or_else(|| PathBuf::from(name));
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let error = Diagnostic::error("folder-not-empty", format!("{} is not empty", folder.display()));
        return Err((error.help("say another folder: `--path DIR`"), Exit::Usage));
    }
    let dependency = dependency(arguments.ironwright_path.as_deref()).map_err(|problem| (problem, Exit::Usage))?;
    for (file, template) in FILES {
        let text = template.replace("%NAME%", name).replace("%IRONWRIGHT%", &dependency);
        write(&folder.join(file), &text).map_err(|problem| (problem, Exit::Error))?;
    }
    Ok(folder)
}

/// Why cargo would not take `name`, or the state's folder could not have it.
fn wrong_name(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some("it does not begin with a letter")
    } else if !name.chars().all(plain) {
        Some("it has characters that a package cannot have")
    } else if name.len() > 64 {
        Some("it is longer than 64 characters")
    } else if KEYWORDS.split_whitespace().any(|word| word == name) {
        Some("it is a word of Rust's own")
    } else if TAKEN.contains(&name) {
        Some("cargo needs that name for something else")
    } else {
        None
    }
}

/// What `Cargo.toml` says of Ironwright: the release that this binary is of, or a checkout.
fn dependency(checkout: Option<&Path>) -> Result<String, Diagnostic> {
    let Some(checkout) = checkout else {
        return Ok(format!("\"{}\"", env!("CARGO_PKG_VERSION")));
    };
    let found = checkout.canonicalize().ok().filter(|folder| folder.join("Cargo.toml").is_file());
    let Some(path) = found.as_deref().and_then(Path::to_str) else {
        let message = format!("{} is no checkout of Ironwright", checkout.display());
        return Err(Diagnostic::error("checkout-missing", message).help("say the folder that has its `Cargo.toml`"));
    };
    // Text in JSON is text in TOML.
    Ok(format!("{{ path = {} }}", serde_json::Value::from(path)))
}

fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error: io::Error| {
        Diagnostic::error("not-writable", format!("{} cannot be written: {error}", path.display()))
            .help("make the folder writable, or say another: `--path DIR`")
    })
}

fn next_commands(name: &str, folder: &Path) -> String {
    format!(
        "Made `{name}` in {}.\n\n\
         Go on with:\n  \
         cd {}\n  \
         cargo test             # deploys it to a simulated cloud\n  \
         cargo run -- plan      # what an apply would do\n  \
         cargo run              # plan, ask, apply; nothing real is created\n",
        folder.display(),
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_cargo_takes() {
        for name in ["shop", "my-shop_2", "Shop", "self-service"] {
            assert_eq!(wrong_name(name), None, "{name}");
        }
        for name in ["", "2shop", "-shop", "my shop", "shöp", "a/b", "..", "match", "gen", "test", "ironwright"] {
            assert!(wrong_name(name).is_some(), "{name}");
        }
        assert!(wrong_name(&"a".repeat(65)).is_some());
    }

    #[test]
    fn every_word_to_put_in_is_put_in() {
        for (file, template) in FILES {
            let text = template.replace("%NAME%", "shop").replace("%IRONWRIGHT%", "\"1\"");
            assert!(!text.contains('%'), "{file}");
        }
    }

    #[test]
    fn the_dependency_is_this_release_or_a_checkout() {
        assert_eq!(dependency(None).unwrap(), format!("\"{}\"", env!("CARGO_PKG_VERSION")));
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(dependency(Some(here)).unwrap(), format!("{{ path = {:?} }}", here.canonicalize().unwrap()));
        assert!(dependency(Some(Path::new("no/such/folder"))).is_err());
    }
}

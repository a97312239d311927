//! The check that `docs/commands.md` says what the program says. Below each `<!-- help: COMMAND -->` stands its help; a
//! command of the binary is written `binary COMMAND`.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::{Arguments, binary};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
const MARK: &str = "<!-- help: ";

fn help(path: &str) -> String {
    let (mut root, path) = match path.strip_prefix("binary") {
        Some(path) => (binary::command_line(), path),
        None => (Arguments::command(), path),
    };
    root.build();
    let words = path.split_whitespace().filter(|word| *word != "ironwright");
    let command =
        words.fold(&mut root, |command, word| command.find_subcommand_mut(word).expect("a command of that name"));
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("```text\n{}\n```\n", lines.join("\n"))
}

/// The page with the help below each mark as the program has it now.
fn current(page: &str) -> String {
    let mut text = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(text, "{line}");
        let Some(path) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        if lines.next_if(|line| *line == "```text").is_some() {
            lines.by_ref().find(|line| *line == "```");
        }
        text.push_str(&help(path));
    }
    text
}

fn paths(command: &Command, prefix: &str) -> Vec<String> {
    let inner = command.get_subcommands().flat_map(|inner| {
        let path = format!("{prefix}{}", inner.get_name());
        [vec![path.clone()], paths(inner, &format!("{path} "))].concat()
    });
    inner.collect()
}

/// Fails where the page is stale. With `IRONWRIGHT_UPDATE_DOCS` set, it is written instead.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for the one who writes the page")]
fn the_page_on_commands_is_current() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let current = current(&page);
    if std::env::var("IRONWRIGHT_UPDATE_DOCS").is_ok() {
        std::fs::write(PAGE, &current).unwrap();
    }
    let now = std::fs::read_to_string(PAGE).unwrap();
    assert!(now == current, "docs/commands.md is stale: run this test with IRONWRIGHT_UPDATE_DOCS=1 set");
}

#[test]
fn the_page_has_every_command() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let of_programs = paths(&Arguments::command(), "");
    let of_the_binary = ["binary", "binary new", "binary simulate"].map(str::to_owned);
    let missing: Vec<_> = of_programs
        .into_iter()
        .chain(of_the_binary)
        .filter(|path| !page.contains(&format!("{MARK}{path} -->")))
        .collect();
    assert!(missing.is_empty(), "docs/commands.md lacks {missing:?}");
}

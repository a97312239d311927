//! Flags may stand before the command as well as after it: this puts the command first, where the parser wants it.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// `words` (without the program's name) with the command's words first: `--stage prod plan` becomes `plan --stage prod`.
pub(crate) fn commands_first(root: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let mut path = Vec::new();
    let mut flags = Vec::new();
    let mut command = root;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let Some(text) = word.to_str() else {
            flags.push(word);
            break;
        };
        if let Some(found) = command.find_subcommand(text) {
            command = found;
            path.push(word);
            continue;
        }
        let ends = !text.starts_with('-') || text == "--" || is_for_the_parser(text);
        let takes_value = takes_value(root, text);
        flags.push(word);
        if ends {
            break;
        }
        if takes_value {
            flags.extend(words.next());
        }
    }
    path.into_iter().chain(flags).chain(words).collect()
}

/// `--help` and `--version` belong to the command they stand behind.
fn is_for_the_parser(text: &str) -> bool {
    matches!(text, "-h" | "--help" | "-V" | "--version")
}

/// Whether the word after this flag is its value.
fn takes_value(command: &Command, text: &str) -> bool {
    let Some(name) = text.strip_prefix("--").filter(|name| !name.contains('=')) else {
        return false;
    };
    let here = command.get_arguments().find(|argument| argument.get_long() == Some(name));
    match here {
        Some(argument) => {
            let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
            takes && !argument.is_require_equals_set()
        }
        None => command.get_subcommands().any(|inner| takes_value(inner, text)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::arguments::Arguments;

    fn check(words: &str, expect: &str) {
        let root = Arguments::command();
        let words = words.split_whitespace().map(OsString::from).collect();
        let ordered: Vec<_> =
            commands_first(&root, words).into_iter().map(|word| word.into_string().unwrap()).collect();
        assert_eq!(ordered.join(" "), expect);
    }

    #[test]
    fn flags_before_the_command_are_moved_behind_it() {
        check("--stage prod plan", "plan --stage prod");
        check("--stage=prod --json plan --where", "plan --stage=prod --json --where");
        check("--refresh=false plan", "plan --refresh=false");
        check("--refresh plan", "plan --refresh");
        check("--format yaml synth --out x", "synth --format yaml --out x");
        check("--stage prod state --json show web/server", "state show --stage prod --json web/server");
    }

    #[test]
    fn what_needs_no_move_stays() {
        check("plan --stage prod", "plan --stage prod");
        check("--yes --var a=1", "--yes --var a=1");
        check("output plan", "output plan");
        check("--stage plan", "--stage plan");
        check("--help plan", "--help plan");
        check("state --help list", "state --help list");
        check("plan -- state", "plan -- state");
        check("", "");
    }
}

//! `completions`: what a shell needs to complete commands and flags.

use clap_complete::Shell;

use crate::exit::Exit;
use crate::invocation;
use crate::terminal::Terminal;

/// Prints the completions of `shell` for the command line `root`.
pub(crate) fn run(mut root: clap::Command, shell: Shell, terminal: &Terminal) -> Exit {
    let name = invocation::program_name(std::env::args_os().next());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut root, name, &mut script);
    terminal.print(&String::from_utf8_lossy(&script));
    Exit::Done
}

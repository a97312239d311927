//! `completions`: what a shell needs to complete commands and flags.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::invocation;
use crate::terminal::Terminal;

/// Prints the completions of `shell`.
pub(crate) fn run(shell: Shell, terminal: &Terminal) -> Exit {
    let name = invocation::program_name(std::env::args_os().next());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), name, &mut script);
    terminal.print(&String::from_utf8_lossy(&script));
    Exit::Done
}

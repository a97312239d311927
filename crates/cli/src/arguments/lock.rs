//! Arguments about the lock: how long to wait for it, and which one to break.

use std::time::Duration;

use clap::Args;

use super::{CommonArguments, ProgramCommand, StateCommand};

/// What commands take that need the lock.
#[derive(Args, Clone, Debug)]
pub(crate) struct LockArguments {
    /// Wait so long for the lock [default: 0s]
    ///
    /// `30s`, `5m`, `1h`. Without it, a lock that is held ends the command.
    #[arg(
        verbatim_doc_comment, long, value_name = "MAX", default_value = "0s", value_parser = duration,
        hide_default_value = true
    )]
    pub(crate) lock_timeout: Duration,
}

/// `unlock`.
#[derive(Args, Debug)]
pub(crate) struct UnlockArguments {
    /// The lock, as the message of a command that was refused names it
    #[arg(value_name = "LOCK_ID")]
    pub(crate) id: String,
    /// Do not ask
    #[arg(short, long, visible_alias = "auto-approve")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

impl ProgramCommand {
    /// How long the command waits for the lock.
    pub(crate) fn lock_timeout(&self) -> Duration {
        let lock = match self {
            Self::Apply(arguments) => &arguments.apply.changing.lock,
            Self::Destroy(arguments) => &arguments.changing.lock,
            Self::Import(arguments) => &arguments.changing.lock,
            Self::Rollback(arguments) => &arguments.changing.lock,
            Self::Refresh(arguments) => &arguments.lock,
            Self::State(StateCommand::Mv(arguments)) => &arguments.lock,
            Self::State(StateCommand::Rm(arguments)) => &arguments.lock,
            Self::State(StateCommand::Push(arguments)) => &arguments.lock,
            Self::State(StateCommand::Restore(arguments)) => &arguments.lock,
            _ => return Duration::ZERO,
        };
        lock.lock_timeout
    }
}

/// A length of time: a whole number and its unit, `s`, `m` or `h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().filter(|_| seconds > 0).and_then(|number| number.checked_mul(seconds));
    number
        .map(Duration::from_secs)
        .ok_or_else(|| "expected a number and a unit, such as `30s`, `5m` or `1h`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let check = |text: &str, seconds| assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        check("0s", 0);
        check("30s", 30);
        check("5m", 300);
        check("2h", 7200);
        for text in ["", "30", "s", "-1s", "1.5m", "5 m", "5min", "99999999999999999h", "é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

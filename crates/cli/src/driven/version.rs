//! Whether a program and this binary are of versions that understand each other.

use ironwright_core::Diagnostic;

use crate::conversation::Greeting;

/// Refuses a program of another minor version, or of a later patch: its types may be unknown here.
pub(super) fn check(program: &Greeting, binary: &Greeting) -> Result<(), Diagnostic> {
    let (of_program, of_binary) = (Version::of(&program.ironwright), Version::of(&binary.ironwright));
    let compatible = of_program.minor == of_binary.minor && of_program.patch <= of_binary.patch;
    if compatible && program.format == binary.format {
        return Ok(());
    }
    let formats = if program.format == binary.format {
        String::new()
    } else {
        format!(" (formats {} and {})", program.format, binary.format)
    };
    let (theirs, own) = (&program.ironwright, &binary.ironwright);
    let message = format!("the program is built with Ironwright {theirs}, and this binary is {own}{formats}");
    let binary_is_older = (of_binary, binary.format) < (of_program, program.format);
    let help = if binary_is_older {
        let features = if cfg!(feature = "aws-ec2") { " --features aws-ec2" } else { "" };
        format!(
            "install the binary of the program's version:\n  cargo install ironwright-cli --version {theirs}{features}"
        )
    } else {
        let manifest = format!("its Cargo.toml may have to say `ironwright = \"{own}\"`");
        format!("update the program; {manifest}:\n  cargo update --package ironwright")
    };
    let help = format!("{help}\nor do without the binary:\n  cargo run -- plan");
    Err(Diagnostic::error("version-mismatch", message).help(help))
}

/// A version, in two parts: what must be equal, and what may be later in the binary.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    minor: (u64, u64),
    patch: u64,
}

impl Version {
    /// What cannot be read as a number counts as 0.
    fn of(text: &str) -> Self {
        let mut numbers = text.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self { minor: (next(), next()), patch: next() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_of(program: (&str, u64), binary: (&str, u64), expect: Result<(), &str>) {
        let greeting = |(version, format): (&str, u64)| Greeting { ironwright: version.to_owned(), format };
        match (check(&greeting(program), &greeting(binary)), expect) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expect) => panic!("{program:?} and {binary:?}: {found:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn versions_that_do_not_match_say_so_and_what_to_type() {
        check_of(("0.1.0", 1), ("0.1.0", 1), Ok(()));
        check_of(("0.1.0", 1), ("0.1.3", 1), Ok(()));
        check_of(("0.1.4", 1), ("0.1.3", 1), Err("Ironwright 0.1.4, and this binary is 0.1.3"));
        check_of(("0.1.4", 1), ("0.1.3", 1), Err("cargo install ironwright-cli --version 0.1.4"));
        check_of(("0.1.0", 1), ("0.2.0", 1), Err("cargo update --package ironwright"));
        check_of(("0.3.0", 1), ("0.2.9", 1), Err("cargo install ironwright-cli --version 0.3.0"));
        check_of(("1.0.0", 2), ("0.2.0", 1), Err("(formats 2 and 1)"));
        check_of(("0.1.0", 1), ("0.1.0", 2), Err("cargo update --package ironwright"));
        check_of(("0.1.0", 2), ("0.1.0", 1), Err("cargo install"));
        check_of(("0.1.0", 2), ("0.1.0", 1), Err("cargo run -- plan"));
    }
}

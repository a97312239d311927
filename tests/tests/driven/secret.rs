//! A secret goes from the program to the engine by the pipe, and nowhere else.

use ironwright_tests::planted::{LITERAL, VARIABLE, found_below, found_in};

use super::project::{KEEPS, Place, target};

#[test]
fn a_secret_is_in_nothing_that_is_printed_written_or_listed() {
    let place = Place::new("secret");
    let given = format!("{KEEPS} --var password={VARIABLE}");
    for line in
        ["plan", "apply --yes", "plan --json", "output", "output password", "state show web/stored", "destroy --yes"]
    {
        let ran = place.run(&format!("{line} {given}"));
        for stream in [&ran.stdout, &ran.stderr] {
            assert_eq!(found_in(stream.as_bytes()), Vec::<String>::new(), "{line}:\n{stream}");
        }
        let asked = line != "output password";
        assert_eq!(ran.code, i32::from(!asked), "{line}:\n{}", ran.stderr);
        #[cfg(target_os = "linux")]
        ran.says("cmdline: ").says("__answer").says("environ: ");
        // The simulated cloud plays AWS, which is told the secrets.
        assert_eq!(found_below(place.0.folder(), "cloud"), Vec::<String>::new(), "{line}");
    }
    assert!(!found_in(LITERAL.as_bytes()).is_empty() && !found_in(given.as_bytes()).is_empty());
}

#[test]
fn nobody_who_starts_a_program_by_hand_gets_its_graph() {
    use std::process::{Command, Stdio};

    let place = Place::new("by-hand");
    place.run(&format!("validate {KEEPS} --var password={VARIABLE}")).ended(0);
    let program = target().join("debug/examples/odd");
    let written = place.0.folder().join("written");
    let file = || Stdio::from(std::fs::File::create(&written).unwrap());
    let (reads, writes) = std::io::pipe().unwrap();
    for input in [Stdio::null(), file(), Stdio::from(reads)] {
        let output = Command::new(&program).arg("__answer").stdin(input).output().unwrap();
        assert_eq!(output.status.code(), Some(64));
        assert_eq!(output.stdout, b"{\"ironwright\":\"9.9.9\",\"format\":9}\n");
        assert!(String::from_utf8_lossy(&output.stderr).contains("ironwright plan"));
    }
    drop(writes);
    assert_eq!(std::fs::read(written).unwrap(), b"");
}

//! Saved plans across processes: made by one, applied by another, once.

use std::process::Stdio;

use ironwright_tests::{Ran, Sandbox};

fn sandbox(test: &str) -> Sandbox {
    Sandbox::new(env!("CARGO_TARGET_TMPDIR"), test, env!("CARGO_BIN_EXE_sample"))
}

#[test]
fn of_two_applies_of_one_file_at_once_one_applies() {
    let sandbox = sandbox("saved-twice");
    sandbox.run("plan --out x.plan --var copies=60").ended(0).says("To apply exactly this:");
    let start = || {
        let mut command = sandbox.command("apply x.plan --var copies=60");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it was built")
    };
    let both = [start(), start()];
    let ended = both.map(|child| Ran::from(child.wait_with_output().expect("it ends")));
    let applied: Vec<&Ran> = ended.iter().filter(|run| run.code == 0).collect();
    assert_eq!(applied.len(), 1, "{ended:#?}");
    assert!(applied[0].stdout.contains("62 added"), "{applied:#?}");
    // Refused where it held the lock, where the state had come by then, or where it came while it planned.
    assert!(ended.iter().all(|run| matches!(run.code, 0 | 1 | 3)), "{ended:#?}");
    assert_eq!(sandbox.run("state list").ended(0).stdout.lines().count(), 62);
    sandbox.run("apply x.plan --var copies=60").ended(1).complains("there was no state when the plan was made");
}

#[test]
fn a_plan_file_is_shown_where_there_is_nothing_else() {
    let (here, there) = (sandbox("saved-here"), sandbox("saved-there"));
    let planned = here.run("plan").ended(0).stdout;
    here.run("plan --out x.plan").ended(0);
    assert_eq!(here.files().len(), 1, "planning writes the file and nothing else: {:?}", here.files());
    std::fs::copy(here.folder().join("x.plan"), there.folder().join("x.plan")).expect("both are folders");
    assert_eq!(there.run("show x.plan").ended(0).stdout, planned);
    there.run("show x.plan --json").ended(0).says(r#""type":"plan_summary""#);
    there.run("show x.plan --format md").ended(0).says("### Plan for `sample`");
}

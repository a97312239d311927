//! Images, made by a real Docker daemon: what is built when, what goes in, what stays out, and what is said.

mod builds;
mod ignore;
mod refusals;
mod secrets;
mod sources;
mod workshop;

use ironwright_tests::testbed::available;

pub(crate) use workshop::{BASE, Workshop};

/// Does `test` with each of the builders, on the daemon of this machine, where BuildKit runs nothing.
fn by_both(test: impl Fn(&Workshop, &str)) {
    each(|builder| {
        let workshop = Workshop::new();
        workshop.set("DOCKER_BUILDKIT", if builder == "BuildKit" { "1" } else { "0" });
        test(&workshop, builder);
    });
}

/// Does `test` with each of the builders, on daemons that run what they say.
fn by_both_running(test: impl Fn(&Workshop, &str)) {
    each(|builder| test(&Workshop::running(builder), builder));
}

fn each(test: impl Fn(&str)) {
    if available() {
        ["BuildKit", "classic"].into_iter().for_each(test);
    }
}

/// A context that no other test has.
fn context(workshop: &Workshop, builder: &str, dockerfile: &str) {
    workshop.write("app/Dockerfile", &format!("FROM {BASE}\nENV BUILDER={builder}\n{dockerfile}"));
}

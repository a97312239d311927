//! Ignore files by Docker's own client and by ours: the same files go in.

use std::collections::BTreeSet;
use std::process::Command;

use ironwright::docker::make::Made;
use ironwright::docker::spec::ImageSpec;
use ironwright::engine::{Entropy, SeededEntropy};
use ironwright_tests::testbed::{LocalDocker, available};

use super::Workshop;

/// How many ignore files there are.
const ROUNDS: usize = 20;

/// What Docker's client calls its images.
const THEIRS: &str = "ignore-by-docker:1";

/// What the contexts consist of.
const FILES: [&str; 18] = [
    ".git/config",
    ".hidden",
    "a/.hidden",
    "a/b/c.txt",
    "a/b/d.log",
    "a/b/e/f.log",
    "a/x.log",
    "ab/c.txt",
    "b",
    "docs/[x].md",
    "docs/a b.md",
    "docs/\u{e4}.md",
    "node_modules/y/z.js",
    "src/__pycache__/x.pyc",
    "src/main.py",
    "src/node_modules/y.js",
    "top.log",
    "z-a/b",
];

/// Lines of ignore files.
const LINES: [&str; 36] = [
    "*",
    "**",
    "*/*",
    "*/*/*",
    "a",
    "/a",
    "./a",
    "a/",
    "b",
    "a/b",
    "a/*",
    "a/**",
    "a/b/..",
    "../a",
    "*.log",
    "*/*.log",
    "**/*.log",
    "**/b",
    "**/node_modules",
    "**/.hidden",
    ".*",
    ".git",
    "?",
    "??",
    "a?",
    "[a-c]",
    "[^a-c]*",
    "src/__pycache__",
    "docs/\\[x\\].md",
    "docs/[[]x].md",
    "docs/a b.md",
    "docs/\u{e4}.md",
    "  src  ",
    "# a",
    "",
    "z-*",
];

/// Lines that may come after those. None is about folders, and none lets something through by a `**`: whether Docker looks for
/// such things in folders that are left out is another matter in each of its clients, against "the last line that matches
/// decides".
const LATER: [&str; 12] = [
    "!*.log",
    "!top.log",
    "!a/b/c.txt",
    "!a/b/e/f.log",
    "!a/.hidden",
    "! src/main.py",
    "!docs/?.md",
    "!docs/\\[*",
    "*.log",
    "**/*.txt",
    "a/b/?.*",
    "# !a",
];

/// What people write.
const COMMON: [&str; 6] = [
    "*\n!src",
    "a\n!a/b",
    "**\n!docs\n!src/main.py",
    "*/*\n!a/b\n**/*.log",
    "**/node_modules\n.git\n**/__pycache__\n*.log",
    "*\n!a\n!src\n**/node_modules\n**/*.log\n!top.log",
];

#[test]
fn the_same_files_go_in_as_by_dockers_own_rules() {
    if !available() {
        return;
    }
    let workshop = Workshop::new();
    workshop.set("DOCKER_BUILDKIT", "0");
    let entropy = SeededEntropy::new(14);
    let mut left_out = 0;
    for round in 0..ROUNDS {
        let folder = format!("round-{round}");
        for file in FILES {
            workshop.write(&format!("{folder}/{file}"), "x");
        }
        let some = |of: &'static [&'static str], most: u64| {
            let one = |_| of[usize::try_from(entropy.next() % of.len() as u64).expect("few")];
            (0..=entropy.next() % most).map(one).collect::<Vec<_>>()
        };
        let rules = COMMON.get(round).map(|rules| (*rules).to_owned());
        let rules = rules.unwrap_or_else(|| [some(&LINES, 4), some(&LATER, 4)].concat().join("\n"));
        workshop.write(&format!("{folder}/Dockerfile"), "FROM scratch\nLABEL round=this\nCOPY . /c/\n");
        workshop.write(&format!("{folder}/.dockerignore"), &rules);

        let place = workshop.path(&folder);
        let built =
            LocalDocker::get().command(&["build", "--quiet", "--tag", THEIRS, place.to_str().expect("text")]).output();
        let built = built.expect("docker runs");
        let (made, _) = workshop.make(&workshop.spec(&folder));
        if !built.status.success() {
            // Nothing is left to copy.
            let error = made.expect_err("ours is refused too");
            assert!(String::from_utf8_lossy(&built.stderr).contains("COPY failed"), "{rules}: {built:?}");
            assert!(error.message.contains("COPY failed"), "{rules}: {error}");
            continue;
        }
        let ours = files(&workshop, &made.unwrap_or_else(|error| panic!("{rules}: {error}")));
        workshop.docker(&["save", "--output", workshop.path("theirs.tar").to_str().expect("text"), THEIRS]);
        let saved = ImageSpec { archive: Some("theirs.tar".into()), ..ImageSpec::default() };
        let theirs = files(&workshop, &workshop.makes(&saved).0);
        assert_eq!(ours, theirs, "by:\n{rules}");
        // The Dockerfile and the ignore file go in too.
        let went_in = theirs.iter().filter(|path| !path.ends_with('/')).count();
        left_out += usize::from(went_in < FILES.len() + 2);
    }
    assert!(left_out > ROUNDS / 2, "these rules leave out too little: {left_out}");
}

/// All that is in the one layer of the image.
fn files(workshop: &Workshop, made: &Made) -> BTreeSet<String> {
    let manifest = workshop.kept(made);
    let [layer] = &manifest.layers[..] else { panic!("one layer: {manifest:?}") };
    let (file, _) = workshop.store.file(&layer.digest).expect("the store").expect("it is there");
    let listed = Command::new("tar").args(["--list", "--gzip", "--quoting-style=literal"]).stdin(file).output();
    let listed = listed.expect("tar runs");
    assert!(listed.status.success(), "{listed:?}");
    String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect()
}

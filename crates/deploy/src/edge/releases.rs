//! Which release serves: a file for each site and port, beside Caddy's configuration, holds the address that its requests go
//! to. Caddy reads it for every request, so that moving traffic is one rename: nothing is loaded anew, no connection is
//! closed, and a request that finds its container gone is tried again where the file leads by then.

use std::collections::{BTreeMap, BTreeSet};

use super::NAME;
use super::site::{Listener, Serves, Site};
use crate::command::{HostCommand, docker};

/// The folder of the files, in the container of the edge.
const FOLDER: &str = "/config/releases";

/// Writes the lines `PORT ADDRESS` of its standard input to the files of the site `$2` in `$1`, each in one step, but for those
/// that are there of the ports `$3`. Files of other ports stay: they may be asked for still.
const WRITE: &str = r#"set -eu
mkdir -p "$1/$2"
while read -r port address; do
  case " $3 " in
    *" $port "*) if [ -e "$1/$2/$port" ]; then continue; fi ;;
  esac
  printf %s "$address" >"$1/$2/.$port"
  mv -f "$1/$2/.$port" "$1/$2/$port"
done"#;

/// Writes all files in `$1`, each as `SITE/PORT:ADDRESS`.
const LOOK: &str = r#"cd "$1" 2>/dev/null || exit 0
for file in */*; do
  if [ -f "$file" ]; then printf '%s:%s\n' "$file" "$(cat "$file")"; fi
done"#;

/// The releases that the sites of an edge are served by.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Releases(BTreeMap<String, BTreeMap<u16, String>>);

impl Releases {
    /// What [`look`] writes.
    pub(super) fn read(text: &str) -> Self {
        let mut releases = Self::default();
        for line in text.lines() {
            let entry = line.split_once(':').and_then(|(file, address)| Some((file.split_once('/')?, address)));
            if let Some(((id, port), address)) = entry
                && let Ok(port) = port.parse()
            {
                releases.0.entry(id.to_owned()).or_default().insert(port, address.to_owned());
            }
        }
        releases
    }

    /// The release that serves `id` on all of these ports; nothing where they lead to several, since a run was killed between
    /// them. Files of ports that it no longer has say nothing.
    pub(super) fn of(&self, id: &str, ports: &BTreeSet<u16>) -> Option<&str> {
        let files = self.0.get(id)?;
        let mut releases = ports.iter().map(|port| files.get(port).and_then(|address| release(address)));
        let first = releases.next()??;
        releases.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether all of `site` is served by `release`.
    pub(super) fn are(&self, site: &Site, release: &str) -> bool {
        let Some(files) = self.0.get(&site.id) else { return false };
        addresses(site, release).iter().all(|(port, address)| files.get(port) == Some(address))
    }
}

/// The file of a site and a port.
pub(super) fn file(id: &str, port: u16) -> String {
    format!("{FOLDER}/{id}/{port}")
}

/// The container of an address.
pub(super) fn release(address: &str) -> Option<&str> {
    address.rsplit_once(':').map(|(release, _)| release)
}

/// Where the requests of `site` go when `release` serves it, by the port they come to.
fn addresses(site: &Site, release: &str) -> BTreeMap<u16, String> {
    let address = |listener: Listener| match listener.serves {
        Serves::Http(inside) | Serves::Https(inside) => Some((listener.port, format!("{release}:{inside}"))),
        Serves::Redirect => None,
    };
    site.listeners().into_iter().filter_map(address).collect()
}

/// Reads all.
pub(super) fn look() -> HostCommand {
    docker::exec(NAME, ["sh", "-c", LOOK, "sh", FOLDER])
}

/// Has `release` serve `site`, save on the ports `but` on which another release does.
pub(super) fn write(site: &Site, release: &str, but: &BTreeSet<u16>) -> HostCommand {
    let lines: Vec<_> =
        addresses(site, release).into_iter().map(|(port, address)| format!("{port} {address}\n")).collect();
    let but = but.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
    docker::exec_with_input(NAME, ["sh", "-c", WRITE, "sh", FOLDER, &site.id, &but]).stdin(lines.concat())
}

/// Forgets the site `id`.
pub(super) fn remove(id: &str) -> HostCommand {
    docker::exec(NAME, ["rm", "-rf", "--", &format!("{FOLDER}/{id}")])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs one of the scripts here.
    fn run(script: &str, arguments: &[&str], input: &str) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().expect("a shell");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{script}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn site(id: &str) -> Site {
        Site { id: id.to_owned(), ports: [(80, 8000), (81, 9000)].into(), ..Site::default() }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("re leases");
        let folder = folder.to_str().expect("text");
        assert_eq!(run(LOOK, &[folder], ""), "");
        for (id, release) in [("shop", "shop-r1"), ("shop.2", "shop.2-r7"), ("shop", "shop-r2")] {
            let input = write(&site(id), release, &BTreeSet::new()).input().expect("lines").to_vec();
            run(WRITE, &[folder, id, ""], std::str::from_utf8(&input).expect("text"));
        }
        run(WRITE, &[folder, "shop", "79 80"], "80 shop-r3:8000\n");
        let releases = Releases::read(&run(LOOK, &[folder], ""));
        let both = BTreeSet::from([80, 81]);
        assert_eq!(
            (releases.of("shop", &both), releases.of("shop.2", &both), releases.of("sho", &both)),
            (Some("shop-r2"), Some("shop.2-r7"), None)
        );
        assert!(releases.are(&site("shop"), "shop-r2") && !releases.are(&site("shop"), "shop-r1"));
        run(WRITE, &[folder, "shop", "80 81"], "79 shop-r3:8000\n80 shop-r3:8000\n");
        let half = Releases::read(&run(LOOK, &[folder], ""));
        assert_eq!(half.of("shop", &[79, 80].into()), None, "half switched");
        assert_eq!(half.of("shop", &both), Some("shop-r2"), "what is no longer routed says nothing");
        assert_eq!(half.of("shop", &[80, 443].into()), None, "nothing is said of one");
        run(WRITE, &[folder, "shop", "80"], "79 shop-r4:8000\n");
        let stale = Releases::read(&run(LOOK, &[folder], ""));
        assert_eq!(stale.of("shop", &[79].into()), Some("shop-r4"), "what was not served on is written anew");
        let other = Site { ports: [(80, 8001)].into(), ..site("shop") };
        assert!(!releases.are(&other, "shop-r2"), "another port of the same release");
    }

    #[test]
    fn commands() {
        let command = write(&site("shop"), "shop-r2", &BTreeSet::new());
        assert_eq!(command.input(), Some(b"80 shop-r2:8000\n81 shop-r2:9000\n".as_slice()));
        assert_eq!(file("shop", 80), "/config/releases/shop/80");
        assert_eq!(remove("shop").to_string(), "docker exec ironwright-edge rm -rf -- /config/releases/shop");
    }
}

//! Removes images of ours from a host that no release needs any more.

use std::collections::BTreeSet;

use super::error::DeliveryError;
use super::name::LOCAL;
use crate::command::{docker, images};
use crate::readiness::explain;
use crate::remote_registry::ImageName;
use crate::ssh::Connection;

/// What stands where an image has no tag or no digest.
const NONE: &str = "<none>";

/// Removes what the host of `connection` has of the same repository as the image `current`, as
/// [`bring`](super::Delivery::bring) named it, but for that image, those in `keep`, and those that a container uses, running
/// or not. Returns how many names are gone.
///
/// Of a repository in a registry, tags are left alone: they may be somebody else's.
pub async fn sweep(connection: &Connection, current: &str, keep: &[String]) -> Result<usize, DeliveryError> {
    let command = images::all_names();
    let output = connection.run(&command).await?;
    let output = output.of(&command).map_err(|failed| explain(connection.destination(), &failed))?;
    let keep: BTreeSet<&str> = keep.iter().map(String::as_str).chain([current]).collect();
    let mut removed = 0;
    for name in superseded(&output.text(), current, &keep) {
        // One that a container uses is not removed; Docker says so, and that is what is wanted.
        removed += usize::from(connection.run(&docker::remove_image(&name)).await?.status == 0);
    }
    Ok(removed)
}

/// The names in `listing`, of lines with a repository, a tag and a digest, that `current` has superseded.
fn superseded(listing: &str, current: &str, keep: &BTreeSet<&str>) -> Vec<String> {
    let Ok(current) = ImageName::parse(current) else { return Vec::new() };
    let is_local = current.registry() == LOCAL.trim_end_matches('/');
    let name = |line: &str| {
        let [repository, tag, digest] = line.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
        if is_local && was_lent(repository, current.repository()) {
            return Some(format!("{repository}@{digest}")).filter(|_| digest != NONE);
        }
        let there = ImageName::parse(repository).ok()?;
        if (there.registry(), there.repository()) != (current.registry(), current.repository()) {
            return None;
        }
        match (is_local, tag, digest) {
            (true, tag, _) if tag != NONE => Some(format!("{repository}:{tag}")),
            (false, NONE, digest) if digest != NONE => Some(format!("{repository}@{digest}")),
            _ => None,
        }
    };
    let names: BTreeSet<String> = listing.lines().filter_map(name).collect();
    names.into_iter().filter(|name| !keep.contains(name.as_str())).collect()
}

/// Whether `repository` is the name under which an image called `name` was lent: a pull that was killed before its end leaves
/// it.
fn was_lent(repository: &str, name: &str) -> bool {
    let key = repository
        .strip_prefix("127.0.0.1:")
        .and_then(|rest| rest.strip_suffix(name)?.strip_suffix('/'))
        .and_then(|rest| rest.split_once('/'));
    key.is_some_and(|(port, key)| {
        port.parse::<u16>().is_ok() && key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
ironwright.local/shop/web aaaa <none>
ironwright.local/shop/web bbbb <none>
ironwright.local/shop/web cccc <none>
ironwright.local/shop/web2 aaaa <none>
127.0.0.1:40001/00112233445566778899aabbccddeeff/shop/web <none> sha256:1111111111111111111111111111111111111111111111111111111111111111
127.0.0.1:5000/shop/web <none> sha256:1111111111111111111111111111111111111111111111111111111111111111
ghcr.io/shop/web v1 sha256:2222222222222222222222222222222222222222222222222222222222222222
ghcr.io/shop/web <none> sha256:3333333333333333333333333333333333333333333333333333333333333333
ghcr.io/shop/web <none> sha256:4444444444444444444444444444444444444444444444444444444444444444
nginx 1.27 <none>
<none> <none> <none>
";

    fn check(current: &str, keep: &[&str], expect: &[&str]) {
        let keep = keep.iter().copied().chain([current]).collect();
        assert_eq!(superseded(LISTING, current, &keep), expect);
    }

    #[test]
    fn what_is_superseded_is_of_the_same_repository_and_ours() {
        let lent = "127.0.0.1:40001/00112233445566778899aabbccddeeff/shop/web@sha256:\
                    1111111111111111111111111111111111111111111111111111111111111111";
        check(
            "ironwright.local/shop/web:cccc",
            &["ironwright.local/shop/web:bbbb"],
            &[lent, "ironwright.local/shop/web:aaaa"],
        );
        check(
            "ghcr.io/shop/web@sha256:4444444444444444444444444444444444444444444444444444444444444444",
            &[],
            &["ghcr.io/shop/web@sha256:3333333333333333333333333333333333333333333333333333333333333333"],
        );
        check("nginx:1.28", &[], &[]);
        check("no name!", &[], &[]);
    }
}

//! What can be said to the comparisons that deploy.

use std::path::PathBuf;
use std::str::FromStr;

/// The options of `compare terraform` and `compare crash`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `--plugins DIR`: a mirror of Terraform's providers.
    pub(crate) plugins: Option<PathBuf>,
    /// `--runs N`: how often each size is run.
    pub(crate) runs: Option<usize>,
    /// `--sizes N,…`: how many resources.
    pub(crate) sizes: Option<Vec<usize>>,
    /// `--points K,…`: at which changing call a run is killed.
    pub(crate) points: Option<Vec<usize>>,
    /// `--release`: Ironwright is built with optimization, as an installed binary is.
    pub(crate) release: bool,
}

impl Options {
    /// Reads `--name value` pairs and flags, of which `allowed` says the names.
    pub(crate) fn read(arguments: &[&str], allowed: &[&str]) -> Option<Self> {
        let is_release = |argument: &&str| *argument == "--release" && allowed.contains(argument);
        let (flags, arguments): (Vec<&str>, Vec<&str>) = arguments.iter().copied().partition(is_release);
        let mut options = Self { release: !flags.is_empty(), ..Self::default() };
        let (pairs, rest) = arguments.as_chunks::<2>();
        for [name, value] in pairs {
            if !allowed.contains(name) {
                return None;
            }
            match *name {
                "--plugins" => options.plugins = Some(std::path::absolute(value).ok()?),
                "--runs" => options.runs = Some(positive(value)?),
                "--sizes" => options.sizes = Some(list(value)?),
                "--points" => options.points = Some(list(value)?),
                _ => return None,
            }
        }
        rest.is_empty().then_some(options)
    }
}

fn positive(text: &str) -> Option<usize> {
    usize::from_str(text).ok().filter(|number| *number > 0)
}

fn list(text: &str) -> Option<Vec<usize>> {
    text.split(',').map(positive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_nothing_else() {
        let allowed = ["--plugins", "--runs", "--sizes"];
        let read = Options::read(&["--runs", "2", "--sizes", "10,50"], &allowed).expect("good options");
        assert!(!read.release && Options::read(&["--release"], &allowed).is_none());
        let read_release = Options::read(&["--runs", "2", "--release"], &["--runs", "--release"]);
        assert!(read_release.is_some_and(|read| read.release && read.runs == Some(2)));
        assert_eq!((read.runs, read.sizes), (Some(2), Some(vec![10, 50])));
        let bad: [&[&str]; 5] =
            [&["--runs"], &["--runs", "0"], &["--points", "1"], &["--sizes", "1,x"], &["--what", "1"]];
        for arguments in bad {
            assert_eq!(Options::read(arguments, &allowed), None, "{arguments:?}");
        }
        assert_eq!(Options::read(&[], &allowed), Some(Options::default()));
    }
}

//! What a request asks for, by its path.

/// A path of the protocol below a key: `/v2/KEY/NAME/…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// The part that only who may ask knows.
    pub(super) key: &'a str,
    /// The repository's name below it.
    pub(super) name: &'a str,
    /// What of it.
    pub(super) what: What<'a>,
}

/// What of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// A manifest or an index, by tag or digest.
    Manifest(&'a str),
    /// A blob, by digest.
    Blob(&'a str),
    /// The uploads.
    Uploads,
    /// One of them.
    Upload(&'a str),
}

impl<'a> Target<'a> {
    /// What `path` names; nothing where it is none of the protocol's paths.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let (key, rest) = path.strip_prefix("/v2/")?.split_once('/')?;
        let (name, what) = if let Some(name) = rest.strip_suffix("/blobs/uploads/") {
            (name, What::Uploads)
        } else if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            (name, What::Uploads)
        } else {
            let (before, last) = rest.rsplit_once('/')?;
            match before.rsplit_once('/')? {
                (name, "manifests") => (name, What::Manifest(last)),
                (name, "uploads") => (name.strip_suffix("/blobs")?, What::Upload(last)),
                (name, "blobs") => (name, What::Blob(last)),
                _ => return None,
            }
        };
        let all = [key, name].into_iter().chain(what.reference());
        all.into_iter().all(|part| !part.is_empty()).then_some(Self { key, name, what })
    }
}

impl<'a> What<'a> {
    fn reference(self) -> Option<&'a str> {
        match self {
            Self::Manifest(reference) | Self::Blob(reference) | Self::Upload(reference) => Some(reference),
            Self::Uploads => None,
        }
    }
}

/// The value of `key` in a query.
pub(super) fn parameter(query: Option<&str>, key: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == key).map(|(_, value)| decoded(value))
}

/// `text` with what stands for other characters in a URL put back. What stands for none is left.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        if let Some(byte) = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            bytes.extend(&part.as_bytes()[2..]);
        } else {
            bytes.push(b'%');
            bytes.extend(part.as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_protocol() {
        let found = |path| Target::parse(path).map(|target| (target.key, target.name, target.what));
        assert_eq!(found("/v2/k/shop/web/manifests/v1"), Some(("k", "shop/web", What::Manifest("v1"))));
        assert_eq!(found("/v2/k/shop/blobs/sha256:a"), Some(("k", "shop", What::Blob("sha256:a"))));
        assert_eq!(found("/v2/k/shop/blobs/uploads/"), Some(("k", "shop", What::Uploads)));
        assert_eq!(found("/v2/k/a/blobs/uploads/7"), Some(("k", "a", What::Upload("7"))));
        assert_eq!(found("/v2/k/blobs/blobs/x"), Some(("k", "blobs", What::Blob("x"))));
        let others = [
            "/",
            "/v2/",
            "/v2/k",
            "/v2/k/manifests/v1",
            "/v2/k/a/tags/list",
            "/v2//a/manifests/x",
            "/v2/k/a/manifests/",
        ];
        for other in others {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let query = Some("mount=sha256%3Aab&from=a%2Fb&odd=100%&odder=%ü");
        assert_eq!(parameter(query, "mount").as_deref(), Some("sha256:ab"));
        assert_eq!(parameter(query, "from").as_deref(), Some("a/b"));
        assert_eq!(parameter(query, "odd").as_deref(), Some("100%"));
        assert_eq!(parameter(query, "odder").as_deref(), Some("%ü"));
        assert_eq!(parameter(query, "digest"), None);
        assert_eq!(parameter(None, "digest"), None);
    }
}

//! Where a state lies, as a URL: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, `file:///folder`.

use std::fmt;
use std::str::FromStr;

use object_store::path::Path;
use url::Url;

use crate::connect::Connect;

/// Where a state lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    scheme: Scheme,
    /// The bucket or container; empty for a folder.
    bucket: String,
    prefix: Path,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    S3,
    Google,
    Azure,
    Folder,
}

/// Why a text is no location of a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no place for a state: {problem}")]
pub struct LocationError {
    text: String,
    problem: String,
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let wrong = |problem: String| LocationError { text: text.to_owned(), problem };
        let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
        let scheme = match url.scheme() {
            "s3" => Scheme::S3,
            "gs" => Scheme::Google,
            "az" => Scheme::Azure,
            "file" => Scheme::Folder,
            other => return Err(wrong(format!("`{other}` is none of `s3`, `gs`, `az` and `file`"))),
        };
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.port().is_some() {
            return Err(wrong("it takes a bucket and a prefix, and nothing else".to_owned()));
        }
        let bucket = url.host_str().unwrap_or_default().to_owned();
        match scheme {
            Scheme::Folder if !bucket.is_empty() => {
                return Err(wrong("a folder is written with three slashes: `file:///folder`".to_owned()));
            }
            Scheme::Folder => {}
            _ if bucket.is_empty() => return Err(wrong("it names no bucket".to_owned())),
            _ => {}
        }
        let prefix = Path::from_url_path(url.path()).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { scheme, bucket, prefix })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::S3 => "s3",
            Scheme::Google => "gs",
            Scheme::Azure => "az",
            Scheme::Folder => "file",
        };
        write!(f, "{scheme}://{}", self.bucket)?;
        if self.prefix.parts_count() > 0 { write!(f, "/{}", self.prefix) } else { Ok(()) }
    }
}

impl Location {
    /// Below which prefix the objects of `stage` of `app` lie.
    pub(crate) fn prefix(&self, app: &str, stage: &str) -> Path {
        self.prefix.clone().join(app).join(stage)
    }

    /// How to get at the objects.
    pub(crate) fn connect(&self) -> Connect {
        let bucket = self.bucket.clone();
        match self.scheme {
            Scheme::S3 => Connect::S3 { bucket },
            Scheme::Google => Connect::Google { bucket },
            Scheme::Azure => Connect::Azure { container: bucket },
            Scheme::Folder => Connect::Folder,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, prefix: &str) {
        let location: Location = text.parse().expect("a location");
        assert_eq!(location.prefix("app", "dev").as_ref(), prefix);
        assert_eq!(location.to_string(), text.trim_end_matches('/'));
    }

    #[test]
    fn a_location_is_a_bucket_and_a_prefix() {
        check("s3://states", "app/dev");
        check("s3://states/team/shop/", "team/shop/app/dev");
        check("gs://states/shop", "shop/app/dev");
        check("az://states/shop", "shop/app/dev");
        check("file:///srv/states", "srv/states/app/dev");
    }

    #[test]
    fn what_is_no_location_is_told() {
        let problem = |text: &str| text.parse::<Location>().expect_err("no location").to_string();
        assert!(problem("http://states").contains("`http` is none of"));
        assert!(problem("s3:///states").contains("names no bucket"));
        assert!(problem("file://srv/states").contains("three slashes"));
        assert!(problem("s3://states?region=x").contains("nothing else"));
    }
}

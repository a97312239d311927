//! `Docker::Image`: an image that is built here, taken from a registry, or read from an archive.

#[cfg(feature = "docker")]
pub mod make;

use ironwright_core::function::{Asset, AssetKind, Function};
use ironwright_core::{Bag, IntoValue, Text, Tree, Value};

use crate::dockerfile::DockerfileSource;
use crate::kinds::{ImageDigest, ImageReference};
use crate::nested::resource;
use crate::sensitive::secret;

/// `Docker::Image`: what containers are made of. Identified by `Name`.
///
/// ```
/// use ironwright_core::App;
/// use ironwright_deploy::{Container, DockerImage, Host};
///
/// let mut app = App::new("shop");
/// let web = app.stack("web");
/// let image = web.add("image", DockerImage::build("app").target("release").build_arg("PYTHON", "3.13"));
/// web.add("app", Container::new(image.reference()).on(Host::at("192.0.2.10").user("ubuntu")).publish(80, 8000));
/// ```
///
/// A program is no place for a secret in plain text; it is refused with its line:
///
/// ```
/// use ironwright_core::{App, Secret};
/// use ironwright_deploy::DockerImage;
///
/// let mut app = App::new("shop");
/// let web = app.stack("web");
/// web.add("good", DockerImage::build("app").build_secret("TOKEN", Secret::new("t0ken")));
/// assert!(app.graph().is_ok());
/// app.stack("web").add("bad", DockerImage::build("app").build_secret("TOKEN", "t0ken"));
/// assert!(app.graph().unwrap_err().to_string().contains("`TOKEN`"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DockerImage(Bag);

resource!(DockerImage, "Docker::Image", ImageAttributes {
    /// The image by its digest, as a container takes it: `repository@sha256:…`.
    reference -> ImageReference = "Reference",
    /// The digest of the image's manifest.
    digest -> ImageDigest = "Digest",
    /// The name without tag and digest.
    repository -> Text = "Repository",
    /// The tag: of an image that is built, the digest of what it is made of, cut; the one it is pulled by; of one that is read or
    /// pulled by its digest alone, that digest, cut.
    tag -> Text = "Tag",
});

impl DockerImage {
    /// Builds the image from the folder `context`, by the `Dockerfile` in it. A path is relative to where the program is
    /// run, as Cargo does it: the package's root.
    ///
    /// It is built again where the context changed by content, names or executable bits, `.dockerignore` considered, or
    /// where a property below did. Times of files do not count.
    #[track_caller]
    pub fn build(context: impl Into<String>) -> Self {
        let context = context.into();
        let digest = asset(AssetKind::DockerContext { dockerfile: "Dockerfile".into() }, context.clone());
        Self(Bag::new().set::<Text>("Context", context).set::<Text>("ContextDigest", digest))
    }

    /// Takes a ready-made image from its registry, `nginx:1.27`. The tag is looked up at each deployment of a change; a
    /// reference with a digest is always the same image.
    #[track_caller]
    pub fn pull(reference: impl IntoValue<ImageReference>) -> Self {
        Self(Bag::new().set("Pull", reference))
    }

    /// Reads the image from a file that `docker save` wrote, or from a folder in the OCI image layout.
    #[track_caller]
    pub fn archive(path: impl Into<String>) -> Self {
        let path = path.into();
        let digest = asset(AssetKind::Plain, path.clone());
        Self(Bag::new().set::<Text>("Archive", path).set::<Text>("ArchiveDigest", digest))
    }

    /// The Dockerfile: a path inside the context, `Dockerfile` where it is not said, or a generated
    /// [`Dockerfile`](crate::Dockerfile).
    #[track_caller]
    pub fn dockerfile(self, dockerfile: impl Into<DockerfileSource>) -> Self {
        let path = match dockerfile.into() {
            DockerfileSource::Generated(text) => {
                return Self(self.0.set::<Text>("DockerfileText", text.to_string())).with_dockerfile(String::new());
            }
            DockerfileSource::Path(path) => path,
        };
        Self(self.0.set::<Text>("Dockerfile", path.clone())).with_dockerfile(path)
    }

    /// The same, whose context has its Dockerfile at `path`; none where that is empty.
    #[track_caller]
    fn with_dockerfile(self, path: String) -> Self {
        let Some(Tree::Text(context)) = self.0.get("Context").cloned() else {
            return self;
        };
        let digest = asset(AssetKind::DockerContext { dockerfile: path.into() }, context.into_owned());
        Self(self.0.set::<Text>("ContextDigest", digest))
    }

    /// Sets an `ARG` of the Dockerfile. It stays in the image's history: nothing secret goes here.
    #[track_caller]
    pub fn build_arg(mut self, name: &str, value: impl IntoValue<Text>) -> Self {
        self.0.insert("BuildArguments", name.to_owned().into(), value.into_value().into_tree());
        self
    }

    /// Gives the build a secret, for `RUN --mount=type=secret,id=NAME`. It stays in no layer.
    #[track_caller]
    pub fn build_secret(mut self, name: &str, value: impl IntoValue<Text>) -> Self {
        let value = secret(&format!("the build secret `{name}`"), value);
        self.0.insert("BuildSecrets", name.to_owned().into(), value);
        self
    }

    /// The platform to build for or to pull, `linux/amd64`; that of this machine's Docker where it is not said.
    #[track_caller]
    pub fn platform(self, platform: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Platform", platform))
    }

    /// The stage of the Dockerfile to stop at.
    #[track_caller]
    pub fn target(self, stage: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Target", stage))
    }

    /// Pushes the image to this repository, from where hosts pull it. Without one, hosts get it from this machine.
    #[track_caller]
    pub fn registry(self, repository: impl IntoValue<Text>) -> Self {
        Self(self.0.set("Registry", repository))
    }
}

/// The digest of what lies at `path`.
fn asset(kind: AssetKind, path: String) -> Value<Text> {
    let asset = Asset { path: path.into(), kind };
    Value::from_tree(Tree::Function(Box::new(Function::Asset(asset))))
}

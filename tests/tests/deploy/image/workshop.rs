//! Somebody's machine, on which images are made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use ironwright::core::function::{Asset, AssetKind};
use ironwright::docker::assets::AssetFolder;
use ironwright::docker::content::{ContentStore, Manifest};
use ironwright::docker::make::{Environment, ImageMaker, Made, MakeError, MakeErrorKind, Tools};
use ironwright::docker::registry::Registry;
use ironwright::docker::remote_registry::Registries;
use ironwright::docker::spec::ImageSpec;
use ironwright::engine::{Assets as _, OsEntropy, SystemClock};
use ironwright_tests::testbed::{LocalDocker, TestHost};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The image that the others begin with, of busybox.
pub(crate) const BASE: &str = "ironwright-test-base:1";

/// Somebody's machine: folders of contexts, a cache, a Docker daemon, and what is said of the work.
pub(crate) struct Workshop {
    runtime: Runtime,
    folder: TempDir,
    _cache: TempDir,
    pub(crate) store: Arc<ContentStore>,
    pub(crate) registry: Arc<Registry>,
    variables: Arc<Mutex<BTreeMap<String, String>>>,
    maker: ImageMaker,
    said: Mutex<Vec<String>>,
    socket: PathBuf,
    _host: Option<TestHost>,
}

impl Workshop {
    /// With the daemon of this machine, which reaches this process. BuildKit has no network there, and so runs nothing.
    pub(crate) fn new() -> Self {
        Self::with(&LocalDocker::get().socket())
    }

    /// With a daemon that has a network of its own, as one in a virtual machine has.
    pub(crate) fn apart() -> Self {
        let host = TestHost::new();
        let workshop = Self::with(&host.docker_socket());
        Self { _host: Some(host), ..workshop }
    }

    /// With a daemon that can run what a build by `builder` runs.
    pub(crate) fn running(builder: &str) -> Self {
        let workshop = if builder == "BuildKit" { Self::apart() } else { Self::new() };
        workshop.set("DOCKER_BUILDKIT", if builder == "BuildKit" { "1" } else { "0" });
        workshop
    }

    /// With the daemon at `socket`.
    pub(crate) fn with(socket: &Path) -> Self {
        import_base(socket);
        let runtime = Builder::new_current_thread().enable_all().build().expect("the system gives an event loop");
        let (folder, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let docker_host = format!("unix://{}", socket.display());
        let config = folder.path().join(".docker").display().to_string();
        let variables: BTreeMap<String, String> =
            [("DOCKER_HOST".into(), docker_host), ("DOCKER_CONFIG".into(), config)].into();
        let variables = Arc::new(Mutex::new(variables));
        let known = Arc::clone(&variables);
        let environment: Environment = Arc::new(move |name| known.lock().expect("nobody panicked").get(name).cloned());
        let clock = Arc::new(SystemClock::new());
        let store = Arc::new(ContentStore::open(cache.path().join("images"), clock.clone()).expect("a store"));
        let registry =
            runtime.block_on(Registry::start(store.clone(), Arc::new(OsEntropy::default()))).expect("a registry");
        let registry = Arc::new(registry);
        let lookup = environment.clone();
        let maker = ImageMaker::new(Tools {
            environment,
            assets: AssetFolder::new(folder.path()),
            store: store.clone(),
            registry: registry.clone(),
            registries: Arc::new(Registries::new(move |name| lookup(name), None, clock)),
            entropy: Arc::new(OsEntropy::default()),
        });
        Self {
            runtime,
            folder,
            _cache: cache,
            store,
            registry,
            variables,
            maker,
            said: Mutex::default(),
            socket: socket.to_owned(),
            _host: None,
        }
    }

    /// Sets an environment variable.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.variables.lock().expect("nobody panicked").insert(name.into(), value.into());
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The properties of a build from `context`, as a plan has them now.
    pub(crate) fn spec(&self, context: &str) -> ImageSpec {
        self.spec_by(context, "Dockerfile")
    }

    pub(crate) fn spec_by(&self, context: &str, dockerfile: &'static str) -> ImageSpec {
        let asset =
            Asset { path: context.to_owned().into(), kind: AssetKind::DockerContext { dockerfile: dockerfile.into() } };
        let digest = AssetFolder::new(self.folder.path()).digest(&asset).expect("a digest");
        ImageSpec { context: Some(context.into()), context_digest: Some(digest), ..ImageSpec::default() }
    }

    /// Makes the image, and returns what was said too.
    pub(crate) fn make(&self, spec: &ImageSpec) -> (Result<Made, MakeError>, Vec<String>) {
        self.make_as("shop/web/image", spec)
    }

    fn make_as(&self, name: &str, spec: &ImageSpec) -> (Result<Made, MakeError>, Vec<String>) {
        let progress = |line: &str| self.said.lock().expect("nobody panicked").push(line.to_owned());
        let made = self.runtime.block_on(self.maker.make(spec, name, &progress));
        (made, std::mem::take(&mut *self.said.lock().expect("nobody panicked")))
    }

    #[track_caller]
    pub(crate) fn makes(&self, spec: &ImageSpec) -> (Made, Vec<String>) {
        let (made, said) = self.make(spec);
        (made.unwrap_or_else(|error| panic!("{error}\n{}", said.join("\n"))), said)
    }

    /// Makes the image under another name.
    #[track_caller]
    pub(crate) fn makes_as(&self, name: &str, spec: &ImageSpec) -> Made {
        self.make_as(name, spec).0.unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    pub(crate) fn fails(&self, spec: &ImageSpec, kind: MakeErrorKind, says: &[&str]) -> String {
        let (made, said) = self.make(spec);
        let error = made.expect_err("it is refused");
        assert_eq!(error.kind, kind, "{error}\n{}", said.join("\n"));
        for text in says {
            assert!(error.message.contains(text), "no {text:?} in: {error}");
        }
        error.message
    }

    /// What `docker WORDS` prints.
    #[track_caller]
    pub(crate) fn docker(&self, words: &[&str]) -> String {
        let mut docker = Command::new("docker");
        docker.arg("--host").arg(format!("unix://{}", self.socket.display())).args(words);
        let output = docker.env("DOCKER_CONFIG", self.path(".docker")).output().expect("docker runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`docker {}`: {stderr}", words.join(" "));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// What `script` prints in a container of the image, without a network.
    #[track_caller]
    pub(crate) fn inside(&self, made: &Made, script: &str) -> String {
        let image = format!("{}:{}", made.repository, made.tag);
        self.docker(&["run", "--rm", "--network", "none", "--entrypoint", "sh", &image, "-c", script])
    }

    /// The image as the store has it, all of it.
    pub(crate) fn kept(&self, made: &Made) -> Manifest {
        assert_eq!(self.store.missing(&made.digest).expect("the store"), []);
        self.store.examine(&made.digest).expect("nothing is damaged");
        self.store.image(&made.digest, None).expect("an image").1
    }
}

/// Imports [`BASE`] into the daemon at `socket`, once: each time would make another image, for which nothing that other
/// tests have built is in the cache.
pub(crate) fn import_base(socket: &Path) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let script = "
        if docker --host \"unix://$1\" image inspect \"$2\" >/dev/null 2>&1; then exit 0; fi
        root=$(mktemp -d); mkdir -p $root/bin $root/tmp
        cp \"$(command -v busybox)\" $root/bin/busybox
        for name in sh cat echo ls cp mkdir true false env find test stat seq sleep; do ln -s busybox $root/bin/$name; done
        tar -C $root --sort=name --mtime=@0 -c . | docker --host \"unix://$1\" import - \"$2\" >/dev/null
        rm -r $root";
    let done = Command::new("sh").args(["-euc", script, "sh"]).arg(socket).arg(BASE).status();
    assert!(done.is_ok_and(|status| status.success()), "no base for images");
}

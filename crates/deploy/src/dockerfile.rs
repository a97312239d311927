//! `Dockerfile`: the text of one, generated for common programs.

use std::fmt;

/// The text of a Dockerfile, generated. It runs the program as a user without rights, and only what changed is built anew.
///
/// ```
/// use ironwright_deploy::{Dockerfile, DockerImage};
///
/// DockerImage::build("app").dockerfile(Dockerfile::python("3.13").command(["python", "server.py"]).port(8000));
/// DockerImage::build(".").dockerfile(Dockerfile::rust_static("1.91", "shop").port(8000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Dockerfile {
    program: Program,
    ports: Vec<u16>,
    command: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Program {
    Python { version: String },
    RustStatic { version: String, binary: String },
}

impl Dockerfile {
    /// A Python program, with what its `requirements.txt` names. It runs `app.py` where no command is said.
    pub fn python(version: impl Into<String>) -> Self {
        Self::of(Program::Python { version: version.into() })
    }

    /// A Rust program: the binary `binary` of the package, linked statically, alone in an image without anything else. The
    /// package has a `Cargo.lock`.
    pub fn rust_static(version: impl Into<String>, binary: impl Into<String>) -> Self {
        Self::of(Program::RustStatic { version: version.into(), binary: binary.into() })
    }

    fn of(program: Program) -> Self {
        Self { program, ports: Vec::new(), command: None }
    }

    /// A port the program listens on.
    pub fn port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// What is run, through no shell. To a Rust program these are arguments.
    pub fn command<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.command = Some(words.into_iter().map(Into::into).collect());
        self
    }

    fn ports(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ports.iter().try_for_each(|port| writeln!(f, "EXPOSE {port}"))
    }

    fn python_to(&self, version: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FROM python:{version}-slim")?;
        writeln!(f, "ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1")?;
        writeln!(f, "WORKDIR /app")?;
        writeln!(f, "COPY requirements.txt ./")?;
        writeln!(f, "RUN pip install --no-cache-dir --requirement requirements.txt")?;
        writeln!(f, "COPY . .")?;
        writeln!(f, "USER 65534:65534")?;
        self.ports(f)?;
        let default = || ["python", "app.py"].map(str::to_owned).to_vec();
        writeln!(f, "CMD {}", exec(&self.command.clone().unwrap_or_else(default)))
    }

    fn rust_to(&self, version: &str, binary: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FROM rust:{version}-alpine AS build")?;
        writeln!(f, "WORKDIR /src")?;
        writeln!(f, "COPY . .")?;
        writeln!(f, "RUN cargo build --release --locked --bin {binary}")?;
        writeln!(f)?;
        writeln!(f, "FROM scratch")?;
        writeln!(f, "COPY --from=build /src/target/release/{binary} /{binary}")?;
        writeln!(f, "USER 65534:65534")?;
        self.ports(f)?;
        writeln!(f, "ENTRYPOINT {}", exec(&[format!("/{binary}")]))?;
        match &self.command {
            Some(arguments) => writeln!(f, "CMD {}", exec(arguments)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Dockerfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Program::Python { version } => self.python_to(version, f),
            Program::RustStatic { version, binary } => self.rust_to(version, binary, f),
        }
    }
}

/// A command in the form that no shell reads.
fn exec(words: &[String]) -> String {
    serde_json::Value::from(words.to_vec()).to_string()
}

/// What [`DockerImage::dockerfile`](crate::DockerImage::dockerfile) takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DockerfileSource {
    /// A path inside the context.
    Path(String),
    /// A generated one, which need not be in the context.
    Generated(Dockerfile),
}

impl From<&str> for DockerfileSource {
    fn from(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<String> for DockerfileSource {
    fn from(path: String) -> Self {
        Self::Path(path)
    }
}

impl From<Dockerfile> for DockerfileSource {
    fn from(generated: Dockerfile) -> Self {
        Self::Generated(generated)
    }
}

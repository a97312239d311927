//! What the Docker of a host is, and the room it has.

use serde::Deserialize;

use super::error::{HostError, explain};
use crate::command::{docker, system};
use crate::ssh::{CommandFailed, Connection};

/// Less room than this, and nothing can be deployed.
const LEAST_ROOM: u64 = 16 << 20;

/// What the Docker of a host says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerInfo {
    /// Its version, `28.2.2`.
    pub server_version: String,
    /// The machine's architecture, `x86_64`.
    pub architecture: String,
    /// The kind of containers it runs, `linux`.
    #[serde(rename = "OSType")]
    pub os_type: String,
    /// Where it keeps images.
    pub docker_root_dir: String,
}

/// What a client says that did not reach its daemon, and yet ended well.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unreached {
    server_errors: Vec<String>,
}

impl DockerInfo {
    /// The platform of images that it runs, `linux/amd64`.
    pub fn platform(&self) -> String {
        let architecture = match self.architecture.as_str() {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "armv7l" => "arm/v7",
            "armv6l" => "arm/v6",
            other => other,
        };
        format!("{}/{architecture}", self.os_type)
    }
}

/// Asks Docker what it is. A disk without room is an error.
pub(super) async fn look(connection: &Connection) -> Result<DockerInfo, HostError> {
    let command = docker::info();
    let output = connection.run(&command).await?;
    let there = connection.destination();
    let output = output.of(&command).map_err(|failed| explain(there, &failed))?;
    let info = read(&output.text(), &command.to_string()).map_err(|failed| explain(there, &failed))?;
    match free_space(connection, &info.docker_root_dir).await? {
        Some(free) if free < LEAST_ROOM => Err(HostError::disk_full(there, &info.docker_root_dir, free)),
        _ => Ok(info),
    }
}

/// How many bytes there is room for on the disk that holds `path`. Nothing where the host does not say.
pub async fn free_space(connection: &Connection, path: &str) -> Result<Option<u64>, HostError> {
    Ok(available(&connection.run(&system::free_space(path)).await?.text()))
}

/// Reads the fourth column of the second line.
fn available(df: &str) -> Option<u64> {
    let kibibytes: u64 = df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn read(json: &str, command: &str) -> Result<DockerInfo, CommandFailed> {
    let failed = |said: String| CommandFailed { command: command.to_owned(), status: 0, said };
    if let Ok(unreached) = serde_json::from_str::<Unreached>(json)
        && !unreached.server_errors.is_empty()
    {
        return Err(failed(unreached.server_errors.join("\n")));
    }
    serde_json::from_str(json).map_err(|error| failed(format!("its answer is not understood: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_docker_is() {
        let json =
            r#"{"ServerVersion":"20.10.24","Architecture":"aarch64","OSType":"linux","DockerRootDir":"/d","Other":1}"#;
        let info = read(json, "docker info").expect("what it is");
        assert_eq!((info.platform().as_str(), info.docker_root_dir.as_str()), ("linux/arm64", "/d"));
    }

    #[test]
    fn a_client_alone_is_no_docker() {
        let json = r#"{"ID":"","Architecture":"","ServerErrors":["Cannot connect to the Docker daemon"]}"#;
        assert!(read(json, "docker info").is_err_and(|failed| failed.said.contains("Cannot connect")));
        assert!(read("{}", "docker info").is_err_and(|failed| failed.said.contains("not understood")));
    }

    #[test]
    fn the_room_of_a_disk() {
        let df = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/root 8000 1 7000 1% /\n";
        assert_eq!((available(df), available("df: no such file"), available("")), (Some(7000 * 1024), None, None));
    }
}

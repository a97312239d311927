//! Docker's command line: one function for each thing asked of the daemon of a host.

use std::ffi::OsString;
use std::time::Duration;

use super::HostCommand;

/// How long the daemon may take to answer a question.
const ANSWER: Duration = Duration::from_secs(30);

/// How long a pull may take.
const PULL: Duration = Duration::from_mins(30);

/// How long after a container's own time to stop the command may go on.
const GRACE: Duration = Duration::from_secs(30);

fn docker<const N: usize>(words: [&str; N]) -> HostCommand {
    HostCommand::new("docker").args(words)
}

/// What the daemon says of itself, as JSON.
pub fn info() -> HostCommand {
    docker(["info", "--format", "{{json .}}"]).within(ANSWER)
}

/// Fetches `reference`, which ends in a digest where it shall be what was meant.
pub fn pull(reference: &str) -> HostCommand {
    docker(["pull", "--quiet", reference]).within(PULL)
}

/// Gives the image `source` the name `target` besides.
pub fn tag(source: &str, target: &str) -> HostCommand {
    docker(["tag", source, target]).within(ANSWER)
}

/// Reads the archive of an image.
pub fn load(archive: Vec<u8>) -> HostCommand {
    docker(["load", "--quiet"]).stdin(archive).within(PULL)
}

/// What is known of an image, as JSON. It ends with 1 where there is none of that name.
pub fn inspect_image(reference: &str) -> HostCommand {
    docker(["image", "inspect", "--format", "{{json .}}", reference]).within(ANSWER)
}

/// Removes a name of an image, and the image with its last name.
pub fn remove_image(reference: &str) -> HostCommand {
    docker(["image", "rm", reference])
}

/// Removes images that have no name and that no container uses.
pub fn prune_images() -> HostCommand {
    docker(["image", "prune", "--force"]).within(Duration::from_mins(5))
}

/// Makes a container that does not run yet. `options` are those of `docker create`; `command` replaces the image's.
pub fn create<O, C>(name: &str, options: O, image: &str, command: C) -> HostCommand
where
    O: IntoIterator,
    O::Item: Into<OsString>,
    C: IntoIterator,
    C::Item: Into<OsString>,
{
    docker(["create", "--name", name]).args(options).arg(image).args(command)
}

/// Runs a container that was made.
pub fn start(name: &str) -> HostCommand {
    docker(["start", name])
}

/// Asks a container to stop, and kills it where it has not after `patience`.
pub fn stop(name: &str, patience: Duration) -> HostCommand {
    let seconds = patience.as_secs().to_string();
    docker(["stop", "--time", &seconds, name]).within(patience + GRACE)
}

/// Docker starts a container again as `policy` says, from now on.
pub fn set_restart(name: &str, policy: &str) -> HostCommand {
    docker(["update", "--restart", policy, name]).within(ANSWER)
}

/// Removes a container, running or not; volumes without a name go with it.
pub fn remove(name: &str) -> HostCommand {
    docker(["rm", "--force", "--volumes", name])
}

/// Gives a container another name.
pub fn rename(name: &str, new: &str) -> HostCommand {
    docker(["rename", name, new]).within(ANSWER)
}

/// What is known of a container, as JSON. It ends with 1 where there is none of that name.
pub fn inspect(name: &str) -> HostCommand {
    docker(["container", "inspect", "--format", "{{json .}}", name]).within(ANSWER)
}

/// The containers that have all of `labels` (`key` or `key=value`), running or not, each as a line of JSON.
pub fn list(labels: &[&str]) -> HostCommand {
    let command = docker(["ps", "--all", "--no-trunc", "--format", "{{json .}}"]).within(ANSWER);
    labels.iter().fold(command, |command, label| command.option("--filter", Some(format!("label={label}"))))
}

/// The last `lines` a container wrote; what follows too where `follow` says so.
pub fn logs(name: &str, lines: usize, follow: bool) -> HostCommand {
    let lines = lines.to_string();
    let command = docker(["logs", "--tail", &lines]);
    if follow { command.arg("--follow").arg(name).without_limit() } else { command.arg(name) }
}

/// The same, each line behind the time at which it was written.
pub fn stamped_logs(name: &str, lines: usize, follow: bool) -> HostCommand {
    let lines = lines.to_string();
    // As long as it takes: how much is asked for, a person says.
    let command = docker(["logs", "--timestamps", "--tail", &lines]).without_limit();
    if follow { command.arg("--follow").arg(name) } else { command.arg(name) }
}

/// What a container wrote since `time`, such as stands before a line, and what follows.
pub fn logs_since(name: &str, time: &str) -> HostCommand {
    docker(["logs", "--timestamps", "--since", time, "--follow", name]).without_limit()
}

/// Runs `command` in a container.
pub fn exec<C>(name: &str, command: C) -> HostCommand
where
    C: IntoIterator,
    C::Item: Into<OsString>,
{
    docker(["exec", name]).args(command)
}

/// Runs `command` in a container, and gives it what this command reads.
pub fn exec_with_input<C>(name: &str, command: C) -> HostCommand
where
    C: IntoIterator,
    C::Item: Into<OsString>,
{
    docker(["exec", "--interactive", name]).args(command)
}

/// Runs `command` in a container, at a terminal.
pub fn exec_at_terminal<C>(name: &str, command: C) -> HostCommand
where
    C: IntoIterator,
    C::Item: Into<OsString>,
{
    docker(["exec", "--interactive", "--tty", name]).args(command).without_limit()
}

/// What is known of a network, as JSON. It ends with 1 where there is none of that name.
pub fn inspect_network(name: &str) -> HostCommand {
    docker(["network", "inspect", "--format", "{{json .}}", name]).within(ANSWER)
}

/// What tells a network that we made.
const OUR_NETWORK: &str = "ironwright.network=true";

/// Makes a network between the containers of a host.
pub fn create_network(name: &str) -> HostCommand {
    docker(["network", "create", "--label", OUR_NETWORK, name])
}

/// The network `name`, where we made it: a line, or none.
pub fn our_network(name: &str) -> HostCommand {
    let (label, name) = (format!("label={OUR_NETWORK}"), format!("name=^{name}$"));
    docker(["network", "ls", "--quiet", "--filter", &label, "--filter", &name]).within(ANSWER)
}

/// The containers that are in a network, running or not, a line each.
pub fn in_network(name: &str) -> HostCommand {
    docker(["ps", "--all", "--quiet", "--filter", &format!("network={name}")]).within(ANSWER)
}

/// Removes a volume that no container uses, where there is one.
pub fn remove_volume(name: &str) -> HostCommand {
    docker(["volume", "rm", "--force", name])
}

/// Removes a network that no container uses.
pub fn remove_network(name: &str) -> HostCommand {
    docker(["network", "rm", name])
}

/// Joins a container to a network, under `aliases` besides its name.
pub fn connect_network(network: &str, container: &str, aliases: &[&str]) -> HostCommand {
    let command = docker(["network", "connect"]).within(ANSWER);
    aliases.iter().fold(command, |command, alias| command.option("--alias", Some(*alias))).arg(network).arg(container)
}

/// Takes a container out of a network.
pub fn disconnect_network(network: &str, container: &str) -> HostCommand {
    docker(["network", "disconnect", network, container]).within(ANSWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &HostCommand, expect: &str) {
        assert_eq!(command.to_string(), expect);
    }

    #[test]
    fn what_is_asked_of_the_daemon() {
        check(&info(), "docker info --format '{{json .}}'");
        check(&pull("127.0.0.1:4000/shop@sha256:ab"), "docker pull --quiet 127.0.0.1:4000/shop@sha256:ab");
        check(&tag("a@sha256:ab", "shop:v1"), "docker tag a@sha256:ab shop:v1");
        check(&inspect_image("shop:v1"), "docker image inspect --format '{{json .}}' shop:v1");
        check(&remove_image("shop:v1"), "docker image rm shop:v1");
        check(&prune_images(), "docker image prune --force");
    }

    #[test]
    fn what_is_asked_of_containers() {
        check(
            &create("shop-2", ["--env-file", "/run/my env"], "shop:v2", ["serve", "--port", "80"]),
            "docker create --name shop-2 --env-file '/run/my env' shop:v2 serve --port 80",
        );
        check(&start("shop-2"), "docker start shop-2");
        check(&stop("shop-1", Duration::from_secs(20)), "docker stop --time 20 shop-1");
        check(&set_restart("shop-1", "no"), "docker update --restart no shop-1");
        check(&remove_volume("data"), "docker volume rm --force data");
        check(&remove("shop-1"), "docker rm --force --volumes shop-1");
        check(&rename("shop-2", "shop"), "docker rename shop-2 shop");
        check(&inspect("shop"), "docker container inspect --format '{{json .}}' shop");
        check(
            &list(&["ironwright.address=web/app", "ironwright"]),
            "docker ps --all --no-trunc --format '{{json .}}' --filter 'label=ironwright.address=web/app' --filter 'label=ironwright'",
        );
        check(&exec("shop", ["sh", "-c", "echo $HOME"]), "docker exec shop sh -c 'echo $HOME'");
        check(&exec_at_terminal("shop", ["sh"]), "docker exec --interactive --tty shop sh");
    }

    #[test]
    fn logs_that_are_followed_have_no_end() {
        check(&logs("shop", 50, false), "docker logs --tail 50 shop");
        check(&logs("shop", 0, true), "docker logs --tail 0 --follow shop");
        assert_eq!((logs("shop", 1, true).limit(), logs("shop", 1, false).limit().is_some()), (None, true));
    }

    #[test]
    fn a_container_has_its_time_to_stop() {
        let patience = Duration::from_mins(10);
        assert!(stop("shop", patience).limit() > Some(patience));
    }

    #[test]
    fn networks() {
        check(&create_network("shop"), "docker network create --label 'ironwright.network=true' shop");
        check(
            &our_network("shop"),
            "docker network ls --quiet --filter 'label=ironwright.network=true' --filter 'name=^shop$'",
        );
        check(&in_network("shop"), "docker ps --all --quiet --filter 'network=shop'");
        check(&inspect_network("shop"), "docker network inspect --format '{{json .}}' shop");
        check(&connect_network("shop", "app-2", &["app"]), "docker network connect --alias app shop app-2");
        check(&disconnect_network("shop", "app-1"), "docker network disconnect shop app-1");
        check(&remove_network("shop"), "docker network rm shop");
    }
}

//! `Health`: how a container is asked whether it serves.

use std::time::Duration;

use ironwright_core::kinds::List;
use ironwright_core::{Bag, Integer, IntoValue, Text};

use crate::nested::nested;

/// How a container is asked whether it serves, before traffic goes to it.
///
/// ```
/// use std::time::Duration;
/// use ironwright_deploy::{Container, Health, http};
///
/// Container::new("nginx:1.27").publish(80, 80).health(http("/").time_limit(Duration::from_secs(30)));
/// Container::new("postgres:17").health(Health::command(["pg_isready"]).start_period(Duration::from_secs(10)));
/// Container::new("redis:8").health(Health::tcp().port(6379));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Health(Bag);

nested!(Health);

/// Healthy where a GET of `path` answers with a status from 200 to 399.
#[track_caller]
pub fn http(path: impl IntoValue<Text>) -> Health {
    Health::http(path)
}

impl Health {
    /// Healthy where a GET of `path` answers with a status from 200 to 399.
    #[track_caller]
    pub fn http(path: impl IntoValue<Text>) -> Self {
        Self(Bag::new().set::<Text>("Kind", "http").set("Path", path))
    }

    /// Healthy where the port takes connections.
    #[track_caller]
    pub fn tcp() -> Self {
        Self(Bag::new().set::<Text>("Kind", "tcp"))
    }

    /// Healthy where this command ends with 0 in the container. It is run as given, through no shell.
    #[track_caller]
    pub fn command(command: impl IntoValue<List<Text>>) -> Self {
        Self(Bag::new().set::<Text>("Kind", "command").set("Command", command))
    }

    /// The port in the container; that of the first `.publish` where it is not said.
    #[track_caller]
    pub fn port(self, port: impl IntoValue<Integer>) -> Self {
        Self(self.0.set("Port", port))
    }

    /// The time between two questions; one second where it is not said.
    #[track_caller]
    pub fn interval(self, interval: Duration) -> Self {
        self.milliseconds("IntervalMilliseconds", interval)
    }

    /// How long one question waits for its answer; five seconds where it is not said.
    #[track_caller]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.milliseconds("TimeoutMilliseconds", timeout)
    }

    /// How long a new container has to get healthy, its start period included; 60 seconds where it is not said.
    #[track_caller]
    pub fn time_limit(self, limit: Duration) -> Self {
        self.milliseconds("LimitMilliseconds", limit)
    }

    /// How long a new container is left alone before it is asked.
    #[track_caller]
    pub fn start_period(self, period: Duration) -> Self {
        self.milliseconds("StartPeriodMilliseconds", period)
    }

    #[track_caller]
    fn milliseconds(self, name: &'static str, duration: Duration) -> Self {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.set::<Integer>(name, milliseconds))
    }
}

//! In what order the old version goes and the new one comes.

use crate::edge::Site;
use crate::spec::ContainerSpec;

/// In what order the old version goes and the new one comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The new one beside the old, and the edge moves the traffic. Nothing is lost.
    Edge,
    /// The new one beside the old, which then goes: no port stands in the way.
    Beside,
    /// The new one publishes ports that the old one has: it is tried without them, then the old one goes and it comes.
    Trial,
    /// The old one goes, then the new one comes: two would write to one volume.
    Instead,
}

impl Order {
    /// The order for a container.
    pub fn of(spec: &ContainerSpec) -> Self {
        if Site::of("", spec).is_some() {
            Self::Edge
        } else if spec.writes() {
            Self::Instead
        } else if spec.publish.is_empty() {
            Self::Beside
        } else {
            Self::Trial
        }
    }

    /// Whether the container publishes its ports itself.
    pub(super) fn publishes(self) -> bool {
        self != Self::Edge
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: &serde_json::Value, expect: Order) {
        let spec: ContainerSpec = serde_json::from_value(spec.clone()).expect("a container");
        assert_eq!(Order::of(&spec), expect);
    }

    #[test]
    fn what_loses_least() {
        let publish = json!([{"Host": 80, "Container": 8000}]);
        let data = json!([{"Source": "data", "Target": "/data"}]);
        let fixed = json!([{"Source": "/etc/app", "Target": "/etc/app", "ReadOnly": true}]);
        let none = json!({"Kind": "none"});
        let health = json!({"Kind": "http", "Path": "/"});
        check(&json!({"Publish": publish, "Health": health, "Volumes": data}), Order::Edge);
        check(&json!({"Publish": publish, "Health": health, "Edge": none}), Order::Trial);
        check(&json!({"Publish": publish, "Edge": none, "Volumes": fixed}), Order::Trial);
        check(&json!({"Publish": publish, "Edge": none, "Volumes": data}), Order::Instead);
        check(&json!({"Edge": none}), Order::Beside);
        check(&json!({"Edge": none, "Volumes": data}), Order::Instead);
    }
}

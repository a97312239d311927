//! What is deployed: twelve resources of six services, in three editions.

use ironwright_aws::ec2::{SecurityGroup, Subnet, Vpc};
use ironwright_aws::logs::LogGroup;
use ironwright_aws::secretsmanager::Secret as StoredSecret;
use ironwright_aws::sns::{Subscription, Topic};
use ironwright_aws::sqs::Queue;
use ironwright_aws::ssm::Parameter;
use ironwright_core::{App, Secret, Text};

/// The app's name.
pub(crate) const APP: &str = "served";

/// The secret in the program.
pub(crate) const SECRET: &str = "the-word-that-nobody-may-read";

/// What a run leads to, each the start of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Goal {
    /// Everything is there.
    Made,
    /// Of that, some is changed in place.
    Changed,
    /// Of that, some is replaced.
    Replaced,
    /// Nothing is there.
    Destroyed,
}

impl Goal {
    pub(crate) const ALL: [Self; 4] = [Self::Made, Self::Changed, Self::Replaced, Self::Destroyed];

    /// Its name in the environment of a process.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
            Self::Destroyed => "destroyed",
        }
    }

    /// How many resources there are then.
    pub(crate) fn resources(self) -> usize {
        if self == Self::Destroyed { 0 } else { 12 }
    }

    /// The program that says so; to destroy, none is needed.
    pub(crate) fn program(self) -> Option<App> {
        if self == Self::Destroyed {
            return None;
        }
        let mut app = App::new(APP).region("us-west-2");
        let stack = app.stack("web");
        let later = |text: &'static str, changed: &'static str| if self >= Self::Changed { changed } else { text };
        let replaced = |text: &'static str, other: &'static str| if self >= Self::Replaced { other } else { text };

        let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16"));
        let subnet = Subnet::new(vpc.vpc_id()).cidr_block(replaced("10.0.1.0/24", "10.0.2.0/24"));
        let subnet = stack.add("subnet", subnet);
        let says = replaced("Of the first edition", "Of the third edition");
        let firewall = stack.add("firewall", SecurityGroup::new(says).vpc_id(vpc.vpc_id()));

        let days = if self >= Self::Changed { 30 } else { 7 };
        let group = replaced("journal", "journal-2");
        let journal = stack.add("journal", LogGroup::new().log_group_name(group).retention_in_days(days));
        let word = StoredSecret::new().description(later("The word", "The same word"));
        stack.add("word", word.secret_string(Secret::<Text>::new(SECRET)));

        let topic = stack.add("events", Topic::new().topic_name(replaced("events", "events-2")));
        let delay = if self >= Self::Changed { 10 } else { 0 };
        for name in ["first", "second"] {
            let queue = stack.add(name, Queue::new().delay_seconds(delay));
            let subscription = Subscription::new(topic.topic_arn(), "sqs").endpoint(queue.arn());
            stack.add(&format!("{name}-subscription"), subscription);
        }
        let place = stack.add("place", Parameter::new("String", subnet.subnet_id()).name("/place"));
        stack.add("mode", Parameter::new("String", later("calm", "busy")));
        stack.output("place", place.value());
        stack.output("firewall", firewall.group_id());
        stack.output("journal", journal.arn());
        Some(app)
    }
}

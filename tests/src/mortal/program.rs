//! What the mortal runs deploy: thirty resources in three stacks, in three editions.

use ironwright::aws::ec2::{SecurityGroup, SecurityGroupIngress};
use ironwright::aws::logs::{LogGroup, LogStream};
use ironwright::aws::secretsmanager::Secret as StoredSecret;
use ironwright::aws::sns::{Subscription, Topic};
use ironwright::aws::sqs::Queue;
use ironwright::aws::ssm::Parameter;
use ironwright::prelude::*;

/// The app's name.
pub const APP: &str = "mortal";

/// What the last edition leaves in the cloud and manages no longer.
pub const FORGOTTEN: &str = "base/archive";

/// The secret in the program, which must never be written anywhere.
pub const SECRET: &str = "the-word-that-nobody-may-read";

/// What a run leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// Everything is there.
    Made,
    /// Of that, about half is changed in place.
    Changed,
    /// Of that, some is replaced, in either order; one resource is removed, one forgotten, two are new.
    Replaced,
    /// Nothing is there, but for what is retained.
    Destroyed,
}

impl Goal {
    /// All of them, each the start of the next.
    pub const ALL: [Self; 4] = [Self::Made, Self::Changed, Self::Replaced, Self::Destroyed];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
            Self::Destroyed => "destroyed",
        }
    }

    /// The goal of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|goal| goal.name() == name)
    }

    /// The program that says so; to destroy, none is needed.
    pub fn program(self) -> Option<App> {
        if self == Self::Destroyed {
            return None;
        }
        let mut app = App::new(APP).region("us-west-2");
        let (topic, secret) = base(app.stack("base"), self);
        let queues = work(app.stack("work"), self, &topic);
        watch(app.stack("watch"), self, &topic, &queues, &secret);
        Some(app)
    }

    fn is_changed(self) -> bool {
        self >= Self::Changed
    }

    fn is_replaced(self) -> bool {
        self >= Self::Replaced
    }
}

/// Of `first` and `later`, what an edition has.
fn either<'a>(later: bool, first: &'a str, changed: &'a str) -> &'a str {
    if later { changed } else { first }
}

/// Ten resources. The topic is replaced by one of another name, new one first; firewall and log streams keep their names
/// and so go before they come again, with the rules that need them.
fn base(stack: &mut Stack, goal: Goal) -> (Handle<Topic>, Handle<StoredSecret>) {
    let topic = stack.add("events", Topic::new().topic_name(either(goal.is_replaced(), "events", "events-2")));
    if !goal.is_replaced() {
        stack.add("archive", LogGroup::new().log_group_name("archive").retain());
    }
    let retention = if goal.is_changed() { 30 } else { 7 };
    let group = either(goal.is_replaced(), "journal", "journal-2");
    let journal = stack.add("journal", LogGroup::new().log_group_name(group).retention_in_days(retention));
    for number in 0..3 {
        let stream = LogStream::new(journal.log_group_name()).log_stream_name(format!("stream-{number}"));
        stack.add(&format!("stream-{number}"), stream);
    }
    let says = either(goal.is_replaced(), "From the first edition", "From the third edition");
    let firewall = stack.add("firewall", SecurityGroup::new(says).group_name("firewall"));
    for (name, port) in [("http", 80), ("https", 443)] {
        let rule = SecurityGroupIngress::new("tcp").group_id(firewall.group_id()).cidr_ip("10.0.0.0/8");
        let rule = rule.description(either(goal.is_changed(), "Inside", "Inside alone"));
        stack.add(name, rule.from_port(port).to_port(port));
    }
    let text = either(goal.is_changed(), "The word", "The same word");
    let secret = stack.add("word", StoredSecret::new().description(text).secret_string(Secret::<Text>::new(SECRET)));
    stack.output("events", topic.topic_arn());
    (topic, secret)
}

/// Nine resources: queues, and their subscriptions, which follow the topic.
fn work(stack: &mut Stack, goal: Goal, topic: &Handle<Topic>) -> Vec<Handle<Queue>> {
    let count = if goal.is_replaced() { 5 } else { 6 };
    let delay = if goal.is_changed() { 10 } else { 0 };
    let queue = |number: usize| Queue::new().delay_seconds(if number < 4 { delay } else { 0 });
    let queues: Vec<_> = (0..count).map(|number| stack.add(&format!("queue-{number}"), queue(number))).collect();
    for (number, queue) in queues.iter().take(3).enumerate() {
        let subscription = Subscription::new(topic.topic_arn(), "sqs").endpoint(queue.arn());
        stack.add(&format!("subscription-{number}"), subscription);
    }
    stack.output("first", queues[0].queue_url());
    queues
}

/// Eleven resources: parameters that say where the others are, and a parameter that is told by another.
fn watch(
    stack: &mut Stack,
    goal: Goal,
    topic: &Handle<Topic>,
    queues: &[Handle<Queue>],
    secret: &Handle<StoredSecret>,
) {
    let places = stack.scope("places");
    for (number, queue) in queues.iter().take(4).enumerate() {
        let name = format!("queue-{number}");
        places.add(&name, Parameter::new("String", queue.queue_url()).name(format!("/places/{name}")));
    }
    places.add("events", Parameter::new("String", topic.topic_arn()).name("/places/events"));
    places.add("word", Parameter::new("String", secret.id()));
    let mode = either(goal.is_changed(), "calm", "busy");
    let first = stack.add("mode", Parameter::new("String", mode));
    let second = stack.add("told", Parameter::new("String", first.value()));
    stack.add("alarms", Topic::new().display_name(second.value()));
    stack.add("plain", Parameter::new("String", "always the same"));
    stack.add("label", Parameter::new("String", "x").name(either(goal.is_replaced(), "/label", "/label-2")));
    if goal.is_replaced() {
        stack.add("added", Parameter::new("String", topic.topic_arn()));
        stack.add("late", Queue::new());
    }
    stack.output("mode", second.value());
}

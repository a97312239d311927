//! Conveniences for SQS: queues that hand on what nobody could process.

use ironwright_core::resource::Resource;
use ironwright_core::{IntoValue, Source, Tree};

use super::invalid;
use crate::generated::kinds::QueueArn;
use crate::generated::sqs::Queue;

impl Queue {
    /// Moves a message that was received `most_receives` times, 1 to 1,000, and never deleted to the queue of this ARN.
    ///
    /// ```
    /// # use ironwright_core::App;
    /// use ironwright_aws::sqs::Queue;
    ///
    /// # let mut app = App::new("shop").region("us-west-2");
    /// # let stack = app.stack("web");
    /// let failed = stack.add("failed-jobs", Queue::new());
    /// stack.add("jobs", Queue::new().dead_letters(failed.arn(), 5));
    /// # assert!(app.graph().is_ok());
    /// ```
    #[track_caller]
    pub fn dead_letters(mut self, queue: impl IntoValue<QueueArn>, most_receives: u16) -> Self {
        let source = Source::caller();
        let count = if (1..=1000).contains(&most_receives) {
            Tree::Number(most_receives.into())
        } else {
            let message = format!("a message cannot be moved after {most_receives} receives");
            invalid(message, "say a number from 1 to 1000", &source)
        };
        let policy =
            [("deadLetterTargetArn".into(), queue.into_value().into_tree()), ("maxReceiveCount".into(), count)];
        self.bag_mut().put("RedrivePolicy".into(), Tree::Map(policy.into()), source, false);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(most_receives: u16) -> Tree {
        let queue = Queue::new().dead_letters("arn:aws:sqs:us-west-2:123456789012:failed", most_receives);
        match queue.into_bag().get("RedrivePolicy") {
            Some(Tree::Map(policy)) => policy[1].1.clone(),
            other => panic!("no policy: {other:?}"),
        }
    }

    #[test]
    fn the_count_is_in_the_range_sqs_takes() {
        assert_eq!(count(1), Tree::Number(1.into()));
        assert_eq!(count(1000), Tree::Number(1000.into()));
        assert!(matches!(count(0), Tree::Invalid(_)));
        assert!(matches!(count(1001), Tree::Invalid(_)));
    }
}

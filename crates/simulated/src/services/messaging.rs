//! SQS, SNS and CloudWatch Logs: queue URLs, topic and log group ARNs.

use ironwright_engine::ProviderError;
use serde_json::Value as Json;

use super::Subject;
use crate::draft::Draft;
use crate::mint;
use crate::refusal::refused;
use crate::surroundings::{ACCOUNT, url_suffix};

pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    let is_fifo = subject.desired.get("FifoQueue").is_some_and(|flag| *flag == Json::Bool(true) || *flag == "true");
    match subject.text("QueueName").filter(|name| is_fifo != is_fifo_name(name)) {
        Some(name) => {
            let message = format!("the name of a FIFO queue, and of no other, ends with '.fifo': '{name}'");
            Err(refused("InvalidParameterValue", message))
        }
        None => Ok(()),
    }
}

fn is_fifo_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "fifo")
}

pub(super) fn fill(draft: &mut Draft) {
    match draft.facts.type_name.as_str() {
        "AWS::SQS::Queue" => queue(draft),
        "AWS::SNS::Topic" => topic(draft),
        "AWS::SNS::Subscription" => {
            let (topic, id) = (draft.text("TopicArn").unwrap_or_default().to_owned(), draft.dice.uuid());
            draft.set("Arn", format!("{topic}:{id}"));
        }
        "AWS::Logs::LogGroup" => {
            let named = mint::named(draft, 512);
            draft.set("LogGroupName", named);
            let name = draft.text("LogGroupName").unwrap_or_default().to_owned();
            draft.set("Arn", draft.arn("logs", &format!("log-group:{name}:*")));
        }
        _ => {}
    }
}

fn queue(draft: &mut Draft) {
    let ending = if draft.flag("FifoQueue") { ".fifo" } else { "" };
    let named = format!("{}{ending}", mint::named(draft, 75));
    draft.set("QueueName", named);
    let name = draft.text("QueueName").unwrap_or_default().to_owned();
    draft.set("QueueUrl", format!("https://sqs.{}.{}/{ACCOUNT}/{name}", draft.region, url_suffix(draft.region)));
    draft.set("Arn", draft.arn("sqs", &name));
}

fn topic(draft: &mut Draft) {
    let ending = if draft.flag("FifoTopic") { ".fifo" } else { "" };
    let named = format!("{}{ending}", mint::named(draft, 200));
    draft.set("TopicName", named);
    let name = draft.text("TopicName").unwrap_or_default().to_owned();
    draft.set("TopicArn", draft.arn("sns", &name));
}

//! Orders without a server: a queue feeds a function, which may write to one table and one folder, and nothing else.
//!
//! What cannot be processed waits in a queue of its own, and an alarm says so.

use ironwright::aws::cloudwatch::{Alarm, Dimension};
use ironwright::aws::dynamodb::{AttributeDefinition, PointInTimeRecoverySpecification, Table, TableKeySchema};
use ironwright::aws::iam::{Arn, PolicyDocument, Role, Statement, assume_role_by};
use ironwright::aws::lambda::{Code, EventSourceMapping, Function, FunctionLoggingConfig};
use ironwright::aws::logs::LogGroup;
use ironwright::aws::s3::{Bucket, BucketEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionRule};
use ironwright::aws::sqs::Queue;
use ironwright::prelude::*;

/// How long the function may take, in seconds. A message stays hidden six times as long, as AWS advises.
const TIMEOUT: u16 = 30;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app() -> App {
    let mut app = App::new("orders").region("us-west-2");
    let stack = app.stack("orders");

    let queue = queue(stack.scope("queue"));
    let table = stack.add("table", orders_table());
    let archive = stack.add("archive", private_bucket());
    let logs = stack.add("logs", LogGroup::new().retention_in_days(30));

    let may = PolicyDocument::new([
        Statement::allow()
            .actions(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
            .resource(queue.arn()),
        Statement::allow().action("dynamodb:PutItem").resource(table.arn()),
        Statement::allow().action("s3:PutObject").resource(Arn::wildcard(text!("{}/orders/*", archive.arn()))),
        Statement::allow().actions(["logs:CreateLogStream", "logs:PutLogEvents"]).resource(logs.arn()),
    ]);
    let role = stack.add("role", Role::new(assume_role_by("lambda.amazonaws.com")).inline_policy("orders", may));

    let function = Function::new(role.arn(), Code::new().zip_file(include_str!("handler.py")))
        .runtime("python3.13")
        .handler("index.handle")
        .architectures(["arm64"])
        .memory_size(256)
        .timeout(TIMEOUT)
        .variable("TABLE", table.table_name())
        .variable("ARCHIVE", archive.bucket_name())
        .logging_config(FunctionLoggingConfig::new().log_group(logs.log_group_name()));
    let function = stack.add("function", function);

    let feed = EventSourceMapping::new(function.function_name())
        .event_source_arn(queue.arn())
        .batch_size(10)
        .function_response_types(["ReportBatchItemFailures"]);
    stack.add("feed", feed);

    stack.output("queue_url", queue.queue_url());
    app
}

/// A queue, the queue for what could not be processed, and an alarm for when that one is not empty.
fn queue(scope: &mut Scope) -> Handle<Queue> {
    let fortnight = 14 * 24 * 60 * 60;
    let failed = scope.add("failed", Queue::new().message_retention_period(fortnight).sqs_managed_sse_enabled(true));

    let alarm = Alarm::new()
        .alarm_description("Orders could not be processed")
        .namespace("AWS/SQS")
        .metric_name("ApproximateNumberOfMessagesVisible")
        .dimensions([Dimension::new("QueueName", failed.queue_name())])
        .statistic("Maximum")
        .period(60)
        .evaluation_periods(1)
        .comparison_operator("GreaterThanThreshold")
        .threshold(0)
        .treat_missing_data("notBreaching");
    scope.add("failed-alarm", alarm);

    let orders =
        Queue::new().visibility_timeout(6 * TIMEOUT).sqs_managed_sse_enabled(true).dead_letters(failed.arn(), 5);
    scope.add("orders", orders)
}

/// Holds data: it stays in the account when it is taken out of the program.
fn orders_table() -> Table {
    Table::new([TableKeySchema::new("id", "HASH")])
        .attribute_definitions([AttributeDefinition::new("id", "S")])
        .billing_mode("PAY_PER_REQUEST")
        .point_in_time_recovery_specification(
            PointInTimeRecoverySpecification::new().point_in_time_recovery_enabled(true),
        )
        .retain()
}

fn private_bucket() -> Bucket {
    let encrypted = ServerSideEncryptionRule::new()
        .server_side_encryption_by_default(ServerSideEncryptionByDefault::new("aws:kms"))
        .bucket_key_enabled(true);
    Bucket::new().block_public_access().bucket_encryption(BucketEncryption::new([encrypted])).retain()
}

#[test]
fn the_function_may_do_what_it_needs_and_nothing_else() {
    let deployed = ironwright::testing::deploy(app());
    let policy = deployed.find::<Role>("orders/role").property("Policies[0].PolicyDocument");
    let resource = |number: usize| policy.at(&format!("Statement[{number}].Resource"));
    assert_eq!(policy.at("Statement").len(), 4);

    assert_eq!(resource(0), deployed.find::<Queue>("orders/queue/orders").attribute("Arn"));
    assert_eq!(resource(1), deployed.find::<Table>("orders/table").attribute("Arn"));
    assert_eq!(policy.at("Statement[1].Action"), "dynamodb:PutItem");
    let archive = deployed.find::<Bucket>("orders/archive").attribute("Arn");
    assert_eq!(resource(2), format!("{}/orders/*", archive.as_str()));
    assert_eq!(resource(3), deployed.find::<LogGroup>("orders/logs").attribute("Arn"));
}

#[test]
fn what_fails_five_times_waits_for_a_person() {
    let deployed = ironwright::testing::deploy(app());
    let failed = deployed.find::<Queue>("orders/queue/failed");
    let redrive = deployed.find::<Queue>("orders/queue/orders").property("RedrivePolicy");
    assert_eq!(redrive.at("deadLetterTargetArn"), failed.attribute("Arn"));
    assert_eq!(redrive.at("maxReceiveCount"), 5);
    let alarm = deployed.find::<Alarm>("orders/queue/failed-alarm");
    assert_eq!(alarm.property("Dimensions[0].Value"), failed.attribute("QueueName"));
}

#[test]
fn nothing_in_the_archive_is_public() {
    let deployed = ironwright::testing::deploy(app());
    let archive = deployed.find::<Bucket>("orders/archive");
    assert_eq!(archive.property("PublicAccessBlockConfiguration.BlockPublicPolicy"), true);
    assert_eq!(archive.property("PublicAccessBlockConfiguration.RestrictPublicBuckets"), true);
}

//! `AWS::EC2::FlowLog`: a log of the traffic of one resource. Only its tags change in place.

use async_trait::async_trait;
use aws_sdk_ec2::types::{
    DestinationFileFormat, DestinationOptionsRequest, DestinationOptionsResponse, Filter, LogDestinationType,
    ResourceType, TrafficType,
};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, flag, word};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;
use crate::error::Intent;

/// What a log may be of, by the beginning of its id; longer ones first.
const RESOURCES: [(&str, &str); 6] = [
    ("tgw-attach-", "TransitGatewayAttachment"),
    ("tgw-", "TransitGateway"),
    ("subnet-", "Subnet"),
    ("vpc-", "VPC"),
    ("eni-", "NetworkInterface"),
    ("nat-", "RegionalNatGateway"),
];

pub(super) struct FlowLog;

#[async_trait]
impl Kind for FlowLog {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::FlowLog"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        change::refuse_unknown(request, &properties, &["TagFieldSpecifications"])?;
        let call = ec2
            .client
            .create_flow_logs()
            .client_token(request.token.as_str())
            .resource_ids(properties.text("ResourceId").unwrap_or_default())
            .set_resource_type(properties.word("ResourceType"))
            .set_traffic_type(properties.word("TrafficType"))
            .set_deliver_logs_permission_arn(properties.text("DeliverLogsPermissionArn"))
            .set_deliver_cross_account_role(properties.text("DeliverCrossAccountRole"))
            .set_log_destination(properties.text("LogDestination"))
            .set_log_destination_type(properties.word("LogDestinationType"))
            .set_log_format(properties.text("LogFormat"))
            .set_log_group_name(properties.text("LogGroupName"))
            .set_max_aggregation_interval(properties.number("MaxAggregationInterval"))
            .set_destination_options(properties.get("DestinationOptions").map(destination))
            .tag_specifications(tags::specification(ResourceType::VpcFlowLog, &properties, request));
        let made = ec2.change(call.send()).await?;
        change::unsuccessful(made.unsuccessful(), Intent::Change)?;
        let id = made.flow_log_ids().first().map(String::as_str).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("flow-log-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let answer = ec2.look(ec2.client.delete_flow_logs().flow_log_ids(&request.physical_id).send()).await?;
        change::unsuccessful(answer.unsuccessful(), Intent::Look)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

fn destination(document: &Json) -> DestinationOptionsRequest {
    DestinationOptionsRequest::builder()
        .set_file_format(word(document, "FileFormat"))
        .set_hive_compatible_partitions(flag(document, "HiveCompatiblePartitions"))
        .set_per_hour_partition(flag(document, "PerHourPartition"))
        .build()
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let logs = pages!(ec2, ec2.client.describe_flow_logs().filter(filter), flow_logs);
    Ok(logs.iter().map(model).collect())
}

/// EC2 does not say what kind of resource a log is of: its id does.
fn model(log: &aws_sdk_ec2::types::FlowLog) -> (String, Json) {
    let id = log.flow_log_id().unwrap_or_default();
    let resource = log.resource_id();
    let kind = resource.and_then(|id| RESOURCES.iter().find(|(prefix, _)| id.starts_with(prefix)));
    let model = Model::new()
        .with("Id", Some(id))
        .with("ResourceId", resource)
        .with("ResourceType", kind.map(|(_, kind)| *kind))
        .with("TrafficType", log.traffic_type().map(TrafficType::as_str))
        .with("DeliverLogsPermissionArn", log.deliver_logs_permission_arn())
        .with("DeliverCrossAccountRole", log.deliver_cross_account_role())
        .with("LogDestination", log.log_destination())
        .with("LogDestinationType", log.log_destination_type().map(LogDestinationType::as_str))
        .with("LogFormat", log.log_format())
        .with("LogGroupName", log.log_group_name())
        .with("MaxAggregationInterval", log.max_aggregation_interval())
        .with("DestinationOptions", log.destination_options().map(shown))
        .list("Tags", tags::model(log.tags()));
    (id.to_owned(), model.json())
}

fn shown(options: &DestinationOptionsResponse) -> Json {
    Model::new()
        .with("FileFormat", options.file_format().map(DestinationFileFormat::as_str))
        .with("HiveCompatiblePartitions", options.hive_compatible_partitions())
        .with("PerHourPartition", options.per_hour_partition())
        .json()
}

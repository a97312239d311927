//! References between resources are typed: this file compiles only while every relation of the list below is known.
//! What must not compile is tested in the workspace's compile-fail tests.

#![cfg(all(
    feature = "autoscaling",
    feature = "ec2",
    feature = "ecs",
    feature = "eks",
    feature = "elbv2",
    feature = "iam",
    feature = "kms",
    feature = "lambda",
    feature = "logs",
    feature = "rds",
    feature = "route53",
    feature = "s3",
    feature = "sns",
    feature = "sqs"
))]

use ironwright_aws::kinds::{
    BucketArn, BucketDomainName, EcsClusterName, EipAllocationId, FunctionArn, FunctionName, InstanceId,
    InstanceProfileName, InternetGatewayId, KeyPairName, KmsKeyArn, KmsKeyId, LaunchTemplateId, LogGroupArn,
    NatGatewayId, NetworkAclId, NetworkInterfaceId, QueueArn, QueueUrl, RoleArn, RoleName, RouteTableId,
    SecurityGroupId, SubnetId, TopicArn, VolumeId, VpcId, VpnGatewayId,
};
use ironwright_aws::{autoscaling, ec2, ecs, eks, elbv2, iam, kms, lambda, logs, rds, route53, s3, sns, sqs};
use ironwright_core::{App, IntoValue, Stack, Text, Value};

fn in_a_stack(declare: impl FnOnce(&mut Stack)) {
    let mut app = App::new("typed");
    declare(app.stack("all"));
    let problems = app.graph().err().map(|problems| format!("{problems:?}"));
    assert_eq!(problems, None, "references must resolve");
}

#[test]
fn networks() {
    in_a_stack(|stack| {
        let vpc = stack.add("vpc", ec2::Vpc::new());
        let _: Value<SecurityGroupId> = vpc.default_security_group();
        let _: Value<NetworkAclId> = vpc.default_network_acl();
        let subnet = stack.add("subnet", ec2::Subnet::new(vpc.vpc_id()).cidr_block("10.0.1.0/24"));
        let _: Value<VpcId> = subnet.vpc_id();
        let gateway = stack.add("gateway", ec2::InternetGateway::new());
        let attachment =
            ec2::VpcGatewayAttachment::new(vpc.vpc_id()).internet_gateway_id(gateway.internet_gateway_id());
        stack.add("attachment", attachment);
        let table = stack.add("table", ec2::RouteTable::new(vpc.vpc_id()));
        let vpn = stack.add("vpn", ec2::VpnGateway::new("ipsec.1"));
        let address = stack.add("address", ec2::Eip::new());
        let nat = ec2::NatGateway::new().subnet_id(subnet.subnet_id()).allocation_id(address.allocation_id());
        let nat = stack.add("nat", nat);
        let to = || ec2::Route::new(table.route_table_id()).destination_cidr_block("0.0.0.0/0");
        stack.add("to-internet", to().gateway_id(gateway.internet_gateway_id()));
        stack.add("to-vpn", to().gateway_id(vpn.vpn_gateway_id()));
        stack.add("to-nat", to().nat_gateway_id(nat.nat_gateway_id()));
        stack.add("association", ec2::SubnetRouteTableAssociation::new(table.route_table_id(), subnet.subnet_id()));
        let _: (Value<InternetGatewayId>, Value<VpnGatewayId>) = (gateway.internet_gateway_id(), vpn.vpn_gateway_id());
        let _: (Value<NatGatewayId>, Value<RouteTableId>) = (nat.nat_gateway_id(), table.route_table_id());
        let _: (Value<EipAllocationId>, Value<SubnetId>) = (address.allocation_id(), subnet.subnet_id());
    });
}

#[test]
fn servers() {
    in_a_stack(|stack| {
        let group = stack.add("group", ec2::SecurityGroup::new("web"));
        let key = stack.add("key", ec2::KeyPair::new("admin"));
        let role = stack.add("role", iam::Role::new(serde_json::json!({})));
        let profile = stack.add("profile", iam::InstanceProfile::new([role.role_name()]));
        let interface = stack.add("interface", ec2::NetworkInterface::new("subnet-1").group_set([group.group_id()]));
        let template =
            stack.add("template", ec2::LaunchTemplate::new(ec2::LaunchTemplateData::new().key_name(key.key_name())));
        let server = ec2::Instance::new()
            .key_name(key.key_name())
            .security_group_ids([group.group_id()])
            .iam_instance_profile(profile.instance_profile_name());
        let server = stack.add("server", server);
        let volume = stack.add("volume", ec2::Volume::new().availability_zone(server.availability_zone()));
        stack.add("disk", ec2::VolumeAttachment::new(server.instance_id(), volume.volume_id()));
        let specification = autoscaling::LaunchTemplateSpecification::new(template.latest_version_number())
            .launch_template_id(template.launch_template_id());
        let fleet = autoscaling::AutoScalingGroup::new("2", "1").launch_template(specification);
        let zone: Value<SubnetId> = "subnet-1".into_value();
        stack.add("fleet", fleet.vpc_zone_identifier([zone]));
        let _: (Value<InstanceId>, Value<VolumeId>) = (server.instance_id(), volume.volume_id());
        let _: (Value<KeyPairName>, Value<LaunchTemplateId>) = (key.key_name(), template.launch_template_id());
        let _: (Value<InstanceProfileName>, Value<NetworkInterfaceId>) =
            (profile.instance_profile_name(), interface.id());
        let _: Value<Text> = server.public_ip();
    });
}

#[test]
fn containers_and_load_balancers() {
    in_a_stack(|stack| {
        let role = stack.add("role", iam::Role::new(serde_json::json!({})));
        let cluster = stack.add("cluster", ecs::Cluster::new());
        let task =
            stack.add("task", ecs::TaskDefinition::new().task_role_arn(role.arn()).execution_role_arn(role.arn()));
        let balancer = stack.add("balancer", elbv2::LoadBalancer::new());
        let targets = stack.add("targets", elbv2::TargetGroup::new());
        let forward = elbv2::ListenerAction::new("forward").target_group_arn(targets.target_group_arn());
        stack.add("listener", elbv2::Listener::new(balancer.load_balancer_arn(), [forward]));
        let exposed = ecs::ServiceLoadBalancer::new().target_group_arn(targets.target_group_arn());
        let service = ecs::Service::new().task_definition(task.task_definition_arn()).load_balancers([exposed]);
        stack.add("by-name", service.clone().cluster(cluster.cluster_name()));
        stack.add("by-arn", service.cluster(cluster.arn()));
        let kubernetes = eks::Cluster::new(role.arn(), eks::ResourcesVpcConfig::new(["subnet-1"]));
        let kubernetes = stack.add("kubernetes", kubernetes);
        stack.add("addon", eks::Addon::new("vpc-cni", kubernetes.name()));
        let _: Value<EcsClusterName> = cluster.cluster_name();
    });
}

#[test]
fn functions_queues_and_keys() {
    in_a_stack(|stack| {
        let role = stack.add("role", iam::Role::new(serde_json::json!({})));
        let function = stack.add("function", lambda::Function::new(role.arn(), lambda::Code::new().zip_file("")));
        stack.add(
            "by-name",
            lambda::Permission::new(function.function_name(), "lambda:InvokeFunction", "s3.amazonaws.com"),
        );
        stack.add("by-arn", lambda::Permission::new(function.arn(), "lambda:InvokeFunction", "s3.amazonaws.com"));
        let topic = stack.add("topic", sns::Topic::new());
        let queue = stack.add("queue", sqs::Queue::new());
        stack.add("subscription", sns::Subscription::new(topic.topic_arn(), "sqs").endpoint(queue.arn()));
        let key = stack.add("key", kms::Key::new());
        stack.add("by-id", kms::Alias::new("alias/by-id", key.key_id()));
        stack.add("by-key-arn", kms::Alias::new("alias/by-arn", key.arn()));
        let group = stack.add("group", logs::LogGroup::new().kms_key_id(key.arn()));
        stack.add("stream", logs::LogStream::new(group.log_group_name()));
        let bucket = stack.add("bucket", s3::Bucket::new());
        stack.add("policy", s3::BucketPolicy::new(bucket.bucket_name(), serde_json::json!({})));
        let _: (Value<RoleArn>, Value<RoleName>) = (role.arn(), role.role_name());
        let _: (Value<FunctionArn>, Value<FunctionName>) = (function.arn(), function.function_name());
        let _: (Value<QueueArn>, Value<QueueUrl>, Value<TopicArn>) =
            (queue.arn(), queue.queue_url(), topic.topic_arn());
        let _: (Value<KmsKeyId>, Value<KmsKeyArn>, Value<LogGroupArn>) = (key.key_id(), key.arn(), group.arn());
        let _: (Value<BucketArn>, Value<BucketDomainName>) = (bucket.arn(), bucket.domain_name());
    });
}

#[test]
fn databases_and_zones() {
    in_a_stack(|stack| {
        let subnets = stack.add("subnets", rds::DbSubnetGroup::new(["subnet-1", "subnet-2"], "two subnets"));
        let cluster = rds::DbCluster::new().db_subnet_group_name(subnets.db_subnet_group_name());
        let cluster = stack.add("cluster", cluster);
        let database =
            stack.add("database", rds::DbInstance::new().db_cluster_identifier(cluster.db_cluster_identifier()));
        let zone = stack.add("zone", route53::HostedZone::new());
        let record = route53::RecordSet::new("db.example.com", "CNAME").hosted_zone_id(zone.id());
        stack.add("record", record.resource_records([database.endpoint_address()]));
    });
}

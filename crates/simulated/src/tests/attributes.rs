//! What the cloud makes: ids, addresses, names and ARNs as AWS forms them, the same for the same program.

use ironwright_core::facts::check::Network;
use ironwright_core::function::{DynamicReference, DynamicService};
use ironwright_engine::{Provider, Token};
use serde_json::{Value as Json, json};

use super::support::{Cloud, REGION, facts, wait};
use crate::SimulatedCloud;

fn text<'a>(model: &'a Json, path: &str) -> &'a str {
    crate::entry::at(model, path).and_then(Json::as_str).unwrap_or_else(|| panic!("{path} in {model}"))
}

fn is_in(address: &str, network: &str) -> bool {
    Network::parse(network).expect("a network").holds(address.parse().expect("an address"))
}

/// The model of a new resource.
fn model(cloud: &Cloud, type_name: &str, properties: Json) -> Json {
    cloud.create(type_name, properties).unwrap_or_else(|error| panic!("{type_name}: {error}")).model
}

#[test]
fn the_first_deployment_lands_in_the_default_network_with_a_public_address() {
    let cloud = Cloud::new();
    let rule = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"});
    let group =
        model(&cloud, "AWS::EC2::SecurityGroup", json!({"GroupDescription": "x", "SecurityGroupIngress": [rule]}));
    let server =
        json!({"ImageId": "ami-12345678", "InstanceType": "t2.micro", "SecurityGroupIds": [text(&group, "GroupId")]});
    let server = model(&cloud, "AWS::EC2::Instance", server);
    assert!(text(&server, "InstanceId").starts_with("i-0") && text(&server, "InstanceId").len() == 19);
    assert!(is_in(text(&server, "PrivateIp"), "172.31.0.0/20"), "{server}");
    let public = text(&server, "PublicIp");
    assert!(public.parse::<std::net::Ipv4Addr>().is_ok_and(|address| !address.is_private()), "{public}");
    let name = format!("ec2-{}.us-west-2.compute.amazonaws.com", public.replace('.', "-"));
    assert_eq!(text(&server, "PublicDnsName"), name);
    assert_eq!((text(&server, "AvailabilityZone"), text(&server, "State.Name")), ("us-west-2a", "running"));
    assert_eq!(text(&server, "VpcId"), text(&group, "VpcId"));
}

#[test]
fn a_private_subnet_gives_no_public_address_and_a_public_one_does() {
    let cloud = Cloud::new();
    let vpc = cloud.id("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true}));
    let launch = |cidr: &str, public: bool| {
        let subnet =
            json!({"VpcId": vpc, "CidrBlock": cidr, "MapPublicIpOnLaunch": public, "AvailabilityZone": "us-west-2b"});
        let subnet = cloud.id("AWS::EC2::Subnet", subnet);
        model(&cloud, "AWS::EC2::Instance", json!({"ImageId": "ami-12345678", "SubnetId": subnet}))
    };
    let (private, public) = (launch("10.0.2.0/24", false), launch("10.0.1.0/24", true));
    assert!(private.get("PublicIp").is_none() && private.get("PublicDnsName").is_none());
    assert!(is_in(text(&private, "PrivateIp"), "10.0.2.0/24"));
    assert!(text(&public, "PublicDnsName").starts_with("ec2-"));
    assert_eq!(text(&public, "AvailabilityZone"), "us-west-2b");
    let vpc = cloud.read("AWS::EC2::VPC", &vpc).expect("there");
    assert_eq!(public["SecurityGroupIds"], json!([vpc["DefaultSecurityGroup"]]));
}

#[test]
fn names_and_arns_are_formed_as_the_services_form_them() {
    let cloud = Cloud::new();
    let check = |type_name: &str, properties: Json, path: &str, expect: &str| {
        let model = model(&cloud, type_name, properties);
        let found = text(&model, path);
        let (begin, end) = expect.split_once('…').unwrap_or((expect, ""));
        assert!(found.starts_with(begin) && found.ends_with(end), "{type_name}.{path} is {found}, not {expect}");
        assert!(expect.contains('…') || found == expect, "{type_name}.{path} is {found}, not {expect}");
    };
    let url = "https://sqs.us-west-2.amazonaws.com/123456789012/jobs";
    check("AWS::SQS::Queue", json!({"QueueName": "jobs"}), "QueueUrl", url);
    check("AWS::SQS::Queue", json!({"QueueName": "more"}), "Arn", "arn:aws:sqs:us-west-2:123456789012:more");
    check("AWS::S3::Bucket", json!({"BucketName": "my-logs"}), "Arn", "arn:aws:s3:::my-logs");
    check("AWS::S3::Bucket", json!({}), "DomainName", "test-r…s3.amazonaws.com");
    check("AWS::SNS::Topic", json!({"TopicName": "t"}), "TopicArn", "arn:aws:sns:us-west-2:123456789012:t");
    let group = "arn:aws:logs:us-west-2:123456789012:log-group:/app:*";
    check("AWS::Logs::LogGroup", json!({"LogGroupName": "/app"}), "Arn", group);
    check("AWS::EC2::EIP", json!({}), "AllocationId", "eipalloc-0…");
    check("AWS::EC2::InternetGateway", json!({}), "InternetGatewayId", "igw-0…");
    check("AWS::ECS::Cluster", json!({"ClusterName": "c"}), "Arn", "arn:aws:ecs:us-west-2:123456789012:cluster/c");
    let uri = "123456789012.dkr.ecr.us-west-2.amazonaws.com/app";
    check("AWS::ECR::Repository", json!({"RepositoryName": "app"}), "RepositoryUri", uri);
    let vpc = cloud.id("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    let subnet = cloud.id("AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}));
    let balancer = json!({"Name": "web", "Subnets": [subnet]});
    check("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer, "DNSName", "web-….us-west-2.elb.amazonaws.com");
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]});
    let role = json!({"RoleName": "r", "Path": "/app/", "AssumeRolePolicyDocument": policy});
    check("AWS::IAM::Role", role, "Arn", "arn:aws:iam::123456789012:role/app/r");
    let database = json!({"DBInstanceIdentifier": "db", "Engine": "mysql", "AllocatedStorage": "20"});
    check("AWS::RDS::DBInstance", database, "Endpoint.Address", "db.….us-west-2.rds.amazonaws.com");
}

#[test]
fn the_parts_of_a_compound_id_are_joined() {
    let cloud = Cloud::new();
    let live = cloud.create("AWS::EC2::EIP", json!({})).expect("made");
    let mut parts: Vec<_> = live.physical_id.split('|').collect();
    parts.sort_unstable();
    assert_eq!(parts, [text(&live.model, "PublicIp"), text(&live.model, "AllocationId")]);
}

#[test]
fn the_same_program_gets_the_same_ids_in_any_order_and_a_second_life_gets_others() {
    let make = |cloud: &Cloud, name: &str, token: u128| {
        let properties = json!({"CidrBlock": "10.0.0.0/16"});
        cloud.create_at(name, "AWS::EC2::VPC", properties, Token::new(token)).expect("made").physical_id
    };
    let (one, other) = (Cloud::new(), Cloud::new());
    let first = (make(&one, "a/x", 1), make(&one, "a/y", 2));
    let second = (make(&other, "a/y", 2), make(&other, "a/x", 1));
    assert_eq!(first, (second.1, second.0));
    one.delete("AWS::EC2::VPC", &first.0).expect("deleted");
    assert_ne!(make(&one, "a/x", 3), first.0);
    let seeded = Cloud::of(SimulatedCloud::in_memory(facts()).with_seed(9));
    assert_ne!(make(&seeded, "a/y", 1), first.1);
}

#[test]
fn defaults_of_the_facts_are_returned_and_write_only_properties_are_not() {
    let cloud = Cloud::new();
    let server = json!({"ImageId": "ami-12345678", "MetadataOptions": {"HttpTokens": "required"}});
    let server = model(&cloud, "AWS::EC2::Instance", server);
    assert_eq!(server["MetadataOptions"], json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 1}));
    let secret = json!({"Name": "db", "SecretString": "hunter2"});
    let secret = model(&cloud, "AWS::SecretsManager::Secret", secret);
    assert!(secret.get("SecretString").is_none());
    assert!(text(&secret, "Id").starts_with("arn:aws:secretsmanager:us-west-2:123456789012:secret:db-"));
}

#[test]
fn parameters_of_the_account_and_of_aws_are_read() {
    let cloud = Cloud::new();
    cloud.id("AWS::SSM::Parameter", json!({"Name": "/app/colour", "Type": "String", "Value": "green"}));
    cloud.id("AWS::SecretsManager::Secret", json!({"Name": "db", "SecretString": "{\"password\": \"x\"}"}));
    let read =
        |service, key: &'static str| wait(cloud.cloud.dynamic(REGION, &DynamicReference { service, key: key.into() }));
    assert_eq!(read(DynamicService::Ssm, "/app/colour:1"), Ok(json!("green")));
    assert_eq!(read(DynamicService::SecretsManager, "db:SecretString:password"), Ok(json!("x")));
    let image = read(DynamicService::Ssm, "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64");
    assert!(image.expect("public").as_str().is_some_and(|id| id.starts_with("ami-0")));
    assert_eq!(read(DynamicService::Ssm, "/other").expect_err("none").code, "ParameterNotFound");
}

#[test]
fn drift_is_made_behind_the_back_and_calls_are_counted() {
    let cloud = Cloud::new();
    let vpc = cloud.id("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    assert_eq!(cloud.cloud.set("AWS::EC2::VPC", &vpc, "EnableDnsSupport", false), Ok(true));
    assert_eq!(cloud.read("AWS::EC2::VPC", &vpc).expect("there")["EnableDnsSupport"], false);
    assert_eq!(cloud.cloud.remove("AWS::EC2::VPC", &vpc), Ok(true));
    assert_eq!(cloud.cloud.remove("AWS::EC2::VPC", &vpc), Ok(false));
    assert_eq!(cloud.read("AWS::EC2::VPC", &vpc), None);
    let calls = cloud.cloud.calls();
    assert_eq!((calls.create, calls.read, calls.resources_read, calls.total()), (1, 2, 2, 3));
}

#[test]
fn parts_go_with_what_they_are_parts_of() {
    let cloud = Cloud::new();
    let vpc = cloud.id("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    let table = cloud.id("AWS::EC2::RouteTable", json!({"VpcId": vpc}));
    let gateway = cloud.id("AWS::EC2::InternetGateway", json!({}));
    let route = json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    let route = cloud.id("AWS::EC2::Route", route);
    cloud.delete("AWS::EC2::RouteTable", &table).expect("its routes do not keep it");
    assert_eq!(cloud.read("AWS::EC2::Route", &route), None);
}

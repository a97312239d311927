//! What AWS refuses, each test named after AWS's code.
#![expect(non_snake_case, reason = "the tests are named after AWS's codes")]

use ironwright_engine::{ErrorKind, Token};
use serde_json::{Value as Json, json};

use super::support::Cloud;

const VPC: &str = "AWS::EC2::VPC";
const SUBNET: &str = "AWS::EC2::Subnet";
const GROUP: &str = "AWS::EC2::SecurityGroup";
const INSTANCE: &str = "AWS::EC2::Instance";
const BUCKET: &str = "AWS::S3::Bucket";
const ROLE: &str = "AWS::IAM::Role";

/// Asserts that a create is refused with `code`, and that the message says `what`.
fn refused(cloud: &Cloud, type_name: &str, properties: Json, code: &str, what: &str) {
    let error = cloud.create(type_name, properties).expect_err("it must be refused");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, code), "{error}");
    assert!(error.message.contains(what), "{error}");
}

fn vpc(cloud: &Cloud) -> String {
    cloud.id(VPC, json!({"CidrBlock": "10.0.0.0/16"}))
}

fn assume_role() -> Json {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
}

#[test]
fn TypeNotFoundException() {
    refused(&Cloud::new(), "AWS::EC2::Nothing", json!({}), "TypeNotFoundException", "AWS::EC2::Nothing");
}

#[test]
fn UnknownParameter() {
    let properties = json!({"CidrBlock": "10.0.0.0/16", "CidrBlok": "x"});
    refused(&Cloud::new(), VPC, properties, "UnknownParameter", "did you mean `CidrBlock`");
}

#[test]
fn MissingParameter() {
    refused(&Cloud::new(), SUBNET, json!({"CidrBlock": "10.0.0.0/24"}), "MissingParameter", "`VpcId` is required");
    refused(&Cloud::new(), INSTANCE, json!({"InstanceType": "t2.micro"}), "MissingParameter", "ImageId");
}

#[test]
fn InvalidParameterValue() {
    let cloud = Cloud::new();
    refused(&cloud, VPC, json!({"CidrBlock": ["10.0.0.0/16"]}), "InvalidParameterValue", "expected text, found a list");
    let tenancy = json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedciated"});
    refused(&cloud, VPC, tenancy, "InvalidParameterValue", "did you mean \"dedicated\"?");
    let kind = json!({"ImageId": "ami-12345678", "InstanceType": "micro"});
    refused(&cloud, INSTANCE, kind, "InvalidParameterValue", "'micro'");
    let of_type = |kind: &str| json!({"ImageId": "ami-12345678", "InstanceType": kind});
    refused(&cloud, INSTANCE, of_type("t2.mircro"), "InvalidParameterValue", "did you mean \"t2.micro\"?");
    assert!(cloud.create(INSTANCE, of_type("t99.micro")).is_ok(), "a family may be newer than the facts");
    let large = json!({"ImageId": "ami-12345678", "UserData": "A".repeat(22_000)});
    refused(&cloud, INSTANCE, large, "InvalidParameterValue", "16384 bytes");
    let ports = json!({"GroupDescription": "x", "SecurityGroupIngress": [
        {"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80, "CidrIp": "0.0.0.0/0"}]});
    refused(&cloud, GROUP, ports, "InvalidParameterValue", "90-80");
}

#[test]
fn InvalidParameterCombination() {
    let both = json!({"ImageId": "ami-12345678", "SubnetId": "subnet-x",
        "NetworkInterfaces": [{"DeviceIndex": "0"}]});
    refused(&Cloud::new(), INSTANCE, both, "InvalidParameterCombination", "cannot be set beside");
}

#[test]
fn InvalidParameter() {
    let cloud = Cloud::new();
    let group = cloud.id(GROUP, json!({"GroupDescription": "x", "VpcId": vpc(&cloud)}));
    let properties = json!({"ImageId": "ami-12345678", "SecurityGroupIds": [group]});
    refused(&cloud, INSTANCE, properties, "InvalidParameter", "belong to different networks");
}

#[test]
fn ValidationException() {
    let cloud = Cloud::new();
    let read_only = json!({"CidrBlock": "10.0.0.0/16", "VpcId": "vpc-12345678"});
    refused(&cloud, VPC, read_only, "ValidationException", "`VpcId` is set by AWS");
    let keys = json!({"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "other", "AttributeType": "S"}]});
    refused(&cloud, "AWS::DynamoDB::Table", keys, "ValidationException", "only one names id, other");
    let pattern = json!({"Bucket": "b", "PolicyDocument": {}, "Nonsense": 1});
    refused(&cloud, "AWS::ApiGateway::UsagePlanKey", pattern, "ValidationException", "has no property");
}

#[test]
fn InvalidVpcID_NotFound() {
    let properties = json!({"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.1.0/24"});
    refused(&Cloud::new(), SUBNET, properties, "InvalidVpcID.NotFound", "vpc-0123456789abcdef0");
}

#[test]
fn InvalidVpcID_NotFound_for_an_id_of_another_type() {
    let cloud = Cloud::new();
    let group = cloud.id(GROUP, json!({"GroupDescription": "x"}));
    refused(&cloud, SUBNET, json!({"VpcId": group, "CidrBlock": "10.0.1.0/24"}), "InvalidVpcID.NotFound", &group);
}

#[test]
fn InvalidSubnetID_NotFound() {
    let properties = json!({"ImageId": "ami-12345678", "SubnetId": "subnet-12345678"});
    refused(&Cloud::new(), INSTANCE, properties, "InvalidSubnetID.NotFound", "SubnetId");
}

#[test]
fn InvalidGroup_NotFound() {
    let properties = json!({"ImageId": "ami-12345678", "SecurityGroupIds": ["sg-12345678"]});
    refused(&Cloud::new(), INSTANCE, properties, "InvalidGroup.NotFound", "sg-12345678");
}

#[test]
fn InvalidAMIID_Malformed() {
    refused(&Cloud::new(), INSTANCE, json!({"ImageId": "ubuntu"}), "InvalidAMIID.Malformed", "ubuntu");
}

#[test]
fn InvalidUserData_Malformed() {
    let properties = json!({"ImageId": "ami-12345678", "UserData": "#!/bin/bash\necho hello"});
    refused(&Cloud::new(), INSTANCE, properties, "InvalidUserData.Malformed", "BASE64");
}

#[test]
fn InvalidAllocationID_NotFound() {
    let cloud = Cloud::new();
    let subnet = cloud.id(SUBNET, json!({"VpcId": vpc(&cloud), "CidrBlock": "10.0.1.0/24"}));
    let properties = json!({"SubnetId": subnet, "AllocationId": "eipalloc-12345678"});
    refused(&cloud, "AWS::EC2::NatGateway", properties, "InvalidAllocationID.NotFound", "eipalloc-12345678");
}

#[test]
fn InvalidVpc_Range() {
    refused(&Cloud::new(), VPC, json!({"CidrBlock": "10.0.0.0/8"}), "InvalidVpc.Range", "10.0.0.0/8");
}

#[test]
fn InvalidSubnet_Range() {
    let cloud = Cloud::new();
    let properties = json!({"VpcId": vpc(&cloud), "CidrBlock": "10.1.0.0/24"});
    refused(&cloud, SUBNET, properties, "InvalidSubnet.Range", "outside");
}

#[test]
fn InvalidSubnet_Conflict() {
    let cloud = Cloud::new();
    let vpc = vpc(&cloud);
    let first = cloud.id(SUBNET, json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}));
    let second = json!({"VpcId": vpc, "CidrBlock": "10.0.0.128/25"});
    refused(&cloud, SUBNET, second.clone(), "InvalidSubnet.Conflict", &first);
    cloud.delete(SUBNET, &first).expect("deleted");
    cloud.id(SUBNET, second);
}

#[test]
fn InvalidGroup_Duplicate() {
    let cloud = Cloud::new();
    let vpc = vpc(&cloud);
    let group = json!({"GroupName": "web", "GroupDescription": "x", "VpcId": vpc});
    cloud.id(GROUP, group.clone());
    refused(&cloud, GROUP, group, "InvalidGroup.Duplicate", "'web' already exists");
    cloud.id(GROUP, json!({"GroupName": "web", "GroupDescription": "in the default VPC"}));
}

#[test]
fn InvalidPermission_Duplicate() {
    let cloud = Cloud::new();
    let rule = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"});
    let twice = json!({"GroupDescription": "x", "SecurityGroupIngress": [rule, rule]});
    refused(&cloud, GROUP, twice, "InvalidPermission.Duplicate", "tcp 80-80 0.0.0.0/0");
    let group = cloud.id(GROUP, json!({"GroupDescription": "x", "SecurityGroupIngress": [rule]}));
    let mut alone = rule;
    alone["GroupId"] = group.into();
    refused(&cloud, "AWS::EC2::SecurityGroupIngress", alone, "InvalidPermission.Duplicate", "already exists");
}

#[test]
fn RouteAlreadyExists() {
    let cloud = Cloud::new();
    let table = cloud.id("AWS::EC2::RouteTable", json!({"VpcId": vpc(&cloud)}));
    let gateway = cloud.id("AWS::EC2::InternetGateway", json!({}));
    let route = json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway});
    cloud.id("AWS::EC2::Route", route.clone());
    refused(&cloud, "AWS::EC2::Route", route, "RouteAlreadyExists", "0.0.0.0/0");
}

#[test]
fn Resource_AlreadyAssociated() {
    let cloud = Cloud::new();
    let gateway = cloud.id("AWS::EC2::InternetGateway", json!({}));
    let attach = |vpc: String| json!({"VpcId": vpc, "InternetGatewayId": gateway});
    cloud.id("AWS::EC2::VPCGatewayAttachment", attach(vpc(&cloud)));
    let again = attach(vpc(&cloud));
    refused(&cloud, "AWS::EC2::VPCGatewayAttachment", again, "Resource.AlreadyAssociated", &gateway);
}

#[test]
fn InvalidIPAddress_InUse() {
    let cloud = Cloud::new();
    let subnet = cloud.id(SUBNET, json!({"VpcId": vpc(&cloud), "CidrBlock": "10.0.1.0/24"}));
    let server = json!({"ImageId": "ami-12345678", "SubnetId": subnet, "PrivateIpAddress": "10.0.1.10"});
    cloud.id(INSTANCE, server.clone());
    refused(&cloud, INSTANCE, server, "InvalidIPAddress.InUse", "10.0.1.10");
}

#[test]
fn InsufficientFreeAddressesInSubnet() {
    let cloud = Cloud::new();
    let subnet = cloud.id(SUBNET, json!({"VpcId": vpc(&cloud), "CidrBlock": "10.0.1.0/28"}));
    let server = json!({"ImageId": "ami-12345678", "SubnetId": subnet});
    for _ in 0..11 {
        cloud.id(INSTANCE, server.clone());
    }
    refused(&cloud, INSTANCE, server, "InsufficientFreeAddressesInSubnet", &subnet);
}

#[test]
fn BucketAlreadyOwnedByYou() {
    let cloud = Cloud::new();
    cloud.id(BUCKET, json!({"BucketName": "my-logs"}));
    refused(&cloud, BUCKET, json!({"BucketName": "my-logs"}), "BucketAlreadyOwnedByYou", "my-logs");
}

#[test]
fn InvalidBucketName() {
    refused(&Cloud::new(), BUCKET, json!({"BucketName": "a..b"}), "InvalidBucketName", "a..b");
}

#[test]
fn EntityAlreadyExists() {
    let cloud = Cloud::new();
    let role = json!({"RoleName": "app", "AssumeRolePolicyDocument": assume_role()});
    cloud.id(ROLE, role.clone());
    refused(&cloud, ROLE, role, "EntityAlreadyExists", "'app' already exists");
}

#[test]
fn MalformedPolicyDocument() {
    let role = json!({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Maybe"}]}});
    refused(&Cloud::new(), ROLE, role, "MalformedPolicyDocument", "Effect");
}

#[test]
fn NoSuchEntity() {
    let cloud = Cloud::new();
    let profile = json!({"Roles": ["ghost"]});
    refused(&cloud, "AWS::IAM::InstanceProfile", profile, "NoSuchEntity", "ghost");
    let function = json!({"Role": "arn:aws:iam::123456789012:role/ghost", "Code": {"ZipFile": "x"}});
    refused(&cloud, "AWS::Lambda::Function", function, "NoSuchEntity", "role/ghost");
}

#[test]
fn ClientTokenConflictException() {
    let cloud = Cloud::new();
    let make = |cidr: &str| cloud.create_at("a/b", VPC, json!({"CidrBlock": cidr}), Token::new(7));
    let first = make("10.0.0.0/16").expect("made");
    assert_eq!(make("10.0.0.0/16").expect("the same again"), first);
    assert_eq!(make("10.1.0.0/16").expect_err("other properties").code, "ClientTokenConflictException");
    assert_eq!(cloud.cloud.resources().expect("resources").len(), 1);
}

#[test]
fn NotUpdatable() {
    let cloud = Cloud::new();
    let vpc = vpc(&cloud);
    let error = cloud.update(VPC, &vpc, json!({"CidrBlock": "10.1.0.0/16"})).expect_err("create-only");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Refused, "NotUpdatable"));
    assert!(error.message.starts_with("CidrBlock of AWS::EC2::VPC"), "{error}");
    let in_place = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": "true"});
    assert_eq!(cloud.update(VPC, &vpc, in_place).expect("in place").model["EnableDnsHostnames"], "true");
}

#[test]
fn DependencyViolation() {
    let cloud = Cloud::new();
    let vpc = vpc(&cloud);
    let subnet = cloud.id(SUBNET, json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24"}));
    let error = cloud.delete(VPC, &vpc).expect_err("a subnet is in it");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::InUse, "DependencyViolation"));
    assert!(error.message.contains(&subnet), "{error}");
    cloud.delete(SUBNET, &subnet).expect("nothing uses it");
    cloud.delete(VPC, &vpc).expect("nothing uses it any more");
    assert_eq!(cloud.delete(VPC, &vpc).expect_err("gone").kind, ErrorKind::NotFound);
}

#[test]
fn DeleteConflict() {
    let cloud = Cloud::new();
    let role = cloud.id(ROLE, json!({"RoleName": "app", "AssumeRolePolicyDocument": assume_role()}));
    cloud.id("AWS::IAM::InstanceProfile", json!({"Roles": [role]}));
    assert_eq!(cloud.delete(ROLE, &role).expect_err("a profile holds it").code, "DeleteConflict");
}

#[test]
fn ResourceInUse() {
    let cloud = Cloud::new();
    let vault = cloud.id("AWS::Backup::BackupVault", json!({"BackupVaultName": "vault"}));
    let plan = json!({"BackupPlan": {"BackupPlanName": "p", "BackupPlanRule":
        [{"RuleName": "r", "TargetBackupVault": vault}]}});
    cloud.id("AWS::Backup::BackupPlan", plan);
    assert_eq!(cloud.delete("AWS::Backup::BackupVault", &vault).expect_err("in use").code, "ResourceInUse");
}

#[test]
fn OperationNotPermitted() {
    let cloud = Cloud::new();
    let server = cloud.id(INSTANCE, json!({"ImageId": "ami-12345678", "DisableApiTermination": true}));
    assert_eq!(cloud.delete(INSTANCE, &server).expect_err("protected").code, "OperationNotPermitted");
}

#[test]
fn a_secret_is_in_no_message() {
    use ironwright_core::secret::SecretText;
    use ironwright_core::{Planned, Resolved};
    let cloud = Cloud::new();
    let mut properties = json!({"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "Nonsense": 1});
    properties["AllocatedStorage"] = "20".into();
    let Planned::Map(mut properties) = properties.into() else { panic!("a map") };
    properties.insert("MultiAZ".to_owned(), Planned::Secret(SecretText::new("hunter2")));
    let properties = Resolved::new(Planned::Map(properties)).expect("nothing unknown");
    let request = super::support::create("a/b", "AWS::RDS::DBInstance", properties, Token::new(1));
    let error = super::support::wait(ironwright_engine::Provider::create(&cloud.cloud, request)).expect_err("refused");
    assert!(error.message.contains("a secret") && !error.message.contains("hunter2"), "{error}");
}

#[test]
fn QueueAlreadyExists() {
    let cloud = Cloud::new();
    cloud.id("AWS::SQS::Queue", json!({"QueueName": "jobs"}));
    refused(&cloud, "AWS::SQS::Queue", json!({"QueueName": "jobs"}), "QueueAlreadyExists", "jobs");
    refused(&cloud, "AWS::SQS::Queue", json!({"QueueName": "jobs.fifo"}), "InvalidParameterValue", "FIFO");
}

#[test]
fn AlreadyExists() {
    let cloud = Cloud::new();
    cloud.id("AWS::Backup::BackupVault", json!({"BackupVaultName": "vault"}));
    refused(&cloud, "AWS::Backup::BackupVault", json!({"BackupVaultName": "vault"}), "AlreadyExists", "vault");
}

#[test]
fn ResourceNotFoundException() {
    let ghost = "arn:aws:lambda:us-west-2:123456789012:function:ghost";
    let permission = json!({"FunctionName": ghost, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"});
    refused(&Cloud::new(), "AWS::Lambda::Permission", permission, "ResourceNotFoundException", ghost);
}

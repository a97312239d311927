//! What is sent to EC2 for each type: the parameters of the calls that make and delete, a line each. The server lists nothing
//! and refuses every change, so that a call is all there is to see.

use ironwright_core::Address;
use ironwright_engine::{Create, Delete, Token};
use serde_json::{Value as Json, json};

use crate::server::{REGION, Reply, Server, resolved};

/// What a create with `properties` and a delete of `physical_id` send, as a snapshot named after the type.
async fn check(type_name: &str, properties: Json, physical_id: &str) {
    let answer = |describes| if describes { Reply::Says(String::new()) } else { Reply::Refuses("Recorded") };
    let server = Server::start(move |call| answer(call.is_describe()));
    let provider = server.provider().await;
    let (address, token) = (Address::new("stack/name"), Token::new(u128::MAX / 7));
    let (type_name, region) = (format!("AWS::EC2::{type_name}"), REGION.to_owned());
    let create = Create {
        address: address.clone(),
        type_name: type_name.clone(),
        region: region.clone(),
        properties: resolved(&properties),
        token: token.clone(),
    };
    assert!(provider.create(create).await.is_err(), "every change is refused");
    let delete = Delete {
        address,
        type_name: type_name.clone(),
        region,
        physical_id: physical_id.to_owned(),
        model: properties,
        snapshot: false,
        token,
    };
    let _ = provider.delete(delete).await;
    insta::assert_snapshot!(type_name.rsplit("::").next().unwrap_or_default(), server.changes());
}

/// The tags of every program here.
fn tags() -> Json {
    json!([{"Key": "Name", "Value": "a name"}])
}

#[tokio::test]
async fn networks() {
    check("VPC", json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedicated", "Tags": tags()}), "vpc-1").await;
    let subnet =
        json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-west-2a", "Tags": tags()});
    check("Subnet", subnet, "subnet-1").await;
    check("InternetGateway", json!({"Tags": tags()}), "igw-1").await;
    check("VPCGatewayAttachment", json!({"VpcId": "vpc-1", "InternetGatewayId": "igw-1"}), "IGW|vpc-1").await;
    let peering = json!({"VpcId": "vpc-1", "PeerVpcId": "vpc-2", "PeerRegion": "eu-west-1"});
    check("VPCPeeringConnection", peering, "pcx-1").await;
    let endpoint = json!({
        "VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-west-2.s3", "VpcEndpointType": "Gateway",
        "RouteTableIds": ["rtb-1"], "PolicyDocument": {"Statement": []},
    });
    check("VPCEndpoint", endpoint, "vpce-1").await;
    check("DHCPOptions", json!({"DomainName": "internal", "NtpServers": ["10.0.0.7"]}), "dopt-1").await;
    let flow = json!({"ResourceId": "vpc-1", "ResourceType": "VPC", "TrafficType": "ALL", "LogDestination": "arn:x"});
    check("FlowLog", flow, "fl-1").await;
}

#[tokio::test]
async fn routes() {
    check("RouteTable", json!({"VpcId": "vpc-1", "Tags": tags()}), "rtb-1").await;
    let route =
        |target: &str| json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": target});
    check("Route", route("igw-1"), "rtb-1|0.0.0.0/0").await;
    let association = json!({"SubnetId": "subnet-1", "RouteTableId": "rtb-1"});
    check("SubnetRouteTableAssociation", association, "rtbassoc-1").await;
}

#[tokio::test]
async fn firewalls() {
    let group = json!({"GroupDescription": "web", "VpcId": "vpc-1", "Tags": tags()});
    check("SecurityGroup", group, "sg-1").await;
    let rule = json!({"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"});
    check("SecurityGroupIngress", rule, "sgr-1").await;
    let rule = json!({"GroupId": "sg-1", "IpProtocol": "-1", "DestinationSecurityGroupId": "sg-2"});
    check("SecurityGroupEgress", rule, "sgr-2").await;
    check("NetworkAcl", json!({"VpcId": "vpc-1"}), "acl-1").await;
    let entry = json!({
        "NetworkAclId": "acl-1", "RuleNumber": 100, "Protocol": 6, "RuleAction": "allow", "CidrBlock": "10.0.0.0/8",
        "PortRange": {"From": 443, "To": 443},
    });
    check("NetworkAclEntry", entry, "acl-1|ingress|100").await;
}

#[tokio::test]
async fn addresses() {
    check("EIP", json!({"Domain": "vpc", "Tags": tags()}), "192.0.2.7|eipalloc-1").await;
    check("EIPAssociation", json!({"AllocationId": "eipalloc-1", "InstanceId": "i-1"}), "eipassoc-1").await;
    check("NatGateway", json!({"SubnetId": "subnet-1", "AllocationId": "eipalloc-1"}), "nat-1").await;
    let interface = json!({
        "SubnetId": "subnet-1", "GroupSet": ["sg-1"], "Description": "second",
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.7", "Primary": true}],
    });
    check("NetworkInterface", interface, "eni-1").await;
}

#[tokio::test]
async fn machines() {
    let instance = json!({
        "ImageId": "ami-1", "InstanceType": "t3.micro", "UserData": "ZWNobw==", "SecurityGroupIds": ["sg-1"],
        "MetadataOptions": {"HttpTokens": "required"}, "Tags": tags(),
    });
    check("Instance", instance, "i-1").await;
    check("KeyPair", json!({"KeyName": "key", "PublicKeyMaterial": "ssh-ed25519 AAAA me"}), "key").await;
    let template = json!({
        "LaunchTemplateName": "web",
        "LaunchTemplateData": {
            "ImageId": "ami-1", "InstanceType": "t3.micro", "UserData": "ZWNobw==", "SecurityGroupIds": ["sg-1"],
            "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
            "IamInstanceProfile": {"Name": "operations"}, "MetadataOptions": {"HttpTokens": "required"},
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-1", "Groups": ["sg-1"]}],
            "InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.01"}},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags()}],
        },
        "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags()}],
    });
    check("LaunchTemplate", template, "lt-1").await;
    check("PlacementGroup", json!({"Strategy": "cluster"}), "stack-name-000000000000").await;
    let volume = json!({"AvailabilityZone": "us-west-2a", "Size": 10, "VolumeType": "gp3", "Encrypted": true});
    check("Volume", volume, "vol-1").await;
    let attachment = json!({"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf"});
    check("VolumeAttachment", attachment, "vol-1|i-1").await;
}

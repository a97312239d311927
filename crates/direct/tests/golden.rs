//! What is sent to EC2 for each type: the parameters of the calls that make, change and delete, a line each. A server of the
//! test's own records them; it lists nothing and refuses every change, so that a call is all there is to see.
#![cfg(feature = "ec2")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::{Address, Planned, Resolved};
use ironwright_direct::{AccessKey, Connection, ConnectionOptions, Identity};
use ironwright_engine::{Create, Delete, Provider, SystemClock, Token, Update};
use serde_json::{Value as Json, json};

/// The parameters of recorded calls.
type Recorded = Arc<Mutex<Vec<String>>>;

struct NoFacts;

impl FactSource for NoFacts {
    fn facts(&self, _: &str) -> Option<Arc<TypeFacts>> {
        None
    }
}

/// Serves until the test ends, and returns where.
fn serve(recorded: Recorded) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &recorded);
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn answer(stream: TcpStream, recorded: &Recorded) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_ok_and(|bytes| bytes <= 2) {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body = String::from_utf8(body).expect("text");
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
    let (status, text) = if action.starts_with("Describe") {
        ("200 OK", format!("<{action}Response><requestId>r</requestId></{action}Response>"))
    } else {
        recorded.lock().unwrap_or_else(PoisonError::into_inner).push(shown(&body));
        let error = "<Error><Code>Recorded</Code><Message>seen</Message></Error>";
        ("400 Bad Request", format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"))
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    let _ = reader.get_mut().write_all((head + &text).as_bytes());
}

/// The parameters, sorted, the action first.
fn shown(body: &str) -> String {
    let mut pairs: Vec<String> = body.split('&').filter(|pair| !pair.starts_with("Version=")).map(decoded).collect();
    pairs.sort_by_key(|pair| (!pair.starts_with("Action="), pair.clone()));
    pairs.join("\n")
}

fn decoded(pair: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = pair.bytes();
    while let Some(byte) = rest.next() {
        let digits: Vec<u8> = if byte == b'%' { rest.by_ref().take(2).collect() } else { Vec::new() };
        let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    String::from_utf8_lossy(&bytes).replace('\n', "\\n")
}

/// EC2's provider, over the recording server.
async fn provider(recorded: Recorded) -> Arc<dyn Provider> {
    let options = ConnectionOptions {
        region: Some("us-west-2".to_owned()),
        endpoint: Some(serve(recorded)),
        key: Some(AccessKey::new("testing", "testing")),
        ..ConnectionOptions::default()
    };
    let connection = Connection::open_with(options, Arc::new(SystemClock::new())).await;
    let identity = Identity { account: "123456789012".to_owned(), arn: String::new(), region: None };
    connection.providers(&identity, Arc::new(NoFacts)).swap_remove(0)
}

fn resolved(properties: &Json) -> Resolved {
    Resolved::new(Planned::from(properties.clone())).expect("nothing is unknown")
}

/// What a create with `properties` and a delete of `physical_id` send, as a snapshot named after the type.
async fn check(type_name: &str, properties: Json, physical_id: &str) {
    let recorded = Recorded::default();
    let provider = provider(recorded.clone()).await;
    let (address, token) = (Address::new("stack/name"), Token::new(u128::MAX / 7));
    let (type_name, region) = (format!("AWS::EC2::{type_name}"), "us-west-2".to_owned());
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
    let calls = recorded.lock().unwrap_or_else(PoisonError::into_inner).join("\n\n");
    insta::assert_snapshot!(type_name.rsplit("::").next().unwrap_or_default(), calls);
}

/// What an update sends that needs to read nothing first.
async fn check_update(type_name: &str, properties: Json, physical_id: &str) {
    let recorded = Recorded::default();
    let provider = provider(recorded.clone()).await;
    let update = Update {
        address: Address::new("stack/name"),
        type_name: format!("AWS::EC2::{type_name}"),
        region: "us-west-2".to_owned(),
        physical_id: physical_id.to_owned(),
        prior: json!({}),
        properties: resolved(&properties),
        changed: None,
        token: Token::new(u128::MAX / 7),
    };
    assert!(provider.update(update).await.is_err(), "every change is refused");
    let calls = recorded.lock().unwrap_or_else(PoisonError::into_inner).join("\n\n");
    insta::assert_snapshot!(format!("{type_name}_update"), calls);
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
    check_update("Route", route("igw-2"), "rtb-1|0.0.0.0/0").await;
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
    check("NetworkAclEntry", entry.clone(), "acl-1|ingress|100").await;
    check_update("NetworkAclEntry", entry, "acl-1|ingress|100").await;
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
    check("PlacementGroup", json!({"Strategy": "cluster"}), "stack-name-000000000000").await;
    let volume = json!({"AvailabilityZone": "us-west-2a", "Size": 10, "VolumeType": "gp3", "Encrypted": true});
    check("Volume", volume, "vol-1").await;
    let attachment = json!({"VolumeId": "vol-1", "InstanceId": "i-1", "Device": "/dev/sdf"});
    check("VolumeAttachment", attachment, "vol-1|i-1").await;
}

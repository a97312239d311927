//! What an update in place sends, for each kind that has one. The server tells, one after the other, how the resource is
//! before it, in the middle and after it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ironwright_core::Address;
use ironwright_engine::{Token, Update};
use serde_json::{Value as Json, json};

use crate::server::{Call, REGION, Reply, Server, resolved};

/// What a describe, of an attribute where there is one, answers: the set, and its one item, time after time.
type Told<'a> = (&'a str, &'a str, &'a [&'a str]);

/// What an update of `id` from `prior` to `wanted` sends, as a snapshot named `name`. All else that is described is empty.
async fn check(name: &str, type_name: &str, id: &str, (prior, wanted): (Json, Json), told: &[Told<'_>]) {
    let names = [&prior, &wanted].into_iter().filter_map(Json::as_object).flat_map(|entries| entries.keys());
    let changed = names.filter(|name| prior.get(*name) != wanted.get(*name)).cloned().collect();
    check_changed(name, type_name, id, (prior, wanted, changed), told).await;
}

async fn check_changed(
    name: &str,
    type_name: &str,
    id: &str,
    (prior, wanted, changed): (Json, Json, BTreeSet<String>),
    told: &[Told<'_>],
) {
    let server = Server::start(answers(told));
    let update = Update {
        address: Address::new("stack/name"),
        type_name: format!("AWS::EC2::{type_name}"),
        region: REGION.to_owned(),
        physical_id: id.to_owned(),
        prior,
        properties: resolved(&wanted),
        changed: Some(changed),
        token: Token::new(u128::MAX / 7),
    };
    let live = server.provider().await.update(update).await;
    assert_eq!(live.map(|live| live.physical_id), Ok(id.to_owned()), "{name}");
    insta::assert_snapshot!(name, server.changes());
}

fn answers(told: &[Told<'_>]) -> impl FnMut(&Call) -> Reply + Send + 'static {
    let content = |set: &str, item: &str| format!("<{set}><item>{item}</item></{set}>");
    let of = |(action, set, items): &Told<'_>| {
        let items = items.iter().map(|item| if set.is_empty() { (*item).to_owned() } else { content(set, item) });
        ((*action).to_owned(), items.collect::<VecDeque<String>>())
    };
    let mut left: BTreeMap<String, VecDeque<String>> = told.iter().map(of).collect();
    move |call| {
        let asked = format!("{} {}", call.action, call.get("Attribute"));
        let Some(items) = left.get_mut(asked.trim_end()) else { return Reply::Says(String::new()) };
        let next = if items.len() > 1 { items.pop_front() } else { items.front().cloned() };
        Reply::Says(next.unwrap_or_default())
    }
}

/// An item of a set, with tags.
fn tagged(content: &str, tags: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<item><key>{key}</key><value>{value}</value></item>");
    format!("{content}<tagSet>{}</tagSet>", tags.iter().map(tag).collect::<String>())
}

fn tags(tags: &[(&str, &str)]) -> Json {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// A tag changes, one comes and one goes.
const BEFORE: [(&str, &str); 2] = [("Name", "one"), ("Team", "blue")];
const AFTER: [(&str, &str); 2] = [("Name", "two"), ("Cost", "7")];

fn tags_change() -> (Json, Json) {
    (json!({"Tags": tags(&BEFORE)}), json!({"Tags": tags(&AFTER)}))
}

#[tokio::test]
async fn what_has_nothing_but_tags() {
    let kinds = [
        ("DHCPOptions", "dopt-1", "DescribeDhcpOptions", "dhcpOptionsSet", "dhcpOptionsId"),
        ("FlowLog", "fl-1", "DescribeFlowLogs", "flowLogSet", "flowLogId"),
        ("InternetGateway", "igw-1", "DescribeInternetGateways", "internetGatewaySet", "internetGatewayId"),
        ("NetworkAcl", "acl-1", "DescribeNetworkAcls", "networkAclSet", "networkAclId"),
        ("RouteTable", "rtb-1", "DescribeRouteTables", "routeTableSet", "routeTableId"),
        (
            "VPCPeeringConnection",
            "pcx-1",
            "DescribeVpcPeeringConnections",
            "vpcPeeringConnectionSet",
            "vpcPeeringConnectionId",
        ),
    ];
    for (type_name, id, action, set, element) in kinds {
        let item = format!("<{element}>{id}</{element}>");
        let items = [tagged(&item, &BEFORE), tagged(&item, &AFTER)];
        check(type_name, type_name, id, tags_change(), &[(action, set, &items.each_ref().map(String::as_str))]).await;
    }
}

#[tokio::test]
async fn networks() {
    let vpc = |tenancy: &str| {
        format!("<vpcId>vpc-1</vpcId><state>available</state><instanceTenancy>{tenancy}</instanceTenancy>")
    };
    let items = [tagged(&vpc("dedicated"), &BEFORE), tagged(&vpc("default"), &AFTER)];
    let support = [false, true].map(|on| format!("<enableDnsSupport><value>{on}</value></enableDnsSupport>"));
    let names = [false, true].map(|on| format!("<enableDnsHostnames><value>{on}</value></enableDnsHostnames>"));
    let change = (
        json!({"InstanceTenancy": "dedicated", "Tags": tags(&BEFORE)}),
        json!({"InstanceTenancy": "default", "EnableDnsSupport": true, "EnableDnsHostnames": true, "Tags": tags(&AFTER)}),
    );
    let told: [Told<'_>; 3] = [
        ("DescribeVpcs", "vpcSet", &items.each_ref().map(String::as_str)),
        ("DescribeVpcAttribute enableDnsSupport", "", &support.each_ref().map(String::as_str)),
        ("DescribeVpcAttribute enableDnsHostnames", "", &names.each_ref().map(String::as_str)),
    ];
    check("VPC", "VPC", "vpc-1", change, &told).await;

    let flags =
        |flag: bool| format!("<mapPublicIpOnLaunch>{flag}</mapPublicIpOnLaunch><enableDns64>{}</enableDns64>", !flag);
    let subnet = |flag: bool| format!("<subnetId>subnet-1</subnetId><state>available</state>{}", flags(flag));
    let items = [tagged(&subnet(false), &BEFORE), tagged(&subnet(true), &AFTER)];
    let change = (
        json!({"EnableDns64": true, "EnableLniAtDeviceIndex": 1, "Tags": tags(&BEFORE)}),
        json!({
            "MapPublicIpOnLaunch": true, "Tags": tags(&AFTER),
            "PrivateDnsNameOptionsOnLaunch": {"HostnameType": "resource-name", "EnableResourceNameDnsARecord": true},
        }),
    );
    let told: [Told<'_>; 1] = [("DescribeSubnets", "subnetSet", &items.each_ref().map(String::as_str))];
    check("Subnet", "Subnet", "subnet-1", change, &told).await;

    let endpoint = |table: &str| {
        format!(
            "<vpcEndpointId>vpce-1</vpcEndpointId><state>available</state><privateDnsEnabled>false</privateDnsEnabled>\
             <routeTableIdSet><item>{table}</item></routeTableIdSet>"
        )
    };
    let items = [tagged(&endpoint("rtb-1"), &BEFORE), tagged(&endpoint("rtb-2"), &AFTER)];
    let change = (
        json!({"RouteTableIds": ["rtb-1"], "PolicyDocument": {"Statement": []}, "Tags": tags(&BEFORE)}),
        json!({"RouteTableIds": ["rtb-2"], "PolicyDocument": {"Statement": [1]}, "PrivateDnsEnabled": true, "Tags": tags(&AFTER)}),
    );
    let told: [Told<'_>; 1] = [("DescribeVpcEndpoints", "vpcEndpointSet", &items.each_ref().map(String::as_str))];
    check("VPCEndpoint", "VPCEndpoint", "vpce-1", change, &told).await;
}

#[tokio::test]
async fn routes() {
    let table = "<routeTableId>rtb-1</routeTableId><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>\
                 <gatewayId>igw-2</gatewayId></item></routeSet>";
    let route = |to: &str| json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": to});
    let told: [Told<'_>; 1] = [("DescribeRouteTables", "routeTableSet", &[table])];
    check("Route", "Route", "rtb-1|0.0.0.0/0", (route("igw-1"), route("igw-2")), &told).await;

    let attached = |gateway: &str, state: &str| {
        let attachment = format!("<item><vpcId>vpc-1</vpcId><state>{state}</state></item>");
        format!("<internetGatewayId>{gateway}</internetGatewayId><attachmentSet>{attachment}</attachmentSet>")
    };
    let items = [attached("igw-1", "available"), attached("igw-1", "detached"), attached("igw-2", "available")];
    let gateway = |id: &str| json!({"VpcId": "vpc-1", "InternetGatewayId": id});
    let told: [Told<'_>; 1] =
        [("DescribeInternetGateways", "internetGatewaySet", &items.each_ref().map(String::as_str))];
    check("VPCGatewayAttachment", "VPCGatewayAttachment", "IGW|vpc-1", (gateway("igw-1"), gateway("igw-2")), &told)
        .await;
}

#[tokio::test]
async fn firewalls() {
    let rule = |id: &str, port: u16, description: &str| {
        format!(
            "<securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
             <ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>\
             <description>{description}</description>"
        )
    };
    let inbound = |port: u16, description: &str| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0", "Description": description});
    let rules = format!("{}</item><item>{}", rule("sgr-22", 22, "SSH"), rule("sgr-80", 80, "HTTP"));
    let groups = [tagged("<groupId>sg-1</groupId>", &BEFORE), tagged("<groupId>sg-1</groupId>", &AFTER)];
    let change = (
        json!({"SecurityGroupIngress": [inbound(22, "SSH"), inbound(80, "HTTP")], "Tags": tags(&BEFORE)}),
        json!({"SecurityGroupIngress": [inbound(80, "the web"), inbound(443, "TLS")], "Tags": tags(&AFTER)}),
    );
    let told: [Told<'_>; 2] = [
        ("DescribeSecurityGroups", "securityGroupInfo", &[&groups[0], &groups[0], &groups[1]]),
        ("DescribeSecurityGroupRules", "securityGroupRuleSet", &[&rules]),
    ];
    check("SecurityGroup", "SecurityGroup", "sg-1", change, &told).await;

    for (type_name, direction) in [("SecurityGroupIngress", "false"), ("SecurityGroupEgress", "true")] {
        let rule = |description: &str| rule("sgr-80", 80, description).replace("false", direction);
        let (before, after) = (rule("HTTP"), rule("the web"));
        let told: [Told<'_>; 1] = [("DescribeSecurityGroupRules", "securityGroupRuleSet", &[&before, &after])];
        let change = (json!({"Description": "HTTP"}), json!({"Description": "the web"}));
        check(type_name, type_name, "sgr-80", change, &told).await;
    }

    let entry = |action: &str| {
        json!({"NetworkAclId": "acl-1", "RuleNumber": 100, "Protocol": 6, "RuleAction": action, "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 443, "To": 443}})
    };
    let acl = "<networkAclId>acl-1</networkAclId><entrySet><item><ruleNumber>100</ruleNumber><egress>false</egress>\
               <protocol>6</protocol><ruleAction>deny</ruleAction><cidrBlock>10.0.0.0/8</cidrBlock></item></entrySet>";
    let told: [Told<'_>; 1] = [("DescribeNetworkAcls", "networkAclSet", &[acl])];
    check("NetworkAclEntry", "NetworkAclEntry", "acl-1|ingress|100", (entry("allow"), entry("deny")), &told).await;
}

#[tokio::test]
async fn addresses() {
    let address = |instance: &str| {
        let place = format!("<instanceId>{instance}</instanceId><associationId>eipassoc-1</associationId>");
        format!("<publicIp>192.0.2.7</publicIp><allocationId>eipalloc-1</allocationId>{place}")
    };
    let items = [tagged(&address(""), &BEFORE), tagged(&address("i-1"), &AFTER)];
    let change = (json!({"Tags": tags(&BEFORE)}), json!({"InstanceId": "i-1", "Tags": tags(&AFTER)}));
    let told: [Told<'_>; 1] = [("DescribeAddresses", "addressesSet", &items.each_ref().map(String::as_str))];
    check("EIP", "EIP", "192.0.2.7|eipalloc-1", change, &told).await;
    let items = [address("i-1"), address("i-1"), address("")];
    let told: [Told<'_>; 1] = [("DescribeAddresses", "addressesSet", &items.each_ref().map(String::as_str))];
    let change = (json!({"InstanceId": "i-1"}), json!({}));
    check("EIP_taken_back", "EIP", "192.0.2.7|eipalloc-1", change, &told).await;

    let gateway = |secondary: &str| {
        let address = |allocation: &str, primary: bool| {
            format!(
                "<item><allocationId>{allocation}</allocationId><associationId>of-{allocation}</associationId>\
                 <isPrimary>{primary}</isPrimary></item>"
            )
        };
        let addresses = format!("{}{}", address("eipalloc-1", true), address(secondary, false));
        format!(
            "<natGatewayId>nat-1</natGatewayId><state>available</state><natGatewayAddressSet>{addresses}</natGatewayAddressSet>"
        )
    };
    let secondary = |id: &str| json!({"SecondaryAllocationIds": [id]});
    let told: [Told<'_>; 1] = [(
        "DescribeNatGateways",
        "natGatewaySet",
        &[&gateway("eipalloc-2"), &gateway("eipalloc-2"), &gateway("eipalloc-3")],
    )];
    check("NatGateway", "NatGateway", "nat-1", (secondary("eipalloc-2"), secondary("eipalloc-3")), &told).await;

    let interface = |check: bool, group: &str| {
        format!(
            "<networkInterfaceId>eni-1</networkInterfaceId><sourceDestCheck>{check}</sourceDestCheck>\
             <groupSet><item><groupId>{group}</groupId></item></groupSet><privateIpAddressesSet><item>\
             <privateIpAddress>10.0.0.8</privateIpAddress><primary>false</primary></item></privateIpAddressesSet>"
        )
    };
    let items = [tagged(&interface(true, "sg-1"), &BEFORE), tagged(&interface(false, "sg-2"), &AFTER)];
    let private = |address: &str| json!([{"PrivateIpAddress": address, "Primary": false}]);
    let change = (
        json!({"GroupSet": ["sg-1"], "PrivateIpAddresses": private("10.0.0.8"), "Tags": tags(&BEFORE)}),
        json!({
            "GroupSet": ["sg-2"], "PrivateIpAddresses": private("10.0.0.9"), "SourceDestCheck": false,
            "Description": "second", "Tags": tags(&AFTER),
        }),
    );
    let told: [Told<'_>; 1] =
        [("DescribeNetworkInterfaces", "networkInterfaceSet", &items.each_ref().map(String::as_str))];
    check("NetworkInterface", "NetworkInterface", "eni-1", change, &told).await;
}

#[tokio::test]
async fn volumes() {
    let volume = |size: u16, kind: &str| {
        format!("<volumeId>vol-1</volumeId><status>in-use</status><size>{size}</size><volumeType>{kind}</volumeType>")
    };
    let items = [tagged(&volume(10, "gp2"), &BEFORE), tagged(&volume(20, "gp3"), &AFTER)];
    let change = (
        json!({"Size": 10, "VolumeType": "gp2", "Tags": tags(&BEFORE)}),
        json!({"Size": 20, "VolumeType": "gp3", "AutoEnableIO": true, "Tags": tags(&AFTER)}),
    );
    let told: [Told<'_>; 1] = [("DescribeVolumes", "volumeSet", &items.each_ref().map(String::as_str))];
    check("Volume", "Volume", "vol-1", change, &told).await;
}

/// An instance of a type, in a state.
fn machine(kind: &str, state: &str, tags: &[(&str, &str)]) -> String {
    let machine = format!(
        "<instanceId>i-1</instanceId><instanceType>{kind}</instanceType><instanceState><name>{state}</name></instanceState>\
         <monitoring><state>disabled</state></monitoring>"
    );
    format!("<instancesSet><item>{}</item></instancesSet>", tagged(&machine, tags))
}

#[tokio::test]
async fn machines_are_stopped_changed_and_started() {
    let items = [("t3.micro", "running"), ("t3.micro", "stopped"), ("t3.small", "running")];
    let items = items.map(|(kind, state)| machine(kind, state, &BEFORE));
    let told: [Told<'_>; 1] = [("DescribeInstances", "reservationSet", &items.each_ref().map(String::as_str))];
    let change = (
        json!({"InstanceType": "t3.micro", "UserData": "b25l", "Tags": tags(&BEFORE)}),
        json!({"InstanceType": "t3.small", "UserData": "dHdv", "EbsOptimized": true, "Tags": tags(&AFTER)}),
    );
    check("Instance_stopped", "Instance", "i-1", change, &told).await;
}

/// User data that does not change is not sent, and nothing is stopped for it: of a secret one the state has a digest.
#[tokio::test]
async fn machines_run_on_where_nothing_else_is_needed() {
    let items = [machine("t3.micro", "running", &BEFORE), machine("t3.micro", "running", &AFTER)];
    let told: [Told<'_>; 1] = [("DescribeInstances", "reservationSet", &items.each_ref().map(String::as_str))];
    let change = (
        json!({"Tags": tags(&BEFORE)}),
        json!({
            "SecurityGroupIds": ["sg-2", "sg-1"], "SourceDestCheck": false, "DisableApiTermination": true,
            "InstanceInitiatedShutdownBehavior": "terminate", "IamInstanceProfile": "operations", "Monitoring": true,
            "MetadataOptions": {"HttpTokens": "required"}, "CreditSpecification": {"CPUCredits": "standard"},
            "Tags": tags(&AFTER),
        }),
    );
    check("Instance_running", "Instance", "i-1", change, &told).await;
    let prior = json!({"UserData": {"digest": "5e884898"}, "Tags": tags(&BEFORE)});
    let wanted = json!({"UserData": "b25l", "Tags": tags(&AFTER)});
    let change = (prior, wanted, BTreeSet::from(["Tags".to_owned()]));
    check_changed("Instance_secret", "Instance", "i-1", change, &told).await;
}

/// Other data is another version, and the default from then on.
#[tokio::test]
async fn launch_templates() {
    let template = |version: u8, tags: &[(&str, &str)]| {
        let template =
            format!("<launchTemplateId>lt-1</launchTemplateId><defaultVersionNumber>{version}</defaultVersionNumber>");
        tagged(&template, tags)
    };
    let of = |kind: &str, tagged: &[(&str, &str)]| {
        json!({
            "LaunchTemplateData": {"InstanceType": kind}, "VersionDescription": kind,
            "TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags(tagged)}],
        })
    };
    let items = [template(1, &BEFORE), template(2, &AFTER)];
    let version = "<launchTemplateVersion><versionNumber>2</versionNumber></launchTemplateVersion>";
    let told: [Told<'_>; 2] = [
        ("DescribeLaunchTemplates", "launchTemplates", &items.each_ref().map(String::as_str)),
        ("CreateLaunchTemplateVersion", "", &[version]),
    ];
    let change = (of("t3.micro", &BEFORE), of("t3.small", &AFTER));
    check("LaunchTemplate", "LaunchTemplate", "lt-1", change, &told).await;
}

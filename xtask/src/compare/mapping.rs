//! Which of Terraform's types and arguments say the same as those of CloudFormation.

/// A type, under both names.
pub(crate) struct Mapping {
    /// `AWS::EC2::VPC`.
    pub(crate) cloudformation: &'static str,
    /// `aws_vpc`.
    pub(crate) terraform: &'static str,
    /// Each property and the argument that stands for it. A property that is not here cannot be said.
    pub(crate) arguments: &'static [(&'static str, &'static str)],
    /// What attributes are called; `Ref` is one, and is `id` where it is not here.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
}

/// The mapping of a type.
pub(crate) fn of(cloudformation: &str) -> Option<&'static Mapping> {
    ALL.iter().find(|mapping| mapping.cloudformation == cloudformation)
}

const TAGS: (&str, &str) = ("Tags", "tags");

/// In the order of a network's making.
const ALL: &[Mapping] = &[
    Mapping {
        cloudformation: "AWS::EC2::VPC",
        terraform: "aws_vpc",
        arguments: &[
            ("CidrBlock", "cidr_block"),
            ("EnableDnsHostnames", "enable_dns_hostnames"),
            ("EnableDnsSupport", "enable_dns_support"),
            ("InstanceTenancy", "instance_tenancy"),
            TAGS,
        ],
        attributes: &[("VpcId", "id"), ("CidrBlock", "cidr_block")],
    },
    Mapping {
        cloudformation: "AWS::EC2::InternetGateway",
        terraform: "aws_internet_gateway",
        arguments: &[TAGS],
        attributes: &[("InternetGatewayId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::VPCGatewayAttachment",
        terraform: "aws_internet_gateway_attachment",
        arguments: &[("VpcId", "vpc_id"), ("InternetGatewayId", "internet_gateway_id")],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::RouteTable",
        terraform: "aws_route_table",
        arguments: &[("VpcId", "vpc_id"), TAGS],
        attributes: &[("RouteTableId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::Route",
        terraform: "aws_route",
        arguments: &[
            ("RouteTableId", "route_table_id"),
            ("DestinationCidrBlock", "destination_cidr_block"),
            ("GatewayId", "gateway_id"),
            ("NatGatewayId", "nat_gateway_id"),
        ],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::Subnet",
        terraform: "aws_subnet",
        arguments: &[
            ("VpcId", "vpc_id"),
            ("CidrBlock", "cidr_block"),
            ("AvailabilityZone", "availability_zone"),
            ("MapPublicIpOnLaunch", "map_public_ip_on_launch"),
            TAGS,
        ],
        attributes: &[("SubnetId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::SubnetRouteTableAssociation",
        terraform: "aws_route_table_association",
        arguments: &[("RouteTableId", "route_table_id"), ("SubnetId", "subnet_id")],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::SecurityGroup",
        terraform: "aws_security_group",
        arguments: &[
            ("GroupName", "name"),
            ("GroupDescription", "description"),
            ("VpcId", "vpc_id"),
            ("SecurityGroupIngress", "ingress"),
            ("SecurityGroupEgress", "egress"),
            TAGS,
        ],
        attributes: &[("GroupId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::SecurityGroupIngress",
        terraform: "aws_vpc_security_group_ingress_rule",
        arguments: &[
            ("GroupId", "security_group_id"),
            ("IpProtocol", "ip_protocol"),
            ("FromPort", "from_port"),
            ("ToPort", "to_port"),
            ("CidrIp", "cidr_ipv4"),
            ("SourceSecurityGroupId", "referenced_security_group_id"),
        ],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::SecurityGroupEgress",
        terraform: "aws_vpc_security_group_egress_rule",
        arguments: &[
            ("GroupId", "security_group_id"),
            ("IpProtocol", "ip_protocol"),
            ("FromPort", "from_port"),
            ("ToPort", "to_port"),
            ("CidrIp", "cidr_ipv4"),
            ("DestinationSecurityGroupId", "referenced_security_group_id"),
        ],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::KeyPair",
        terraform: "aws_key_pair",
        arguments: &[("KeyName", "key_name"), ("PublicKeyMaterial", "public_key"), TAGS],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::Instance",
        terraform: "aws_instance",
        arguments: &[
            ("ImageId", "ami"),
            ("InstanceType", "instance_type"),
            ("KeyName", "key_name"),
            ("SubnetId", "subnet_id"),
            ("SecurityGroupIds", "vpc_security_group_ids"),
            ("SourceDestCheck", "source_dest_check"),
            ("UserData", "user_data"),
            TAGS,
        ],
        attributes: &[("InstanceId", "id"), ("PublicIp", "public_ip"), ("PrivateIp", "private_ip")],
    },
    Mapping {
        cloudformation: "AWS::EC2::EIP",
        terraform: "aws_eip",
        arguments: &[("Domain", "domain"), TAGS],
        attributes: &[("AllocationId", "allocation_id"), ("PublicIp", "public_ip"), ("Ref", "public_ip")],
    },
    Mapping {
        cloudformation: "AWS::EC2::EIPAssociation",
        terraform: "aws_eip_association",
        arguments: &[("AllocationId", "allocation_id"), ("InstanceId", "instance_id")],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::NatGateway",
        terraform: "aws_nat_gateway",
        arguments: &[("SubnetId", "subnet_id"), ("AllocationId", "allocation_id"), TAGS],
        attributes: &[("NatGatewayId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::Volume",
        terraform: "aws_ebs_volume",
        arguments: &[("AvailabilityZone", "availability_zone"), ("Size", "size"), ("VolumeType", "type"), TAGS],
        attributes: &[("VolumeId", "id")],
    },
    Mapping {
        cloudformation: "AWS::EC2::VolumeAttachment",
        terraform: "aws_volume_attachment",
        arguments: &[("Device", "device_name"), ("InstanceId", "instance_id"), ("VolumeId", "volume_id")],
        attributes: &[],
    },
    Mapping {
        cloudformation: "AWS::EC2::NetworkInterface",
        terraform: "aws_network_interface",
        arguments: &[("SubnetId", "subnet_id"), ("GroupSet", "security_groups"), ("Description", "description"), TAGS],
        attributes: &[("Id", "id")],
    },
];

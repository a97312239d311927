"""The fleet example in troposphere, for `cargo xtask compare synth`: python troposphere_fleet.py CELLS OUT_DIR USER_DATA_FILE

The same resources, properties and outputs as examples/fleet/main.rs, fifty cells to a template.
"""

import pathlib
import sys

from troposphere import Base64, GetAtt, Output, Ref, Tags, Template, ec2

CELLS_PER_STACK = 50


def add_cell(template, cell, user_data):
    name = f"Cell{cell}"
    vpc = template.add_resource(ec2.VPC(f"{name}Vpc", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True))
    gateway = template.add_resource(ec2.InternetGateway(f"{name}Gateway"))
    attachment = template.add_resource(
        ec2.VPCGatewayAttachment(f"{name}Attachment", VpcId=Ref(vpc), InternetGatewayId=Ref(gateway))
    )
    table = template.add_resource(ec2.RouteTable(f"{name}Routes", VpcId=Ref(vpc)))
    template.add_resource(
        ec2.Route(
            f"{name}DefaultRoute",
            DependsOn=attachment,
            RouteTableId=Ref(table),
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=Ref(gateway),
        )
    )
    public = template.add_resource(
        ec2.Subnet(f"{name}Public", VpcId=Ref(vpc), CidrBlock="10.0.1.0/24", MapPublicIpOnLaunch=True)
    )
    template.add_resource(ec2.Subnet(f"{name}Private", VpcId=Ref(vpc), CidrBlock="10.0.2.0/24"))
    template.add_resource(
        ec2.SubnetRouteTableAssociation(f"{name}Association", RouteTableId=Ref(table), SubnetId=Ref(public))
    )
    web = template.add_resource(
        ec2.SecurityGroup(
            f"{name}Web",
            GroupDescription="web",
            VpcId=Ref(vpc),
            SecurityGroupIngress=[
                ec2.SecurityGroupRule(IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"),
            ],
        )
    )
    server = template.add_resource(
        ec2.Instance(
            f"{name}Server",
            ImageId="ami-12345678",
            InstanceType="t2.micro",
            SubnetId=Ref(public),
            SecurityGroupIds=[Ref(web)],
            UserData=Base64(user_data),
            Tags=Tags(Name=f"server-{cell}"),
        )
    )
    template.add_output(Output(f"{name}PublicIp", Value=GetAtt(server, "PublicIp")))


def main():
    cells, out, user_data = int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]).read_text()
    for first in range(0, cells, CELLS_PER_STACK):
        template = Template()
        for cell in range(first, min(first + CELLS_PER_STACK, cells)):
            add_cell(template, cell, user_data)
        (out / f"fleet-{first // CELLS_PER_STACK}.json").write_text(template.to_json())


main()

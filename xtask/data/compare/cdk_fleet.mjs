// The fleet example in AWS CDK, for `cargo xtask compare synth`: node cdk_fleet.mjs CELLS OUT_DIR USER_DATA_FILE
//
// The same resources, properties and outputs as examples/fleet/main.rs, fifty cells to a template. It uses the
// constructs that are one resource each (Cfn…), and no CDK command line. `aws-cdk-lib` is looked up from the working
// directory.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'here.js'));
const { App, CfnOutput, DefaultStackSynthesizer, Fn, Stack } = require('aws-cdk-lib');
const ec2 = require('aws-cdk-lib/aws-ec2');

const CELLS_PER_STACK = 50;

function addCell(stack, cell, userData) {
  const name = `Cell${cell}`;
  const vpc = new ec2.CfnVPC(stack, `${name}Vpc`, { cidrBlock: '10.0.0.0/16', enableDnsHostnames: true });
  const gateway = new ec2.CfnInternetGateway(stack, `${name}Gateway`);
  const attachment = new ec2.CfnVPCGatewayAttachment(stack, `${name}Attachment`, {
    vpcId: vpc.ref,
    internetGatewayId: gateway.ref,
  });
  const table = new ec2.CfnRouteTable(stack, `${name}Routes`, { vpcId: vpc.ref });
  const route = new ec2.CfnRoute(stack, `${name}DefaultRoute`, {
    routeTableId: table.ref,
    destinationCidrBlock: '0.0.0.0/0',
    gatewayId: gateway.ref,
  });
  route.addResourceDependency(attachment);
  const publicSubnet = new ec2.CfnSubnet(stack, `${name}Public`, {
    vpcId: vpc.ref,
    cidrBlock: '10.0.1.0/24',
    mapPublicIpOnLaunch: true,
  });
  new ec2.CfnSubnet(stack, `${name}Private`, { vpcId: vpc.ref, cidrBlock: '10.0.2.0/24' });
  new ec2.CfnSubnetRouteTableAssociation(stack, `${name}Association`, {
    routeTableId: table.ref,
    subnetId: publicSubnet.ref,
  });
  const web = new ec2.CfnSecurityGroup(stack, `${name}Web`, {
    groupDescription: 'web',
    vpcId: vpc.ref,
    securityGroupIngress: [{ ipProtocol: 'tcp', fromPort: 80, toPort: 80, cidrIp: '0.0.0.0/0' }],
  });
  const server = new ec2.CfnInstance(stack, `${name}Server`, {
    imageId: 'ami-12345678',
    instanceType: 't2.micro',
    subnetId: publicSubnet.ref,
    securityGroupIds: [web.ref],
    userData: Fn.base64(userData),
    tags: [{ key: 'Name', value: `server-${cell}` }],
  });
  new CfnOutput(stack, `${name}PublicIp`, { value: server.attrPublicIp });
}

const [cells, outdir, userDataFile] = process.argv.slice(2);
const userData = readFileSync(userDataFile, 'utf8');
const app = new App({ outdir, analyticsReporting: false });
for (let first = 0; first < Number(cells); first += CELLS_PER_STACK) {
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, `fleet-${first / CELLS_PER_STACK}`, { synthesizer });
  for (let cell = first; cell < Math.min(first + CELLS_PER_STACK, Number(cells)); cell += 1) {
    addCell(stack, cell, userData);
  }
}
app.synth();

//! EC2: which part of it knows which type.

mod address;
mod default_network;
mod instance;
mod network;
mod rules;

use ironwright_engine::ProviderError;

use super::Subject;
use crate::account::Account;
use crate::draft::Draft;
use crate::refusal::short_name;

pub(crate) use default_network::default_network;

pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    match short_name(subject.type_name) {
        "VPC" => network::refuse_vpc(subject),
        "Subnet" => network::refuse_subnet(subject),
        "Route" => network::refuse_route(subject),
        "VPCGatewayAttachment" => network::refuse_attachment(subject),
        "SubnetRouteTableAssociation" => network::refuse_association(subject),
        "NatGateway" => address::refuse_nat_gateway(subject),
        "SecurityGroup" => rules::refuse_group(subject),
        "SecurityGroupIngress" | "SecurityGroupEgress" => rules::refuse_rule(subject),
        "Instance" => instance::refuse(subject),
        _ => Ok(()),
    }
}

pub(super) fn fill(draft: &mut Draft, account: &Account) -> Result<(), ProviderError> {
    match short_name(&draft.facts.type_name) {
        "VPC" => network::fill_vpc(draft),
        "Subnet" => network::fill_subnet(draft),
        "Route" => network::fill_route(draft),
        "VPCGatewayAttachment" => network::fill_attachment(draft),
        "SecurityGroup" => rules::fill_group(draft, account),
        "EIP" => address::fill_elastic(draft, account),
        "EIPAssociation" => {
            let id = draft.ec2_id("eipassoc");
            draft.set("Id", id);
        }
        "NetworkInterface" => return address::fill_interface(draft, account),
        "Instance" => return instance::fill(draft, account),
        "LaunchTemplate" => {
            draft.set("DefaultVersionNumber", "1");
            draft.set("LatestVersionNumber", "1");
        }
        "KeyPair" => {
            let (id, fingerprint) = (draft.ec2_id("key"), draft.dice.hex(40));
            draft.set("KeyPairId", id);
            draft.set("KeyFingerprint", fingerprint);
        }
        _ => {}
    }
    Ok(())
}

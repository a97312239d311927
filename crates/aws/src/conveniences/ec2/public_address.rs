//! Where a machine can be reached from outside: what a host that containers run on is made of.

use ironwright_core::resource::PublicAddress;
use ironwright_core::{Text, Value};

use crate::generated::ec2::{EipAttributes, InstanceAttributes};

impl PublicAddress for InstanceAttributes {
    fn public_address(&self) -> Value<Text> {
        self.public_ip()
    }
}

impl PublicAddress for EipAttributes {
    fn public_address(&self) -> Value<Text> {
        self.public_ip().cast()
    }
}

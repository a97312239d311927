//! Machine images: the newest of a distribution by its public SSM parameter, and `ami` as the name people use.

use ironwright_core::value::ssm_parameter;
use ironwright_core::{IntoValue, Source, Text, Value};

use crate::conveniences::invalid;
use crate::generated::ec2::{Instance, LaunchTemplateData};

/// The newest machine image of a distribution, looked up at deployment in the stack's region.
///
/// When the publisher releases a new image, the next deployment replaces the instance. Paths of the parameters: [Amazon
/// Linux](https://docs.aws.amazon.com/linux/al2023/ug/ec2.html),
/// [Ubuntu](https://documentation.ubuntu.com/aws/en/latest/aws-how-to/instances/find-ubuntu-images/).
///
/// ```
/// use ironwright_aws::ec2::{Ami, Instance};
///
/// Instance::new().ami(Ami::latest_amazon_linux()).instance_type("t3.micro");
/// Instance::new().ami(Ami::latest_ubuntu("24.04").arm64()).instance_type("t4g.micro");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Ami {
    distribution: Distribution,
    arm64: bool,
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Distribution {
    AmazonLinux,
    Ubuntu(String),
}

impl Ami {
    /// Amazon Linux 2023 with its default kernel, for `x86_64`.
    #[track_caller]
    pub fn latest_amazon_linux() -> Self {
        Self { distribution: Distribution::AmazonLinux, arm64: false, source: Source::caller() }
    }

    /// Ubuntu Server of a release such as `24.04`, for `x86_64`.
    #[track_caller]
    pub fn latest_ubuntu(release: impl Into<String>) -> Self {
        Self { distribution: Distribution::Ubuntu(release.into()), arm64: false, source: Source::caller() }
    }

    /// The same for `arm64` (Graviton).
    pub fn arm64(mut self) -> Self {
        self.arm64 = true;
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Text> for Ami {
    fn into_value(self) -> Value<Text> {
        match &self.distribution {
            Distribution::AmazonLinux => {
                let architecture = if self.arm64 { "arm64" } else { "x86_64" };
                let folder = "/aws/service/ami-amazon-linux-latest";
                ssm_parameter(format!("{folder}/al2023-ami-kernel-default-{architecture}"))
            }
            Distribution::Ubuntu(release) => {
                let Some(volume) = ubuntu_volume(release) else {
                    let message = format!("`{release}` is not a release of Ubuntu");
                    return Value::from_tree(invalid(message, "say year and month: `24.04`", &self.source));
                };
                let architecture = if self.arm64 { "arm64" } else { "amd64" };
                let folder = format!("/aws/service/canonical/ubuntu/server/{release}/stable/current");
                ssm_parameter(format!("{folder}/{architecture}/hvm/{volume}/ami-id"))
            }
        }
    }
}

/// The kind of root volume in the parameter's path: gp3 from 23.10 on.
fn ubuntu_volume(release: &str) -> Option<&'static str> {
    let (year, month) = release.split_once('.').filter(|(year, month)| year.len() == 2 && month.len() == 2)?;
    let version: (u8, u8) = (year.parse().ok()?, month.parse().ok()?);
    Some(if version >= (23, 10) { "ebs-gp3" } else { "ebs-gp2" })
}

impl Instance {
    /// The machine image, an id or [`Ami::latest_amazon_linux()`]: `ImageId` under the name people use.
    #[track_caller]
    pub fn ami(self, image: impl IntoValue<Text>) -> Self {
        self.image_id(image)
    }
}

impl LaunchTemplateData {
    /// The machine image, an id or [`Ami::latest_amazon_linux()`]: `ImageId` under the name people use.
    #[track_caller]
    pub fn ami(self, image: impl IntoValue<Text>) -> Self {
        self.image_id(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::{Resource, Tree};

    fn check(ami: Ami, expect: &str) {
        assert_eq!(ami.into_value(), ssm_parameter(expect.to_owned()));
    }

    #[test]
    fn public_parameters() {
        let amazon = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default";
        check(Ami::latest_amazon_linux(), &format!("{amazon}-x86_64"));
        check(Ami::latest_amazon_linux().arm64(), &format!("{amazon}-arm64"));
        let ubuntu = "/aws/service/canonical/ubuntu/server";
        check(Ami::latest_ubuntu("24.04"), &format!("{ubuntu}/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"));
        check(Ami::latest_ubuntu("22.04").arm64(), &format!("{ubuntu}/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id"));
    }

    #[test]
    fn a_release_that_cannot_be_is_an_error() {
        for release in ["noble", "24", "24.4", "24.04.1"] {
            let value: Value<Text> = Ami::latest_ubuntu(release).into_value();
            assert!(matches!(value.tree(), Tree::Invalid(_)), "{release}");
        }
    }

    #[test]
    fn ami_is_the_image_id() {
        let (instance, line) = (Instance::new().ami("ami-1"), line!());
        let entry = &instance.into_bag().entries()[0].clone();
        assert_eq!((entry.name.as_ref(), &entry.tree, entry.source.line), ("ImageId", &Tree::text("ami-1"), line));
    }
}

//! Functions of values: what CloudFormation calls intrinsic functions, pseudo parameters and dynamic references.

use std::fmt;

use crate::tree::{Name, Tree};

/// Something computed from other values.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// The parts, joined by a separator.
    Join {
        /// What stands between the parts.
        separator: String,
        /// The parts: a list, or a reference to one.
        parts: Tree,
    },
    /// Text, split at a separator into a list.
    Split {
        /// Where to split.
        separator: String,
        /// The text.
        text: Tree,
    },
    /// One item of a list, counted from 0.
    Select {
        /// Which item.
        index: usize,
        /// The list, or a reference to one.
        list: Tree,
    },
    /// Text in base 64, as user data is sent.
    Base64(Tree),
    /// The availability zones of the stack's region.
    AvailabilityZones,
    /// A fact of the deployment: the region, the account.
    Pseudo(Pseudo),
    /// A parameter of the stack.
    Parameter(Name),
    /// A value looked up in a mapping of the stack.
    FindInMap {
        /// The mapping.
        mapping: Name,
        /// The first key.
        first: Tree,
        /// The second key.
        second: Tree,
    },
    /// One of two values, by a condition of the stack.
    If {
        /// The condition.
        condition: Name,
        /// The value where it holds.
        then: Tree,
        /// The value where it does not.
        otherwise: Tree,
    },
    /// A value read from a store at deployment.
    Dynamic(DynamicReference),
    /// The digest of something on the machine that deploys, read before planning.
    Asset(Asset),
}

impl Function {
    /// The values it is computed from.
    pub fn arguments(&self) -> Vec<&Tree> {
        match self {
            Self::Join { parts: tree, .. }
            | Self::Split { text: tree, .. }
            | Self::Select { list: tree, .. }
            | Self::Base64(tree) => vec![tree],
            Self::FindInMap { first, second, .. } => vec![first, second],
            Self::If { then, otherwise, .. } => vec![then, otherwise],
            Self::AvailabilityZones | Self::Pseudo(_) | Self::Parameter(_) | Self::Dynamic(_) | Self::Asset(_) => {
                Vec::new()
            }
        }
    }
}

/// A fact of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pseudo {
    /// The stack's region, `us-west-2`.
    Region,
    /// The account's number, twelve digits.
    AccountId,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    Partition,
    /// The domain of the partition's services, `amazonaws.com`.
    UrlSuffix,
}

/// A value read from a store at deployment: `{{resolve:ssm:/aws/service/…}}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DynamicReference {
    /// The store.
    pub service: DynamicService,
    /// The key in the store: a parameter's name, or a secret's id with its JSON key.
    pub key: Name,
}

/// A store that dynamic references read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DynamicService {
    /// SSM Parameter Store, plain text.
    Ssm,
    /// SSM Parameter Store, secure strings.
    SsmSecure,
    /// Secrets Manager.
    SecretsManager,
}

impl fmt::Display for DynamicReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = match self.service {
            DynamicService::Ssm => "ssm",
            DynamicService::SsmSecure => "ssm-secure",
            DynamicService::SecretsManager => "secretsmanager",
        };
        write!(f, "{service}:{}", self.key)
    }
}

/// A file or a folder on the machine that deploys, of which a resource is made. Its value is a digest: where that is the
/// same, nothing is made anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    /// Where it lies; a relative path counts from the package's root.
    pub path: Name,
    /// What of it counts.
    pub kind: AssetKind,
}

/// What of an [`Asset`] counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssetKind {
    /// A file, or a folder with all that is in it.
    Plain,
    /// A folder as Docker builds of it, without what its ignore file leaves out.
    DockerContext {
        /// The Dockerfile, a path inside the folder. It counts in any case.
        dockerfile: Name,
    },
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// A condition of a stack, over its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both values are equal.
    Equals(Tree, Tree),
    /// The condition does not hold.
    Not(Box<Condition>),
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
}

impl Condition {
    /// The values it compares.
    pub fn arguments(&self) -> Vec<&Tree> {
        match self {
            Self::Equals(left, right) => vec![left, right],
            Self::Not(inner) => inner.arguments(),
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::arguments).collect(),
        }
    }
}

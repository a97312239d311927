//! Saved plans: what binds a plan to the program, the state and the options it was made of, and the plan as it was told.
//!
//! No steps and no program are in one: planning is pure (invariant I1), so an apply plans again and goes on only where
//! that gives the same plan (invariant I5). How the file is written lives in `file`, what moved is told by `moved`.

mod difference;
mod error;
mod file;
mod moved;
#[cfg(test)]
mod tests;
mod value;
mod variables;

use std::collections::BTreeMap;

use ironwright_core::Graph;
use ironwright_core::graph::GraphDigest;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::engine::{Engine, PlanOptions};
use crate::error::EngineError;
use crate::plan::{Plan, Preview};
use crate::steps::Base;
use crate::store::codec::Misread;
use crate::store::envelope::Envelope;
use crate::vault::Keyring;

pub use error::SavedPlanError;
pub use moved::Moved;
use variables::Variable;

/// The format written here, and the newest that is read.
const FORMAT: u64 = 1;

const ENVELOPE: Envelope = Envelope { format: FORMAT, what: "saved plan" };

/// A plan to be applied later, as exactly what it was or not at all. It cannot be carried out itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The release that made it.
    ironwright: String,
    /// When it was made, in milliseconds since 1970 UTC.
    created: u64,
    /// The target.
    target: String,
    /// The account, where the target has accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// The state it was made for.
    base: Base,
    /// What digests of secrets are made over: the state's lineage, or drawn where there is no state yet.
    salt: String,
    /// The program it was made of; none where it destroys everything, which goes by the state alone.
    program: Option<GraphDigest>,
    /// What it took into account.
    options: PlanOptions,
    /// The variables it was made with.
    variables: BTreeMap<String, Variable>,
    /// What opens those of the variables that are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyring: Option<Keyring>,
    /// What was told of it: secrets as digests, what was not known marked as that.
    preview: Preview<Json>,
}

impl Engine {
    /// `plan` to be applied later. It was made of `graph` with `options`; of no graph where it destroys everything.
    pub async fn save_plan(
        &self,
        plan: &Plan,
        graph: Option<&Graph>,
        options: &PlanOptions,
    ) -> Result<SavedPlan, EngineError> {
        let base = plan.steps.base.clone();
        let salt = if base.lineage.is_empty() { self.0.draw_id() } else { base.lineage.clone() };
        let keyring = self.state().await?.keyring;
        let (variables, keyring) = variables::write(&*self.0.vault, keyring, &salt, &options.parameters)?;
        Ok(SavedPlan {
            ironwright: env!("CARGO_PKG_VERSION").to_owned(),
            created: self.0.clock.now(),
            target: self.0.settings.target.clone(),
            account: self.0.settings.account.clone(),
            base,
            program: graph.map(|graph| graph.digest(&salt)),
            options: PlanOptions { parameters: BTreeMap::new(), ..options.clone() },
            variables,
            keyring,
            preview: plan.preview.clone().map(|value| value::write(&value, &salt)),
            salt,
        })
    }
}

impl SavedPlan {
    /// The saved plan that `bytes` hold.
    ///
    /// Nothing in them is believed before the checksum was found right, and what is read takes memory in proportion to
    /// their length.
    pub fn read(bytes: &[u8]) -> Result<Self, SavedPlanError> {
        let document =
            std::str::from_utf8(bytes).map_err(|_| SavedPlanError::Damaged { problem: "it is not text".to_owned() })?;
        let read = ENVELOPE.open(document).and_then(|inner| {
            let content: Content = serde_json::from_str(&inner).map_err(|error| ENVELOPE.misread(&error))?;
            Ok(content.plan)
        });
        read.map_err(|misread| match misread {
            Misread::Newer(found) => SavedPlanError::Newer { found, known: FORMAT },
            Misread::Damaged(problem) => SavedPlanError::Damaged { problem },
        })
    }

    /// The document that [`SavedPlan::read`] reads.
    pub fn write(&self) -> Result<String, SavedPlanError> {
        let plan =
            serde_json::to_string(self).map_err(|error| SavedPlanError::NotWritable { problem: error.to_string() })?;
        Ok(ENVELOPE.seal(&format!("\"plan\":{plan}}}\n")))
    }

    /// What was told of the plan. A secret in it is there, and its text is not.
    pub fn preview(&self) -> Preview {
        self.preview.clone().map(value::read)
    }

    /// The target it is for.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The app it is for.
    pub fn app(&self) -> &str {
        &self.preview.app
    }

    /// The stage it is for.
    pub fn stage(&self) -> &str {
        &self.preview.stage
    }

    /// Whether it destroys everything.
    pub fn destroys(&self) -> bool {
        self.preview.destroy
    }

    /// What to plan with again, the values of its variables being `variables`.
    pub fn options(&self, variables: BTreeMap<String, String>) -> PlanOptions {
        PlanOptions { parameters: variables, ..self.options.clone() }
    }
}

/// What is in a file.
#[derive(Deserialize)]
struct Content {
    plan: SavedPlan,
}

//! `AWS::EC2::Instance`: launched with its tags and token, there when it runs, gone when it is terminated. What a launch
//! sends is in `launch`, what changes in place in `change`.

mod change;
mod launch;
mod model;

use async_trait::async_trait;
use aws_sdk_ec2::types::Reservation;
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::batch::Which;
use crate::ec2::document::{Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, about, lives, pages};
use crate::ec2::tags;

pub(super) struct Instance;

#[async_trait]
impl Kind for Instance {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::Instance"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let made = ec2.change(launch::request(ec2, &properties, request).send()).await?;
        let id = made.instances().first().and_then(|instance| instance.instance_id()).unwrap_or_default().to_owned();
        if properties.flag("SourceDestCheck") != Some(false) {
            return if ec2.waits {
                ec2.until(self, &id, is_running).await
            } else {
                ec2.until(self, &id, |_| Ok(true)).await
            };
        }
        ec2.until(self, &id, is_running).await?;
        change::source_dest_check(ec2, &id, false).await.map_err(about(&id))?;
        ec2.until(self, &id, is_running).await
    }

    /// One that is stopped has run, or somebody has stopped it: what that means is not said here.
    fn is_ready(&self, model: &Json) -> Result<bool, ProviderError> {
        Ok(is_running(model).unwrap_or(true))
    }

    /// What is on its way out is gone: it cannot be kept.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let mut found = list(ec2, tags::filter("instance-id", ids.iter().copied())).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(found)
    }

    async fn read_named(&self, ec2: &Ec2, ids: &[&str]) -> Option<Result<Models, ProviderError>> {
        let found = list(ec2, Which::named(ids)).await.map(|mut found| {
            found.retain(|_, model| !is_ending(model));
            found
        });
        Some(found)
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (&request.physical_id, Properties::new(request.properties.expose()));
        let live = ec2.until(self, id, |_| Ok(true)).await?;
        change::bring(self, ec2, &live.model, request, &wanted).await?;
        tags::update(ec2, id, &live.model, &wanted).await?;
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let id = request.physical_id.as_str();
        ec2.look(ec2.client.terminate_instances().instance_ids(id).send()).await?;
        let is_over = |model: &Json| state(model).as_deref() == Some("terminated");
        ec2.until_deleted(id, || list(ec2, tags::filter("instance-id", [id])), is_over).await
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        let mut found = list(ec2, tags::by_token(request)).await?;
        found.retain(|_, model| !is_ending(model));
        Ok(lives(found))
    }
}

async fn list(ec2: &Ec2, which: impl Into<Which>) -> Result<Models, ProviderError> {
    let which = which.into();
    let call = ec2.client.describe_instances().set_instance_ids(which.ids()).set_filters(which.filters());
    let reservations = pages!(ec2, call, reservations);
    let instances = reservations.iter().flat_map(Reservation::instances);
    Ok(instances
        .map(|instance| (instance.instance_id().unwrap_or_default().to_owned(), model::model(instance)))
        .collect())
}

fn state(model: &Json) -> Option<String> {
    text(model.get("State")?, "Name")
}

fn is_ending(model: &Json) -> bool {
    matches!(state(model).as_deref(), Some("terminated" | "shutting-down"))
}

/// Whether it runs. One that stops instead will not: its host has no room, or its disk cannot be read.
fn is_running(model: &Json) -> Result<bool, ProviderError> {
    match state(model).as_deref() {
        Some("running") => Ok(true),
        Some("stopped" | "stopping") => {
            let message = "it was launched, and stopped before it ran: see its state reason in the console";
            Err(ProviderError::new(ErrorKind::Refused, "LaunchFailed", message))
        }
        _ => Ok(false),
    }
}

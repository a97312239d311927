//! `AWS::EC2::LaunchTemplate`: what an instance is launched with. Other data is another version, which is the default from then
//! on. EC2 does not give the data back in the form it was given, and CloudFormation's model has none of it.

mod data;

use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, ResourceType};
use ironwright_engine::{Create, Delete, ErrorKind, Find, Live, ProviderError, Update};
use serde_json::{Value as Json, json};

use crate::ec2::change;
use crate::ec2::document::{Model, Properties, text};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

/// The longest name of a template.
const LONGEST_NAME: usize = 128;

pub(super) struct LaunchTemplate;

#[async_trait]
impl Kind for LaunchTemplate {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::LaunchTemplate"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let data = data::request(&request.type_name, properties.get("LaunchTemplateData"))?;
        let call = ec2
            .client
            .create_launch_template()
            .client_token(request.token.as_str())
            .launch_template_name(
                properties.text("LaunchTemplateName").unwrap_or_else(|| change::name(request, LONGEST_NAME)),
            )
            .launch_template_data(data)
            .set_version_description(properties.text("VersionDescription"))
            .tag_specifications(tags::specification_of(ResourceType::LaunchTemplate, &own_tags(&properties), request));
        let made = ec2.change(call.send()).await?;
        let id = made.launch_template().and_then(|template| template.launch_template_id()).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    /// EC2 has no filter by id, and fails a call that names one too many: then all that there are are listed.
    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        let named = ids.iter().map(|id| (*id).to_owned()).collect();
        match list(ec2, Some(named), None).await {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => {
                let mut found = models(&list(ec2, None, None).await?);
                found.retain(|id, _| ids.contains(&id.as_str()));
                Ok(found)
            }
            found => Ok(models(&found?)),
        }
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        let (id, wanted) = (request.physical_id.as_str(), Properties::new(request.properties.expose()));
        let is_new = ["LaunchTemplateData", "VersionDescription"].into_iter().any(|name| request.may_change(name));
        let version = if is_new { Some(new_version(ec2, request, &wanted).await?) } else { None };
        let found = list(ec2, Some(vec![id.to_owned()]), None).await?;
        let live = found.iter().flat_map(aws_sdk_ec2::types::LaunchTemplate::tags).cloned().collect::<Vec<_>>();
        let after = Properties::new(json!({"Tags": own_tags(&wanted)}));
        tags::update(ec2, id, &json!({"Tags": tags::model(&live)}), &after).await?;
        let is_default = |model: &Json| version.is_none() || text(model, "DefaultVersionNumber") == version;
        ec2.until(self, id, |model| Ok(is_default(model))).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        let call = ec2.client.delete_launch_template().launch_template_id(&request.physical_id);
        ec2.look(call.send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, None, Some(tags::by_token(request))).await.map(|found| lives(models(&found)))
    }
}

/// The tags of the template itself; those of what is launched with it are data.
fn own_tags(properties: &Properties) -> Vec<Json> {
    let all = properties.items("TagSpecifications").iter();
    let own = all.filter(|tags| text(tags, "ResourceType").is_none_or(|kind| kind == "launch-template"));
    own.filter_map(|tags| tags.get("Tags")?.as_array()).flatten().cloned().collect()
}

/// Adds a version and makes it the default; returns its number. The token is the attempt's: sent again, it is the same one.
async fn new_version(ec2: &Ec2, request: &Update, wanted: &Properties) -> Result<String, ProviderError> {
    let data = data::request(&request.type_name, wanted.get("LaunchTemplateData"))?;
    let call = ec2
        .client
        .create_launch_template_version()
        .client_token(request.token.as_str())
        .launch_template_id(&request.physical_id)
        .launch_template_data(data)
        .set_version_description(wanted.text("VersionDescription"));
    let made = ec2.change(call.send()).await?;
    let number = made.launch_template_version().and_then(aws_sdk_ec2::types::LaunchTemplateVersion::version_number);
    let number = number.ok_or_else(|| {
        let message = "EC2 does not say the number of the new version";
        ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", message)
    })?;
    let call = ec2.client.modify_launch_template().client_token(request.token.as_str());
    let call = call.launch_template_id(&request.physical_id);
    ec2.change(call.default_version(number.to_string()).send()).await?;
    Ok(number.to_string())
}

async fn list(
    ec2: &Ec2,
    ids: Option<Vec<String>>,
    filter: Option<Filter>,
) -> Result<Vec<aws_sdk_ec2::types::LaunchTemplate>, ProviderError> {
    let filters = filter.map(|filter| vec![filter]);
    let call = ec2.client.describe_launch_templates().set_launch_template_ids(ids).set_filters(filters);
    Ok(pages!(ec2, call, launch_templates))
}

fn models(templates: &[aws_sdk_ec2::types::LaunchTemplate]) -> Models {
    let model = |template: &aws_sdk_ec2::types::LaunchTemplate| {
        let id = template.launch_template_id().unwrap_or_default();
        let model = Model::new()
            .with("LaunchTemplateId", Some(id))
            .with("LaunchTemplateName", template.launch_template_name())
            .with("DefaultVersionNumber", template.default_version_number().map(|number| number.to_string()))
            .with("LatestVersionNumber", template.latest_version_number().map(|number| number.to_string()));
        (id.to_owned(), model.json())
    };
    templates.iter().map(model).collect()
}

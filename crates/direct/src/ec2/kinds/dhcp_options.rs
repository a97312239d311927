//! `AWS::EC2::DHCPOptions`: a set of options; which VPC uses it is a resource of its own.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeValue, DhcpConfiguration, Filter, NewDhcpConfiguration, ResourceType};
use ironwright_engine::{Create, Delete, Find, Live, ProviderError, Update};
use serde_json::Value as Json;

use crate::ec2::change;
use crate::ec2::document::{Model, Properties};
use crate::ec2::kind::{Ec2, Kind, Models, lives, pages};
use crate::ec2::tags;

/// The options, by EC2's name of each.
const OPTIONS: [(&str, &str, Form); 6] = [
    ("DomainName", "domain-name", Form::Text),
    ("DomainNameServers", "domain-name-servers", Form::List),
    ("NetbiosNameServers", "netbios-name-servers", Form::List),
    ("NetbiosNodeType", "netbios-node-type", Form::Number),
    ("NtpServers", "ntp-servers", Form::List),
    ("Ipv6AddressPreferredLeaseTime", "ipv6-address-preferred-lease-time", Form::Number),
];

/// How a property is written. EC2 takes and shows all of them as lists of texts.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    List,
}

pub(super) struct DhcpOptions;

#[async_trait]
impl Kind for DhcpOptions {
    fn type_name(&self) -> &'static str {
        "AWS::EC2::DHCPOptions"
    }

    async fn create(&self, ec2: &Ec2, request: &Create) -> Result<Live, ProviderError> {
        let properties = Properties::new(request.properties.expose());
        let options = OPTIONS.iter().filter_map(|(property, key, form)| {
            let values = match form {
                Form::List => properties.texts(property)?,
                Form::Text | Form::Number => vec![properties.text(property)?],
            };
            Some(NewDhcpConfiguration::builder().key(*key).set_values(Some(values)).build())
        });
        let call = ec2
            .client
            .create_dhcp_options()
            .set_dhcp_configurations(Some(options.collect()))
            .tag_specifications(tags::specification(ResourceType::DhcpOptions, &properties, request));
        let made = ec2.change(call.send()).await?;
        let id = made.dhcp_options().and_then(|options| options.dhcp_options_id()).unwrap_or_default();
        ec2.until(self, id, |_| Ok(true)).await
    }

    async fn read(&self, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
        list(ec2, tags::filter("dhcp-options-id", ids.iter().copied())).await
    }

    async fn update(&self, ec2: &Ec2, request: &Update) -> Result<Live, ProviderError> {
        change::tags_alone(self, ec2, request).await
    }

    async fn delete(&self, ec2: &Ec2, request: &Delete) -> Result<(), ProviderError> {
        ec2.look(ec2.client.delete_dhcp_options().dhcp_options_id(&request.physical_id).send()).await.map(drop)
    }

    async fn find(&self, ec2: &Ec2, request: &Find) -> Result<Vec<Live>, ProviderError> {
        list(ec2, tags::by_token(request)).await.map(lives)
    }
}

async fn list(ec2: &Ec2, filter: Filter) -> Result<Models, ProviderError> {
    let found = pages!(ec2, ec2.client.describe_dhcp_options().filters(filter), dhcp_options);
    Ok(found.iter().map(model).collect())
}

fn model(options: &aws_sdk_ec2::types::DhcpOptions) -> (String, Json) {
    let id = options.dhcp_options_id().unwrap_or_default();
    let configurations = options.dhcp_configurations();
    let set = |model: Model, (property, key, form): &(&str, &str, Form)| {
        let option = configurations.iter().find(|option| option.key() == Some(*key));
        let values = option.into_iter().flat_map(DhcpConfiguration::values).filter_map(AttributeValue::value);
        let mut values = values.map(str::to_owned);
        match form {
            Form::Text => model.with(property, values.next()),
            Form::Number => model.with(property, values.next().and_then(|value| value.parse::<i64>().ok())),
            Form::List => model.list(property, values.map(Json::from).collect()),
        }
    };
    let model = OPTIONS.iter().fold(Model::new().with("DhcpOptionsId", Some(id)), set);
    (id.to_owned(), model.list("Tags", tags::model(options.tags())).json())
}

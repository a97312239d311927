//! Load balancers, container services and the names of the web: ELB, ECS, ECR, EKS, Route 53, `CloudFront`.

use crate::draft::Draft;
use crate::mint;
use crate::surroundings::{ACCOUNT, partition, url_suffix};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn fill(draft: &mut Draft) {
    match draft.facts.type_name.as_str() {
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => load_balancer(draft),
        "AWS::ElasticLoadBalancingV2::TargetGroup" => target_group(draft),
        "AWS::ElasticLoadBalancingV2::Listener" => listener(draft),
        "AWS::ECS::Cluster" => named_arn(draft, "ClusterName", "ecs", "cluster/", "Arn"),
        "AWS::ECS::TaskDefinition" => task_definition(draft),
        "AWS::ECS::Service" => service(draft),
        "AWS::ECR::Repository" => repository(draft),
        "AWS::EKS::Cluster" => cluster(draft),
        "AWS::Route53::HostedZone" => hosted_zone(draft),
        "AWS::CloudFront::Distribution" => distribution(draft),
        _ => {}
    }
}

/// A name, and an ARN that ends with it.
fn named_arn(draft: &mut Draft, name_path: &str, arn_service: &str, kind: &str, arn_path: &str) {
    let named = mint::named(draft, 100);
    draft.set(name_path, named);
    let name = draft.text(name_path).unwrap_or_default().to_owned();
    draft.set(arn_path, draft.arn(arn_service, &format!("{kind}{name}")));
}

fn load_balancer(draft: &mut Draft) {
    let named = mint::named(draft, 32);
    draft.set("Name", named);
    draft.set("Type", "application");
    draft.set("Scheme", "internet-facing");
    let kind = match draft.text("Type") {
        Some("network") => "net",
        Some("gateway") => "gwy",
        _ => "app",
    };
    let (name, id) = (draft.text("Name").unwrap_or_default().to_owned(), draft.dice.hex(16));
    let full_name = format!("{kind}/{name}/{id}");
    draft.set("LoadBalancerArn", draft.arn("elasticloadbalancing", &format!("loadbalancer/{full_name}")));
    draft.set("LoadBalancerFullName", full_name);
    draft.set("LoadBalancerName", name.as_str());
    let begin = if draft.text("Scheme") == Some("internal") { "internal-" } else { "" };
    let number = draft.dice.letters("123456789", 10);
    let (region, suffix) = (draft.region, url_suffix(draft.region));
    let domain = match kind {
        "net" => format!("{name}-{id}.elb.{region}.{suffix}"),
        _ => format!("{begin}{name}-{number}.{region}.elb.{suffix}"),
    };
    draft.set("DNSName", domain);
    let zone = format!("Z{}", draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13));
    draft.set("CanonicalHostedZoneID", zone);
}

fn target_group(draft: &mut Draft) {
    let named = mint::named(draft, 32);
    draft.set("Name", named);
    let (name, id) = (draft.text("Name").unwrap_or_default().to_owned(), draft.dice.hex(16));
    let full_name = format!("targetgroup/{name}/{id}");
    draft.set("TargetGroupArn", draft.arn("elasticloadbalancing", &full_name));
    draft.set("TargetGroupFullName", full_name);
    draft.set("TargetGroupName", name);
    draft.set("LoadBalancerArns", serde_json::json!([]));
}

fn listener(draft: &mut Draft) {
    let balancer = draft.text("LoadBalancerArn").unwrap_or_default().replace(":loadbalancer/", ":listener/");
    let id = draft.dice.hex(16);
    draft.set("ListenerArn", format!("{balancer}/{id}"));
}

fn task_definition(draft: &mut Draft) {
    let named = mint::named(draft, 100);
    draft.set("Family", named);
    let family = draft.text("Family").unwrap_or_default().to_owned();
    draft.set("TaskDefinitionArn", draft.arn("ecs", &format!("task-definition/{family}:1")));
}

fn service(draft: &mut Draft) {
    let named = mint::named(draft, 100);
    draft.set("ServiceName", named);
    let name = draft.text("ServiceName").unwrap_or_default().to_owned();
    let cluster = draft.text("Cluster").unwrap_or("default");
    let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
    let arn = draft.arn("ecs", &format!("service/{cluster}/{name}"));
    draft.set("ServiceArn", arn);
    draft.set("Name", name);
}

fn repository(draft: &mut Draft) {
    let named = mint::named(draft, 100);
    draft.set("RepositoryName", named);
    let name = draft.text("RepositoryName").unwrap_or_default().to_owned();
    draft.set("Arn", draft.arn("ecr", &format!("repository/{name}")));
    let (region, suffix) = (draft.region, url_suffix(draft.region));
    draft.set("RepositoryUri", format!("{ACCOUNT}.dkr.ecr.{region}.{suffix}/{name}"));
}

fn cluster(draft: &mut Draft) {
    named_arn(draft, "Name", "eks", "cluster/", "Arn");
    let (id, zone) = (draft.dice.letters("ABCDEF0123456789", 32), draft.dice.letters(LETTERS, 3));
    let (region, suffix) = (draft.region, url_suffix(draft.region));
    draft.set("Endpoint", format!("https://{id}.{zone}.{region}.eks.{suffix}"));
    draft.set("OpenIdConnectIssuerUrl", format!("https://oidc.eks.{region}.{suffix}/id/{id}"));
    let group = draft.ec2_id("sg");
    draft.set("ClusterSecurityGroupId", group);
}

fn hosted_zone(draft: &mut Draft) {
    let id = format!("Z{}", draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20));
    draft.set("Id", id);
    let server = |draft: &mut Draft, domain: &str| {
        format!("ns-{}.awsdns-{:02}.{domain}", draft.dice.below(2048), draft.dice.below(64))
    };
    let servers: Vec<_> = ["com", "net", "org", "co.uk"].iter().map(|domain| server(draft, domain)).collect();
    draft.set("NameServers", servers);
}

fn distribution(draft: &mut Draft) {
    let id = format!("E{}", draft.dice.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13));
    draft.set("Arn", format!("arn:{}:cloudfront::{ACCOUNT}:distribution/{id}", partition(draft.region)));
    draft.set("Id", id);
    let label = draft.dice.letters(LETTERS, 14);
    draft.set("DomainName", format!("d{label}.cloudfront.net"));
}

//! Lambda: ARNs of functions, versions, aliases and layers.

use crate::draft::Draft;
use crate::mint;
use crate::refusal::short_name;

pub(super) fn fill(draft: &mut Draft) {
    match short_name(&draft.facts.type_name) {
        "Function" => function(draft),
        "Version" => {
            let arn = function_arn(draft);
            draft.set("Version", "1");
            draft.set("FunctionArn", format!("{arn}:1"));
        }
        "Alias" => {
            let (arn, name) = (function_arn(draft), draft.text("Name").unwrap_or_default().to_owned());
            draft.set("AliasArn", format!("{arn}:{name}"));
        }
        "LayerVersion" => {
            let named = mint::named(draft, 64);
            draft.set("LayerName", named);
            let name = draft.text("LayerName").unwrap_or_default().to_owned();
            draft.set("LayerVersionArn", draft.arn("lambda", &format!("layer:{name}:1")));
        }
        "Url" => {
            let (arn, id) = (function_arn(draft), draft.dice.letters("abcdefghijklmnopqrstuvwxyz234567", 32));
            draft.set("FunctionArn", arn);
            draft.set("FunctionUrl", format!("https://{id}.lambda-url.{}.on.aws/", draft.region));
        }
        _ => {}
    }
}

fn function(draft: &mut Draft) {
    let named = mint::named(draft, 64);
    draft.set("FunctionName", named);
    let name = draft.text("FunctionName").unwrap_or_default().to_owned();
    draft.set("Arn", draft.arn("lambda", &format!("function:{name}")));
    draft.set("MemorySize", 128);
    draft.set("Timeout", 3);
    draft.set("PackageType", "Zip");
    if draft.text("SnapStart.ApplyOn").is_none_or(|on| on == "None") {
        draft.withhold("SnapStartResponse");
    }
}

/// The ARN of the function that a version, an alias or a URL belongs to.
fn function_arn(draft: &Draft) -> String {
    let function = ["FunctionName", "TargetFunctionArn"].iter().find_map(|path| draft.text(path)).unwrap_or_default();
    if function.starts_with("arn:") {
        function.to_owned()
    } else {
        draft.arn("lambda", &format!("function:{function}"))
    }
}

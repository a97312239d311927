//! Properties of any shape in a template: JSON and YAML say the same, and both say what the program said.
#![no_main]

use ironwright::cloudformation::synthesize;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

fuzz_target!(|data: &str| {
    let Some(app) = ironwright_fuzz::program(data) else { return };
    let Ok(graph) = app.graph() else { return };
    let Ok(templates) = synthesize(&graph, ironwright::aws::facts()) else { return };
    for template in templates {
        let json: Json = serde_json::from_str(&template.to_json()).expect("a template is JSON");
        assert_eq!(json, template.to_value());
        let yaml: Json = serde_saphyr::from_str(&template.to_yaml()).expect("a template is YAML");
        assert_eq!(json, yaml, "{}", template.to_yaml());
    }
});

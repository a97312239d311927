//! Properties of any shape deployed to the simulated cloud: refused with reasons, or made; and once made, the next plan is
//! empty and all of it can be destroyed.
#![no_main]

use ironwright::testing::Deployment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let Some(app) = ironwright_fuzz::program(data) else { return };
    if let Ok(deployed) = Deployment::of(&app).try_deploy() {
        deployed.plan(&app).assert_empty();
        assert_eq!(deployed.addresses().len(), deployed.destroy().deleted().len());
    }
});

//! A saved plan: it is read or refused, what is read is written and read again as the same, and it can be shown.
#![no_main]

use ironwright::engine::SavedPlan;
use ironwright_cli::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let _ = SavedPlan::read(data.as_bytes());
    if let Ok(plan) = SavedPlan::read(ironwright_fuzz::sealed_document(data).as_bytes()) {
        let document = plan.write().expect("what was read can be written");
        assert_eq!(SavedPlan::read(document.as_bytes()).ok().as_ref(), Some(&plan), "{document}");
        fuzzing::render(&plan);
    }
});

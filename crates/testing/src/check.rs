//! Helpers of this crate's own tests: what a closure panics with, and where.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use ironwright_engine::{Action, Change, OutputChange, Preview, PropertyChange, Reason};

/// The message `work` panics with.
#[track_caller]
pub(crate) fn failure<T>(work: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).map(drop).expect_err("this was to fail and did not");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a panic's message is text")).to_owned(),
    }
}

/// The file and line `work` panics at.
pub(crate) fn line_of_failure<T>(work: impl FnOnce() -> T) -> (String, u32) {
    static HOOK: Mutex<()> = Mutex::new(());
    let _alone = HOOK.lock();
    let thread = std::thread::current().id();
    let seen = std::sync::Arc::new(Mutex::new(None));
    let note = seen.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            let at = info.location().map(|at| (at.file().to_owned(), at.line()));
            *note.lock().expect("no panic while it is held") = at;
        }
    }));
    failure(work);
    std::panic::set_hook(before);
    let at = seen.lock().expect("no panic while it is held").take();
    at.expect("the hook saw the panic")
}

/// What is told of a plan of the app `shop`.
pub(crate) fn plan(changes: Vec<Change>, outputs: Vec<OutputChange>) -> Preview {
    Preview { app: "shop".to_owned(), stage: "dev".to_owned(), changes, outputs, ..Preview::default() }
}

/// A change of a resource of `type_name`.
pub(crate) fn change(
    (address, type_name): (&str, &str),
    action: Action,
    reasons: Vec<Reason>,
    properties: Vec<PropertyChange>,
) -> Change {
    Change {
        address: address.into(),
        type_name: type_name.to_owned(),
        region: "us-west-2".to_owned(),
        action,
        reasons,
        source: None,
        physical_id: None,
        properties,
        unchanged: 0,
        moved_from: None,
    }
}

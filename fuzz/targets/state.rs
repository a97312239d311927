//! A state file: it is read or refused, what is read is written and read again as the same, and a run opens it or says
//! what is wrong with it.
#![no_main]

use ironwright::engine::store::codec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let _ = codec::read_snapshot(data);
    let _ = codec::read_edited(data);
    if let Ok(snapshot) = codec::read_snapshot(&ironwright_fuzz::sealed_document(data)) {
        let document = codec::write_snapshot(&snapshot).expect("what was read can be written");
        assert_eq!(codec::read_snapshot(&document).as_ref(), Ok(&snapshot), "{document}");
        ironwright_fuzz::open(Some(snapshot), &[]);
    }
});

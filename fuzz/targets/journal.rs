//! A journal: it is read or refused, what is read is written and read again as the same, and its replay ends in a state
//! that holds, or says what is wrong.
#![no_main]

use ironwright::engine::store::codec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = codec::read_lines(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(lines) = codec::read_lines(ironwright_fuzz::sealed_journal(text).as_bytes()) {
        let journal = codec::write_lines(&lines).expect("what was read can be written");
        assert_eq!(codec::read_lines(journal.as_bytes()).as_ref(), Ok(&lines), "{journal}");
        ironwright_fuzz::open(None, &lines);
    }
});

//! A command line, a word a line, of a program and of the `ironwright` binary: understood or refused; and flags that were
//! moved behind the command stay there.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use ironwright_cli::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let words: Vec<OsString> =
        data.split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec())).collect();
    let ordered = fuzzing::commands_first(words.clone());
    assert_eq!(fuzzing::commands_first(ordered.clone()), ordered, "{words:?}");
    fuzzing::read_command_lines(&words);
});

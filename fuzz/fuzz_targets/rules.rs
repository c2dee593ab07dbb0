#![no_main]
//! The rule engine over any file: spans lie in the file, and the value is what stands there.

use keylift::model::SourceFile;
use keylift::rules::Engine;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = ["a.py", ".env", "a.yaml", "a.json", "Dockerfile", "a.sql", ".npmrc", "a.unknown"];

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else { return };
    let file = SourceFile::disk(NAMES[usize::from(*which) % NAMES.len()], bytes);
    for finding in Engine::builtin().scan(&file) {
        assert!(finding.bytes.end <= bytes.len() && finding.bytes.start < finding.bytes.end);
        assert!(finding.start >= (1, 1) && finding.end >= finding.start);
    }
});

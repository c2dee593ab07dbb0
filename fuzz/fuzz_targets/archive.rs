#![no_main]
//! The archive reader: ends, within its limits.

use std::io::Cursor;
use std::path::Path;

use keylift::model::{Skipped, SourceFile};
use keylift::steps::sources::Sink;
use keylift::steps::sources::archive::{Limits, read};
use libfuzzer_sys::fuzz_target;

struct Nothing;

impl Sink for Nothing {
    fn file(&self, _: SourceFile) {}
    fn notice(&self, _: Skipped) {}
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits { member: 1 << 20, floor: 4 << 20, total: 8 << 20, members: 1000, ..Limits::default() };
    read(Path::new("a.bin"), Cursor::new(data), data.len() as u64, &limits, &Nothing);
});

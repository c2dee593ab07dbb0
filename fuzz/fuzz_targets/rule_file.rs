#![no_main]
//! Rule files of every kind: read or refused; what is read matches without a panic.

use keylift::model::SourceFile;
use keylift::rules::{Engine, foreign};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    for name in ["a.toml", "a.yaml"] {
        if let Ok(carried) = foreign::read(name, data, &|_| Err("there is no other file".to_owned()))
            && let Ok(engine) = Engine::with(carried.rules)
        {
            engine.scan(&SourceFile::disk("a.txt", data.as_bytes()));
        }
    }
});

#![no_main]
//! Decoding: what is decoded encodes back to the very same bytes; a value is found where it stands.

use keylift::model::Text;
use keylift::rules::find_value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(text) = Text::decode(data) {
        assert_eq!(text.encode(&text.text).as_deref(), Some(data));
    }
    let (value, text) = data.split_at(data.len().min(8));
    for place in find_value(text, value) {
        assert!(place.span.end <= text.len() && place.span.start < place.span.end);
    }
});

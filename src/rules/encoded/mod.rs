//! Texts within a text: what stands there in base64, in hexadecimal, percent-encoded or in escapes. A credential of a
//! telling format is found through them; a name says too little about what somebody encoded.

mod escapes;
mod runs;

use std::ops::Range;

/// How many encodings deep a credential is looked for.
pub(super) const DEPTH: usize = 2;
/// Longest encoded text that is read, in bytes.
const LONGEST: usize = 1 << 20;
/// How much of one file is decoded, in bytes: a file of encoded data is data.
const MOST: usize = 8 << 20;

/// A text that stood encoded in another.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) text: String,
    /// `base64`, `hex`, `percent`, `escaped`.
    pub(super) encoding: &'static str,
    map: Map,
}

#[derive(Debug)]
enum Map {
    /// The encoded text is one: no part of it can be taken out.
    Whole(Range<usize>),
    /// Where each byte of the decoded text stands, and where the encoded text ends.
    Each(Vec<usize>),
}

impl Layer {
    /// The span in the text around it of a span in this one.
    pub(super) fn outer(&self, span: &Range<usize>) -> Option<Range<usize>> {
        match &self.map {
            Map::Whole(whole) => Some(whole.clone()),
            Map::Each(places) => Some(*places.get(span.start)?..*places.get(span.end)?),
        }
    }
}

/// Hands over the texts that stand encoded in a text, in no order. Time is linear in the text.
pub(super) fn layers(text: &str, mut each: impl FnMut(Layer)) {
    let mut left = MOST;
    let mut hand = |layer: Layer| {
        let enough = left > 0;
        left = left.saturating_sub(layer.text.len());
        each(layer);
        enough
    };
    if runs::read(text, &mut hand) {
        escapes::read(text, &mut hand);
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str) -> Vec<(String, &'static str)> {
        let mut all = Vec::new();
        layers(text, |layer| all.push((layer.text, layer.encoding)));
        all
    }

    #[test]
    fn each_encoding_is_read() {
        // keylift:allow made up for a test
        let plain = "postgres://app:s???c~ret~~~x@db.internal/shop";
        let hex: String = plain.bytes().fold(String::new(), |out, byte| format!("{out}{byte:02x}"));
        let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (text, encoding) in [
            (STANDARD.encode(plain), "base64"),
            (STANDARD_NO_PAD.encode(plain), "base64"),
            (URL_SAFE.encode(plain), "base64"),
            (URL_SAFE_NO_PAD.encode(plain), "base64"),
            (STANDARD.encode(&wide), "base64"),
            (hex.clone(), "hex"),
            (hex.to_uppercase(), "hex"),
            (plain.replace(':', "%3A").replace('/', "%2f"), "percent"),
            (plain.replace('/', "\\/"), "escaped"),
            (plain.replace('s', "\\u0073"), "escaped"),
            (plain.replace('s', "\\x73"), "escaped"),
        ] {
            for around in [("", ""), ("x = '", "';"), ("\"", "\",\n"), ("a: ", "\n")] {
                let found = decoded(&format!("{}{text}{}", around.0, around.1));
                assert!(found.contains(&(plain.to_owned(), encoding)), "{text}: {found:?}");
            }
        }
    }

    #[test]
    fn base64_over_several_lines_is_one_text() {
        let plain = "a line of text that is long enough to be wrapped by the tools that wrap such lines at sixty-four";
        let encoded = STANDARD.encode(plain);
        let lines: Vec<&str> = vec![&encoded[..64], &encoded[64..]];
        let text = format!("data:\n    {}\n    {}\nnext: x\n", lines[0], lines[1]);
        let mut spans = Vec::new();
        layers(&text, |layer| spans.push((layer.outer(&(2..5)).unwrap(), layer.text)));
        assert_eq!(spans.len(), 1);
        assert_eq!(&text[spans[0].0.clone()], format!("{}\n    {}", lines[0], lines[1]));
        assert_eq!(spans[0].1, plain);
    }

    #[test]
    fn a_span_in_escapes_is_the_part_alone() {
        let text = "u = 'https:\\/\\/u:one%2Ftwo@host'";
        let mut found = Vec::new();
        layers(text, |layer| {
            let at = layer.text.find("one").unwrap();
            let end = layer.text.find('@').unwrap();
            found.push((layer.encoding, text[layer.outer(&(at..end)).unwrap()].to_owned()));
        });
        found.sort();
        assert_eq!(found, [("escaped", "one%2Ftwo".to_owned()), ("percent", "one%2Ftwo".to_owned())]);
    }

    #[test]
    fn words_numbers_and_digests_decode_to_nothing() {
        for text in [
            "getAccessTokenFromRequestHeaderOrCookie",
            "/usr/local/lib/python3/dist-packages/thing/module",
            "5c1e0b9f37d24a68ce70f1b3d95a28465c1e0b9f37d24a68ce70f1b3d95a2846",
            "1234567890123456789012345678901234567890",
            "---------------------------------------------------",
            "100% of 50%2x",
        ] {
            assert!(decoded(text).is_empty(), "{text}: {:?}", decoded(text));
        }
    }

    /// A token of an issuer's format, made at run time.
    fn token() -> String {
        let example = crate::rules::Engine::builtin().rule("github-pat").unwrap().examples[0].clone();
        crate::rules::expand(&example, 7).unwrap()
    }

    fn scan(path: &str, bytes: &[u8]) -> Vec<crate::model::Finding> {
        let file = crate::model::SourceFile::disk(path, bytes);
        crate::rules::Engine::builtin().scan_for(&file, crate::model::Confidence::Medium)
    }

    #[test]
    fn a_token_is_found_through_encodings() {
        let token = token();
        let once = STANDARD.encode(format!("{{\"t\": \"{token}\"}}"));
        let twice = STANDARD.encode(format!("user:{once}"));
        let percent = format!("token%3D{}", token.replace('_', "%5F"));
        let escaped = token.replace('g', "\\u0067");
        for (value, span, chain) in [
            (&once, &*once, "base64"),
            (&twice, &*twice, "base64+base64"),
            (&percent, &percent["token%3D".len()..], "percent"),
            (&escaped, &*escaped, "escaped"),
        ] {
            let text = format!("x = '{value}'\n");
            let found = scan("a.py", text.as_bytes());
            assert_eq!(found.len(), 1, "{chain} {text} {found:?}");
            assert_eq!(&text[found[0].span.clone()], span);
            let encoded = found[0].encoded.as_ref().unwrap();
            assert_eq!(encoded.chain, chain);
            assert_eq!(encoded.plain.expose(), token.as_bytes());
        }
        let thrice = STANDARD.encode(STANDARD.encode(STANDARD.encode(&token)));
        assert!(scan("a.txt", thrice.as_bytes()).iter().all(|found| found.encoded.is_none()));
    }

    #[test]
    fn utf_16_without_a_mark_is_text() {
        let token = token();
        let text = format!("x = '{token}'\r\n");
        for big in [false, true] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            let found = scan("a.py", &bytes);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].bytes, 10..10 + token.len() * 2);
        }
    }

    proptest! {
        #[test]
        fn spans_lie_in_the_text(text in ".{0,200}", encoded in "[ -~]{12,60}", from in 0_usize..12) {
            let whole = format!("{text} {} {text} {}", STANDARD.encode(&encoded), encoded.replace('a', "\\u0061"));
            layers(&whole, |layer| {
                let end = layer.text.len();
                if layer.text.is_char_boundary(from) {
                    let span = layer.outer(&(from.min(end)..end)).unwrap();
                    assert!(whole.get(span).is_some());
                }
            });
        }
    }
}

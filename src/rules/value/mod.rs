//! Tells values apart: placeholders, lookups, words, random strings.

mod placeholder;

pub(super) use self::placeholder::{is_placeholder, is_wish};
use super::words;

/// Shannon entropy in bits per byte.
pub(super) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    #[allow(clippy::cast_precision_loss, reason = "lengths of values are far below 2^23")]
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            #[allow(clippy::cast_precision_loss, reason = "as above")]
            let share = *count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

/// A key that a vendor's documentation shows: it says so itself.
pub(super) fn is_documentation_key(value: &str) -> bool {
    value.len() >= 12 && (value.contains("EXAMPLE") || value.contains("_example_") || value.contains("XXXXXX"))
        || EMULATORS.iter().any(|start| value.starts_with(start))
}

/// Letters in the order of the alphabet, of either case, or hexadecimal digits in theirs: nobody's program made that value.
pub(super) fn is_alphabet(value: &str) -> bool {
    const RUN: usize = 12;
    let mut run = 1;
    value.as_bytes().windows(2).any(|two| {
        let (a, b) = (two[0].to_ascii_lowercase(), two[1].to_ascii_lowercase());
        let next = a.is_ascii_alphanumeric() && b == a + 1 || (a, b) == (b'9', b'a');
        run = if next { run + 1 } else { 1 };
        run >= RUN
    })
}

/// Six letters or digits that follow each other: `123456`, `abcdef`. Somebody typed them.
pub(super) fn is_counted(value: &str) -> bool {
    const RUN: usize = 6;
    let mut run = 1;
    value.as_bytes().windows(2).any(|two| {
        let follows = two[0].is_ascii_alphanumeric() && two[1].is_ascii_alphanumeric() && two[1] == two[0] + 1;
        run = if follows { run + 1 } else { 1 };
        run >= RUN
    })
}

/// Starts of the account keys that every installation of an emulator has (Microsoft Learn: Use the Azurite emulator for
/// local Azure Storage development; Develop locally using the Azure Cosmos DB emulator).
const EMULATORS: [&str; 2] = ["Eby8vdM02xNOcqFlqUwJPLlm", "C2y6yDjf5/R+ob0N8A7Cgv30"];

/// How a value looks, from its characters alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// Words, names, paths, code.
    Plain,
    /// Letters and digits or signs as people make passwords of them.
    Mixed,
    /// Characters that nobody chose.
    Random,
}

/// How a value looks.
pub(super) fn look(value: &str) -> Look {
    let count = |test: fn(&u8) -> bool| value.bytes().filter(test).count();
    let digits = count(u8::is_ascii_digit);
    let letters = count(u8::is_ascii_alphabetic);
    let signs = value.len() - digits - letters;
    // Of every sort of character, each about once: what a generator of salts prints.
    let printed = value.len() >= 40
        && digits >= 2
        && signs >= 6
        && entropy(value.as_bytes()) > 4.7
        && value.split(' ').all(|word| word.len() < 4 || !is_wordy(word));
    if printed {
        return Look::Random;
    }
    if value.contains(' ') && (signs * 4 < value.len() || value.len() < 32) {
        return Look::Plain;
    }
    let hex = value.len() >= 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && digits > 3 && letters > 0 && entropy(value.as_bytes()) > 2.5 {
        return Look::Random;
    }
    // A key of digits alone, or of any character there is.
    if letters == 0 && digits == value.len() && digits >= 20
        || value.len() >= 32
            && signs >= 8
            && digits > 0
            && entropy(value.as_bytes()) > 4.4
            && signs * 3 < value.len() * 2
    {
        return Look::Random;
    }
    let cost = words::cost(value);
    let strange = cost > words::STRANGE || cost > words::FAMILIAR && digits > 1;
    let mixed = digits > 0 && letters > 0;
    // Eight characters and more of digits and both cases cost this much only where nobody meant a word.
    let short = value.len() >= 12 && cost > words::STRANGE + 0.8 && mixed;
    let jumble = value.len() >= 16
        && digits >= 4
        && letters >= 4
        && signs > 0
        && cost > 4.0
        && !is_wordy(value)
        && changes(value) * 5 >= value.len();
    if jumble && signs * 4 < value.len() && entropy(value.as_bytes()) > 3.3
        || strange && value.len() >= 16 && signs * 3 < value.len() && entropy(value.as_bytes()) > 3.0
        || short && signs * 6 < value.len()
    {
        Look::Random
    } else if mixed || signs > 0 && value.bytes().any(|b| b"!@#$%^&*+=~?".contains(&b)) {
        Look::Mixed
    } else {
        Look::Plain
    }
}

/// Places where the sort of character changes, a word's capital aside: few in words and names, many in random strings.
fn changes(value: &str) -> usize {
    let sort = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    value.as_bytes().windows(2).filter(|two| sort(two[0]) != sort(two[1]) && sort(two[0]) != 1).count()
}

/// Words or an identifier, a number behind it set aside: `variable-2`, `HmacSHA256`.
pub(super) fn is_wordy(value: &str) -> bool {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit() || "-_.:".contains(c));
    !stem.is_empty() && words::cost(stem) < words::FAMILIAR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets_are_told() {
        assert!(is_alphabet("0123456789abcdef0123456789abcdef") && !is_alphabet("12345678901234567890"));
        assert!(is_alphabet("key_aBcDeFgHiJkLmN1") && is_alphabet("xyzabcdefghijkl"));
        assert!(!is_alphabet("abcdefgh-ijklmnop") && !is_alphabet("hT4xq9Lw2ZbR7mVc3KpY8dNs"));
        assert!(is_counted("4d1234567") && is_counted("xabcdef") && !is_counted("12345-6") && !is_counted("hT4xq9Lw2"));
    }

    #[test]
    fn looks_tell_random_strings_from_words() {
        for text in [
            "q3x8vtk1mzp0w7rb5hn2ydc6gj",
            "5c1e0b9f37d24a68ce70f1b3d95a2846",
            "hT4xq9Lw2ZbR7mVc3KpY8dNs",
            "w7|Zq Lk;R4f,YpN9~vB{eX3m<TcG hJ8u:Sd_AoQ=rK1(yWbF",
        ] {
            assert_eq!(look(text), Look::Random, "{text}");
        }
        for text in ["session_cookie_secret", "getAccessTokenFromRequest", "application/json", "some words here"] {
            assert_eq!(look(text), Look::Plain, "{text}");
        }
    }
}

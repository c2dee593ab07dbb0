//! Tells values apart: placeholders, lookups, words, random strings.

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
}

/// Text that stands where somebody should put a value, or where a program will.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    let wrapped = |open: &str, close: &str| lower.starts_with(open) && lower.ends_with(close);
    let of_one = |chars: &[char]| lower.chars().all(|c| chars.contains(&c));
    wrapped("<", ">")
        || wrapped("[", "]")
        || wrapped("%", "%")
        || wrapped("__", "__")
        || wrapped("{", "}")
        || wrapped("@", "@")
        || ["${", "{{", "#{", "$(", "<%", "%(", "{%", "$["].iter().any(|part| has(part))
        || lower.starts_with('$') && lower.bytes().skip(1).all(|b| b.is_ascii_alphanumeric() || b == b'_')
        || of_one(&['x', '-'])
        || of_one(&['*', '.', '-', '_', ' ', '•', '…', '?', '#', '0'])
        || has("xxxx")
        || has("****")
        || has("...") && value.len() < 12
        || ["your", "insert", "replace", "enter", "put", "add", "my"].iter().any(|verb| {
            lower.strip_prefix(verb).is_some_and(|rest| {
                rest.starts_with(['-', '_', ' ', '.']) && TARGETS.iter().any(|word| rest.contains(word))
            }) || (verb.len() == 4 && TARGETS.iter().any(|word| lower.starts_with(&format!("{verb}{word}"))))
        })
        || [
            "_here",
            "-here",
            " here",
            "placeholder",
            "example",
            "redacted",
            "dummy",
            "not-a-real",
            "notreal",
            "fake",
            "todo",
            "fixme",
            "undefined",
            "tbd",
            "replace_me",
            "replaceme",
            "replace-me",
            "fill_me",
            "sample_",
        ]
        .iter()
        .any(|part| has(part))
        || [
            "none", "null", "nil", "true", "false", "string", "str", "text", "yes", "no", "empty", "required",
            "optional", "value", "n/a", "na", "unset", "bar", "foo", "foobar", "baz", "disabled", "enabled", "unknown",
            "default", "auto", "file", "env", "vault", "object", "number", "bool", "boolean", "int", "any", "never",
        ]
        .contains(&lower.as_str())
}

const TARGETS: [&str; 9] = ["password", "passwd", "pass", "secret", "token", "key", "value", "api", "auth"];

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
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let signs = value.len() - digits - upper - lower;
    if value.contains(' ') && signs * 4 < value.len() {
        return Look::Plain;
    }
    let hex = value.len() >= 16 && value.bytes().all(|b| b.is_ascii_hexdigit());
    // Places where the sort of character changes, a word's capital aside: few in words and names, many in random strings.
    let sort = |b: u8| match b {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    let changes = value.as_bytes().windows(2).filter(|two| sort(two[0]) != sort(two[1]) && sort(two[0]) != 1).count();
    let entropy = entropy(value.as_bytes());
    if hex && digits > 3 && entropy > 2.5
        || value.len() >= 16 && digits > 0 && entropy > 3.3 && changes * 5 >= value.len() && signs * 3 < value.len()
        || value.len() >= 20 && digits > 1 && lower + upper > 5 && signs * 8 < value.len() && entropy > 3.6
        || value.len() >= 20 && entropy > 4.0 && bigram(value) < -3.4
    {
        Look::Random
    } else if digits > 0 && (lower + upper) > 0 || signs > 0 && value.bytes().any(|b| b"!@#$%^&*+=~?".contains(&b)) {
        Look::Mixed
    } else {
        Look::Plain
    }
}

/// Mean logarithm (base 10, times 2) of how often pairs of letters stand in English words and identifiers; low for random.
fn bigram(value: &str) -> f32 {
    const COMMON: &str = "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo";
    let letters: Vec<u8> = value.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_lowercase()).collect();
    let pairs = letters.windows(2).count().max(1);
    let known = letters.windows(2).filter(|two| COMMON.as_bytes().chunks(3).any(|pair| pair.starts_with(two))).count();
    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    let share = known as f32 / pairs as f32;
    -6.0 + 5.0 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_values() {
        for text in [
            "<token>",
            "${DB_PASS}",
            "xxxx",
            "your_api_key",
            "YOUR-TOKEN",
            "{{ password }}",
            "changeme_here",
            "$PASSWORD",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["admin123", "hunter2", "changeme", "Pa$$word1", "yankees", "myp4ss"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn looks_tell_random_strings_from_words() {
        for text in ["q3x8vtk1mzp0w7rb5hn2ydc6gj", "5c1e0b9f37d24a68ce70f1b3d95a2846", "hT4xq9Lw2ZbR7mVc3KpY8dNs"] {
            assert_eq!(look(text), Look::Random, "{text}");
        }
        for text in ["session_cookie_secret", "getAccessTokenFromRequest", "application/json", "some words here"] {
            assert_eq!(look(text), Look::Plain, "{text}");
        }
    }
}

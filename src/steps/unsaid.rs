//! Values that stand in names: a key that spells a password would carry it into the plan, whose readers are many.

use aho_corasick::AhoCorasick;

use super::spread::is_telling;

/// Values that no name and no sentence of a plan may contain.
#[derive(Debug)]
pub struct Unsaid {
    values: Option<AhoCorasick>,
    /// Letters and digits of the values alone: a variable's name has no others.
    letters: Option<AhoCorasick>,
}

/// Fewer letters and digits of a value are words of any name.
const FEWEST: usize = 8;

impl Unsaid {
    /// Takes the telling ones among values: others are words of any code, and leaving them out would tell which they are.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut telling: Vec<&[u8]> = values.into_iter().filter(|value| is_telling(value)).collect();
        telling.sort_unstable();
        telling.dedup();
        let mut letters: Vec<Vec<u8>> = telling.iter().map(|value| letters(value)).collect();
        letters.retain(|letters| letters.len() >= FEWEST);
        Self { values: finder(&telling), letters: finder(&letters) }
    }

    /// Whether a text contains a value, or spells one as names do.
    pub fn is_in(&self, text: &str) -> bool {
        let spelled = |finder: &AhoCorasick| finder.is_match(&letters(text.as_bytes()));
        self.values.as_ref().is_some_and(|finder| finder.is_match(text)) || self.letters.as_ref().is_some_and(spelled)
    }

    /// A text without values.
    pub fn masked(&self, text: String) -> String {
        match &self.values {
            Some(finder) if finder.is_match(&text) => {
                let mut out = String::with_capacity(text.len());
                finder.replace_all_with(&text, &mut out, |_, _, out| {
                    out.push('…');
                    true
                });
                out
            }
            _ => text,
        }
    }
}

fn finder<T: AsRef<[u8]>>(texts: &[T]) -> Option<AhoCorasick> {
    let build = || AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(texts);
    (!texts.is_empty()).then(build).and_then(Result::ok)
}

/// Letters, in lower case, and digits.
fn letters(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_of_sentences() {
        let values: [&[u8]; 3] = [b"Qx7-vLw2", b"Qx7-vLw2.Rz9k", b"password"];
        let unsaid = Unsaid::new(values);
        assert!(unsaid.is_in("stands at Qx7-vLw2.Rz9k") && !unsaid.is_in("stands at password"));
        assert_eq!(unsaid.masked("the password at a.Qx7-vLw2.Rz9k.b".into()), "the password at a.….b");
        assert!(unsaid.is_in("QX7_V_LW2_RZ9K_OF_THE_SHOP"), "as a variable's name spells it");
        assert!(!unsaid.is_in("QX7_SHOP"));
        assert!(!Unsaid::new([]).is_in("anything"));
    }
}

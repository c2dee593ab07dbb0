//! Values that stand in names: a key that spells a password would carry it into the plan, whose readers are many.

use aho_corasick::AhoCorasick;

use super::spread::is_telling;

/// Values that no name and no sentence of a plan may contain.
#[derive(Debug)]
pub struct Unsaid(Option<AhoCorasick>);

impl Unsaid {
    /// Takes the telling ones among values: others are words of any code, and leaving them out would tell which they are.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut telling: Vec<&[u8]> = values.into_iter().filter(|value| is_telling(value)).collect();
        telling.sort_unstable();
        telling.dedup();
        let builder = || AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(&telling);
        Self((!telling.is_empty()).then(builder).and_then(Result::ok))
    }

    /// Whether a text contains a value.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|finder| finder.is_match(text))
    }

    /// A text without values.
    pub fn masked(&self, text: String) -> String {
        match &self.0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_of_sentences() {
        let values: [&[u8]; 3] = [b"Qx7-vLw2", b"Qx7-vLw2.Rz9k", b"password"];
        let unsaid = Unsaid::new(values);
        assert!(unsaid.is_in("stands at Qx7-vLw2.Rz9k") && !unsaid.is_in("stands at password"));
        assert_eq!(unsaid.masked("the password at a.Qx7-vLw2.Rz9k.b".into()), "the password at a.….b");
        assert!(!Unsaid::new([]).is_in("anything"));
    }
}

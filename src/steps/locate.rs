//! Finding -> Site | Refusal: places a finding in the syntax of its file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use keylift_grammars::{Addresses, Applicability, Language, Parsed, Part, Place, Refusal, Request, Style};
use keylift_providers::Secret;

use crate::model::{Finding, Text};

/// A file ready for locating and rewriting: decoded and parsed.
#[derive(Debug)]
pub struct Syntax {
    /// The decoded text.
    pub text: Text,
    /// Its language and tree; none where keylift has no grammar for it.
    pub parsed: Option<(&'static Language, Parsed)>,
}

impl Syntax {
    /// Decodes and parses a file. None where it is not text.
    pub fn new(path: &Path, bytes: &[u8]) -> Option<Self> {
        let text = Text::decode(bytes)?;
        let head = &text.text.as_bytes()[..text.text.len().min(HEAD)];
        let parsed = keylift_grammars::detect(path, head)
            .and_then(|language| Parsed::at(language, path, &text.text).map(|parsed| (language, parsed)));
        Some(Self { text, parsed })
    }
}

impl Syntax {
    /// Tells what is known of the store, for lookups that name its entries.
    #[must_use]
    pub fn stored(mut self, addresses: &Addresses) -> Self {
        self.parsed = self.parsed.map(|(language, parsed)| (language, parsed.stored(addresses.clone())));
        self
    }

    /// Adds the texts of the other files of the folder, where the language's files share declarations.
    #[must_use]
    pub fn beside(mut self, texts: impl FnOnce() -> Vec<String>) -> Self {
        self.parsed = self.parsed.map(|(language, parsed)| {
            let shares = language.shares_declarations(Style::Env);
            (language, if shares { parsed.beside(texts()) } else { parsed })
        });
        self
    }
}

/// Of requests in several files: for each file, the names that a file before it in the same folder declares for both.
pub fn declared<'a>(
    requests: impl IntoIterator<Item = (&'a str, &'a Parsed, &'a Request)>,
) -> BTreeMap<&'a str, BTreeSet<String>> {
    let folder = |path: &'a str| path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut declared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut known: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut all: Vec<_> = requests.into_iter().collect();
    all.sort_by_key(|(path, _, _)| *path);
    for (path, parsed, request) in all {
        if !parsed.declares(request) {
            continue;
        }
        let first = *known.entry((folder(path), request.name.as_str())).or_insert(path);
        if first != path {
            declared.entry(path).or_default().insert(request.name.clone());
        }
    }
    declared
}

/// How much of a file its language is told from, in bytes.
const HEAD: usize = 16 * 1024;

/// What became of a finding: a place where a lookup can stand, or the reason why not.
pub type Located = Result<Placed, Refusal>;

/// A finding placed in syntax, with the value as the program sees it.
#[derive(Debug)]
pub struct Placed {
    /// The value's span in the file's decoded text.
    pub span: Range<usize>,
    /// The value that goes to the store.
    pub secret: Secret,
    /// Where it stands and what it is called.
    pub place: Place,
    /// The language of its file.
    pub language: &'static Language,
    /// As what it is placed: a reference of a template, or whatever lookup the plan has.
    pub style: Style,
}

/// Places one finding, for a lookup of a style. Where nothing can be looked up, a reference of a template may do, if that is
/// wanted.
pub fn locate(finding: &Finding, syntax: &Syntax, style: Style, inject: bool) -> Located {
    let injects = syntax.parsed.as_ref().is_some_and(|(language, _)| inject && language.injects());
    let found = place(&finding.span, syntax, style);
    let found = if injects { found.or_else(|_| place(&finding.span, syntax, Style::Inject)) } else { found };
    found.and_then(|located| {
        if located.secret.is_empty() {
            return Err(refusal("empty", "the value is empty once unquoted", "check whether the credential is in use"));
        }
        Ok(located)
    })
}

/// The whole literal around a finding that is a part of it: a connection URL that moves with all that is in it. None where
/// the literal has parts that the program fills in.
pub fn whole(finding: &Finding, syntax: &Syntax, style: Style) -> Option<Placed> {
    let (_, parsed) = syntax.parsed.as_ref()?;
    match parsed.literal_at(&finding.span)?.parts.as_slice() {
        [Part::Text { span, .. }] => place(span, syntax, style).ok(),
        _ => None,
    }
}

/// Places the value at a span: also what `apply` does again, so that plan and apply cannot differ.
pub fn place(span: &Range<usize>, syntax: &Syntax, style: Style) -> Located {
    let Some((language, parsed)) = &syntax.parsed else {
        return Err(refusal(
            "no-grammar",
            "keylift has no grammar for this kind of file, so it cannot tell what a lookup would look like here",
            "put the value into the store by hand, and have the program read it from there instead of from this file",
        ));
    };
    let mut place = parsed.place_with(span, style)?;
    let secret = Secret::new(std::mem::take(&mut place.value));
    Ok(Placed { secret, place, language, style, span: span.clone() })
}

/// A refusal in the words given.
pub fn refusal(code: &str, reason: &str, advice: &str) -> Refusal {
    Refusal { code: code.into(), reason: reason.into(), advice: advice.into() }
}

/// The plan's word for how far an edit can be trusted; none for a safe one.
pub fn caution(applicability: Applicability) -> Option<String> {
    match applicability {
        Applicability::Safe => None,
        Applicability::Unsafe => Some("unsafe".into()),
        Applicability::DisplayOnly => Some("display-only".into()),
    }
}

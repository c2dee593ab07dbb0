//! tree-sitter's own engine is the judge: it proves the patterns, and finds the same in every fixture.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tree_sitter::{Parser, QueryCursor, StreamingIterator, Tree};

use super::Query;
use crate::language::{Language, languages};

/// A match as both engines tell it: the pattern, and each capture's name with its place and kind.
type Told = (usize, Vec<(String, usize, usize, String)>);

fn ours(query: &Query, tree: &Tree, text: &str) -> BTreeSet<Told> {
    let mut told = BTreeSet::new();
    query.each(tree.root_node(), text, |found| {
        let mut captures: Vec<_> = found
            .captures
            .iter()
            .map(|(name, node)| {
                (query.capture_names()[*name].clone(), node.start_byte(), node.end_byte(), node.kind().to_owned())
            })
            .collect();
        captures.sort();
        told.insert((found.pattern, captures));
    });
    told
}

fn theirs(query: &tree_sitter::Query, tree: &Tree, text: &str) -> BTreeSet<Told> {
    let mut told = BTreeSet::new();
    let mut cursor = QueryCursor::new();
    let names = query.capture_names();
    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
    while let Some(found) = matches.next() {
        let mut captures: Vec<_> = found
            .captures()
            .iter()
            .map(|capture| {
                let node = capture.node;
                (names[capture.index as usize].to_owned(), node.start_byte(), node.end_byte(), node.kind().to_owned())
            })
            .collect();
        captures.sort();
        told.insert((found.pattern_index, captures));
    }
    told
}

fn source(language: &'static Language, file: &str) -> Option<String> {
    let mut chain = language.bases();
    chain.reverse();
    let texts: Vec<&str> = chain.iter().filter_map(|base| base.file(file)).chain(language.file(file)).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The texts of a language's fixtures, and of the languages that it extends.
fn samples(language: &'static Language) -> Vec<String> {
    fn files(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                files(&path, into);
            } else {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for one in std::iter::once(language).chain(language.bases()) {
        files(&root.join("languages").join(&one.name).join("fixtures"), &mut paths);
    }
    if language.name == "python" {
        files(&root.join("../examples"), &mut paths);
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    }
    paths.sort();
    paths
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "case.yaml"))
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect()
}

#[test]
fn finds_what_tree_sitter_finds() {
    let mut matches = 0;
    for language in languages() {
        let loaded = language.loaded().unwrap();
        let mut parser = Parser::new();
        parser.set_language(&loaded.grammar).unwrap();
        for (file, query) in [("sites.scm", Some(&loaded.sites)), ("imports.scm", loaded.imports.as_ref())] {
            let (Some(query), Some(source)) = (query, source(language, file)) else { continue };
            let judge = tree_sitter::Query::new(&loaded.grammar, &source)
                .unwrap_or_else(|error| panic!("{} {file}: {error}", language.name));
            assert_eq!(judge.pattern_count(), query.pattern_count(), "{} {file}", language.name);
            for text in samples(language) {
                let tree = parser.parse(&text, None).unwrap();
                let (ours, theirs) = (ours(query, &tree, &text), theirs(&judge, &tree, &text));
                let more: Vec<_> = ours.difference(&theirs).collect();
                let less: Vec<_> = theirs.difference(&ours).collect();
                assert!(
                    more.is_empty() && less.is_empty(),
                    "{} {file}: more {more:#?} less {less:#?} in\n{text}",
                    language.name
                );
                matches += ours.len();
            }
        }
    }
    assert!(matches > 5_000, "{matches}");
}

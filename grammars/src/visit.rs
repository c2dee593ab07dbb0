//! A way through a tree without recursion: hostile code is as deep as it likes.

use tree_sitter::{Node, Tree};

/// Where to go on after a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// To its children.
    Into,
    /// Past them.
    Past,
    /// Nowhere: the answer is found.
    Stop,
}

/// Visits a node and what is below it, in order of position. True where a visit stopped it.
pub(crate) fn visit<'tree>(node: Node<'tree>, visitor: &mut dyn FnMut(Node<'tree>) -> Next) -> bool {
    let mut cursor = node.walk();
    loop {
        match visitor(cursor.node()) {
            Next::Stop => return true,
            Next::Into if cursor.goto_first_child() => continue,
            Next::Into | Next::Past => {}
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

/// No code that people or programs write has more levels, or more tokens in a row that mean nothing by themselves.
const MOST: usize = 10_000;

/// Whether queries would take time by the square of a tree's size: it is very deep, or one of its nodes has a long run of
/// bare tokens (a file of nothing but parentheses).
pub(crate) fn is_hostile(tree: &Tree, text: &str) -> bool {
    if text.len() <= MOST {
        return false;
    }
    let mut cursor = tree.walk();
    let mut runs = vec![0];
    loop {
        if let Some(run) = runs.last_mut() {
            *run = if cursor.node().is_named() { 0 } else { *run + 1 };
            if *run > MOST || runs.len() > MOST {
                return true;
            }
        }
        // What has few nodes below it has neither many levels nor a long run.
        if cursor.node().descendant_count() > MOST && cursor.goto_first_child() {
            runs.push(0);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            runs.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parsed::tree::{errors, parse};
    use crate::{Parsed, language};

    #[test]
    fn deep_code_neither_overflows_the_stack_nor_takes_for_ever() {
        let deep = 60_000;
        for (name, open, end) in
            [("python", "(", "'x"), ("javascript", "[", "`${"), ("json", "[", "{"), ("php", "<?php -", "1;")]
        {
            let text = open.repeat(deep) + end;
            let language = language(name).expect("it is linked");
            let loaded = language.loaded().expect("it loads");
            assert!(errors(&parse(loaded, &text).expect("a tree")) > 0);
            assert!(Parsed::new(language, &text).is_none(), "{name}");
        }
    }
}

//! A unified diff of two masked texts.

use console::Style;
use similar::{ChangeTag, TextDiff};

/// The diff with three lines of context; with colour, the words that changed stand out. Empty where nothing changed.
pub fn unified(path: &str, before: &str, after: &str, color: bool) -> String {
    let diff = TextDiff::from_lines(before, after);
    if !color {
        return diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string();
    }
    let paint = |style: Style, text: &str| style.force_styling(true).apply_to(text).to_string();
    let mut out = String::new();
    for (number, hunk) in diff.unified_diff().iter_hunks().enumerate() {
        if number == 0 {
            out.push_str(&paint(Style::new().bold(), &format!("--- a/{path}\n+++ b/{path}\n")));
        }
        out.push_str(&paint(Style::new().cyan(), &format!("{}\n", hunk.header())));
        for change in hunk.ops().iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", Style::new().red()),
                ChangeTag::Insert => ("+", Style::new().green()),
                ChangeTag::Equal => (" ", Style::new()),
            };
            out.push_str(&paint(style.clone(), sign));
            for (emphasized, words) in change.iter_strings_lossy() {
                let style = if emphasized { style.clone().bold().underlined() } else { style.clone() };
                out.push_str(&paint(style, &words));
            }
            if change.missing_newline() {
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_output_has_no_escape_codes() {
        let text = unified("a.py", "x = 1\ny = '****'\n", "x = 1\ny = os.environ[\"Y\"]\n", false);
        assert!(text.starts_with("--- a/a.py\n+++ b/a.py\n"), "{text}");
        assert!(text.contains("-y = '****'\n+y = os.environ[\"Y\"]\n") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("a", "x\n", "x\n", true), "");
    }
}

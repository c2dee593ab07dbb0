//! Where a new import goes, and the text for it.

use std::ops::Range;

use super::{Import, Imports};
use crate::lines;
use crate::loaded::Loaded;
use crate::recipe::{Need, NeedPlace};

impl Imports {
    /// Where an import goes that must come before `first_use`, and the text for it.
    pub(crate) fn insertion(&self, loaded: &Loaded, need: &Need, text: &str, first_use: usize) -> (usize, String) {
        let line = need.helper.as_deref().or(need.line.as_deref()).unwrap_or_default();
        if need.place == NeedPlace::End {
            let gap = if text.ends_with('\n') || text.is_empty() { "\n" } else { "\n\n" };
            return (text.len(), format!("{gap}{}\n", line.trim_end_matches('\n')));
        }
        if let (Some(group), Some(grouped)) =
            (self.group.as_ref().filter(|group| group.start < first_use), &need.grouped)
        {
            return (self.among(group, need, text), grouped.clone());
        }
        let top: Vec<&Import> =
            self.list.iter().filter(|import| import.top && import.statement.start < first_use).collect();
        let starts_line = |at: usize| at == 0 || text[..at].ends_with('\n');
        let module = need.module.as_deref().unwrap_or_default();
        if need.place == NeedPlace::Sorted
            && let Some(before) = top.iter().rev().find(|import| import.module.as_str() < module)
        {
            let end = lines::next(text, before.statement.end);
            let fresh = text[..end].ends_with('\n');
            return (end, if fresh { format!("{line}\n") } else { format!("\n{line}") });
        }
        if matches!(need.place, NeedPlace::First | NeedPlace::Sorted)
            && let Some(first) = top.first()
            && starts_line(first.statement.start)
            && first.statement.start >= self.header_end
        {
            return (first.statement.start, format!("{line}\n"));
        }
        if need.place == NeedPlace::Last && !top.is_empty() {
            let last = Self::leading_block(&top, text);
            if need.helper.is_some() && code_follows(text, last) {
                return (last, format!("\n\n{}\n\n", line.trim_end_matches('\n')));
            }
            let end = lines::next(text, last);
            let text = match text[..end].ends_with('\n') {
                true if need.helper.is_some() => {
                    let apart = if text[end..].starts_with(['\n', '\r']) { "" } else { "\n" };
                    format!("\n{}\n{apart}", line.trim_end_matches('\n'))
                }
                true => format!("{line}\n"),
                false => format!("\n{line}"),
            };
            return (end, text);
        }
        self.after_header(loaded, text, line, need.helper.is_some())
    }

    /// Where an entry goes within a group: in order among those up to the first blank line, so that formatters agree.
    fn among(&self, group: &Range<usize>, need: &Need, text: &str) -> usize {
        let inside = |import: &&Import| group.start <= import.entry.start && import.entry.end <= group.end;
        let entries: Vec<&Import> = self.list.iter().filter(inside).collect();
        let block = entries
            .windows(2)
            .take_while(|pair| text[pair[0].entry.end..pair[1].entry.start].matches('\n').count() < 2);
        let block = &entries[..entries.len().min(block.count() + 1)];
        let module = need.module.as_deref().unwrap_or_default();
        let front = group.start + 1;
        let before = block.iter().rev().find(|import| import.module.as_str() < module);
        let entry = match before {
            Some(entry) => entry,
            None if text[front..].starts_with(['\n', '\r']) => return front,
            None => match block.last() {
                Some(entry) => entry,
                None => return front,
            },
        };
        let line = text[entry.entry.end..].split(['\r', '\n']).next().unwrap_or_default();
        let rest = line.trim();
        entry.entry.end + if rest.is_empty() || rest.starts_with("//") { line.len() } else { 0 }
    }

    /// The end of the last import that follows the first without other code in between.
    fn leading_block(top: &[&Import], text: &str) -> usize {
        let mut end = top[0].statement.end;
        for import in &top[1..] {
            let gap = text.get(end..import.statement.start).unwrap_or_default();
            let blank = gap.lines().all(|line| {
                let line = line.trim();
                line.is_empty() || line.starts_with('#') || line.starts_with("//") || line == ";"
            });
            if !blank {
                break;
            }
            end = end.max(import.statement.end);
        }
        end
    }

    fn after_header(&self, loaded: &Loaded, text: &str, line: &str, helper: bool) -> (usize, String) {
        let top = &loaded.recipe.top;
        let line = line.trim_end_matches('\n');
        // A function wants a blank line on either side.
        let around = |at: usize| if helper && !text[at..].starts_with(['\n', '\r']) { "\n" } else { "" };
        if self.header_end > 0 {
            if top.wrap.is_some() && code_follows(text, self.header_end) {
                return (self.header_end, format!("\n\n{line}\n\n"));
            }
            let mut end = lines::next(text, self.header_end);
            if top.comment_after_header {
                end = self.gaps(text, end).next().unwrap_or(end);
            }
            let blank = if top.blank_after_header && !text[..end].ends_with("\n\n") { "\n" } else { "" };
            let before = if text[..end].ends_with('\n') { "" } else { "\n" };
            return (end, format!("{before}{blank}{line}\n{}", around(end)));
        }
        let mut at = self.start;
        if let Some(keep) = &loaded.top_keep {
            while let Some(found) = keep.find(&text[at..]).filter(|found| found.start() == 0 && !found.is_empty()) {
                at += found.end();
            }
        }
        // A first comment that stands by itself is about the file: it stays first.
        if top.wrap.is_none() {
            at = self.gaps(text, at).last().unwrap_or(at);
        }
        if let Some(wrap) = &top.wrap {
            return (at, wrap.replace("<text>", line));
        }
        let next = &text[at..];
        let blank = if next.starts_with(['\n', '\r']) || next.is_empty() { "" } else { "\n" };
        (at, format!("{line}\n{blank}"))
    }

    /// The ends of the blank lines between the comments that follow a place and the code after them.
    fn gaps<'a>(&'a self, text: &'a str, at: usize) -> impl Iterator<Item = usize> + 'a {
        let lead = &text[at..self.first_code.max(at)];
        let first = lead.len() - lead.trim_start().len();
        let ends = lead.match_indices('\n').map(move |(found, _)| at + found + 1).filter(move |end| *end > at + first);
        let outside = move |end: &usize| !self.comments.iter().any(|range| range.start < *end && *end < range.end);
        let blank = |end: &usize| {
            let after = text[*end..].trim_start_matches('\r');
            after
                .starts_with('\n')
                .then(|| *end + text[*end..].len() - text[*end..].trim_start_matches(['\r', '\n']).len())
        };
        ends.filter(outside).filter_map(move |end| blank(&end))
    }
}

/// Whether more than a comment follows on the line of a place.
fn code_follows(text: &str, at: usize) -> bool {
    let rest = text[at..lines::end(text, at)].trim();
    let comment = rest.starts_with("//") || rest.starts_with('#') && !rest.starts_with("#[");
    !rest.is_empty() && !comment
}

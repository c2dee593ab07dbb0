//! Where the values of a statement's placeholders stand apart from it: in a variable that is given to it, or in the calls
//! of what it was prepared as: `users = [("ann", "x")]`, `ins.run("ann", "x")`.

use std::ops::Range;

use super::given::{Rows, end_of_text, in_brackets};

/// How far behind a statement the calls of what it was prepared as are looked for, in bytes.
const NEAR: usize = 4096;
/// Most places of a name that are looked at.
const PLACES: usize = 50;

/// The rows that the variable behind a statement is set to; `at` is the end of the statement's only row.
pub(super) fn rows_of_variable(text: &str, at: usize) -> Rows {
    variable(text, end_of_text(text, at)).map(|name| rows_set(text, name, at)).unwrap_or_default()
}

/// The rows that a variable is set to before a place.
fn rows_set(text: &str, name: &str, at: usize) -> Rows {
    // `for user in users:` hands over one row at a time.
    let all = looped_over(text.get(..at).unwrap_or_default(), name).unwrap_or(name);
    let set = |start: &usize| {
        let rest = text.get(start + all.len()..)?;
        let value = rest.trim_start().strip_prefix('=')?;
        let value = value.strip_prefix('=').map_or(value, |_| "").trim_start();
        value.starts_with(['[', '(']).then(|| text.len() - value.len())
    };
    let before = places(text, all).take_while(|start| *start < at);
    before.filter_map(|start| set(&start)).last().map(|open| in_brackets(text, open)).unwrap_or_default()
}

/// The rows that are given to what the statement at a place was prepared as.
pub(super) fn rows_of_statement(text: &str, at: usize) -> Rows {
    const METHODS: [&str; 7] = ["run", "execute", "executemany", "exec", "Exec", "query", "ExecContext"];
    let Some(name) = prepared_as(text.get(..at).unwrap_or_default()) else { return Rows::new() };
    let mut rows = Rows::new();
    // What `setString(2, "x")` gives, by the place that it says.
    let mut set: Vec<Option<Range<usize>>> = Vec::new();
    for start in places(text, name).skip_while(|start| *start < at).take_while(|start| *start < at + NEAR) {
        let rest = text.get(start + name.len()..).unwrap_or_default();
        let Some(call) = rest.strip_prefix('.').or_else(|| rest.strip_prefix("->")) else { continue };
        let Some((method, arguments)) = call.split_once('(') else { continue };
        let open = text.len() - arguments.len() - 1;
        if METHODS.contains(&method) {
            rows.extend(in_brackets(text, open));
        } else if method == "setString" {
            let index = arguments.split(',').next().and_then(|index| index.trim().parse::<usize>().ok());
            let value = in_brackets(text, open).into_iter().next().and_then(|row| row.get(1).cloned().flatten());
            if let (Some(index @ 1..=PLACES), Some(value)) = (index, value) {
                set.resize(set.len().max(index), None);
                set[index - 1] = Some(value);
            }
        }
    }
    if !set.is_empty() {
        rows.push(set);
    }
    rows
}

/// The rows that are given to the statement at a place where a variable holds its text: `sql = "INSERT …"`,
/// `execute(sql, ("ann", "x"))`.
pub(super) fn rows_of_text(text: &str, at: usize) -> Rows {
    let Some(name) = text_of(text.get(..at).unwrap_or_default()) else { return Rows::new() };
    let mut rows = Rows::new();
    for start in places(text, name).skip_while(|start| *start < at).take_while(|start| *start < at + NEAR) {
        let head = text.get(..start).unwrap_or_default().trim_end_matches(['$', '&', ' ', '\n', '\t']);
        let Some(rest) = text.get(start + name.len()..).filter(|_| head.ends_with('(')) else { continue };
        let Some(values) = rest.trim_start().strip_prefix(',').map(str::trim_start) else { continue };
        let given = in_brackets(text, text.len() - values.len());
        if given.iter().flatten().any(Option::is_some) {
            rows.extend(given);
        } else if let Some(variable) = argument(values.trim_start_matches('$')) {
            rows.extend(rows_set(text, variable, start));
        }
    }
    rows
}

/// The variable whose text begins with a statement, from what stands before it: `const sql = "`, `$sql = "`, `sql := "`.
fn text_of(before: &str) -> Option<&str> {
    let quotes = ['"', '\'', '`'];
    let head = before.trim_end().strip_suffix(quotes)?.trim_end_matches(quotes).trim_end_matches([' ', '(', '\n']);
    let head = head.strip_suffix('=')?.trim_end_matches([':', ' ']);
    let start = head.rfind(|c: char| !in_word(c)).map_or(0, |at| at + 1);
    head.get(start..).filter(|name| name.len() > 1 && !name.starts_with(|c: char| c.is_ascii_digit()))
}

/// The variable that a statement is given: `… VALUES (?, ?)", users)`.
fn variable(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?.trim_start_matches([' ', '\t', '\r', '\n', ';']);
    argument(rest.trim_start_matches(['"', '\'', '`']).trim_start().strip_prefix(',')?.trim_start())
}

/// The name that is an argument by itself.
fn argument(rest: &str) -> Option<&str> {
    let name = rest.get(..rest.find(|c: char| !in_word(c))?)?;
    let follows = rest.get(name.len()..)?.trim_start();
    (name.len() > 1 && follows.starts_with([')', ','])).then_some(name)
}

/// What a loop takes a variable from: `for user in users:`, `for (const user of users)`.
fn looped_over<'t>(before: &'t str, name: &str) -> Option<&'t str> {
    let line = before.rmatch_indices("for ").find_map(|(at, _)| before.get(at + 4..)?.lines().next())?;
    let line = line.trim_start_matches(['(', ' ']).trim_start_matches("const ").trim_start_matches("let ");
    let rest = line.strip_prefix(name)?;
    let rest = rest.strip_prefix(" in ").or_else(|| rest.strip_prefix(" of "))?.trim_start();
    rest.get(..rest.find(|c: char| !in_word(c))?).filter(|name| name.len() > 1)
}

/// The variable that holds a prepared statement, from what stands before its text: `const ins = db.prepare("`.
fn prepared_as(before: &str) -> Option<&str> {
    let call = before.trim_end().trim_end_matches(['"', '\'', '`']).trim_end().strip_suffix('(')?;
    let start = call.rfind(|c: char| !(in_word(c) || ".$->".contains(c))).map_or(0, |at| at + 1);
    let start = (start..call.len()).find(|at| call.is_char_boundary(*at))?;
    let method = call.get(start..)?.rsplit(['.', '>']).next()?;
    if !["prepare", "Prepare", "prepareStatement", "PrepareContext"].contains(&method) {
        return None;
    }
    let head = call.get(..start)?.trim_end().trim_end_matches("await").trim_end().strip_suffix('=')?;
    let head = head.trim_end_matches([':', ' ']);
    // `stmt, err := db.Prepare("`: the statement is the first of two.
    let head = head.strip_suffix(", err").or_else(|| head.strip_suffix(", _")).unwrap_or(head);
    let start = head.rfind(|c: char| !in_word(c)).map_or(0, |at| at + 1);
    head.get(start..).filter(|name| name.len() > 1)
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where a name stands by itself.
fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    let word = move |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(bytes, name)
        .take(PLACES)
        .filter(move |at| !at.checked_sub(1).is_some_and(word) && !word(at + name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, rows: &Rows) -> Vec<Vec<String>> {
        let row = |row: &Vec<Option<Range<usize>>>| {
            row.iter().map(|cell| cell.clone().map_or("-".to_owned(), |span| text[span].to_owned())).collect()
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn variables_that_a_statement_is_given_are_followed() {
        for (text, expected) in [
            (
                "users = [('ann', 'x'), ('bo', 'y')]\nmany('INSERT (?, ?)#', users)",
                vec![vec!["ann", "x"], vec!["bo", "y"]],
            ),
            ("row = ('ann', 'x')\nexecute('INSERT (?, ?)#', row)", vec![vec!["ann", "x"]]),
            ("row = ('ann', 'x')\nexecute('INSERT (?, ?)# ON CONFLICT DO NOTHING', row)", vec![vec!["ann", "x"]]),
            ("all = [('ann', 'x')]\nfor u in all:\n  execute('INSERT (?, ?)#', u)", vec![]),
            ("all = [('ann', 'x')]\nfor one in all:\n  execute('INSERT (?, ?)#', one)", vec![vec!["ann", "x"]]),
            ("all = read()\nexecute('INSERT (?, ?)#', all)", vec![]),
        ] {
            let at = text.find('#').unwrap();
            let text = text.replacen('#', "", 1);
            assert_eq!(words(&text, &rows_of_variable(&text, at)), expected, "{text}");
        }
    }

    #[test]
    fn texts_of_statements_are_followed() {
        for (text, expected) in [
            ("sql = 'INSERT'\ncur.execute(sql, ('ann', 'x'))", vec![vec!["ann", "x"]]),
            ("$sql = \"INSERT\"; $st->run($sql, ['ann', 'x']);", vec![vec!["ann", "x"]]),
            ("sql := `INSERT`\ndb.Exec(sql, \"ann\", \"x\")", vec![vec!["ann", "x"]]),
            ("sql = \"\"\"\n INSERT\"\"\"\ncur.execute(sql, ('ann', 'x'))", vec![vec!["ann", "x"]]),
            ("row = ('ann', 'x')\nsql = 'INSERT'\nexecute(sql, row)", vec![vec!["ann", "x"]]),
            ("all = [('ann', 'x')]\nsql = 'INSERT'\nfor one in all:\n  execute(sql, one)", vec![vec!["ann", "x"]]),
            ("sql = 'INSERT'\nprint(sql)\nexecute(other, ('ann', 'x'))", vec![]),
            ("sql == 'INSERT'\nexecute(sql, ('ann', 'x'))", vec![]),
            ("execute(sql, ('ann', 'x'))\nsql = 'INSERT'", vec![]),
        ] {
            let at = text.find("INSERT").unwrap();
            assert_eq!(words(text, &rows_of_text(text, at)), expected, "{text}");
        }
    }

    #[test]
    fn calls_of_prepared_statements_are_read() {
        for (text, expected) in [
            (
                "const ins = db.prepare('INSERT'); ins.run('ann', 'x'); ins.run('bo', y);",
                vec![vec!["ann", "x"], vec!["bo", "-"]],
            ),
            ("$st = $db->prepare(\"INSERT\"); $st->execute(['ann', 'x']);", vec![vec!["ann", "x"]]),
            ("stmt, err := db.Prepare(`INSERT`)\nstmt.Exec(\"ann\", \"x\")", vec![vec!["ann", "x"]]),
            ("ps = c.prepareStatement(\"INSERT\"); ps.setString(2, \"x\"); ps.setInt(1, 3);", vec![vec!["-", "x"]]),
            ("const ins = db.prepared('INSERT'); ins.run('ann', 'x');", vec![]),
            ("ins.run('ann', 'x'); const ins = db.prepare('INSERT');", vec![]),
        ] {
            let at = text.find("INSERT").unwrap();
            assert_eq!(words(text, &rows_of_statement(text, at)), expected, "{text}");
        }
    }
}

//! SQL that seeds accounts: `INSERT INTO users (name, password) VALUES ('admin', 'x')`, in files and inside strings.

mod scanner;
mod tables;

use std::ops::Range;

use self::scanner::{Cell, Scanner};
pub(super) use self::tables::Tables;
use self::tables::table_name;
use super::hashed::{is_digest, is_salted_hash};
use super::judge::{How, judge};
use super::{given, names, prepared};
use crate::model::Confidence;

/// What starts the reading, in lower case: `INSERT INTO`, `INSERT IGNORE INTO`, `INSERT OR REPLACE INTO`, `REPLACE INTO`.
pub(super) const GATES: [&str; 3] = ["insert into", "ignore into", "replace into"];
/// Farthest that a statement is followed, in bytes.
const LONGEST: usize = 64 << 10;
/// More rows are data, not seeds.
const ROWS: usize = 200;

/// A secret in a row: its span, the column, how sure.
pub(super) struct Seed {
    pub(super) span: Range<usize>,
    pub(super) column: String,
    pub(super) rule: &'static str,
    pub(super) confidence: Confidence,
}

/// Whether what was found is of a statement that puts rows into a table.
pub(super) fn begins(found: &str) -> bool {
    GATES.iter().any(|gate| found.eq_ignore_ascii_case(gate))
}

/// Where the statement begins whose words end in those at a place: at `INSERT`, before `OR REPLACE INTO`.
fn first_word(text: &str, at: usize) -> usize {
    ["or", "insert"].into_iter().fold(at, |at, word| {
        let head = text.get(..at).unwrap_or_default().trim_end();
        let start = head.len().saturating_sub(word.len());
        let stands = head.len() < at && head.get(start..).is_some_and(|found| found.eq_ignore_ascii_case(word));
        if stands { start } else { at }
    })
}

/// Reads the statement that has one of the words at a place. Without a list of columns those count that the same text gives
/// the table.
pub(super) fn read(text: &str, words: &Range<usize>, tables: &Tables) -> Vec<Seed> {
    let at = first_word(text, words.start);
    let mut scanner = Scanner { bytes: text.as_bytes(), at: words.end, end: (at + LONGEST).min(text.len()) };
    scanner.blanks();
    let start = scanner.at;
    scanner.name();
    let name = table_name(text.get(start..scanner.at).unwrap_or_default());
    let listed = scanner.columns(text);
    let made = tables.columns(&name, at);
    let known = listed.is_some() || made.is_some();
    let columns = listed.or_else(|| made.cloned()).unwrap_or_default();
    let telling: Vec<(usize, String, names::Class)> = columns
        .into_iter()
        .enumerate()
        .filter_map(|(index, column)| names::classify_column(&column).map(|class| (index, column, class)))
        .collect();
    if known && telling.is_empty() {
        return Vec::new();
    }
    // `INSERT INTO users (id, password) SELECT id, 'x' FROM …`: one row, without parentheses.
    let rows = if scanner.word("values") { ROWS } else { usize::from(known && scanner.word("select")) };
    let mut seeds = Vec::new();
    for _ in 0..rows {
        let begin = scanner.at;
        let row = if rows == 1 { scanner.cells(true) } else { scanner.row() };
        let Some(row) = row else { break };
        let cells = text.get(begin..scanner.at - 1).unwrap_or_default().trim_start().trim_start_matches('(');
        if known && given::are_placeholders(cells) {
            let mut rows = given::rows(text, scanner.at);
            let empty = |rows: &given::Rows| rows.iter().flatten().all(Option::is_none);
            if empty(&rows) {
                rows = prepared::rows_of_variable(text, scanner.at);
            }
            if empty(&rows) {
                rows = prepared::rows_of_statement(text, at);
            }
            if empty(&rows) {
                rows = prepared::rows_of_text(text, at);
            }
            for row in rows {
                seeds.extend(telling.iter().filter_map(|(index, column, class)| {
                    let span = row.get(*index).cloned().flatten()?;
                    let confidence = judge(*class, column, text.get(span.clone())?, true, How::Bound)?;
                    Some(Seed { span, column: column.clone(), rule: class.rule(), confidence })
                }));
            }
            break;
        }
        if !known {
            seeds.extend(evident(text, &name, row));
            continue;
        }
        for (index, column, class) in &telling {
            let Some((span, hashed)) = row.get(*index).cloned().flatten() else { continue };
            let Some(value) = text.get(span.clone()) else { continue };
            let kept = is_salted_hash(value) || is_digest(value) && !column.to_ascii_lowercase().contains("hash");
            if *class == names::Class::Password && kept {
                seeds.push(Seed {
                    span,
                    column: column.clone(),
                    rule: "password-hash",
                    confidence: Confidence::Medium,
                });
                continue;
            }
            // A column of hashes holds passwords only where the statement itself hashes them.
            if column.to_ascii_lowercase().contains("hash") && !hashed {
                continue;
            }
            if let Some(confidence) = judge(*class, column, value, true, How::Bound) {
                seeds.push(Seed { span, column: column.clone(), rule: class.rule(), confidence });
            }
        }
    }
    seeds
}

/// Passwords of a row of which nothing says what its cells are: by the form of a hash, and of tables of accounts by what
/// nobody else than a password looks like, where one cell of the row does.
fn evident(text: &str, table: &str, row: Vec<Option<Cell>>) -> Vec<Seed> {
    let seed =
        |span: Range<usize>, rule| Seed { span, column: "password".to_owned(), rule, confidence: Confidence::Medium };
    let cells: Vec<Range<usize>> = row.into_iter().flatten().map(|(span, _)| span).collect();
    let that = |test: fn(&str) -> bool| -> Vec<Range<usize>> {
        cells.iter().filter(|span| text.get((*span).clone()).is_some_and(test)).cloned().collect()
    };
    let hashes = that(is_salted_hash);
    if !hashes.is_empty() {
        return hashes.into_iter().map(|span| seed(span, "password-hash")).collect();
    }
    let last = names::words(table).pop().unwrap_or_default();
    let accounts = ["user", "users", "account", "accounts", "member", "members", "login", "logins", "admin", "admins"];
    match that(is_made_up).as_slice() {
        [span] if accounts.contains(&last.as_str()) => vec![seed(span.clone(), names::Class::Password.rule())],
        _ => Vec::new(),
    }
}

/// What people take for a password, and for nothing else that a table of accounts holds: letters and digits with a sign, or
/// with a word of passwords.
fn is_made_up(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let word = ["passw", "secret", "pwd"].iter().any(|word| lower.contains(word));
    let sign = value.contains(['!', '#', '$', '%', '^', '&', '*', '@']);
    // An address of mail has a dot behind its `@`.
    let mail = value.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    (6..=64).contains(&value.len())
        && has(u8::is_ascii_alphabetic)
        && has(u8::is_ascii_digit)
        && (word || sign)
        && !mail
        && !value.contains([' ', '/', '\\', '<', '{', ':', ';', ','])
        && judge(names::Class::Password, "password", value, true, How::Bound) >= Some(Confidence::Medium)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        let lower = text.to_ascii_lowercase();
        let at = GATES.iter().filter_map(|gate| lower.find(gate).map(|at| at..at + gate.len()));
        let at = at.min_by_key(|at| at.start).unwrap();
        read(text, &at, &Tables::of(text)).into_iter().map(|seed| &text[seed.span]).collect()
    }

    #[test]
    fn columns_are_those_that_the_table_was_made_with() {
        let made = "CREATE TABLE IF NOT EXISTS app.`Users` (\n id INT(11), name VARCHAR(9) DEFAULT 'x', `password` TEXT,\n PRIMARY KEY (id)\n);\n";
        // keylift:allow made up for a test
        assert_eq!(
            // keylift:allow made up for a test
            values(&format!("{made}INSERT INTO users VALUES (1, 'ann', 'hunter2'), (2, 'bo', 'pw4bo')")),
            ["hunter2", "pw4bo"]
        );
        // keylift:allow made up for a test
        let row = "(1, 'ann', 'ann@shop.example', 'w0rd!y', '12 Main St.')";
        assert_eq!(values(&format!("insert into auth_users values {row}")), ["w0rd!y"]);
        assert!(values(&format!("insert into shoes values {row}")).is_empty());
        assert!(values(&format!("insert into users values {}", row.replace("12 Main St.", "x1#y2z"))).is_empty());
        // keylift:allow made up for a test
        assert!(values("insert into users values (1, 'ann17', 'Ann', '2020-01-01')").is_empty());
        // keylift:allow made up for a test
        assert!(values(&format!("{made}INSERT INTO shoes VALUES (1, 'ann', 'hunter2')")).is_empty());
        // keylift:allow made up for a test
        assert!(values("create table u (a text, b text); insert into u values ('password', 'hunter2')").is_empty());
    }

    #[test]
    fn every_statement_that_puts_rows_into_a_table_is_read() {
        for words in
            ["INSERT INTO", "insert or ignore into", "INSERT IGNORE INTO", "INSERT OR REPLACE INTO", "replace into"]
        {
            // keylift:allow made up for a test
            assert_eq!(values(&format!("{words} u (name, password) VALUES ('ann', 'spidey')")), ["spidey"], "{words}");
            // keylift:allow made up for a test
            let prepared = format!("ins = db.prepare('{words} u (name, pw) VALUES (?, ?)')\nins.run('ann', 'spidey')");
            assert_eq!(values(&prepared), ["spidey"], "{words}");
        }
    }

    #[test]
    fn a_table_has_the_columns_that_it_was_made_with_last() {
        let first = "create table users (id int, first text, last text);\n";
        let second = "create table users (name text, password text);\n";
        // keylift:allow made up for a test
        let row = "insert into users values ('ann', 'spidey')";
        assert_eq!(values(&format!("{first}{second}{row}")), ["spidey"]);
        assert!(values(&format!("{second}{first}{row}")).is_empty());
        assert_eq!(values(&format!("{row};\n{second}{first}")), ["spidey"]);
    }

    #[test]
    fn code_between_strings_is_no_value() {
        assert!(
            values("insert into u (name, secret) values (\"ann\", \"' . bin2hex(random_bytes(32)) . '\")").is_empty()
        );
        // keylift:allow no value at all
        assert!(values("insert into u (name, password) values ('\"+ name +\"', '\" + password + \"')").is_empty());
    }

    #[test]
    fn rows_are_read_by_their_columns() {
        // keylift:allow made up for a test
        let text = "INSERT INTO `users` (`id`, `password`, note)\nVALUES (1, 'hunter2', 'a)'), (2, 'it''s me', NULL);";
        assert_eq!(values(text), ["hunter2", "it''s me"]);
        // keylift:allow made up for a test
        assert_eq!(values("insert into u (pwd_hash, n) values (md5('spidey'), 1)"), ["spidey"]);
        // keylift:allow made up for a test
        let nested = "insert into u (password, n) values (CONVERT(TEXT, HASHBYTES('SHA2_256', 'spidey'), 2), 'x')";
        assert_eq!(values(nested), ["spidey"]);
        // keylift:allow made up for a test
        let selected = "insert into u (id, \"password\") select g.\"id\", 'spidey' from g where g.name = 'ann'";
        assert_eq!(values(selected), ["spidey"]);
        // keylift:allow made up for a test
        assert!(values("insert into u (password, id) select g.password, 'spidey' from g").is_empty());
        assert!(values("insert into u (password) select g.\"secret\" from g where g.name = 'spidey'").is_empty());
        assert!(values("insert into u (name, n) values ('spidey', 1)").is_empty());
        assert!(values("insert into u (password) values (?)").is_empty());
        // keylift:allow made up for a test
        assert_eq!(values("\"insert into u (name, password) values (?, ?)\", (\"ann\", \"spidey\"))"), ["spidey"]);
        assert!(values("insert into u (pwd_hash) values ('5f4dcc3b5aa765d61d8327deb882cf99')").is_empty());
        assert!(values("insert into u (password) values ('x").is_empty());
        // keylift:allow made up for a test
        let made = "users = [('ann', 'spidey')]\nmany('insert into u (name, password) values (?, ?)', users)";
        assert_eq!(values(made), ["spidey"]);
        let prepared =
            // keylift:allow made up for a test
            "const ins = db.prepare('insert into u (name, password) values (?, ?)'); ins.run('ann', 'spidey')";
        assert_eq!(values(prepared), ["spidey"]);
        for kept in [
            format!("pbkdf2:sha256:600000$ab3Kq${}", "5f4d".repeat(16)),
            "8d96".repeat(16),
            "6BB48".repeat(8),
            "9f9d".repeat(8),
        ] {
            let row = format!("insert into u (name, password) values ('ann', '{kept}')");
            assert_eq!(read(&row, &(0..11), &Tables::of(&row))[0].rule, "password-hash", "{kept}");
            let column = row.replace("password", "password_hash");
            assert_eq!(read(&column, &(0..11), &Tables::of(&column)).len(), usize::from(kept.contains('$')), "{kept}");
        }
        let salted = format!("$2y$12${}", "ab3Kq".repeat(11).get(..53).unwrap());
        for columns in ["(id, password) ", ""] {
            let dump = format!("insert into u {columns}values (1, '{salted}'), (2, '{salted}')");
            let found: Vec<&str> =
                read(&dump, &(0..11), &Tables::of(&dump)).into_iter().map(|seed| seed.rule).collect();
            assert_eq!(found, ["password-hash", "password-hash"]);
        }
    }
}

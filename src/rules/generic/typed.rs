//! Passwords that a program types into a form: `find_element(By.ID, "password").send_keys("x")`, `page.fill("#password", "x")`,
//! `fill_in "Password", with: "x"`; and inputs that a page fills in itself. Read from the text, since languages differ little
//! here.

use std::ops::Range;

use super::fields::{NEAR, argument, closing, is_password, literal_around, whole};
use super::judge::{How, judge};
use super::lines::Reader;
use super::names::{self, Class};
use crate::model::Confidence;

/// Functions that type their first argument into what they are called on, or their second into what the first one finds:
/// of Selenium, Playwright, Cypress, `TestCafe`, Capybara, Codeception, jQuery, Espresso, chromedp and the toolkits.
const TYPE: [&str; 26] = [
    "send_keys",
    "sendKeys",
    "SendKeys",
    "fill",
    "fill_in",
    "fillField",
    "Fill",
    "FillAsync",
    "MustInput",
    "press_sequentially",
    "pressSequentially",
    "PressSequentiallyAsync",
    "type",
    "type_text",
    "typeText",
    "Type",
    "TypeAsync",
    "replaceText",
    "enterText",
    "set",
    "set_value",
    "setValue",
    "SetValue",
    "setText",
    "SetText",
    "val",
];

/// Longest text that finds a field, in bytes.
const LOCATOR: usize = 120;
/// Calls between what finds a field and what types into it.
const CHAIN: usize = 6;

/// What is typed into the field that a name at a place belongs to, and what that is called.
pub(super) fn read<'n>(
    reader: &Reader<'_>,
    name: &'n str,
    place: &Range<usize>,
) -> Option<(Range<usize>, &'n str, Confidence)> {
    let variable = into_variable(reader, name, place);
    let owner = if variable.is_some() { name.rsplit_once('.')?.0 } else { name };
    let span = variable.or_else(|| {
        let own = is_password(name);
        let found = || own.then(|| into_found(reader, place)).flatten();
        let filled = || own.then(|| in_page(reader, place)).flatten();
        found().or_else(filled).or_else(|| in_cells(reader, place))
    })?;
    let value = reader.text.get(span.clone())?;
    let confidence = judge(Class::Password, "password", value, true, How::Argument)?;
    (confidence >= Confidence::Medium).then_some((span, owner, confidence))
}

/// `password_field.send_keys("x")`
fn into_variable(reader: &Reader<'_>, name: &str, place: &Range<usize>) -> Option<Range<usize>> {
    let (owner, method) = name.rsplit_once('.')?;
    let typed = TYPE.contains(&method) && reader.at(place.end) == b'(' && is_password(owner);
    typed.then(|| argument(reader, place.end)).flatten()
}

/// `find("#password").fill("x")`, `fill("#password", "x")`: a text with the name finds the field.
fn into_found(reader: &Reader<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    let locator = literal_around(reader, place).filter(|span| span.len() <= LOCATOR)?;
    let behind = reader.skip(locator.end + 1, b" \t\r\n");
    if reader.at(behind) != b',' {
        return chained(reader, locator.end + 1);
    }
    let head = reader.text.get(..locator.start - 1)?.trim_end_matches(['(', ' ', '\n', '\t']);
    let callee = head.get(head.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1)..)?;
    let mut at = reader.skip(behind + 1, b" \t\r\n");
    // Capybara: `with: "x"`
    for keyword in ["with:", ":with =>", ":with=>"] {
        if reader.text.get(at..).is_some_and(|rest| rest.starts_with(keyword)) {
            at = reader.skip(at + keyword.len(), b" \t");
        }
    }
    TYPE.contains(&callee).then(|| whole(reader, at)).flatten()
}

/// What the last of some calls behind a place types: `).first().fill("x")`, `).value = "x"`.
fn chained(reader: &Reader<'_>, mut at: usize) -> Option<Range<usize>> {
    for _ in 0..CHAIN {
        at = reader.skip(at, b" \t\r\n)!?");
        let joint = if reader.bytes.get(at..)?.starts_with(b"->") { 2 } else { usize::from(reader.at(at) == b'.') };
        let start = (joint > 0).then_some(at + joint)?;
        let end = start + reader.bytes[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let method = reader.text.get(start..end)?;
        let open = reader.skip(end, b" \t");
        if reader.at(open) == b'=' && names::is_typed(method) {
            return (reader.at(open + 1) != b'=').then(|| whole(reader, reader.skip(open + 1, b" \t"))).flatten();
        }
        if reader.at(open) != b'(' {
            at = end;
        } else if TYPE.contains(&method) {
            return argument(reader, open);
        } else if let Some(action) = ["typeText(", "replaceText("]
            .iter()
            .find(|action| method == "perform" && reader.bytes[open + 1..].starts_with(action.as_bytes()))
        {
            return argument(reader, open + action.len());
        } else {
            at = closing(reader, open)? + 1;
        }
    }
    None
}

/// `<input type="password" value="x">`
fn in_page(reader: &Reader<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    let (low, high) = (place.start.saturating_sub(NEAR), (place.end + NEAR).min(reader.bytes.len()));
    let head = reader.bytes.get(low..place.start)?;
    if !(head.ends_with(b"=\"") || head.ends_with(b"='")) {
        return None;
    }
    let open = low + memchr::memrchr2(b'<', b'>', head)?;
    let close = place.end + memchr::memchr2(b'<', b'>', &reader.bytes[place.end..high])?;
    let tag = reader.bytes[open..close].strip_prefix(b"<input")?;
    let value = memchr::memmem::find_iter(tag, b"value=").map(|at| at + b"value=".len());
    let mut inside =
        value.filter(|at| tag[..*at - b"value=".len()].ends_with(b" ") || tag[..*at].ends_with(b"\nvalue="));
    let span = reader.quoted(close - tag.len() + inside.next()?)?;
    (span.end < close).then_some(span)
}

/// A line of a file of Robot Framework, whose cells stand apart by two blanks or more: `Input Password    id=pw    x`.
fn in_cells(reader: &Reader<'_>, place: &Range<usize>) -> Option<Range<usize>> {
    reader.path.extension().filter(|ext| *ext == "robot" || *ext == "resource")?;
    let low = place.start.saturating_sub(NEAR);
    let start = memchr::memrchr(b'\n', &reader.bytes[low..place.start]).map_or(low, |at| low + at + 1);
    let high = (place.end + NEAR).min(reader.bytes.len());
    let end = memchr::memchr(b'\n', &reader.bytes[place.end..high]).map_or(high, |length| place.end + length);
    let line = reader.text.get(start..end)?;
    let cells: Vec<&str> = line.split("  ").flat_map(|cell| cell.split('\t')).map(str::trim).collect();
    let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let value = match cells[..] {
        [name, value] if name.starts_with("${") && is_password(name.trim_matches(['$', '{', '}', '=', ' '])) => value,
        [keyword, locator, value] => {
            let keyword = keyword.to_ascii_lowercase();
            let types = ["input text", "type text", "fill text"].contains(&keyword.as_str());
            let named = || locator.rsplit(['=', ':', '#', '"', '\'']).any(is_password);
            (keyword == "input password" || types && named()).then_some(value)?
        }
        _ => return None,
    };
    let at = value.as_ptr().addr() - line.as_ptr().addr();
    Some(start + at..start + at + value.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    // keylift:allow made up, all of them
    const VALUE: &str = "Tr0ub4dor3x";

    fn found<'t>(path: &str, text: &'t str) -> Option<&'t str> {
        let reader = Reader::new(text, Path::new(path), None);
        let lower = text.to_ascii_lowercase();
        let mut hits = ["pass", "pwd"].iter().flat_map(|word| lower.match_indices(*word));
        let span = hits.find_map(|(at, word)| {
            let (name, place) = reader.name(&(at..at + word.len()))?;
            read(&reader, name, &place)
        });
        span.map(|(span, ..)| &text[span])
    }

    #[test]
    fn what_is_typed_into_a_field_for_a_password_is_found() {
        for text in [
            "driver.find_element(By.ID, \"password\").send_keys(\"@\")",
            "password_field.send_keys(\"@\")",
            "this.passwordInput.fill('@', {timeout: 1})",
            "page.fill('input[name=\"password\"]', '@')",
            "page.locator(\"#password\").first.fill(\"@\")",
            "page.get_by_label(\"Password\").fill(\"@\")",
            "page.type(\"input[type=password]\", \"@\")",
            "cy.get('input[name=\"pwd\"]').clear().type('@')",
            "await (await page.$('#user-password')).type('@');",
            "cy.get('')  .get(\"#password\")\n  .should('be.visible')\n  .type('@')",
            "document.getElementById('password').value = '@';",
            "$('#password').val('@');",
            "fill_in 'Password', with: '@'",
            "fill_in(\"user_password\", :with => \"@\")",
            "$I->fillField('password', '@');",
            "onView(withId(\"password\")).perform(typeText(\"@\"))",
            "chromedp.SendKeys(`#password`, \"@\", chromedp.ByID)",
        ] {
            assert_eq!(found("a.txt", &text.replace('@', VALUE)), Some(VALUE), "{text}");
        }
    }

    #[test]
    fn what_is_no_password_or_not_typed_is_not() {
        for text in [
            "find(\"#password\").click()\nfind(\"#user\").send_keys(\"@\")",
            "find(\"#password-error\").fill(\"@\")",
            "find(\"#user\").fill(\"@\") # password",
            "page.fill('#password', password + '@')",
            "page.fill('#password', read('@'))",
            "page.fill('#password', '@' + x)",
            "page.fill('#password', '@'.repeat(3))",
            "page.locator('#password').fill('@' + x)",
            "page.locator('#password').toHaveText('@')",
            "page.locator('#password').value == '@'",
            "page.fill('#password', 'wrongpassword')",
            "page.fill('#password', 'password')",
            "page.fill('#password', process.env.PASSWORD)",
            "t('password', '@')",
            "password_field.click()",
        ] {
            assert_eq!(found("a.txt", &text.replace('@', VALUE)), None, "{text}");
        }
    }

    #[test]
    fn inputs_that_a_page_fills_in_are_found() {
        for (text, is_found) in [
            ("<input type=\"password\" name=\"pw\" value=\"@\">", true),
            ("<input value='@' type='password'/>", true),
            ("<input name=\"user_password\"\n  value=\"@\">", true),
            ("<input type=\"password\" data-value=\"@\">", false),
            ("<input type=\"password\"><input value=\"@\">", false),
            ("<label for=\"password\" value=\"@\">", false),
            ("<input type=\"password\" value=\"{{ '@' }}\">", false),
        ] {
            assert_eq!(found("a.html", &text.replace('@', VALUE)), is_found.then_some(VALUE), "{text}");
        }
    }

    #[test]
    fn cells_of_robot_framework_are_read() {
        for (text, is_found) in [
            ("${DB_PASSWORD}    @\n", true),
            ("Login\n    Input Password    id=pwd    @\n", true),
            ("Login\n\tInput Text\tid=password\t@\n", true),
            ("Login\n    Input Text    id=user    @    # password\n", false),
            ("Login\n    Input Password    id=pwd    ${PASSWORD}\n", false),
            ("Login\n    Wait For    id=password    @\n", false),
        ] {
            assert_eq!(found("a.robot", &text.replace('@', VALUE)), is_found.then_some(VALUE), "{text}");
        }
        assert_eq!(found("a.txt", &format!("${{PASSWORD}}    {VALUE}\n")), None);
    }
}

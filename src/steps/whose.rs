//! Whose password it is: the user's name that stands before it.

use std::sync::LazyLock;

use regex_automata::Input;
use regex_automata::meta::Regex;

/// How far before the value it may stand, in bytes.
const NEAR: usize = 240;

/// `username: 'anna'`, `"login" => "anna"`, `user == "anna"`, `.withUser("anna")`, `addUser("anna"`; of an address of
/// electronic mail the part before the sign.
static OWNER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = r#"(?i:user_?name|user|login|e?mail|account)["'`\])]*"#;
    let binds = r"\s*(?:=>|={1,3}|:=?|\.equals\(|\(|,)\s*";
    let value = r#"["'`]([A-Za-z][A-Za-z0-9_-]{1,23})(?:@[A-Za-z0-9.-]*)?["'`]"#;
    Regex::new(&format!("{key}{binds}{value}")).ok()
});

/// The name of the user whose password stands at `start`, where the same statement or entry says it.
pub fn user(text: &str, start: usize) -> Option<&str> {
    let mut from = start.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let near = &text[from..start];
    let near = &near[near.rfind(['}', ';']).map_or(0, |at| at + 1)..];
    let regex = OWNER.as_ref()?;
    let mut found = None;
    let mut at = 0;
    let mut captures = regex.create_captures();
    while at <= near.len() {
        regex.search_captures(&Input::new(near).range(at..), &mut captures);
        let (Some(whole), Some(name)) = (captures.get_match(), captures.get_group(1)) else { break };
        found = near.get(name.range());
        at = whole.end().max(at + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn a_password_is_the_user_s_that_stands_before_it() {
        for (code, owner) in [
            ("{ username: 'anna', password: '", Some("anna")),
            ("[{\"user\": \"bob\", \"x\": 1}, {\"user\": \"anna\",\n  \"password\": \"", Some("anna")),
            ("auth.withUser(\"anna\").password(\"", Some("anna")),
            ("insertUser(\"anna\", \"", Some("anna")),
            ("if username == \"anna\" and password == \"", Some("anna")),
            ("name.equals(\"x\") && userName.equals(\"anna\") && password.equals(\"", Some("anna")),
            ("'email' => 'anna@shop.invalid', 'password' => '", Some("anna")),
            ("email === 'anna@' + domain && password === '", Some("anna")),
            ("{ user: 'anna' }, { password: '", None),
            ("user = \"anna\";\npassword = \"", None),
            ("user: getUser(), password: '", None),
        ] {
            assert_eq!(user(code, code.len()), owner, "{code}");
        }
    }
}

//! One value, one name: variables for secrets, made from what the code calls the thing.

use std::collections::{BTreeMap, BTreeSet};

use keylift_grammars::{Language, Style, starts_word, without_verb};
use keylift_providers::Fingerprint;

mod fit;
mod told;

pub use told::{of_call, of_part};

use fit::{is_bare, is_number, is_of_users, is_set_by_systems, is_vague, says_nothing};

/// What a name is made from, best first.
#[derive(Debug, Default)]
pub struct Wish {
    /// The variables that the code reads already: the only names that fit. The first is the name, the rest are aliases.
    pub fixed: Vec<String>,
    /// The name that an earlier plan gave to the same value.
    pub earlier: Option<String>,
    /// What the code calls it, best first.
    pub called: Vec<String>,
    /// The user whose password it is.
    pub owner: Option<String>,
    /// The variable that the rule proposes.
    pub rule: Option<String>,
    /// Names of variables that a config file sets itself: the code that reads one of these means this value.
    pub set: BTreeSet<String>,
    /// Names that mean something else at one of the places.
    pub taken: Vec<String>,
    /// What looks the value up: some formats read a variable that is called otherwise (`TF_VAR_x` for `var.x`).
    pub read_by: Vec<(&'static Language, Style)>,
    /// Words that tell clashing names apart: classes, functions, sections, the file's stem; innermost first.
    pub scopes: Vec<String>,
}

/// Gives out names, each once.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeMap<String, Fingerprint>,
    /// Variables that the code reads for something else.
    reserved: BTreeSet<String>,
    /// Variables that files of the environment set, with their values.
    set: BTreeMap<String, BTreeSet<Fingerprint>>,
}

impl Names {
    /// Names that none of `reserved` may be given to.
    pub fn new(reserved: BTreeSet<String>) -> Self {
        Self { reserved, ..Self::default() }
    }

    /// Keeps variables for the values that files of the environment set them to.
    pub fn keep(&mut self, set: BTreeMap<String, BTreeSet<Fingerprint>>) {
        self.set = set;
    }

    /// Gives a variable that the code reads already to a value. Whether it is that value's now: false where another has it.
    pub fn claim(&mut self, name: &str, value: &Fingerprint) -> bool {
        match self.given.get(name) {
            Some(owner) => owner == value,
            None => self.given.insert(name.to_owned(), value.clone()).is_none(),
        }
    }

    /// Finds the name of a value.
    pub fn choose(&mut self, wish: &Wish, value: &Fingerprint) -> String {
        if let Some(fixed) = wish.fixed.first() {
            return fixed.clone();
        }
        let earlier = wish.earlier.iter().cloned();
        // A name such as `password` says nothing about whose it is; it serves where nothing better is to be had.
        let (vague, telling): (Vec<String>, Vec<String>) = wish
            .called
            .iter()
            .map(|name| variable(name))
            .filter(|name| !name.is_empty())
            .partition(|name| is_vague(name));
        let scopes: Vec<String> = wish
            .scopes
            .iter()
            .map(|scope| without_verb(&variable(scope)))
            .filter(|scope| !scope.is_empty() && !is_constructor(scope) && words(scope) <= MAX_SCOPE)
            .collect();
        let base = telling
            .first()
            .or_else(|| vague.iter().find(|name| name.len() > 1 && !is_number(name)))
            .cloned()
            .or_else(|| wish.rule.clone())
            .unwrap_or_else(|| "SECRET".into());
        // `password` in a dictionary `mail` is better called MAIL_PASSWORD, and a `token` of a known issuer by that.
        let bare = is_bare(&base);
        let issuer = wish.rule.iter().filter(|env| bare && !is_bare(env)).cloned();
        let owned = |name: &&String| {
            name.strip_suffix(&format!("_{base}")).is_some_and(|owner| owner.len() > 1 && !says_nothing(owner))
        };
        let qualified = telling.iter().filter(|name| bare && owned(name));
        let owner = wish.owner.iter().filter(|_| bare).map(|owner| format!("{}_{base}", variable(owner)));
        // A list of users holds passwords of theirs.
        let (among, qualified): (Vec<&String>, Vec<&String>) = qualified.partition(|name| is_of_users(name));
        let qualified = qualified.into_iter().cloned();
        let better: Vec<String> = issuer.chain(qualified).chain(owner).chain(among.into_iter().cloned()).collect();
        let scoped =
            scopes.iter().filter(|scope| !base.starts_with(scope.as_str())).map(|scope| format!("{scope}_{base}"));
        let all = scopes
            .iter()
            .rev()
            .fold(String::new(), |all, scope| if all.is_empty() { scope.clone() } else { format!("{all}_{scope}") });
        let widest = (!all.is_empty() && words(&all) <= MAX_SCOPE).then(|| format!("{all}_{base}"));
        let numbered = (2_u32..).map(|number| format!("{base}_{number}"));
        let wished =
            earlier.chain(better).chain(std::iter::once(base.clone())).chain(scoped).chain(widest).chain(numbered);
        for name in wished.map(shortened) {
            if crate::model::plan::is_variable(&name)
                && !is_set_by_systems(&name)
                && (!self.reserved.contains(&name) || wish.set.contains(&name) || wish.earlier.as_ref() == Some(&name))
                && !wish.taken.contains(&name)
                && self.set.get(&name).is_none_or(|values| values.contains(value))
                && !self.given.contains_key(&name)
                && self.is_free_as_read(wish, &name, value)
            {
                self.given.insert(name.clone(), value.clone());
                return name;
            }
        }
        unreachable!("numbers do not end")
    }

    /// Whether no variable that is read for a name is another value's.
    fn is_free_as_read(&self, wish: &Wish, name: &str, value: &Fingerprint) -> bool {
        let mut read = wish.read_by.iter().map(|(language, style)| language.variable(*style, name));
        read.all(|read| self.given.get(&read).is_none_or(|owner| owner == value))
    }
}

/// Longest name given: long ones are cut, and numbers keep them apart.
const MAX_NAME: usize = 100;

/// Most words of what tells clashing names apart: a test's name is a sentence, and a number is read sooner.
const MAX_SCOPE: usize = 5;

fn words(name: &str) -> usize {
    name.split('_').count()
}

/// What any class has says nothing about one: `__init__`, `__construct`, `initialize`.
fn is_constructor(scope: &str) -> bool {
    ["INIT", "CONSTRUCT", "CONSTRUCTOR", "INITIALIZE"].contains(&scope)
}

fn shortened(name: String) -> String {
    if name.len() <= MAX_NAME {
        name
    } else {
        name[name.len() - MAX_NAME..]
            .trim_start_matches(['_', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            .to_owned()
    }
}

/// A name as an environment variable: `dbPassword`, `db-password` and `db.password` give `DB_PASSWORD`.
pub fn variable(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        if (starts_word(&letters, index) || !letter.is_ascii_alphanumeric()) && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_uppercase());
        }
    }
    let out = out.trim_end_matches('_');
    if out.starts_with(|first: char| first.is_ascii_digit()) { format!("N{out}") } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use keylift_providers::{FingerprintKey, Secret};

    use super::*;

    fn value(text: &str) -> Fingerprint {
        FingerprintKey::new([1; 32]).fingerprint(&Secret::new(text))
    }

    fn called(name: &str, scopes: &[&str]) -> Wish {
        Wish { called: vec![name.into()], scopes: scopes.iter().map(ToString::to_string).collect(), ..Wish::default() }
    }

    #[test]
    fn a_name_does_not_read_the_variable_of_another_value() {
        let mut names = Names::default();
        let terraform = keylift_grammars::language("terraform").expect("it is built in");
        let wish = || Wish { read_by: vec![(terraform, Style::Env)], ..called("db_password", &["billing"]) };
        assert!(names.claim("TF_VAR_db_password", &value("1")));
        assert_eq!(names.choose(&wish(), &value("2")), "BILLING_DB_PASSWORD");
        assert_eq!(names.choose(&wish(), &value("1")), "DB_PASSWORD");
    }

    #[test]
    fn variables_are_upper_snake() {
        for (name, expected) in [
            ("dbPassword", "DB_PASSWORD"),
            ("APIKey", "API_KEY"),
            ("db-password", "DB_PASSWORD"),
            ("spring.datasource.password", "SPRING_DATASOURCE_PASSWORD"),
            ("oauth2Token", "OAUTH2_TOKEN"),
            ("K8S_SECRET", "K8S_SECRET"),
            ("tokenURLs", "TOKEN_URLS"),
            ("__secret__", "SECRET"),
            ("2fa", "N2FA"),
            ("contraseña", "CONTRASE_A"),
            ("", ""),
        ] {
            assert_eq!(variable(name), expected, "{name}");
        }
    }

    #[test]
    fn clashing_names_take_their_scope_then_a_number() {
        let mut names = Names::default();
        assert_eq!(names.choose(&called("password", &["settings"]), &value("1")), "PASSWORD");
        assert_eq!(names.choose(&called("password", &["Billing", "settings"]), &value("2")), "BILLING_PASSWORD");
        assert_eq!(names.choose(&called("password", &["Billing"]), &value("3")), "PASSWORD_2");
        assert_eq!(names.choose(&called("password", &["__init__", "Shop"]), &value("4")), "SHOP_PASSWORD");
        let test = "test_that_an_order_without_items_fails";
        assert_eq!(names.choose(&called("password", &[test]), &value("5")), "PASSWORD_3");
        let option = Wish { rule: Some("PASSWORD".into()), ..called("P", &[]) };
        assert_eq!(names.choose(&option, &value("6")), "PASSWORD_4", "the letter of an option is no name");
    }

    #[test]
    fn a_bare_name_is_qualified_by_what_it_belongs_to() {
        let mut names = Names::default();
        let mail = Wish { called: vec!["password".into(), "MAIL_PASSWORD".into()], ..Wish::default() };
        assert_eq!(names.choose(&mail, &value("1")), "MAIL_PASSWORD");
        let issued = Wish { rule: Some("GITHUB_TOKEN".into()), ..called("token", &["app"]) };
        assert_eq!(names.choose(&issued, &value("2")), "GITHUB_TOKEN");
        let own = Wish { rule: Some("GITHUB_TOKEN".into()), ..called("deploy_token", &["app"]) };
        assert_eq!(names.choose(&own, &value("3")), "DEPLOY_TOKEN");
    }

    #[test]
    fn a_user_s_password_is_called_by_the_user() {
        let mut names = Names::default();
        let seeded = |names: &[&str]| Wish {
            owner: Some("anna".into()),
            ..Wish { called: names.iter().map(ToString::to_string).collect(), ..called("", &["seed_users"]) }
        };
        assert_eq!(names.choose(&seeded(&["password"]), &value("1")), "ANNA_PASSWORD");
        assert_eq!(names.choose(&seeded(&["password", "DB_PASSWORD"]), &value("2")), "DB_PASSWORD");
        assert_eq!(names.choose(&seeded(&["smtpPassword"]), &value("3")), "SMTP_PASSWORD");
        let mut names = Names::default();
        assert_eq!(names.choose(&seeded(&["password", "USERS_PASSWORD"]), &value("4")), "ANNA_PASSWORD");
        assert_eq!(names.choose(&seeded(&["password", "USERS_PASSWORD"]), &value("5")), "USERS_PASSWORD");
    }

    #[test]
    fn a_variable_in_use_is_not_given_again() {
        let mut names = Names::new(["DB_PASSWORD".to_owned()].into());
        assert_eq!(names.choose(&called("db_password", &["shop"]), &value("1")), "SHOP_DB_PASSWORD");
    }

    #[test]
    fn a_variable_that_a_file_sets_is_kept_for_its_value() {
        let mut names = Names::default();
        names.keep(BTreeMap::from([("DB_PASSWORD".to_owned(), BTreeSet::from([value("1")]))]));
        assert_eq!(names.choose(&called("db_password", &["seed"]), &value("2")), "SEED_DB_PASSWORD");
        assert_eq!(names.choose(&called("db_password", &["seed"]), &value("1")), "DB_PASSWORD");
    }

    #[test]
    fn a_fixed_variable_belongs_to_one_value() {
        let mut names = Names::default();
        assert!(names.claim("X", &value("1")));
        assert!(names.claim("X", &value("1")));
        assert!(!names.claim("X", &value("2")));
    }

    #[test]
    fn a_variable_that_the_system_sets_is_not_given() {
        let mut names = Names::default();
        assert_eq!(names.choose(&called("pwd", &["mongo"]), &value("1")), "MONGO_PWD");
        assert_eq!(names.choose(&called("user", &[]), &value("2")), "USER_2");
    }

    #[test]
    fn earlier_names_stay() {
        let mut names = Names::default();
        let wish = Wish { earlier: Some("OLD".into()), ..called("password", &[]) };
        assert_eq!(names.choose(&wish, &value("1")), "OLD");
    }
}

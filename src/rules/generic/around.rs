//! What is around a literal makes it more or less: lists, maps of names, settings that sign, arguments that say what they are.

use keylift_grammars::{Literal, LiteralKind, Role};

use super::judge::{How, is_name};
use super::lines::head_of;
use super::names::{self, Class};
use super::promise::NEAR;
use super::syntax::{Meaning, Reading};
use crate::model::Confidence;
use crate::rules::value::{is_placeholder, is_wish};

/// Words of names of what signs or encrypts.
fn signs(word: &str) -> bool {
    ["cookie", "session", "jwt", "crypto", "encryption", "signing", "secret"].contains(&word)
}

/// Whether words under a name may be what a program signs or encrypts with, weak as they are.
pub(super) fn may_sign(class: Class, name: &str, value: &str) -> bool {
    class == Class::Secret && (is_wish_of_length(value) || value == "secret")
        || class == Class::Key && (is_cipher_word(name, value) || is_signing_key(name))
}

fn is_signing_key(name: &str) -> bool {
    names::words(name) == ["signing", "key"]
}

/// `os.getenv("A") or os.getenv("B") or "x"`: whether what begins at a place is taken where the variables are not set.
fn falls_back(text: &str, at: usize) -> bool {
    follows_lookup(text, at, &[" or", "||", "??"])
}

/// The same, before the tree tells: `os.getenv("A", "x")`, too.
pub(super) fn may_fall_back(text: &str, at: usize) -> bool {
    follows_lookup(text, at, &[" or", "||", "??", ","])
}

fn follows_lookup(text: &str, at: usize, signs: &[&str]) -> bool {
    const LOOKUPS: [&str; 6] = ["getenv(", "environ", "process.env", "ENV[", "ENV.fetch(", "env("];
    let head = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '"', '\'']);
    if !signs.iter().any(|sign| head.ends_with(sign)) {
        return false;
    }
    let line = head_of(text, head.len());
    LOOKUPS.iter().any(|lookup| line.contains(lookup))
}

/// `DB_PASSWORD: "db_password"`: in settings a word is the same with quotes and without.
pub(super) fn may_do_without_quotes(language: &str, class: Class, name: &str, value: &str) -> bool {
    class == Class::Password
        && !name.bytes().any(|b| b.is_ascii_lowercase())
        && is_name(value)
        && (["dotenv", "dockerfile", "yaml"].contains(&language)
            || ["docker-compose", "kubernetes"].iter().any(|kind| language.starts_with(kind)))
}

fn is_wish_of_length(value: &str) -> bool {
    value.len() >= 8 && is_wish(value)
}

/// `encryptionKey = "Paintbrush"`: one word. Keys of sessions and cookies are their names as often.
fn is_cipher_word(name: &str, value: &str) -> bool {
    let words = names::words(name);
    let before = words.len().checked_sub(2).and_then(|at| words.get(at));
    before.is_some_and(|word| ["signing", "encryption", "encrypt", "crypto", "cipher", "hmac"].contains(&word.as_str()))
        && (6..=40).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphabetic())
        && names::words(value).len() == 1
        && names::classify(value).is_none()
        && !is_placeholder(value)
}

/// Passwords that are what they are called.
const PASSWORDS: [&str; 3] = ["password", "passwd", "pass"];

/// Languages of programs, whose keys are what they are set to.
const PROGRAMS: [&str; 10] =
    ["python", "javascript", "typescript", "ruby", "php", "go", "java", "csharp", "kotlin", "swift"];

/// `SECRET_KEY = 'AWSSecretKey'`: a longer name of the same. `CONF_PASSWORD = "password"`: the name without what all of its
/// kind begin with.
fn restates(name: &str, text: &str, program: bool) -> bool {
    let flat = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let longer = names::words(name).len() > 1 && is_name(text) && flat(text).contains(&flat(name));
    // In settings that is what a variable is set to.
    let constant = program
        && !name.bytes().any(|b| b.is_ascii_lowercase())
        && name.len() > text.len() + 1
        && name.to_ascii_lowercase().ends_with(&format!("_{}", text.to_ascii_lowercase()));
    longer || constant
}

impl Reading<'_> {
    /// A YAML tag makes something else of a scalar: `!Ref Password`.
    pub(super) fn tagged(&self, literal: &Literal) -> bool {
        let before = self.text.get(..literal.span.start).unwrap_or_default().trim_end_matches(' ');
        let word = before.rsplit_once(char::is_whitespace).map_or("", |(_, word)| word);
        word.len() > 1 && word.starts_with('!') && !word.starts_with("!!") && !word.contains(['=', '('])
    }

    /// How many literals share the nearest name, where that is what they are called after.
    pub(super) fn listed(&self, literal: &Literal, name: &str) -> usize {
        let Some(binding) = literal.bindings.first().filter(|binding| binding.name == name) else { return 0 };
        let from = self.literals.partition_point(|other| other.span.start < binding.span.start);
        let shares = |other: &&Literal| other.bindings.first().is_some_and(|first| first.span == binding.span);
        self.literals[from..].iter().take(64).filter(shares).count()
    }

    /// A program that signs with `your-secret-key-here` does so for everybody who reads it.
    pub(super) fn signing_key(&self, meaning: &Meaning, value: &str) -> Option<Confidence> {
        let words = names::words(&meaning.name);
        let kind = match meaning.class {
            Class::Secret => {
                words.last().is_some_and(|word| word == "key") || words.iter().any(|w| signs(w) && w != "secret")
            }
            Class::Key => words.iter().any(|word| signs(word)),
            _ => false,
        };
        let bound = matches!(meaning.how, How::Bound | How::Passed);
        (kind && bound && PROGRAMS.contains(&self.language) && is_wish_of_length(value)).then_some(Confidence::Medium)
    }

    /// `process.env.SECRET ?? 'secret'`: where a lookup finds nothing, a program takes the word that it is called by.
    pub(super) fn stands_in(
        &self,
        literal: &Literal,
        meaning: &Meaning,
        judged: Option<Confidence>,
    ) -> Option<Confidence> {
        let secret = matches!(meaning.class, Class::Password | Class::Secret) && PROGRAMS.contains(&self.language);
        let default = || matches!(literal.role, Role::Default { .. }) || falls_back(self.text, literal.span.start);
        (secret && judged == Some(Confidence::Low) && default()).then_some(Confidence::Medium)
    }

    /// `SigningKey: []byte("secret")`, `SigningKey: jwtware.SigningKey{Key: []byte("secret")}`: what is made bytes is no key's name.
    pub(super) fn key_of_bytes(&self, literal: &Literal, meaning: &Meaning) -> Option<Confidence> {
        let low = self.text.floor_char_boundary(literal.span.start.saturating_sub(200));
        let head = self.text.get(low..literal.span.start)?.strip_suffix("[]byte(")?;
        let key = is_signing_key(&meaning.name)
            || meaning.name == "Key" && head.rsplit_once('{').is_some_and(|(before, _)| before.ends_with("SigningKey"));
        (key && meaning.how == How::Bound && self.language == "go").then_some(Confidence::Medium)
    }

    /// `user == "admin" && password == "password"`: whoever asks for both lets somebody in.
    pub(super) fn lets_in(
        &self,
        literal: &Literal,
        meaning: &Meaning,
        judged: Option<Confidence>,
    ) -> Option<Confidence> {
        let weak = meaning.class == Class::Password && meaning.how == How::Compared && judged == Some(Confidence::Low);
        if !weak || !literal.text().is_some_and(|text| PASSWORDS.contains(&text.as_str())) {
            return None;
        }
        // `request.get("password") == x` compares what the word stands for.
        let head = self.text.get(..literal.span.start)?.trim_end();
        let tail = self.text.get(literal.span.end..)?.trim_start();
        let direct = ["==", ".equals("].iter().any(|sign| head.ends_with(sign))
            || tail.starts_with("==")
            || tail.starts_with(".equals(");
        if !direct {
            return None;
        }
        let start = head.len() - head_of(self.text, head.len()).len();
        let end = self.text.floor_char_boundary(literal.span.end + NEAR);
        let line = self.text.get(start..end)?.lines().next()?.to_ascii_lowercase();
        let compares = line.matches("==").count() + line.matches(".equals(").count();
        let who = ["user", "login", "email", "name ="].iter().any(|word| line.contains(word));
        (compares >= 2 && who && PROGRAMS.contains(&self.language)).then_some(Confidence::Medium)
    }

    /// `session({ secret: 'secret' })`: what is handed to what makes sessions and tokens names no field.
    pub(super) fn session_key(
        &self,
        literal: &Literal,
        meaning: &Meaning,
        judged: Option<Confidence>,
    ) -> Option<Confidence> {
        const MAKERS: [&str; 6] =
            ["session", "cookiesession", "expresssession", "jwtmodule.register", "expressjwt", "jwt"];
        if meaning.class != Class::Secret || meaning.how != How::Bound || judged != Some(Confidence::Low) {
            return None;
        }
        let scripts = ["javascript", "typescript", "tsx"].contains(&self.language);
        let low = self.text.floor_char_boundary(literal.span.start.saturating_sub(400));
        let mut depth = 0_usize;
        let head = self.text.get(low..literal.span.start).filter(|_| scripts)?;
        let open = head.bytes().rposition(|byte| {
            depth += usize::from(byte == b'}');
            let opens = byte == b'{' && depth == 0;
            depth -= usize::from(byte == b'{' && depth > 0);
            opens
        })?;
        let call = head.get(..open)?.trim_end().strip_suffix('(')?;
        let start = call.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).map_or(0, |at| at + 1);
        let callee = call.get(start..)?.to_ascii_lowercase().replace('_', "");
        MAKERS.contains(&callee.as_str()).then_some(Confidence::Medium)
    }

    /// A program that encrypts with one word does so, too.
    pub(super) fn cipher_key(&self, meaning: &Meaning, value: &str) -> Option<Confidence> {
        let bound = meaning.class == Class::Key && meaning.how == How::Bound && PROGRAMS.contains(&self.language);
        (bound && is_cipher_word(&meaning.name, value)).then_some(Confidence::Medium)
    }

    /// `jwt: {secret: shop-secret}`, `JWT_SECRET=ThisIsAVerySecretString`: in settings a signing key of words is one, too. In
    /// manifests of Kubernetes it names where the key is.
    pub(super) fn signing_setting(&self, literal: &Literal, meaning: &Meaning, value: &str) -> Option<Confidence> {
        const SETTINGS: [&str; 9] =
            ["dotenv", "properties", "ini", "toml", "yaml", "dockerfile", "dotenv-example", "appsettings", "hocon"];
        const SIGNS: [&str; 8] = ["jwt", "session", "cookie", "crypto", "encryption", "signing", "token", "hmac"];
        let settings =
            self.language.trim_end_matches("-content").rsplit_once('-').map_or(self.language, |(_, kind)| kind);
        if !(SETTINGS.contains(&settings) || self.language.starts_with("docker-compose"))
            || meaning.how != How::Bound
            || value.len() < 8
        {
            return None;
        }
        let lower = value.to_ascii_lowercase();
        let asks =
            ["your", "here", "xxx", "example", "replace", "insert", "/", "."].iter().any(|part| lower.contains(part));
        let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let signs = |name: &str| names::words(name).iter().any(|word| SIGNS.contains(&word.as_str()));
        let words = names::words(&meaning.name);
        let last = words.last().is_some_and(|word| word == "secret" || word == "key");
        let around = || {
            let names = literal.bindings.iter().skip(1).map(|binding| binding.name.as_str());
            names.chain(literal.scopes.iter().map(String::as_str)).any(signs)
        };
        let whole = ["SECRET_KEY", "SECRET_KEY_BASE", "APP_SECRET"].contains(&meaning.name.as_str());
        // `jwt: {secret-key: …}`
        let short = words.len() == 1 || words == ["secret", "key"];
        let telling = meaning.class == Class::Secret && last && (whole || signs(&meaning.name) || short && around());
        (telling && plain && !asks && names::words(value).len() > 1 && !self.text.contains("apiVersion:"))
            .then_some(Confidence::Medium)
    }

    /// Under `encryptedData`, as a `SealedSecret` has it: who holds the key of the cluster alone can read it.
    pub(super) fn is_sealed(literal: &Literal) -> bool {
        let outer = literal.bindings.iter().map(|binding| &binding.name).chain(&literal.scopes);
        outer.into_iter().any(|name| name == "encryptedData")
    }

    /// `secrets: [db_user]` of a compose file: the names of secrets that are kept elsewhere.
    pub(super) fn lists_names(&self, literal: &Literal, meaning: &Meaning, value: &str) -> bool {
        let before = self.text.get(..literal.span.start).unwrap_or_default().trim_end_matches([' ', '\t', '"', '\'']);
        let element = before.ends_with(['-', '[', ',']);
        let name = value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b));
        element && name && meaning.name.eq_ignore_ascii_case("secrets")
    }

    /// `{"url": "url", "password": "password"}`: what fields are called elsewhere; where only the user has its own name for
    /// a value, that is an account.
    pub(super) fn maps_names(&self, at: usize, value: &str) -> bool {
        const WHO: [&str; 7] = ["user", "username", "login", "email", "name", "admin", "root"];
        let program = PROGRAMS.contains(&self.language);
        let own = |literal: &Literal| {
            let name = &literal.bindings.first().filter(|binding| binding.distance == 0)?.name;
            let text = literal.text()?;
            // `{PASS: 'pass', GIVE: 'give'}`
            (literal.role != Role::Key && (text.eq_ignore_ascii_case(name) || restates(name, &text, program)))
                .then_some(text)
        };
        let literal = &self.literals[at];
        if own(literal).is_none_or(|text| text != value) {
            return false;
        }
        let near = |steps: &mut dyn Iterator<Item = usize>| {
            let said = |other: &&Literal| {
                !matches!(other.role, Role::Key | Role::Prose)
                    && !matches!(other.kind, LiteralKind::Doc | LiteralKind::Comment)
            };
            let next = steps.map(|at| &self.literals[at]).find(said);
            next.filter(|other| other.scopes == literal.scopes).and_then(own)
        };
        let before = near(&mut (at.saturating_sub(3)..at).rev());
        let after = near(&mut (at + 1..(at + 4).min(self.literals.len())));
        [before, after].into_iter().flatten().any(|text| !WHO.contains(&text.to_ascii_lowercase().as_str()))
    }

    /// `new Sequelize('database', 'username', 'password')`: arguments that say what they are stand where none is read.
    pub(super) fn names_arguments(&self, at: usize, meaning: &Meaning, value: &str) -> bool {
        const WHO: [&str; 9] =
            ["user", "username", "user_name", "login", "email", "account", "database", "dbname", "host"];
        let call = |literal: &Literal| literal.call.as_ref().map(|call| (call.callee.clone(), call.position));
        let literal = &self.literals[at];
        let Some((callee, Some(position))) = call(literal) else { return false };
        let before = at.checked_sub(1).map(|before| &self.literals[before]);
        let beside = |other: &&Literal| call(other) == position.checked_sub(1).map(|before| (callee, Some(before)));
        let who = before.filter(beside).and_then(Literal::text);
        meaning.how == How::Passed
            && value.bytes().all(|byte| byte.is_ascii_lowercase())
            && names::classify(value) == Some(meaning.class)
            && who.is_some_and(|who| WHO.contains(&who.to_ascii_lowercase().as_str()))
    }
}

//! Words that make a name one of a credential, and words that take that back.

/// Last words of names of passwords.
pub(super) const PASSWORD: [&str; 18] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "pass",
    "pw",
    "passw",
    "pswd",
    "passwrd",
    "psw",
    "passwort",
    "contrasena",
    "senha",
    "kennwort",
    // The key of a wireless network: `WIFI_PSK`, `psk=x`.
    "psk",
    "wpakey",
    "userpass",
];
/// Ends of words that are passwords: `dbpassword`.
pub(super) const GLUED: [&str; 6] = ["password", "passwd", "passphrase", "pwd", "passcode", "passwort"];

/// Words that `pass` ends as one word with: `userpass`.
pub(super) const BEFORE_PASS: [&str; 35] = [
    "db",
    "user",
    "root",
    "admin",
    "sql",
    "mysql",
    "pg",
    "ssh",
    "ftp",
    "smtp",
    "mail",
    "irc",
    "my",
    "auth",
    "login",
    "test",
    "default",
    "proxy",
    "wifi",
    "wlan",
    "mqtt",
    "redis",
    "mongo",
    "email",
    "bind",
    "database",
    // `redis-server --requirepass x`
    "require",
    // `keytool -storepass x -keypass x`
    "store",
    "key",
    "keystore",
    "truststore",
    "srcstore",
    "deststore",
    "srckey",
    "destkey",
];

/// Words of which one stands right before `key` where that is secret.
pub(super) const KEYS: [&str; 30] = [
    "crypt",
    "des",
    "api",
    "access",
    "secret",
    "encryption",
    "encrypt",
    "crypto",
    "cipher",
    "private",
    "signing",
    "sign",
    "master",
    "account",
    "auth",
    "hmac",
    "aes",
    "jwt",
    "session",
    "shared",
    "storage",
    "app",
    "service",
    "license",
    "cookie",
    "logged",
    "nonce",
    "vendor",
    "coded",
    "hardcoded",
];

/// Words of which one stands right before `key` in names that are written as one word: `VENDORKEY`.
pub(super) const GLUED_KEYS: [&str; 14] = [
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "session",
    "app",
    "vendor",
    "master",
    "crypt",
    "cipher",
    "encryption",
    "signing",
    "aes",
];
/// Words before `pass` that make an address of it: nginx's directives.
pub(super) const PASSES_ON: [&str; 6] = ["fastcgi", "uwsgi", "scgi", "grpc", "memcached", "proxy"];
/// After these words nothing secret follows: `password` in `confirm_password_label` is a topic.
pub(super) const CONFIRM: [&str; 5] = ["confirmation", "confirm", "again", "repeat", "base"];

/// `NextToken`, `pad_token`: a token that is a place in a list or a text, or marks a request; no credential.
pub(super) const PLACES: [&str; 27] = [
    "next",
    "page",
    "continuation",
    "request",
    "output",
    "input",
    "cancellation",
    "cancel",
    "pad",
    "padding",
    "eos",
    "bos",
    "unk",
    "mask",
    "sep",
    "cls",
    "special",
    "start",
    "end",
    "stop",
    "image",
    "resume",
    "sync",
    "upload",
    "idempotency",
    "identification",
    "purchase",
];

/// First words of names of what is asked or done about a secret.
pub(super) const ASKS: [&str; 17] = [
    "no", "has", "is", "use", "show", "hide", "require", "reset", "forgot", "change", "update", "validate", "check",
    "verify", "by", "reuse", "force",
];
/// First words of names of lists of passwords that nobody should have.
pub(super) const COMMON: [&str; 9] = ["common", "weak", "bad", "top", "forbidden", "known", "worst", "popular", "test"];

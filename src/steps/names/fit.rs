//! Which names fit for a variable: those that say what the value is, and that nobody else sets.

/// What shells and operating systems set themselves: a lookup would find it, and take a folder for a password.
/// POSIX.1-2024, Base Definitions 8.3 "Other Environment Variables", and what Bash, Windows and macOS add.
pub(super) fn is_set_by_systems(name: &str) -> bool {
    const SET: &[&str] = &[
        "CDPATH",
        "COLUMNS",
        "COMPUTERNAME",
        "COMSPEC",
        "DISPLAY",
        "EDITOR",
        "EUID",
        "GROUPS",
        "HISTFILE",
        "HOME",
        "HOSTNAME",
        "HOSTTYPE",
        "IFS",
        "LANG",
        "LANGUAGE",
        "LINENO",
        "LINES",
        "LOGNAME",
        "MACHTYPE",
        "MAIL",
        "MANPATH",
        "NODE_ENV",
        "OLDPWD",
        "OPTARG",
        "OPTIND",
        "OS",
        "OSTYPE",
        "PAGER",
        "PATH",
        "PATHEXT",
        "PORT",
        "PPID",
        "PS1",
        "PWD",
        "PYTHONPATH",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHELL",
        "SHLVL",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "TZ",
        "UID",
        "USER",
        "USERNAME",
        "USERPROFILE",
        "VISUAL",
        "WINDIR",
    ];
    SET.contains(&name)
}

pub(super) fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'N' || byte == b'_')
}

/// What any credential is called: it tells what the value is, not what it opens.
pub(super) fn is_bare(name: &str) -> bool {
    const ANY: &[&str] = &[
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "KEY",
        "API_KEY",
        "APIKEY",
        "AUTH",
        "ACCESS_TOKEN",
        "ACCESS_KEY",
        "SECRET_KEY",
        "AUTH_TOKEN",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTHORIZATION",
        "PRIVATE_KEY",
        "SALT",
        "CLIENT_SECRET",
        "APP_SECRET",
    ];
    ANY.contains(&name)
}

/// `USERS_PASSWORD`, `SEED_ACCOUNTS_PASSWORD`: of one of many.
pub(super) fn is_of_users(name: &str) -> bool {
    name.split('_').any(|word| ["USERS", "ACCOUNTS", "MEMBERS", "LOGINS", "PEOPLE"].contains(&word))
}

/// Names of one or two letters, and the words that code gives to anything.
pub(super) fn is_vague(name: &str) -> bool {
    name.len() < 3 || says_nothing(name)
}

/// Numbers, and the words that code gives to anything.
pub(super) fn says_nothing(name: &str) -> bool {
    const ANYTHING: &[&str] = &[
        "VALUE",
        "DATA",
        "DEFAULT",
        "ARG",
        "ARGS",
        "STR",
        "STRING",
        "TEXT",
        "TMP",
        "VAR",
        "X",
        "S",
        "RESULT",
        "ITEM",
        "CONTENT",
        "VARIABLES",
        "ENV",
        "ENVIRONMENT",
        "PROPERTIES",
        "SETTINGS",
        "OPTIONS",
        "PARAMS",
    ];
    is_number(name) || ANYTHING.contains(&name)
}

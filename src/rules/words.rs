//! How much a text reads like words and identifiers: what each character costs after the two before it, from a table of
//! character triples (`cargo run -p xtask -- words FOLDER…` makes it from source code).

/// Letters, then the classes of other characters. The same as in `xtask/src/words.rs`.
const DIGIT: u8 = 26;
const SEPARATOR: u8 = 27;
const PATH: u8 = 28;
const OTHER: u8 = 29;
const SHIFT: u8 = 30;
const EDGE: u8 = 31;
const SYMBOLS: usize = 32;

static TABLE: &[u8; SYMBOLS * SYMBOLS * SYMBOLS] = include_bytes!("words.bin");
/// Steps of the stored costs, a bit.
const STEPS: f32 = 16.0;

/// Costs above this are no words: of identifiers in code, 1 in 200 of 16 and more characters costs more; of random strings of
/// letters and digits, 1 in 100 costs less.
pub(super) const STRANGE: f32 = 6.0;
/// Costs below this are words.
pub(super) const FAMILIAR: f32 = 5.6;

/// Mean cost of a character, in bits. Words and identifiers cost 3 to 5, random letters 8, random letters of both cases 9.
pub(super) fn cost(value: &str) -> f32 {
    let fold = !value.bytes().any(|b| b.is_ascii_lowercase());
    let (mut before, mut last) = (EDGE, EDGE);
    let mut total = 0_u32;
    let mut add = |symbol: u8| {
        let at = (usize::from(before) * SYMBOLS + usize::from(last)) * SYMBOLS + usize::from(symbol);
        total += u32::from(TABLE[at]);
        (before, last) = (last, symbol);
    };
    let mut upper = false;
    for byte in value.bytes() {
        let is_upper = byte.is_ascii_uppercase() && !fold;
        if is_upper && !upper {
            add(SHIFT);
        }
        upper = is_upper;
        add(symbol(byte));
    }
    add(EDGE);
    #[allow(clippy::cast_precision_loss, reason = "lengths of values are far below 2^23")]
    let cost = total as f32 / STEPS / value.len().max(1) as f32;
    cost
}

fn symbol(byte: u8) -> u8 {
    match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => letter - b'a',
        b'0'..=b'9' => DIGIT,
        b'_' | b'-' | b' ' => SEPARATOR,
        b'.' | b'/' | b':' => PATH,
        _ => OTHER,
    }
}

/// How seldom four characters follow each other, once the first of them stands somewhere: steps of the table.
pub(super) fn seldom(four: [u8; 4]) -> u32 {
    let [a, b, c, d] = four.map(|byte| usize::from(symbol(byte)));
    let at = |before: usize, last: usize, next: usize| u32::from(TABLE[(before * SYMBOLS + last) * SYMBOLS + next]);
    // What stood before the first one may be anything.
    let second = (0..SYMBOLS).map(|before| at(before, a, b)).sum::<u32>() / 32;
    second + at(a, b, c) + at(b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that the table was not made to fit: from the interfaces of other ecosystems.
    const NAMES: [&str; 24] = [
        "rememberMeServices",
        "HttpServletRequestWrapper",
        "spring.datasource.hikari.maximum-pool-size",
        "ActionController::RequestForgeryProtection",
        "skip_before_action_callback",
        "componentDidUpdate",
        "dangerouslySetInnerHTML",
        "wp_enqueue_script_dependencies",
        "kube-controller-manager.kubeconfig",
        "application/vnd.docker.distribution.manifest",
        "node_modules/express-session/index.js",
        "NSLocalizedDescriptionKey",
        "android.permission.READ_CONTACTS",
        "Microsoft.AspNetCore.Authentication",
        "getElementsByClassName",
        "projects/my-project/secrets/database-password",
        "InvalidParameterCombinationException",
        "user_registration_confirmation",
        "X-Forwarded-For-Original",
        "google_container_node_pool",
        "ansible_ssh_private_key_file",
        "terraform.tfstate.backup",
        "unauthorized_client_exception",
        "passwordResetConfirmationTemplate",
    ];

    /// A small generator, so that the test needs no crate and always takes the same way.
    fn random(seed: &mut u64, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                #[allow(clippy::cast_possible_truncation, reason = "an index")]
                let at = (*seed >> 33) as usize % alphabet.len();
                char::from(alphabet[at])
            })
            .collect()
    }

    #[test]
    fn names_are_familiar() {
        for name in NAMES {
            assert!(cost(name) < FAMILIAR, "{name}: {}", cost(name));
        }
    }

    #[test]
    fn random_strings_are_strange() {
        let mut seed = 7;
        for (alphabet, length) in [
            (&b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[..], 16),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40),
            (b"abcdefghijklmnopqrstuvwxyz", 20),
            (b"abcdefghijklmnopqrstuvwxyz0123456789", 32),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32),
        ] {
            let strange = (0..1000).filter(|_| cost(&random(&mut seed, alphabet, length)) > STRANGE).count();
            assert!(strange >= 980, "{strange} of 1000 of {length} characters");
        }
    }
}

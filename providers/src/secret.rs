//! A credential's value, and the only trace of it that may be written down.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// A credential's value.
///
/// It has no `Display`, no `Serialize` and no `Clone`; `Debug` prints `Secret(***)`; the bytes are zeroed on drop; `==`
/// takes the same time wherever two values differ. Copies are made by name only, with [`Secret::duplicate`].
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// Takes ownership of the bytes of a value.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(SecretSlice::from(bytes.into()))
    }

    /// The value itself. Whatever is made of it must not be written to anything but a store.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The value as text, where it is UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(self.expose()).ok()
    }

    /// A second copy, asked for on purpose.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::new(self.expose().to_vec())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// Whether the value is the empty string.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Keyed HMAC-SHA-256 of a secret, cut to 128 bits, in lower-case hexadecimal.
///
/// Two secrets are equal exactly when their fingerprints under one key are. Without the key a fingerprint does not help
/// to guess even a weak password, which is why a bare hash would not do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.0)
    }
}

/// The key of all fingerprints of one user or team. It lives outside the repository.
pub struct FingerprintKey(Secret);

impl FingerprintKey {
    /// Length of a key in bytes.
    pub const LEN: usize = 32;

    /// Makes a key of [`Self::LEN`] random bytes.
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(Secret::new(bytes.to_vec()))
    }

    /// The key's bytes, for the one place that stores them.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// Which key this is, without telling it: plans carry this, so that a plan made under another key is recognised.
    pub fn id(&self) -> String {
        hex(&self.derive("key-id", &[])[..6])
    }

    /// The fingerprint of a secret under this key.
    pub fn fingerprint(&self, secret: &Secret) -> Fingerprint {
        Fingerprint(hex(&self.derive("fingerprint", &[secret.expose()])[..16]))
    }

    /// A value that depends on the key, a label (one use, one label) and the parts, each length-prefixed so that no two
    /// lists of parts are the same message.
    pub fn derive(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        // An HMAC takes a key of any length, so that this cannot fail; the empty answer keeps the type without a panic.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else { return [0; 32] };
        mac.update(&(label.len() as u64).to_be_bytes());
        mac.update(label.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerprintKey({})", self.id())
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        let secret = Secret::new("correct horse");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }

    #[test]
    fn fingerprints_depend_on_key_and_value_alone() {
        let key = FingerprintKey::new([7; 32]);
        let other = FingerprintKey::new([8; 32]);
        let secret = Secret::new("hunter2");
        assert_eq!(key.fingerprint(&secret), key.fingerprint(&secret.duplicate()));
        assert_ne!(key.fingerprint(&secret), other.fingerprint(&secret));
        assert_ne!(key.fingerprint(&secret), key.fingerprint(&Secret::new("hunter3")));
        assert_eq!(key.fingerprint(&secret).as_str().len(), 32);
    }

    #[test]
    fn hexadecimal_has_two_digits_a_byte() {
        assert_eq!(hex(&[0, 1, 0x9a, 0xff]), "00019aff");
    }

    #[test]
    fn derive_keeps_part_boundaries() {
        let key = FingerprintKey::new([7; 32]);
        assert_ne!(key.derive("x", &[b"ab", b"c"]), key.derive("x", &[b"a", b"bc"]));
    }
}

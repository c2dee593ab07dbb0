//! SOPS's values: AES-256-GCM with a nonce of 32 bytes, bound to the value's place in the document ("Encryption
//! Protocol" in the documentation of SOPS).

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Key, Nonce, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The key of one document.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

/// A decrypted value.
pub(super) struct Plain {
    pub secret: Secret,
    /// `str`, `int`, `float`, `bool`, `bytes`, `time` or `comment`.
    pub kind: String,
}

impl DataKey {
    /// Takes a key of 32 bytes.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// A new one.
    pub fn generate() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).ok()?;
        Some(Self(bytes))
    }

    /// The key itself, to be encrypted for whoever may read the document.
    pub fn expose(&self) -> &[u8] {
        self.0.as_ref()
    }

    fn cipher(&self) -> AesGcm<Aes256, U32> {
        AesGcm::new(Key::<AesGcm<Aes256, U32>>::from_slice(self.0.as_ref()))
    }

    /// The written form of a text; nothing for an empty one, as SOPS has it. None without random numbers.
    pub fn encrypt(&self, plain: &[u8], bound_to: &str) -> Option<String> {
        if plain.is_empty() {
            return Some(String::new());
        }
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).ok()?;
        let mut buffer = Zeroizing::new(plain.to_vec());
        let nonce = Nonce::<U32>::from(nonce);
        let tag = self.cipher().encrypt_in_place_detached(&nonce, bound_to.as_bytes(), &mut buffer).ok()?;
        let [data, iv, tag] = [buffer.as_slice(), nonce.as_slice(), tag.as_slice()].map(|part| STANDARD.encode(part));
        Some(format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:str]"))
    }

    /// What a written form says. None where it is none, or belongs to another key or place.
    pub fn decrypt(&self, written: &str, bound_to: &str) -> Option<Plain> {
        if written.is_empty() {
            return Some(Plain { secret: Secret::new(Vec::new()), kind: "str".to_owned() });
        }
        let inner = written.strip_prefix("ENC[AES256_GCM,data:")?.strip_suffix(']')?;
        let (data, rest) = inner.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let [data, iv, tag] = [data, iv, tag].map(|part| STANDARD.decode(part));
        let (mut data, iv, tag) = (Zeroizing::new(data.ok()?), iv.ok()?, tag.ok()?);
        let nonce = Nonce::<U32>::from(<[u8; 32]>::try_from(iv).ok()?);
        let tag = Tag::from(<[u8; 16]>::try_from(tag).ok()?);
        self.cipher().decrypt_in_place_detached(&nonce, bound_to.as_bytes(), &mut data, &tag).ok()?;
        Some(Plain { secret: Secret::new(data.to_vec()), kind: kind.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_to_their_place() {
        let key = DataKey::new(&[7; 32]).unwrap();
        let written = key.encrypt(b"value", "a:b:").unwrap();
        assert_ne!(written, key.encrypt(b"value", "a:b:").unwrap(), "a nonce is used once");
        let plain = key.decrypt(&written, "a:b:").unwrap();
        assert_eq!((plain.secret.expose(), plain.kind.as_str()), (&b"value"[..], "str"));
        assert!(key.decrypt(&written, "a:c:").is_none());
        assert!(DataKey::new(&[8; 32]).unwrap().decrypt(&written, "a:b:").is_none());
        assert!(key.decrypt("ENC[AES256_GCM,data:,iv:,tag:,type:str]", "a:").is_none());
        assert_eq!(key.encrypt(b"", "a:").unwrap(), "");
        assert!(DataKey::new(&[1; 31]).is_none());
    }
}

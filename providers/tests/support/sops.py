"""SOPS's format with age keys, written a second time with other libraries (cryptography, PyYAML): what tests compare with.

Reads a request as JSON and answers with JSON. {"do": "open", "identity", "format", "text"} decrypts every value and
compares the authentication code. {"do": "fill", "identity", "seed", "text"} fills a template with values encrypted
under the data key of the document `seed` (YAML): `<<enc PATH:|TYPE|VALUE>>`, `<<clear SHOWN|COUNTED>>`, `<<age NEWLINE>>` (`@` is a newline),
`<<mac>>`.
"""

import base64
import configparser
import hashlib
import json
import re
import sys

import yaml
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ONLY = bytes.fromhex("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69")


def bech32(text):
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    digits = [alphabet.index(c) for c in text.lower().rsplit("1", 1)[1]][:-6]
    number = 0
    for digit in digits:
        number = number << 5 | digit
    return (number >> len(digits) * 5 % 8).to_bytes(len(digits) * 5 // 8, "big")


def hkdf(key, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(key)


def unpadded(text):
    return base64.b64decode(text + b"=" * (-len(text) % 4))


def age_open(armored, identity):
    lines = armored.strip().splitlines()
    data = base64.b64decode("".join(lines[1:-1]))
    secret = X25519PrivateKey.from_private_bytes(bech32(identity))
    public = secret.public_key().public_bytes_raw()
    header, _, rest = data.partition(b"\n--- ")
    payload = rest.split(b"\n", 1)[1]
    stanza = header.split(b"\n")
    for index, line in enumerate(stanza):
        if not line.startswith(b"-> X25519 "):
            continue
        share = unpadded(line.split(b" ")[2])
        shared = secret.exchange(X25519PublicKey.from_public_bytes(share))
        wrap = hkdf(shared, share + public, b"age-encryption.org/v1/X25519")
        key = ChaCha20Poly1305(wrap).decrypt(bytes(12), unpadded(stanza[index + 1]), None)
        stream = hkdf(key, payload[:16], b"payload")
        return ChaCha20Poly1305(stream).decrypt(bytes(11) + b"\1", payload[16:], None)
    raise ValueError("no X25519 stanza")


def decrypt(text, key, bound):
    if text == "":
        return "", "str"
    parts = re.fullmatch(r"ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]", text).groups()
    data, iv, tag = map(base64.b64decode, parts[:3])
    return AESGCM(key).decrypt(iv, data + tag, bound.encode()).decode(), parts[3]


def encrypt(text, key, bound, kind):
    nonce = hashlib.sha256((bound + text).encode()).digest()
    sealed = AESGCM(key).encrypt(nonce, text.encode(), bound.encode())
    data, iv, tag = (base64.b64encode(part).decode() for part in (sealed[:-16], nonce, sealed[-16:]))
    return f"ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]"


def flat(pairs):
    own = {name: value.replace("\\n", "\n") for name, value in pairs.items()}
    own["age"] = [{"enc": own["age__list_0__map_enc"]}]
    return own


def load(kind, text):
    """The user's tree and SOPS's own part."""
    if kind in ("yaml", "json"):
        tree = yaml.safe_load(text) if kind == "yaml" else json.loads(text)
        return tree, tree.pop("sops")
    if kind == "env":
        pairs = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
        own = {name[5:]: value for name, value in pairs.items() if name.startswith("sops_")}
        return {name: value for name, value in pairs.items() if not name.startswith("sops_")}, flat(own)
    parser = configparser.ConfigParser(interpolation=None, default_section="\0", delimiters=("=",))
    parser.optionxform = str
    parser.read_string(text)
    tree = {section: dict(parser[section]) for section in parser.sections()}
    return tree, flat(tree.pop("sops"))


def counted(value):
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def walk(tree, path, visit):
    if isinstance(tree, dict):
        for name, value in tree.items():
            walk(value, [*path, name], visit)
    elif isinstance(tree, list):
        for value in tree:
            walk(value, path, visit)
    elif tree is not None:
        visit(path, tree)


def opened(request):
    tree, own = load(request["format"], request["text"])
    key = age_open(own["age"][0]["enc"], request["identity"])
    only = str(own.get("mac_only_encrypted", "")).lower() == "true"
    count = hashlib.sha512(ONLY if only else b"")
    values = {}

    def encrypted(path):
        if "encrypted_regex" in own:
            return any(re.search(own["encrypted_regex"], part) for part in path)
        suffix = own.get("unencrypted_suffix", "_unencrypted")
        return not any(part.endswith(suffix) for part in path)

    def visit(path, value):
        if encrypted(path):
            value, _ = decrypt(value, key, "".join(part + ":" for part in path))
            values["/".join(path)] = value
            count.update(value.encode())
        elif not only:
            count.update(counted(value).encode())

    walk(tree, [], visit)
    mac, _ = decrypt(own["mac"], key, own["lastmodified"])
    return {"values": values, "whole": mac == count.hexdigest().upper()}


def filled(request):
    _, own = load("yaml", request["seed"])
    enc = own["age"][0]["enc"]
    key = age_open(enc, request["identity"])
    text = request["text"]
    only = "mac_only_encrypted" in text
    count = hashlib.sha512(ONLY if only else b"")

    def fill(match):
        word, rest = match.group(1), match.group(2)
        if word == "enc":
            bound, kind, value = rest.split("|", 2)
            count.update(value.encode())
            return encrypt(value, key, bound, kind)
        if word == "clear":
            shown, value = rest.split("|", 1)
            if not only:
                count.update(value.encode())
            return shown
        return enc.strip().replace("\n", rest.replace("@", "\n"))

    text = re.sub(r"<<(enc|clear|age) (.*?)>>", fill, text)
    mac = encrypt(count.hexdigest().upper(), key, "2026-01-02T03:04:05Z", "str")
    return {"text": text.replace("<<mac>>", mac)}


REQUEST = json.load(sys.stdin)
print(json.dumps({"open": opened, "fill": filled}[REQUEST["do"]](REQUEST)))

//! The contract of [`Store`], run in the same words against every store.

use keylift_providers::{
    Address, ErrorKind, Expect, FingerprintKey, Receipt, Secret, Store, StoreError, Write, WriteId, Written,
};

/// One run against one empty store.
pub struct Contract<'a> {
    store: &'a dyn Store,
    key: FingerprintKey,
}

/// The values that break stores, with a name for messages.
pub fn awkward_values() -> Vec<(&'static str, Vec<u8>)> {
    let pem = format!("-----BEGIN {0}-----\n{1}\n{1}\n-----END {0}-----\n", "PRIVATE KEY", "q8Zr".repeat(16));
    vec![
        ("empty", Vec::new()),
        ("one space", b" ".to_vec()),
        ("spaces around", b"  padded value\t ".to_vec()),
        ("line ends", b"one\r\ntwo\nthree\r".to_vec()),
        ("final newline", b"line\n".to_vec()),
        ("nul", b"be\0fore".to_vec()),
        ("controls", (1..32).collect()),
        ("not utf-8", vec![0xff, 0xfe, 0x00, 0x80]),
        ("emoji", "\u{1f511} k\u{e9}y \u{202e} \u{feff}".into()),
        ("json", br#"{"user": "a", "n": 12345678901234567890, "x": [1.0, null]}"#.to_vec()),
        ("looks like base64", b"base64:aGk=".to_vec()),
        ("number", b"0012345678901234567890.10".to_vec()),
        ("pem", pem.into_bytes()),
        ("interpolation", b"${HOME} $HOME $(id) `id` %PATH% {{x}}".to_vec()),
        ("double quotes", br#"say "hi""#.to_vec()),
        ("single quote", b"it's".to_vec()),
        ("both quotes", br#"it's "so""#.to_vec()),
        ("backslashes", br"a\nb\\c\".to_vec()),
        ("comment", b"a #b # c".to_vec()),
        ("yaml", b"- &a *b: !c 'd' | >\n  x".to_vec()),
        ("url", b"postgres://u:p%40ss@h:5432/d?sslmode=require&x=1".to_vec()),
        ("65,536 bytes", b"0123456789abcdef".repeat(4096)),
    ]
}

impl<'a> Contract<'a> {
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, key: FingerprintKey::new([7; FingerprintKey::LEN]) }
    }

    /// All of it.
    pub async fn check(&self) {
        self.names_are_checked_offline();
        self.writes_and_reads_back().await;
        self.never_overwrites().await;
        self.updates_only_the_version_it_expects().await;
        self.takes_back_only_its_own().await;
        self.carries_or_refuses_every_value().await;
        self.one_of_many_writers_wins().await;
        self.answers_many_in_order().await;
        self.lists_what_is_there().await;
        self.retires_only_the_version_it_expects().await;
        self.takes_back_a_history_of_its_own().await;
        self.store.keep_alive().await.expect("a login is kept alive");
        self.store.close().await.expect("a store is closed");
    }

    pub fn address(&self, name: &str) -> Address {
        self.store.address(name).unwrap_or_else(|error| panic!("{name} is a name: {error}"))
    }

    fn id(&self, run: &str, address: &Address, secret: &Secret) -> WriteId {
        WriteId::new(&self.key, run, address, secret)
    }

    pub async fn put(&self, name: &str, value: &[u8], expect: Expect) -> Result<Receipt, StoreError> {
        self.put_at(&self.address(name), value, expect).await
    }

    /// A write to an address that no name gives: a field of an entry.
    pub async fn put_at(&self, address: &Address, value: &[u8], expect: Expect) -> Result<Receipt, StoreError> {
        let secret = Secret::new(value);
        self.store.write(address, &secret, &expect, &self.id("run", address, &secret)).await
    }

    pub async fn get(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.store.read(&self.address(name)).await.expect("a read is answered");
        entry.map(|entry| entry.secret.expose().to_vec())
    }

    fn names_are_checked_offline(&self) {
        for name in ["", "..", "a/../b", "a//b", "/a", "a/", "a\u{0}b", "a\nb", "a%2Fb", "a?b", "a#b"] {
            assert!(self.store.address(name).is_err(), "{name:?} is refused");
        }
        let address = self.address("DATABASE_URL");
        assert_eq!(address.store, self.store.location());
        assert_ne!(address, self.address("DATABASE_URL_2"));
    }

    async fn writes_and_reads_back(&self) {
        let address = self.address("FIRST");
        self.store.preflight(std::slice::from_ref(&address)).await.expect("preflight passes");
        assert_eq!(self.get("FIRST").await, None);
        let receipt = self.put("FIRST", b"value one", Expect::Absent).await.expect("a free address is written");
        assert_eq!(receipt.written, Written::Created);
        let entry = self.store.read(&receipt.address).await.expect("a read").expect("an entry");
        assert_eq!(entry.secret.expose(), b"value one");
        assert_eq!(entry.version, receipt.version);
        assert!(!format!("{:?}{entry:?}{receipt:?}", self.store).contains("value one"), "Debug shows no value");
        let again = self.put("FIRST", b"value one", Expect::Absent).await.expect("a replay is no conflict");
        assert_eq!(again.version, receipt.version, "a replay makes no second version");
        let secret = Secret::new("value one");
        let other = self.id("another run", &address, &secret);
        let equal = self.store.write(&address, &secret, &Expect::Absent, &other).await.expect("an equal value");
        assert_eq!((equal.written, &equal.version), (Written::AlreadyEqual, &receipt.version));
    }

    async fn never_overwrites(&self) {
        let error = self.put("FIRST", b"value two", Expect::Absent).await.expect_err("a taken address");
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        let shown = format!("{error:?}");
        assert!(!shown.contains("value one") && !shown.contains("value two"), "an error quotes no value: {shown}");
        assert_eq!(self.get("FIRST").await.as_deref(), Some(&b"value one"[..]));
    }

    async fn updates_only_the_version_it_expects(&self) {
        let first = self.put("UPDATED", b"one", Expect::Absent).await.expect("written");
        let Some(version) = first.version.clone() else { return };
        let second = self.put("UPDATED", b"two", Expect::Version(version.clone())).await.expect("the expected version");
        assert_eq!(second.written, Written::Updated);
        assert_ne!(second.version, first.version);
        let replay = self.put("UPDATED", b"two", Expect::Version(version.clone())).await.expect("a replay");
        assert_eq!(replay.version, second.version, "a replayed update makes no second version");
        let error = self.put("UPDATED", b"three", Expect::Version(version)).await.expect_err("a passed version");
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
        assert_eq!(self.get("UPDATED").await.as_deref(), Some(&b"two"[..]));
        let gone = self.put("NOT_THERE", b"x", Expect::Version("1".to_owned())).await.expect_err("nothing there");
        assert_eq!(gone.kind, ErrorKind::Conflict, "{gone}");
        assert_eq!(self.get("NOT_THERE").await, None);
        // The first receipt's version has passed: nothing may be taken back on its account.
        assert!(!self.store.remove(&first).await.expect("an answer"));
        assert_eq!(self.get("UPDATED").await.as_deref(), Some(&b"two"[..]));
        let forced = self.put("UPDATED", b"four", Expect::Anything).await.expect("the user said so");
        assert_eq!(forced.written, Written::Updated);
        assert_eq!(self.get("UPDATED").await.as_deref(), Some(&b"four"[..]));
    }

    async fn takes_back_only_its_own(&self) {
        let receipt = self.put("TAKEN_BACK", b"mine", Expect::Absent).await.expect("written");
        let foreign = Receipt { written: Written::AlreadyEqual, ..receipt.clone() };
        assert!(!self.store.remove(&foreign).await.expect("an answer"), "found equal is not created");
        assert!(self.store.remove(&receipt).await.expect("removed"));
        assert_eq!(self.get("TAKEN_BACK").await, None);
        assert!(!self.store.remove(&receipt).await.expect("an answer"), "nothing is left to remove");
        // Several at once, each with an answer of its own.
        let mut receipts = vec![receipt];
        for (name, value) in [("BACK_ONE", b"one"), ("BACK_TWO", b"two")] {
            receipts.push(self.put(name, value, Expect::Absent).await.expect("written"));
        }
        let stays = self.put("BACK_STAYS", b"old", Expect::Absent).await.expect("written");
        receipts.push(Receipt { written: Written::AlreadyEqual, ..stays });
        let removed: Vec<bool> =
            self.store.remove_many(&receipts).await.into_iter().map(|answer| answer.expect("an answer")).collect();
        assert_eq!(removed, [false, true, true, false]);
        let there = [self.get("BACK_ONE").await, self.get("BACK_TWO").await, self.get("BACK_STAYS").await];
        assert_eq!(there, [None, None, Some(b"old".to_vec())]);
    }

    /// Versions that one run made of an entry that was not there go together, and not with somebody else's among them.
    async fn takes_back_a_history_of_its_own(&self) {
        if self.store.versions_kept().await.expect("a number") < 2 {
            return;
        }
        for foreign in [false, true] {
            let name = if foreign { "HISTORY_FOREIGN" } else { "HISTORY_OWN" };
            let first = self.put(name, b"one", Expect::Absent).await.expect("written");
            let expect = Expect::Version(first.version.clone().expect("a version"));
            let second = self.put(name, b"two", expect).await.expect("written");
            let whole = Address { field: None, ..first.address.clone() };
            let history = self.store.history(&whole).await.expect("a history");
            let ids: Vec<Option<String>> = history.into_iter().map(|version| Some(version.id)).collect();
            assert_eq!(ids, [first.version.clone(), second.version.clone()], "from the oldest on");
            if foreign {
                self.put(name, b"three", Expect::Anything).await.expect("written");
            }
            let made = Receipt { written: Written::Created, ..second };
            let before = Receipt { address: whole.clone(), ..first };
            let removed = self.store.remove_many(&[made, before]).await.remove(0).expect("an answer");
            assert_eq!(removed, !foreign, "{name}");
            let left = self.get(name).await;
            assert_eq!(left.as_deref(), foreign.then_some(&b"three"[..]), "{name}");
        }
    }

    async fn retires_only_the_version_it_expects(&self) {
        let receipt = self.put("RETIRED", b"old", Expect::Absent).await.expect("written");
        let whole = Address { field: None, ..receipt.address.clone() };
        let Some(version) = receipt.version.filter(|_| self.store.retirement().is_some()) else {
            let error = self.store.retire(&whole, "1").await.expect_err("no way back, no way out");
            assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
            assert_eq!(self.get("RETIRED").await.as_deref(), Some(&b"old"[..]));
            return;
        };
        let newer = self.put("RETIRED", b"new", Expect::Version(version.clone())).await.expect("updated");
        assert!(!self.store.retire(&whole, &version).await.expect("an answer"), "a passed version");
        assert_eq!(self.get("RETIRED").await.as_deref(), Some(&b"new"[..]));
        let version = newer.version.expect("a version");
        assert!(self.store.retire(&whole, &version).await.expect("an answer"), "the expected version");
        // Gone for readers, or marked as going.
        match self.store.read(&receipt.address).await {
            Ok(found) => assert!(found.is_none(), "a retired entry is not read"),
            Err(error) => assert_eq!(error.kind, ErrorKind::Conflict, "{error}"),
        }
        assert!(!self.store.retire(&whole, &version).await.expect("an answer"), "nothing is left to retire");
        assert!(!self.store.retire(&self.address("NEVER_THERE"), &version).await.expect("an answer"));
    }

    async fn carries_or_refuses_every_value(&self) {
        for (index, (what, value)) in awkward_values().into_iter().enumerate() {
            let name = format!("AWKWARD_{index}");
            let accepted = self.store.accepts(&self.address(&name), &Secret::new(value.clone())).is_ok();
            match self.put(&name, &value, Expect::Absent).await {
                Ok(_) => {
                    assert!(accepted, "{what} was refused offline and then written");
                    assert!(self.get(&name).await.as_ref() == Some(&value), "{what} comes back unchanged");
                }
                Err(error) => {
                    assert!(!accepted, "{what} was accepted offline and then refused: {error}");
                    assert_eq!(error.kind, ErrorKind::Rejected, "{what}: {error}");
                    assert_eq!(self.get(&name).await, None, "{what} left nothing behind");
                }
            }
        }
        let plain = Secret::new("correct horse battery staple");
        self.store.accepts(&self.address("PLAIN"), &plain).expect("an ordinary password fits everywhere");
    }

    async fn one_of_many_writers_wins(&self) {
        if !self.store.capabilities().compare_and_swap {
            return;
        }
        let (a, b) =
            tokio::join!(self.put("RACE", b"left", Expect::Absent), self.put("RACE", b"right", Expect::Absent),);
        assert!(a.is_ok() != b.is_ok(), "one wins: {a:?} {b:?}");
        let winner: &[u8] = if a.is_ok() { b"left" } else { b"right" };
        assert_eq!(self.get("RACE").await.as_deref(), Some(winner));
        let loser = a.err().or(b.err()).expect("one loses");
        assert_eq!(loser.kind, ErrorKind::Conflict, "{loser}");
    }

    async fn answers_many_in_order(&self) {
        let addresses: Vec<Address> = (0..25).map(|n| self.address(&format!("MANY_{n}"))).collect();
        let secrets: Vec<Secret> = (0..25).map(|n| Secret::new(format!("many {n}"))).collect();
        let ids: Vec<WriteId> =
            addresses.iter().zip(&secrets).map(|(address, secret)| self.id("run", address, secret)).collect();
        let writes: Vec<Write<'_>> = (0..25)
            .filter(|n| *n != 7)
            .map(|n| Write { address: &addresses[n], secret: &secrets[n], expect: &Expect::Absent, id: &ids[n] })
            .collect();
        for answer in self.store.write_many(&writes).await {
            assert_eq!(answer.expect("written").written, Written::Created);
        }
        let answers = self.store.read_many(&addresses).await;
        assert_eq!(answers.len(), 25);
        for (n, answer) in answers.into_iter().enumerate() {
            let value = answer.expect("read").map(|entry| entry.secret);
            assert_eq!(value, (n != 7).then(|| secrets[n].duplicate()), "answer {n}");
        }
    }

    async fn lists_what_is_there(&self) {
        let mut listed = Vec::new();
        let mut from = None;
        loop {
            let page = self.store.list(from).await.expect("a page");
            listed.extend(page.addresses);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let there = |name: &str| {
            let address = Address { field: None, ..self.address(name) };
            listed.iter().filter(|found| **found == address).count()
        };
        for name in ["FIRST", "UPDATED", "MANY_0", "MANY_24"] {
            assert_eq!(there(name), 1, "{name} is listed once");
        }
        assert_eq!(there("TAKEN_BACK"), 0, "what was taken back is not listed");
        let first = Address { field: None, ..self.address("FIRST") };
        let fields = self.store.read_fields(&first).await.expect("fields");
        assert_eq!(fields.len(), 1);
        assert_eq!(fields[0].1.secret.expose(), b"value one");
    }
}

//! Targets that hold something: what is replaced, merged, left, and given back.

use keylift_providers::{Address, Expect, FingerprintKey, Secret, WriteId};

use super::desk::{Desk, text, wait};
use super::support::servers;

#[test]
fn what_keylift_wrote_itself_is_replaced_and_given_back() {
    let desk = Desk::local();
    desk.fill("age:from.age", &[("A", text("one")), ("B", text("two"))]);
    desk.expect(&["migrate", "age:from.age", "dotenv:.env"], 0);
    // Both change at the source; one of them at the target as well, by somebody else.
    let replace = |uri: &str, name: &str, value: &str| {
        let store = desk.store(uri);
        wait(async {
            let (address, secret) = (store.address(name).expect("a name"), Secret::new(value));
            let id = WriteId::new(&FingerprintKey::new([9; 32]), value, &address, &secret);
            store.write(&address, &secret, &Expect::Anything, &id).await.expect("written");
        });
    };
    replace("age:from.age", "A", "one, newer");
    replace("age:from.age", "B", "two, newer");
    replace("dotenv:.env", "B", "foreign");
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env", "--on-conflict", "overwrite-if-owned"], 4);
    assert!(said.contains("1 of them replaced") && said.contains("keylift did not write"), "{said}");
    assert_eq!(desk.read("dotenv:.env", "A").as_deref(), Some("one, newer"));
    assert_eq!(desk.read("dotenv:.env", "B").as_deref(), Some("foreign"));
    // A file keeps no versions: what was replaced comes from the encrypted file beside the journal.
    let said = desk.expect(&["migrate", "undo", "age:from.age", "dotenv:.env"], 0);
    assert!(said.contains("1 given back"), "{said}");
    assert_eq!(desk.read("dotenv:.env", "A").as_deref(), Some("one"));
}

#[test]
fn fields_are_merged_and_a_differing_one_is_a_conflict() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let put = |uri: &str, name: &str, json: &str| {
        let store = desk.store(uri);
        wait(async {
            let address = Address { field: None, ..store.address(name).expect("a name") };
            let secret = Secret::new(json);
            let id = WriteId::new(&FingerprintKey::new([9; 32]), json, &address, &secret);
            store.write(&address, &secret, &Expect::Anything, &id).await.expect("written");
        });
    };
    let whole = |uri: &str, name: &str| {
        let store = desk.store(uri);
        let address = Address { field: None, ..store.address(name).expect("a name") };
        let entry = wait(async { store.read(&address).await }).expect("readable").expect("there");
        (entry.secret.expose_str().expect("text").to_owned(), entry.version)
    };
    put("vault://secret/from", "db", r#"{"pass":"p","user":"u"}"#);
    put("vault://secret/from", "other", r#"{"pass":"p"}"#);
    put("vault://secret/from", "fresh", r#"{"a":"1","b":"2"}"#);
    put("vault://secret/to", "db", r#"{"host":"h","user":"u"}"#);
    put("vault://secret/to", "other", r#"{"pass":"theirs"}"#);
    let pair = ["migrate", "vault://secret/from", "vault://secret/to"];
    let said = desk.expect(&pair, 4);
    assert!(said.contains("merge-keys adds them") || said.contains("merge-keys adds"), "{said}");
    assert_eq!(whole("vault://secret/to", "fresh"), (r#"{"a":"1","b":"2"}"#.into(), Some("1".into())), "one version");
    let said = desk.expect(&[&pair[..], &["--on-conflict", "merge-keys"]].concat(), 4);
    assert!(said.contains("1 of them added fields") && said.contains("another value is in pass"), "{said}");
    assert_eq!(whole("vault://secret/to", "db").0, r#"{"host":"h","pass":"p","user":"u"}"#);
    assert_eq!(whole("vault://secret/to", "other").0, r#"{"pass":"theirs"}"#);
    desk.expect(&["migrate", "undo", pair[1], pair[2]], 0);
    assert_eq!(whole("vault://secret/to", "db").0, r#"{"host":"h","user":"u"}"#);
}

#[test]
fn more_fields_of_one_entry_than_a_batch_holds_are_replaced() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let values = |kind: &str| -> Vec<(String, Vec<u8>)> {
        (0..230).map(|number| (format!("KEY_{number:03}"), text(&format!("{kind} {number}")))).collect()
    };
    let fill = |uri: &str, kind: &str| {
        let values = values(kind);
        desk.fill_together(uri, &values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>());
    };
    fill("age:old.age", "old");
    fill("age:new.age", "new");
    let map = "map.yaml";
    desk.file(map, "version: 1\nrules:\n- {all: true, rename: 'app#${name}'}\n");
    desk.expect(&["migrate", "age:old.age", "vault://secret", "--map", map], 0);
    let pair = ["migrate", "age:new.age", "vault://secret", "--map", map, "--on-conflict", "overwrite"];
    let said = desk.expect(&pair, 0);
    assert!(said.contains("230 of them replaced") && said.contains("0 conflicts"), "{said}");
    desk.expect(&["migrate", "verify", "age:new.age", "vault://secret", "--map", map], 0);
}

#[test]
fn a_store_without_compare_and_swap_is_overwritten_only_by_force() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    desk.fill("age:from.age", &[("A", text("new"))]);
    desk.fill("vault://kv1/forced", &[("A", text("old"))]);
    let pair = ["migrate", "age:from.age", "vault://kv1/forced", "--on-conflict", "overwrite"];
    let said = desk.expect(&pair, 2);
    assert!(said.contains("--force"), "{said}");
    assert_eq!(desk.read("vault://kv1/forced", "A").as_deref(), Some("old"));
    desk.expect(&[&pair[..], &["--force"]].concat(), 0);
    assert_eq!(desk.read("vault://kv1/forced", "A").as_deref(), Some("new"));
    let said = desk.expect(&["migrate", "undo", pair[1], pair[2]], 0);
    assert!(said.contains("1 given back"), "{said}");
    assert_eq!(desk.read("vault://kv1/forced", "A").as_deref(), Some("old"));
}

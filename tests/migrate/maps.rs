//! Names in the target: spelled as it takes them, mapped by rules, never two as one.

use super::desk::{Desk, text};
use super::support::servers;

#[test]
fn names_are_spelled_as_the_target_takes_them_and_never_two_as_one() {
    let desk = Desk::local();
    desk.fill("age:from.age", &[("app/db-password", text("one")), ("PLAIN", text("two"))]);
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env"], 0);
    assert!(said.contains("renamed: age:from.age app/db-password -> dotenv:.env app_db_password"), "{said}");
    assert_eq!(desk.read("dotenv:.env", "app_db_password").as_deref(), Some("one"));
    desk.expect(&["migrate", "verify", "age:from.age", "dotenv:.env"], 0);
    // Another name that would end at the same variable.
    desk.fill("age:from.age", &[("app/db.password", text("three")), ("LATER", text("four"))]);
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env"], 4);
    assert!(said.contains("app/db-password -> app_db_password and app/db.password"), "{said}");
    assert_eq!(desk.read("dotenv:.env", "LATER"), None, "nothing is written where two would be one");
}

#[test]
fn a_map_renames_leaves_out_takes_apart_and_gathers() {
    let desk = Desk::local();
    desk.fill(
        "age:from.age",
        &[
            ("legacy/token", text("one")),
            ("legacy/junk", text("two")),
            ("config", text(r#"{"user": "me", "port": 5432}"#)),
            ("smtp/host", text("mail")),
            ("smtp/pass", text("three")),
        ],
    );
    let rules = "- {exact: legacy/junk, skip: true}\n- {prefix: legacy/, rename: 'APP_${rest|upper}'}\n\
                 - {exact: config, explode: 'DB_${key|upper}'}\n\
                 - {regex: 'smtp/(?<field>.*)', gather: SMTP, key: '${field}'}\n";
    desk.file("map.yaml", &format!("version: 1\nrules:\n{rules}"));
    let said = desk.expect(&["migrate", "age:from.age", "dotenv:.env", "--map", "map.yaml"], 0);
    assert!(said.contains("4 written"), "{said}");
    assert!(said.contains("left out by the map: 1"), "{said}");
    let read = |name: &str| desk.read("dotenv:.env", name);
    assert_eq!(read("APP_TOKEN").as_deref(), Some("one"));
    assert_eq!((read("DB_USER").as_deref(), read("DB_PORT").as_deref()), (Some("me"), Some("5432")));
    assert_eq!(read("SMTP").as_deref(), Some(r#"{"host":"mail","pass":"three"}"#));
    desk.expect(&["migrate", "verify", "age:from.age", "dotenv:.env", "--map", "map.yaml"], 0);
    // Two that end at one place are told before anything is written; so are mistakes.
    desk.file("map.yaml", "version: 1\nrules:\n- {regex: 'smtp/.*', rename: SAME}\n");
    let said = desk.expect(&["migrate", "age:from.age", "files:to", "--map", "map.yaml"], 4);
    assert!(said.contains("smtp/host -> SAME and smtp/pass -> SAME"), "{said}");
    assert!(!desk.dir.path().join("to/config").exists());
    desk.file("map.yaml", "version: 1\nrules:\n- {prefx: a, skip: true}\n");
    let said = desk.expect(&["migrate", "age:from.age", "files:to", "--map", "map.yaml"], 2);
    assert!(said.contains("rule 1: `prefx` means nothing here; did you mean `prefix`?"), "{said}");
}

#[test]
fn a_number_sign_in_a_name_means_a_field_in_maps_alone() {
    let Some(bao) = servers::bao() else { return };
    let desk = Desk::vault(&bao);
    let body = r#"{"data": {"a#b": "one", "c": "two"}}"#;
    assert_eq!(bao.vault("POST", "secret/data/signs/E", body).0, 200);
    let said = desk.expect(&["migrate", "vault://secret/signs", "dotenv:.env"], 0);
    assert!(said.contains("renamed: vault://secret/signs signs/E#a#b -> dotenv:.env E_a_b"), "{said}");
    assert_eq!(desk.read("dotenv:.env", "E_a_b").as_deref(), Some("one"));
    desk.expect(&["migrate", "verify", "vault://secret/signs", "dotenv:.env"], 0);
}

#[test]
fn a_target_within_the_source_is_refused_unless_a_map_says_what_goes() {
    let desk = Desk::local();
    desk.fill("files:from", &[("A", text("one"))]);
    let said = desk.expect(&["migrate", "files:from", "files:from/sub"], 2);
    assert!(said.contains("lies within"), "{said}");
    desk.expect(&["migrate", "files:from", "files:from-other"], 0);
    desk.file("map.yaml", "version: 1\notherwise: skip\nrules:\n- {exact: A, rename: B}\n");
    desk.expect(&["migrate", "files:from", "files:from/sub", "--map", "map.yaml"], 0);
}

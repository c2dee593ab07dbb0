//! What `keylift-grammars` reads and rewrites, in one program: each of these files alone would be linked with every grammar.
#![allow(clippy::print_stderr, reason = "a test has no other way to say that it skips")]

#[path = "../../providers/tests/support/servers.rs"]
#[allow(dead_code, reason = "some of it is for tests of stores")]
mod servers;

use serving::{program, skip};

mod accessors;
mod accessors_aws;
mod accessors_languages;
mod accessors_rust;
mod around;
mod c;
mod configs;
mod configs_fixtures;
mod configs_lines;
mod configs_readers;
mod configs_secrets;
mod configs_terraform;
mod configs_yaml;
mod csharp;
mod fish;
mod fixtures;
mod go;
mod groovy;
mod hocon;
mod java;
mod javascript;
mod kotlin;
mod lifting;
mod lua;
mod make;
mod notebook;
mod php;
mod python;
mod quoting;
mod quoting_compiled;
mod quoting_everywhere;
mod ruby;
mod rust;
mod scala;
mod serving;
mod shell;
mod templates;

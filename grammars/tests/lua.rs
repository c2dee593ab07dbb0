//! Lua, before and after: each rewrite is run by a real Lua, and gives back its original bytes.

use crate::lifting::{Ran, lift, missing, refused, run};

/// One program with a shape in each function, so that each can fail by itself. `show` tells how many values it gets.
const SHAPES: &str = r##"local function show(...) print(select("#", ...), ...) end
local user, host = "admin", "db"
local M, config = {}, {}
local shapes = {
  function() local password = "value-00"; show(password) end,
  function() local a, token <const> = "left", 'value-01'; show(a, token) end,
  function() M.secret = "value-02"; show(M.secret) end,
  function() config["api key"] = 'value-03'; show(config["api key"]) end,
  function() show(({ password = "value-04", "x" }).password) end,
  function() show(#{ "a", "value-05" }, ({ "a", "value-05b" })[2]) end,
  function() show("value-06") end,
  function() show "value-07" end,
  function() show([[value-08]]) end,
  function() show(("value-09"):upper(), #"value-09b") end,
  function() show("https://" .. user .. ":value-10@" .. host) end,
  function() show("Bearer value-11 and more") end,
  function() show(string.format("%s:value-12@%s:%d%%", user, host, 80)) end,
  function() show(("value-13 %s"):format(host)) end,
  function() show("tab\tvalue-14\x21\u{e9}\65 \"q\"") end,
  function() show('it\'s value-15 "two"\n') end,
  function() show([==[
a]] value-16 b]==]) end,
  function() show([[
password=value-17
rest]]) end,
  function() if user == "value-18" then show("equal") else show("different") end end,
  function() if "value-19" ~= user then show("different") else show("equal") end end,
  function() show(os.getenv("V20") or "value-20") end,
  function() show({ (os.getenv('V21') or 'value-21') }) end,
  function() local t = { (function() return "value-22" end)() }; show(#t, t[1]) end,
  function() show(user == "x" and "a" or "value-23") end,
  function() show(48151624 + 0) end,
  function() local n = nil; n = n or "value-25"; show(n) end,
  function() show(#"value-26" + 1, "value-26b" < "z", not "value-26c") end,
  function() show("a" .. "value-27" .. "b" == "avalue-27b") end,
  function() for _, v in ipairs({ "value-28" }) do show(v) end end,
  function() show(pcall(error, "value-29")) end,
}
for index, shape in ipairs(shapes) do
  io.write("case ", index - 1, "\n")
  local worked, why = pcall(shape)
  if not worked then print("threw", why) end
end
"##;

/// Values as they stand, by case; the rest are `value-NN`.
fn value(index: usize) -> String {
    match index {
        14 => "tab\\tvalue-14\\x21\\u{e9}\\65 \\\"q\\\"".to_owned(),
        15 => "it\\'s value-15 \"two\"\\n".to_owned(),
        24 => "48151624".to_owned(),
        _ => format!("value-{index:02}"),
    }
}

fn stored(index: usize) -> String {
    match index {
        14 => "tab\tvalue-14!\u{e9}A \"q\"".to_owned(),
        15 => "it's value-15 \"two\"\n".to_owned(),
        _ => value(index),
    }
}

const COUNT: usize = 30;

fn lua(folder: &std::path::Path, variables: &[(&str, &str)]) -> Option<Ran> {
    ["lua5.4", "lua"].iter().find_map(|program| run(folder, program, &["program.lua"], variables))
}

/// The table's own address differs from run to run.
fn without_addresses((worked, printed): Ran) -> Ran {
    let lines = printed.lines().map(|line| line.split("table: 0x").next().unwrap_or_default());
    (worked, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> = (0..COUNT).map(|index| (value(index), format!("V{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    for pair in &pairs {
        let one = lift("lua", SHAPES, &[*pair]);
        assert!(one.is_ok(), "{pair:?} {one:?}");
    }
    let after = lift("lua", SHAPES, &pairs).expect("every shape can be lifted");
    let stored: Vec<String> = (0..COUNT).map(stored).collect();
    let set: Vec<(&str, &str)> = pairs.iter().zip(&stored).map(|((_, name), value)| (*name, value.as_str())).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let runs = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(folder.path().join("program.lua"), text).expect("the folder is there");
        lua(folder.path(), variables).map(without_addresses)
    };
    let Some(original) = runs(SHAPES, &[]) else { return missing("lua5.4") };
    assert!(original.0 && !original.1.contains("threw"), "the original works: {}", original.1);
    assert_eq!(runs(&after, &set), Some(original), "the same from {after}");
    let (_, unset) = runs(&after, &[]).expect("Lua is there");
    for (index, (_, name)) in pairs.iter().enumerate() {
        let case = unset.split(&format!("case {index}\n")).nth(1).and_then(|rest| rest.lines().next());
        let threw = case.is_some_and(|line| line.starts_with("threw") && line.ends_with(&format!("{name} is not set")));
        assert!(threw, "{name} fails: {case:?}");
    }
    assert!(!unset.contains("equal") && !unset.contains("different"), "no branch is taken: {unset}");
}

#[test]
fn files_keep_their_meaning() {
    let programs = [
        "#!/usr/bin/env lua\nprint('hunter2x')\n",
        "print('hunter2x')\r\nprint('b')\r\n",
        "local x = 'hunter2x'\nprint(x)",
        "print[[hunter2x]]\n",
        "print{'hunter2x'}\nprint'x'",
        "local f = print; f'hunter2x'\n",
        "return print('hunter2x')\n",
        "local t = {a='hunter2x';b=1}print(t.a)\n",
        "goto done\n::done:: print('hunter2x')\n",
        "print(('%d'):rep(2), 'é hunter2x ü')\n",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for source in programs {
        let after = lift("lua", source, &[("hunter2x", "LIFTED")]).unwrap_or_else(|why| panic!("{why:?} {source}"));
        let runs = |text: &str, variables: &[(&str, &str)]| {
            std::fs::write(folder.path().join("program.lua"), text).expect("the folder is there");
            lua(folder.path(), variables).map(without_addresses)
        };
        let Some(original) = runs(source, &[]) else { return missing("lua5.4") };
        assert!(original.0, "{} in {source}", original.1);
        assert_eq!(runs(&after, &[("LIFTED", "hunter2x")]), Some(original), "the same from {after}");
        let unset = runs(&after, &[]).expect("Lua is there");
        assert!(!unset.0 && unset.1.contains("LIFTED is not set"), "fails loudly: {after}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("t = { ['hunter2x'] = 1 }\n", "mapping-key"),
        ("t['hunter2x'] = 1\n", "mapping-key"),
        ("require 'hunter2x'\n", "require"),
        ("t = [[password=hunter2x\nrest]]\n", "part-of-literal"),
        ("t = { 'hunter2x'\n", "syntax-error-nearby"),
        ("local os = {}\nprint('hunter2x')\n", "shadowed-module"),
        ("redis.call('SET', KEYS[1], 'hunter2x')\n", "redis-script"),
        ("goto hunter2x\n::hunter2x::\n", "not-a-literal"),
    ] {
        assert_eq!(refused("lua", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("lua", "a = \"x\\z\n  y\"\n", "x\\z\n  y"), "not-reversible");
}

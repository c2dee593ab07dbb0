//! C#, before and after: each rewrite is compiled and run where a compiler is there, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each case of its switch.
const SHAPES: &str = r#"using System.Collections.Generic;

namespace Shop
{
    public class Config
    {
        private const string First = "value-00";
        public static readonly string Second = "value-01"; // note
        public string Third { get; set; } = "value-02";
        public string Url;

        public string Fourth() => "value-03";

        public static string Read() { return First; }
    }

    public static class Program
    {
        static void Show(object value) { System.Console.WriteLine(value); }

        static string Env(string name, string fallback)
        {
            return System.Environment.GetEnvironmentVariable(name) ?? fallback;
        }

        static string Named(string user, string password) { return user + password; }

        public static void Main(string[] args)
        {
            foreach (var number in args)
            {
                System.Console.WriteLine("case " + number);
                try { Shape(number); }
                catch (System.Exception thrown)
                {
                    while (thrown.InnerException != null) thrown = thrown.InnerException;
                    System.Console.WriteLine("failed: " + thrown.Message);
                }
            }
        }

        static void Shape(string number)
        {
            switch (int.Parse(number))
            {
                case 0: Show(Config.Read()); break;
                case 1: Show(Config.Second); break;
                case 2: Show(new Config().Third); break;
                case 3: Show(((Config)System.Runtime.Serialization.FormatterServices.GetUninitializedObject(typeof(Config))).Fourth()); break;
                case 4:
                    const string local = "value-04";
                    Show(local);
                    break;
                case 5: Show(Named(password: "value-05", user: "u")); break;
                case 6: Show("Server=db;Password=value-06;Port=1"); break;
                case 7: Show(@"c:\temp\value-07 ""quoted"""); break;
                case 8: Show($"user {number} value-08 {{x}}"); break;
                case 9: Show(string.Format("{0}:value-09", "u")); break;
                case 10:
                    if (number == "value-10") Show("equal");
                    Show("different");
                    break;
                case 11: Show(System.Environment.GetEnvironmentVariable("V11") ?? "value-11"); break;
                case 12: Show(Env("V12", "value-12")); break;
                case 13:
                    var map = new Dictionary<string, string> { { "password", "value-13" } };
                    Show(map["password"]);
                    break;
                case 14:
                    var other = new Dictionary<string, string>();
                    other["password"] = "value-14";
                    Show(other["password"]);
                    break;
                case 15: Show("value-15".Length); break;
                case 16: Show("a" + "value-16" + 'b'); break;
                case 17:
                    System.Func<string> f = () => "value-17";
                    Show(f());
                    break;
                case 18: Show("tab\tvalue-18\u00e9\""); break;
                case 19: Show(number == "x" ? "" : "value-19"); break;
                case 20: Show(new[] { "x", "value-20" }[1]); break;
                case 21: Show((object)"value-21"); break;
                case 22: Show($@"c:\{number}\value-22"); break;
                case 23:
                    if (number.Equals("value-23")) Show("equal");
                    Show("different");
                    break;
            }
        }
    }
}
"#;

const COUNT: usize = 24;

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> =
        (0..COUNT).map(|index| (format!("value-{index:02}"), format!("V{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("csharp", SHAPES, &pairs).expect("every shape can be lifted");
    assert!(after.contains("private static readonly string First = System.Environment."), "{after}");
    assert!(after.contains("                    string local = System.Environment."), "{after}");
    let folder = tempfile::tempdir().expect("a folder");
    let cases: Vec<String> = (0..COUNT).map(|index| index.to_string()).collect();
    let programs = [("before.exe", SHAPES), ("after.exe", after.as_str())];
    for (name, source) in programs {
        let file = name.replace(".exe", ".cs");
        std::fs::write(folder.path().join(&file), source).expect("the folder is there");
        let Some(built) = run(folder.path(), "mcs", &[&format!("-out:{name}"), &file], &[]) else {
            return missing("mcs");
        };
        assert!(built.0, "{name} compiles: {}\n{source}", built.1);
    }
    let mono = |name: &str, variables: &[(&str, &str)]| {
        let mut arguments = vec![name];
        arguments.extend(cases.iter().map(String::as_str));
        let (worked, text) = run(folder.path(), "mono", &arguments, variables).expect("mono is there");
        assert!(worked, "{text}");
        text.split("case ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    let original = mono("before.exe", &[]);
    assert_eq!(original.len(), COUNT);
    assert!(original.iter().all(|case| case.lines().count() > 1 && !case.contains("failed")), "{original:?}");
    assert_eq!(mono("after.exe", &all), original, "the same with the variables set");
    for case in mono("after.exe", &[]) {
        assert!(case.ends_with(" is not set\n") && case.lines().count() == 2, "fails loudly, takes no branch: {case}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("class A { [Foo(\"hunter2x\")] string a; }", "attribute"),
        ("class A { [Foo(Password = \"hunter2x\")] string a; }", "attribute"),
        ("class A { void F(string password = \"hunter2x\") {} }", "parameter-default"),
        ("class A { void F(string s) { switch (s) { case \"hunter2x\": break; } } }", "pattern"),
        ("class A { int F(string s) { return s switch { \"hunter2x\" => 1, _ => 2 }; } }", "pattern"),
        ("class A { bool F(string s) { return s is \"hunter2x\"; } }", "pattern"),
        ("class A { const string S = \"hunter2x\"; const string T = S + \"x\"; }", "used-as-constant"),
        ("class A { const string S = \"hunter2x\"; [Foo(A.S)] int x; }", "used-as-constant"),
        ("class A { const string S = \"hunter2x\"; void F(string s = S) {} }", "used-as-constant"),
        (
            "class A { const string S = \"hunter2x\"; void F(string s) { switch (s) { case S: break; } } }",
            "used-as-constant",
        ),
        ("class System { string a = \"hunter2x\"; }", "shadowed-module"),
        ("// <auto-generated>\nclass A { string a = \"hunter2x\"; }", "generated"),
        ("class A { byte[] a = \"hunter2x\"u8.ToArray(); }", "not-a-literal"),
        ("class A { string a = \"\"\"\n  hunter2x\n  \"\"\"; }", "not-a-literal"),
        ("class A { string a = (\"hunter2x\"; int b = ; }", "syntax-error-nearby"),
    ] {
        assert_eq!(refused("csharp", source, "hunter2x"), code, "{source}");
    }
}

#[test]
fn forms_of_newer_compilers() {
    for (source, expected) in [
        (
            "class A { string a = \"\"\"hunter2x\"\"\"; }",
            "a = System.Environment.GetEnvironmentVariable(\"X\") ?? throw new System.InvalidOperationException(\"X is not set\");",
        ),
        (
            "var key = builder.Configuration[\"Jwt:Key\"] ?? \"hunter2x\";\r\n",
            "?? (System.Environment.GetEnvironmentVariable(\"X\") ?? throw",
        ),
        ("record R(string P); class A { R r = new(\"hunter2x\"); }", "new(System.Environment."),
        ("class A { string[] a = [\"hunter2x\"]; }", "[System.Environment."),
    ] {
        let after = lift("csharp", source, &[("hunter2x", "X")]).expect("it can be lifted");
        assert!(after.contains(expected), "{after}");
        assert_eq!(after.contains("\r\n"), source.contains("\r\n"));
    }
}

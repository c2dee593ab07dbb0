//! Java, before and after: each rewrite is compiled and run by a real Java, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each case of its switch, so that each can be run by itself.
const SHAPES: &str = r#"package shop; // a package

import java.util.*;
import java.util.function.Supplier;

/** Documentation. */
public class Shapes {
    static final class Holder {
        static final String SECRET = "value-00";
    }

    interface Settings {
        String SECRET = "value-01";
    }

    enum Kind {
        ADMIN("value-02");

        final String password;

        Kind(String password) {
            this.password = password;
        }
    }

    record Pair(String user, String password) {}

    static class Config {
        private String password = "value-03";
        private final char[] chars = "value-04".toCharArray();
        String url;

        Config url(String url) {
            this.url = url;
            return this;
        }
    }

    static String secret() {
        return "value-05";
    }

    static String env(String name, String fallback) {
        String value = System.getenv(name);
        return value == null ? fallback : value;
    }

    static void show(Object value) {
        System.out.println(value);
    }

    public static void main(String[] args) {
        for (String number : args) {
            System.out.println("case " + number);
            try {
                shape(number);
            } catch (Throwable thrown) {
                while (thrown.getCause() != null) thrown = thrown.getCause();
                System.out.println("failed: " + thrown.getMessage());
            }
        }
    }

    static void shape(String... args) throws Exception {
        switch (Integer.parseInt(args[0])) {
            case 0 -> show(Holder.SECRET);
            case 1 -> show(Settings.SECRET);
            case 2 -> show(Kind.ADMIN.password);
            case 3, 4 -> {
                Config config = new Config();
                show(config.password + new String(config.chars));
            }
            case 5 -> show(secret());
            case 6 -> show(new Pair("user", "value-06"));
            case 7 -> show(new Config().url("jdbc:mysql://root:value-07@db/shop").url);
            case 8 -> show("a" + "value-08" + 'b');
            case 9 -> {
                if ("value-09".equals(args[0])) show("equal");
                show("different");
            }
            case 10 -> {
                if (args[0].equals("value-10")) show("equal");
                show("different");
            }
            case 11 -> show(String.format("%s:value-11@%d%%", "user", 3));
            case 12 -> show("""
                user: admin
                  password: value-12
                tail: "x" \
                joined
                """);
            case 13 -> show(System.getenv().getOrDefault("V13", "value-13"));
            case 14 -> show(Optional.ofNullable(System.getenv("V14")).orElse("value-14"));
            case 15 -> show(System.getenv("V15") != null ? System.getenv("V15") : "value-15");
            case 16 -> show(env("V16", "value-16"));
            case 17 -> {
                Map<String, String> map = new HashMap<>();
                map.put("password", "value-17");
                show(map);
            }
            case 18 -> show(Map.of("password", "value-18"));
            case 19 -> show(List.of("x", "value-19"));
            case 20 -> show(Arrays.toString(new String[] {"a", "value-20"}));
            case 21 -> {
                Supplier<String> supplier = () -> "value-21";
                show(supplier.get());
            }
            case 22 -> show("value-22".length() > 3 ? "value-22"  .substring(2) : "");
            case 23 -> {
                final String local = "tab\tvalue-23\u00e9\"";
                show(local);
            }
            case 24 -> {
                Properties properties = new Properties();
                properties.setProperty("password", /* why */ "value-24"); // note
                show(properties);
            }
            case 25 -> show((Object) "value-25");
            case 26 -> show(args.length > 5 ? "" : "value-26");
            case 27 -> show("value-27".getBytes("UTF-8").length);
            case 28 -> show(new StringBuilder("value-28").append(1));
            case 29 -> {
                String text = "";
                text += "value-29";
                show(text);
            }
            case 30 -> show("%s value-30".formatted("x"));
            case 31 -> show(switch (args.length) {
                case 9 -> "";
                default -> {
                    yield "value-31";
                }
            });
            default -> throw new IllegalStateException();
        }
    }
}
"#;

const COUNT: usize = 32;

/// Compiles a program into a folder of its own; none without a Java.
fn build(folder: &std::path::Path, name: &str, file: &str, source: &str) -> Option<()> {
    let own = folder.join(name);
    std::fs::create_dir_all(&own).expect("the folder can be made");
    std::fs::write(own.join(file), source).expect("the folder is there");
    let built = run(&own, "javac", &["-Xlint:none", "-encoding", "UTF-8", "-d", ".", file], &[])?;
    assert!(built.0, "{name} compiles: {}\n{source}", built.1);
    Some(())
}

#[test]
fn rewritten_programs_mean_the_same() {
    let source = SHAPES.replace("\"value-22\"  .substring", "\"value-x\"  .substring");
    let values: Vec<(String, String)> =
        (0..COUNT).map(|index| (format!("value-{index:02}"), format!("V{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("java", &source, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    if build(folder.path(), "before", "Shapes.java", &source).is_none() {
        return missing("javac");
    }
    build(folder.path(), "after", "Shapes.java", &after);
    let cases: Vec<String> = (0..COUNT).map(|index| index.to_string()).collect();
    let java = |name: &str, variables: &[(&str, &str)]| {
        let mut arguments = vec!["-XX:TieredStopAtLevel=1", "-cp", ".", "shop.Shapes"];
        arguments.extend(cases.iter().map(String::as_str));
        let (worked, text) = run(&folder.path().join(name), "java", &arguments, variables).expect("java is there");
        assert!(worked, "{text}");
        text.split("case ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    let (original, set, unset) = (java("before", &[]), java("after", &all), java("after", &[]));
    assert_eq!(original.len(), COUNT);
    for (index, ((original, set), unset)) in original.iter().zip(&set).zip(&unset).enumerate() {
        assert!(original.lines().count() > 1 && !original.contains("failed"), "case {original} prints something");
        assert_eq!(set, original, "the same with the variables set");
        // Some cases make an object that fails already.
        let name = if matches!(index, 4 | 7) { "V03" } else { pairs[index].1 };
        assert!(unset.ends_with(&format!("failed: {name} is not set\n")), "fails loudly: {unset}");
        assert_eq!(unset.lines().count(), 2, "and takes no branch: {unset}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("class A { @Foo(\"hunter2x\") String a; }", "annotation"),
        ("class A { @Foo(name = \"x\", password = {\"hunter2x\"}) String a; }", "annotation"),
        ("@interface A { String value() default \"hunter2x\"; }", "annotation-default"),
        ("class A { void f(String s) { switch (s) { case \"hunter2x\": break; } } }", "switch-label"),
        (
            "class A { int f(String s) { return switch (s) { case \"a\", \"hunter2x\" -> 1; default -> 2; }; } }",
            "switch-label",
        ),
        (
            "class A { static final String S = \"hunter2x\"; int f(String s) { return switch (s) { case S -> 1; default -> 2; }; } }",
            "used-as-constant",
        ),
        ("class A { static final String S = \"hunter2x\"; @Foo(value = \"a\" + A.S) int x; }", "used-as-constant"),
        ("class A { static final String S = \"a\" + \"hunter2x\"; @Foo(S) int x; }", "used-as-constant"),
        ("class A { @Value(\"#{'hunter2x'}\") String a; }", "spring-expression"),
        ("class A { @Value(SECRET + \"hunter2x\") String a; }", "annotation"),
        ("class A { String f(String System) { return System + \"hunter2x\"; } }", "shadowed-module"),
        ("@Generated class A { String a = \"hunter2x\"; }", "generated"),
        ("class A { String a = f(System.getenv(\"hunter2x\")); }", "mapping-key"),
        ("class A { String a = (\"hunter2x\"; int b = ; }", "syntax-error-nearby"),
    ] {
        assert_eq!(refused("java", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("java", "class A { String a = \"x\\101y\"; }", "x\\101y"), "not-reversible");
    assert_eq!(refused("java", "class A { String a = \"\\u005cnhunter\"; }", "\\u005cnhunter"), "not-reversible");
    assert_eq!(
        refused("java", "class A { String a = \"\"\"\n  one  \n  two\"\"\"; }", "one  \n  two"),
        "not-reversible"
    );
}

#[test]
fn a_constant_beside_an_annotation_is_none_of_its_business() {
    let source = "class A { static final String name = \"hunter2x\"; @Foo(name = \"x\") int x; }";
    lift("java", source, &[("hunter2x", "A")]).expect("the annotation's own key is another name");
}

#[test]
fn spring_reads_the_environment_by_itself() {
    for (source, value, name, expected) in [
        (
            "class A { @Value(\"${db.my-pass:hunter2x}\") String a; }",
            "hunter2x",
            "DB_MY_PASS",
            "@Value(\"${db.my-pass}\")",
        ),
        ("class A { @Value(\"hunter2x\") String a; }", "hunter2x", "TOKEN", "@Value(\"${TOKEN}\")"),
        ("class A { @Value(\"a:hunter2x@b\") String a; }", "hunter2x", "TOKEN", "@Value(\"a:${TOKEN}@b\")"),
    ] {
        let after = lift("java", source, &[(value, name)]).expect("it can be lifted");
        assert!(after.contains(expected), "{after}");
    }
    let source = "class A { @Value(\"${db.pass:hunter2x}\") String a; }";
    assert_eq!(lift("java", source, &[("hunter2x", "OTHER")]), Err(vec!["fixed-name".to_owned()]));
}

#[test]
fn objects_is_used_where_it_is_imported() {
    let source = "import java.util.Objects;\nclass A { String a = \"hunter2x\"; }\n";
    let after = lift("java", source, &[("hunter2x", "A")]).expect("it can be lifted");
    assert!(after.contains("= Objects.requireNonNull(System.getenv(\"A\"), \"A is not set\");"), "{after}");
    let source = "import com.google.common.base.Objects;\r\nclass A { String a = \"hunter2x\"; }\r\n";
    let after = lift("java", source, &[("hunter2x", "A")]).expect("it can be lifted");
    assert!(after.contains("= java.util.Objects.requireNonNull("), "{after}");
    let source = "class Objects { String a = \"hunter2x\"; }\n";
    let after = lift("java", source, &[("hunter2x", "A")]).expect("it can be lifted");
    assert!(after.contains("= java.util.Objects.requireNonNull("), "{after}");
}

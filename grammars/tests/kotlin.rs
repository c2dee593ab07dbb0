//! Kotlin, before and after: each rewrite is compiled and run by a real Kotlin, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each case, so that each can be run by itself.
const SHAPES: &str = r#"package original // a package

import java.util.Properties

private const val FIRST = "value-00"

class Config(var password: String = "value-01", val user: String = "u") {
    companion object {
        const val SECOND: String = "value-02" // note
    }

    var url = ""
    val lazily by lazy { "value-03" }

    fun url(url: String) = apply { this.url = url }
}

enum class Kind(val password: String) {
    ADMIN("value-04"),
}

fun named(user: String, password: String = "value-05") = user + password

fun env(name: String, fallback: String) = System.getenv(name) ?: fallback

fun expression() = "value-06"

fun show(value: Any?) = println(value)

fun main(args: Array<String>) {
    for (number in args) {
        println("case $number")
        try {
            shape(number)
        } catch (thrown: Throwable) {
            var root: Throwable = thrown
            while (root.cause != null) root = root.cause!!
            println("failed: ${root.message}")
        }
    }
}

fun shape(number: String) {
    val other = "x"
    when (number.toInt()) {
        0 -> show(FIRST)
        1 -> show(Config().password)
        2 -> show(Config.SECOND)
        3 -> show(Config(password = "p").lazily)
        4 -> show(Kind.ADMIN.password)
        5 -> show(named(user = "u"))
        6 -> show(expression())
        7 -> show(Config("p").url("jdbc:mysql://root:value-07@db/$other/${other.length}").url)
        8 -> show("""raw \n value-08 $other""")
        9 -> {
            if (number == "value-09") show("equal")
            show("different")
        }
        10 -> show(when (number) {
            "value-10" -> "equal"
            else -> "different"
        })
        11 -> show(System.getenv("V11") ?: "value-11")
        12 -> show(System.getenv().getOrDefault("V12", "value-12"))
        13 -> show(env("V13", "value-13"))
        14 -> show(mapOf("password" to "value-14", Pair("a", "b")))
        15 -> {
            val map = HashMap<String, String>()
            map["password"] = "value-15"
            show(map)
        }
        16 -> show(listOf("x", "value-16"))
        17 -> show("value-17".length)
        18 -> show("a" + "value-18" + 'b')
        19 -> show("tab\tvalue-19\u00e9\$5 \"q\"")
        20 -> show(if (number == "x") "" else "value-20")
        21 -> show(Properties().apply { setProperty("password", "value-21") })
        22 -> show("%s:value-22".format("u"))
        23 -> show("value-23".toByteArray().size)
        24 -> {
            val password: String = /* why */ "value-24"
            show(password)
        }
        25 -> show(arrayOf("value-25")[0])
        26 -> show(("value-26" as Any))
        27 -> {
            val config = Config("p")
            config.password = "value-27"
            show(config.password)
        }
        28 -> show("""
            user
              value-28
        """.trimIndent())
    }
}
"#;

const COUNT: usize = 29;

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> =
        (0..COUNT).map(|index| (format!("value-{index:02}"), format!("V{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("kotlin", SHAPES, &pairs).expect("every shape can be lifted");
    assert!(after.contains("\nprivate val FIRST = System.getenv(\"V00\") ?: error(\"V00 is not set\")\n"), "{after}");
    assert!(after.contains("        val SECOND: String = System.getenv("), "{after}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Before.kt"), SHAPES).expect("the folder is there");
    let renamed = after.replace("package original", "package rewritten");
    std::fs::write(folder.path().join("After.kt"), renamed).expect("the folder is there");
    let Some(built) =
        run(folder.path(), "kotlinc", &["-nowarn", "Before.kt", "After.kt", "-include-runtime", "-d", "out.jar"], &[])
    else {
        return missing("kotlinc");
    };
    assert!(built.0, "it compiles: {}\n{after}", built.1);
    let cases: Vec<String> = (0..COUNT).map(|index| index.to_string()).collect();
    let kotlin = |class: &str, variables: &[(&str, &str)]| {
        let mut arguments = vec!["-cp", "out.jar", class];
        arguments.extend(cases.iter().map(String::as_str));
        let (worked, text) = run(folder.path(), "java", &arguments, variables).expect("java is there");
        assert!(worked, "{text}");
        text.split("case ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    let original = kotlin("original.BeforeKt", &[]);
    assert_eq!(original.len(), COUNT);
    assert!(original.iter().all(|case| case.lines().count() > 1 && !case.contains("failed")), "{original:?}");
    // A top-level val of the file is read before main: the program does not start without it.
    let unset = run(folder.path(), "java", &["-cp", "out.jar", "rewritten.AfterKt", "9"], &[]).expect("java is there");
    assert!(!unset.0 && unset.1.contains("V00 is not set"), "{}", unset.1);
    assert_eq!(kotlin("rewritten.AfterKt", &all), original, "the same with the variables set");
    for case in kotlin("rewritten.AfterKt", &all[..1]).iter().skip(1) {
        assert!(case.contains(" is not set") && case.lines().count() == 2, "fails loudly, takes no branch: {case}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("@Foo(\"hunter2x\")\nclass A\n", "annotation"),
        ("class A {\n    @Foo(password = \"hunter2x\")\n    val a = 1\n}\n", "annotation"),
        ("annotation class A(val x: String = \"hunter2x\")\n", "annotation-default"),
        ("const val A = \"hunter2x\"\nconst val B = A + \"x\"\n", "used-as-constant"),
        ("const val A = \"hunter2x\"\n@Foo(A)\nclass B\n", "used-as-constant"),
        ("class A {\n    @Value(\"#{'hunter2x'}\")\n    lateinit var a: String\n}\n", "spring-expression"),
        ("fun f(System: String) = System + \"hunter2x\"\n", "shadowed-module"),
        ("val a = mapOf(\"hunter2x\" to 1)\n", "mapping-key"),
        ("@file:JvmName(\"hunter2x\")\npackage a\n", "annotation"),
    ] {
        assert_eq!(refused("kotlin", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("kotlin", "val a = \"pass$word\"\n", "pass$word"), "not-reversible");
    assert_eq!(refused("kotlin", "val a = \"pass${word}x\"\n", "pass${word}x"), "crosses-interpolation");
}

#[test]
fn spring_reads_the_environment_by_itself() {
    let source = "class A {\n    @Value(\"\\${db.pass:hunter2x}\")\n    lateinit var a: String\n}\n";
    let after = lift("kotlin", source, &[("hunter2x", "DB_PASS")]).expect("it can be lifted");
    assert!(after.contains("@Value(\"\\${db.pass}\")"), "{after}");
}

#[test]
fn an_error_of_the_file_is_not_called() {
    let source = "fun error(message: String) = println(message)\nval a = \"hunter2x\"\n";
    let after = lift("kotlin", source, &[("hunter2x", "A")]).expect("it can be lifted");
    assert!(after.contains("?: throw IllegalStateException(\"A is not set\")"), "{after}");
}

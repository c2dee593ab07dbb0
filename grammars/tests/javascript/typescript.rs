//! TypeScript: what is rewritten passes the strict compiler, and runs.

use super::*;

/// The TypeScript compiler, where there is one.
fn typescript() -> Option<PathBuf> {
    let folder = std::env::var_os("KEYLIFT_TEST_BIN").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv-test/bin");
    let there = |path: &PathBuf| Command::new(path).arg("--version").output().is_ok_and(|out| out.status.success());
    folder.into_iter().chain([root]).map(|folder| folder.join("tsc")).chain([PathBuf::from("tsc")]).find(there)
}

/// A TypeScript file as JavaScript, once the strictest compiler has accepted it.
fn compiled(tsc: &Path, code: &str, options: &[&str]) -> String {
    let script = Script::new("app.ts", code);
    let folder = script.0.parent().expect("a folder of its own");
    let strict = ["--strict", "--noUncheckedIndexedAccess", "--noUnusedLocals", "--noImplicitOverride"];
    let target = ["--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom"];
    let output = Command::new(tsc).args(strict).args(target).args(options).arg("app.ts").current_dir(folder).output();
    let output = output.expect("tsc starts");
    assert!(
        output.status.success(),
        "strict type checking passes: {}\n{code}",
        String::from_utf8_lossy(&output.stdout)
    );
    std::fs::read_to_string(folder.join("app.js")).expect("it was compiled")
}

#[test]
fn rewritten_typescript_passes_the_strict_compiler_and_means_the_same() {
    let source = r#"declare const process: { env: Record<string, string | undefined> };
interface Options { readonly password: string; pin: number }
abstract class Base { protected abstract readonly key: string }
class Client extends Base {
  static readonly TOKEN: string = 'value-00';
  protected override readonly key = "value-01";
  private secret?: string = 'value-02';
  constructor(private readonly password: string = 'value-03', public user = 'u') { super() }
  show(prefix?: string): string[] { return [this.key, this.secret ?? '', this.password, prefix!, this.user] }
}
const options: Options = { password: 'value-04', pin: 100005 };
const frozen = { password: 'value-06', nested: { a: ['value-07'] } } as const;
const satisfied = { password: 'value-08' } satisfies Partial<Options>;
function login<T extends string>(name: T, { password = 'value-09' }: Partial<Options> = {}): [T, string] {
  return [name, password];
}
const asserted = 'value-10' as string;
const url = new URL(`https://user:value-11@host/`).password;
const mixed: string | number = Math.max(1, 2) > 1 ? 'value-12' : 0;
let late: string;
late = 'value-13';
const generic = new Map<string, string>([['password', 'value-14']]);
const arrow = async (): Promise<string> => 'value-15';
function check(given: string): boolean { return given === 'value-16' }
function kind(given: string): string { switch (given) { case 'value-17': return 'in'; default: return 'out' } }
namespace Inner { export const password = 'value-18' }
const header: Record<string, string> = { Authorization: 'Bearer value-19', ["x-key"]: "value-20" };
const sum = 'a' + 'value-21' + "b";
const total: number = 100022 + 1;
const optional = options?.password || 'value-23';
const chained = ('value-24').toUpperCase().length.toFixed(0);
export default 'value-25';
arrow().then((text) => console.log(JSON.stringify([
  Client.TOKEN, new Client().show('value-26'), options, frozen, satisfied, login('me'), asserted, url, mixed, late,
  [...generic], text, check('x'), kind('value-x'), Inner.password, header, sum, total, optional, chained,
])));
"#;
    let (mut values, mut stored) = (Vec::new(), Vec::new());
    for number in 0..=26 {
        let text =
            [format!("value-{number:02}"), format!("1000{number:02}")].into_iter().find(|text| source.contains(text));
        let text = text.unwrap_or_else(|| panic!("shape {number} is there"));
        values.push((text.clone(), format!("LIFTED_{number}")));
        stored.push((format!("LIFTED_{number}"), text));
    }
    let pairs = |list: &[(String, String)]| list.iter().map(|(a, b)| (a.clone(), b.clone())).collect::<Vec<_>>();
    let values = pairs(&values);
    let values: Vec<(&str, &str)> = values.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let after = lift("app.ts", source, &values).unwrap_or_else(|codes| panic!("{codes:?}"));
    assert!(!after.contains("value-0") && !after.contains("1000"), "{after}");
    let Some(tsc) = typescript() else {
        let demanded = std::env::var_os("KEYLIFT_TEST_REQUIRE_TOOLCHAINS").is_some();
        assert!(!demanded, "tsc is not installed");
        eprintln!("skipped: tsc is not installed");
        return;
    };
    let stored = pairs(&stored);
    let stored: Vec<(&str, &str)> = stored.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let before = node("app.js", &compiled(&tsc, source, &[]), &[]);
    assert!(before.0, "{}", before.2);
    let script = compiled(&tsc, &after, &[]);
    assert_eq!(node("app.js", &script, &stored).1, before.1, "{after}");
    for missing in (0..stored.len()).filter(|number| ![16, 17, 23].contains(number)) {
        let fewer: Vec<_> = stored.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, pair)| *pair).collect();
        let (works, _, error) = node("app.js", &script, &fewer);
        assert!(!works && error.contains(&format!("{} is not set", stored[missing].0)), "{error}");
    }
    let bracketed = "declare const process: { env: Record<string, string | undefined> };\n\
        export const mode = process.env['MODE'], key = 'hunter2x';\n";
    let after = lift("app.ts", bracketed, &[("hunter2x", "KEY")]).expect("it can be lifted");
    assert!(after.contains("key = process.env['KEY'] || "), "{after}");
    compiled(&tsc, &after, &["--noPropertyAccessFromIndexSignature"]);
}

//! PHP, before and after: each rewrite is run by a real PHP, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each function, so that each can be run by itself.
const SHAPES: &str = r#"<?php
/**
 * What the shop needs.
 */

class Connection
{
    public $password;
    public static $token;

    public function __construct($user, $password)
    {
        $this->password = "$user:$password";
    }

    public function setPassword($password)
    {
        $this->password = $password;
        return $this;
    }
}

function connect($user, $password) { return "$user/$password"; }
function show($value) { var_dump($value); }

$user = 'admin';
$shapes = [
    function () { $password = 'value-00'; show($password); },
    function () { $password = "value-01"; /* trailing */ show($password); },
    function () { show(['password' => 'value-02', 'nested' => ['x' => 1]]); },
    function () { show(connect('admin', 'value-03')); },
    function () use ($user) { show("mysql://$user:value-04@db/shop"); },
    function () { show('Bearer value-05'); },
    function () { show("tab\tvalue-06 \"quoted\" \$dollar \x41"); },
    function () { show('a' . 'value-07' . 'b'); },
    function () { if ($GLOBALS['user'] == 'value-08') { show('equal'); } else { show('different'); } },
    function () { show($GLOBALS['user'] === 'value-09' ? 'equal' : 'different'); },
    function () { switch ($GLOBALS['user']) { case 'value-10': show('equal'); break; default: show('different'); } },
    function () { define('SHOP_TOKEN', 'value-11'); show(SHOP_TOKEN); },
    function () { show((new Connection('admin', 'value-12'))->password); },
    function () { show((new Connection('admin', ''))->setPassword("value-13")->password); },
    function () { Connection::$token = 'value-14'; show(Connection::$token); },
    function () { $o = new stdClass(); $o->secret = 'value-15'; show($o); },
    function () { $c['db']['password'] = 'value-16'; show($c); },
    function () { show(getenv('VALUE17') ?: 'value-17'); },
    function () { show($_ENV['VALUE18'] ?? 'value-18'); },
    function () { show(isset($_SERVER['VALUE19']) ? $_SERVER['VALUE19'] : "value-19"); },
    function () { show(getenv('VALUE20') !== false ? getenv('VALUE20') : 'value-20'); },
    function () {
        $pem = <<<EOT
          value-21 "quoted" \$x
            deeper
          EOT;
        show($pem);
    },
    function () {
        show(<<<'EOT'
value-22 $plain \n
EOT
        );
    },
    function () { show(48151623); },
    function () { list($a, $b) = ['left', 'value-24']; show($a . $b); },
    function () { $x = null; $x ??= 'value-25'; show($x); },
    function () { show((fn($x) => $x . 'value-26')('>')); },
    function () { show(strlen('prefix value-27')); },
    function () { show(hash_equals('value-28', 'other') ? 'equal' : 'different'); },
    function () { show(array('value-29', 'x')[0]); },
    function () { return show('value-30'); },
    function () { echo 'value-31', "\n"; },
    function () { show(sprintf('%s:value-32@%d%%', 'user', 3)); },
    function () { show("{$GLOBALS['user']}:value-33"); },
    function () { static $cache = null; $cache = $cache ?: 'value-34'; show($cache); },
    function () { putenv('SHOP_PASSWORD=value-35'); show(getenv('SHOP_PASSWORD')); },
    function () { show(match (true) { 'admin' === $GLOBALS['user'] => 'value-36', default => 'none' }); },
    function () { show('caf' . "\u{e9} value-37"); },
    function () { show('it\'s value-38 \\ \n'); },
    function () { foreach (['value-39'] as $password) { show($password); } },
];
foreach ($shapes as $index => $shape) {
    echo "case $index\n";
    try {
        $shape();
    } catch (Throwable $error) {
        echo 'threw ', $error->getMessage(), "\n";
    }
}
"#;

const COUNT: usize = 40;

fn value(index: usize) -> String {
    match index {
        21 => "value-21 \"quoted\" \\$x\n            deeper".to_owned(),
        22 => "value-22 $plain \\n".to_owned(),
        23 => "48151623".to_owned(),
        37 => "\\u{e9} value-37".to_owned(),
        38 => "it\\'s value-38 \\\\ \\n".to_owned(),
        _ => format!("value-{index:02}"),
    }
}

/// What the value means: what the store has.
fn stored(index: usize) -> String {
    match index {
        21 => "value-21 \"quoted\" $x\n  deeper".to_owned(),
        37 => "\u{e9} value-37".to_owned(),
        38 => "it's value-38 \\ \\n".to_owned(),
        _ => value(index),
    }
}

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> = (0..COUNT).map(|index| (value(index), format!("VALUE{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("php", SHAPES, &pairs).expect("every shape can be lifted");
    assert_eq!(after.matches("function keylift_getenv").count(), 1, "one helper: {after}");
    assert!(after.starts_with("<?php\n/**\n * What the shop needs.\n */\n\nif (!function_exists"), "{after}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("before.php"), SHAPES).expect("the folder is there");
    std::fs::write(folder.path().join("after.php"), &after).expect("the folder is there");
    let stored: Vec<String> = (0..COUNT).map(stored).collect();
    let set: Vec<(&str, &str)> = pairs.iter().zip(&stored).map(|((_, name), value)| (*name, value.as_str())).collect();
    let php = |file: &str, variables: &[(&str, &str)]| {
        run(folder.path(), "php", &["-n", "-d", "error_reporting=-1", file], variables).map(|(_, text)| text)
    };
    let Some(original) = php("before.php", &[]) else { return missing("php") };
    assert!(!original.contains("threw") && original.contains("case 39"), "the original works: {original}");
    assert_eq!(php("after.php", &set), Some(original), "the same from {after}");
    let empty: Vec<(&str, &str)> = pairs.iter().map(|(_, name)| (*name, "")).collect();
    for wrong in [&[][..], &empty] {
        let unset = php("after.php", wrong).expect("php is there");
        for (index, (_, name)) in pairs.iter().enumerate() {
            assert!(
                unset.contains(&format!("case {index}\nthrew {name} is not set\n")),
                "{name} fails loudly: {unset}"
            );
        }
        assert!(!unset.contains("equal"), "no branch is taken: {unset}");
    }
}

/// Files of every kind: HTML around, namespaces, one line, constants.
#[test]
fn files_keep_their_meaning() {
    let programs = [
        "<?php $secret = 'hunter2x'; echo $secret; ?>\n<p>text</p>\n",
        "<!DOCTYPE html>\n<p><?= 'hunter2x' ?></p>\n<?php echo 1; ?>\n",
        "<?= 'hunter2x' ?>",
        "#!/usr/bin/env php\n<?php\necho 'hunter2x';\n",
        "<?php\ndeclare(strict_types=1);\nnamespace App\\Shop;\n\nuse RuntimeException;\nuse App\\Other as Thing;\n\nclass C { function f(): string { return 'hunter2x'; } }\necho (new C)->f();\n",
        "<?php namespace App; echo 'hunter2x';\n",
        "<?php\n\n/*\n\n license */\n\necho 'hunter2x';\n",
        "<?php /* of\n\n the file */ echo 'hunter2x';\n",
        "<?php // note\necho 'hunter2x';\n",
        "<?php\nconst SECRET = 'hunter2x';\necho SECRET;\n",
        "<?php\nnamespace App;\n// Why.\nconst  SECRET  =  'a' . 'hunter2x' ; // after\necho SECRET, \\App\\SECRET, constant('App\\SECRET');\n",
        "<?php\r\n$secret = 'hunter2x';\r\necho $secret;\r\n",
        "<?php\r\n\r\n/**\r\n * File.\r\n */\r\n\r\n$secret = \"hunter2x\";\r\necho $secret;\r\n",
        "<?php\nfunction f($x) { return $x; }\necho f('hunter2x');\nreturn 1;\n",
        "<?php\n$secret='hunter2x';if($secret):echo$secret;endif;",
        "<?php\necho(print'hunter2x');\nexit;",
        "<?php\nreturn [\n    'password' => print('hunter2x'),\n];\n",
        "<html>\n<?php if (true): ?>\n  <b><?php echo htmlspecialchars('hunter2x') ?></b>\n<?php endif ?>\n",
        "<?php\nnamespace A { echo match (1) { 1 => 'hunter2x' }; }\nnamespace { echo 2; }\n",
        "<?php\nnamespace A;\necho match (1) { 1 => 'hunter2x' };\nnamespace B;\necho 2;\n",
        "<?php\n$a = ['hunter2x' . PHP_EOL, 'b'];\necho $a[0];\n",
        "<?php\nclass A {\n    private $secret = 'hunter2x';\n    public function __construct() { echo $this->secret; }\n}\nnew A;\n",
        "<?php\nfinal class A\n{\n    protected ?string $secret = 'a' . 'hunter2x'; // why\n    public $b = 'b';\n\n    public function __construct(private $c = 1)\n    {\n        echo $this->secret, $this->b;\n    }\n}\nnew A;\n",
        "<?php\nclass A\n{\n\tpublic $list = [\n\t\t'a' => 'hunter2x',\n\t];\n\tfunction __construct()\n\t{\n\t}\n}\necho (new A)->list['a'];\n",
        "<?php\nuse ArrayObject; $secret = 'hunter2x'; echo $secret;\n",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("App")).expect("a folder");
    for source in programs {
        let after = lift("php", source, &[("hunter2x", "LIFTED")]).unwrap_or_else(|why| panic!("{why:?} {source}"));
        assert_eq!(after.contains("\r\n"), source.contains("\r\n"));
        assert_eq!(
            after.replace("\r\n", "").contains('\n'),
            source.replace("\r\n", "").contains('\n') || !source.contains('\n'),
            "{after:?}"
        );
        let php = |text: &str, variables: &[(&str, &str)]| {
            std::fs::write(folder.path().join("x.php"), text).expect("the folder is there");
            run(folder.path(), "php", &["-n", "-d", "error_reporting=-1", "x.php"], variables)
        };
        let Some(original) = php(source, &[]) else { return missing("php") };
        assert!(original.0, "{} in {source}", original.1);
        assert_eq!(php(&after, &[("LIFTED", "hunter2x")]), Some(original), "the same from {after}");
        let unset = php(&after, &[]).expect("php is there");
        assert!(!unset.0 && unset.1.contains("LIFTED is not set"), "fails loudly: {after}");
        let twice = after.replace("echo 1;", "echo 1; $other = 'second-1';");
        if twice != after {
            let twice = lift("php", &twice, &[("second-1", "OTHER")]).expect("a second value can be lifted");
            assert_eq!(twice.matches("function keylift_getenv").count(), 1, "one helper: {twice}");
        }
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("<?php class A { const SECRET = 'hunter2x'; }", "class-constant"),
        ("<?php interface A { const SECRET = 'hunter2x'; }", "class-constant"),
        ("<?php enum A: string { case Secret = 'hunter2x'; }", "enum-case"),
        ("<?php enum A { const SECRET = 'hunter2x'; }", "class-constant"),
        ("<?php const A = 1, SECRET = 'hunter2x';", "constant-list"),
        ("<?php class A { public static $secret = 'hunter2x'; }", "static-property"),
        ("<?php trait A { private $secret = ['a' => 'hunter2x']; }", "property-default"),
        ("<?php function f($secret = 'hunter2x') {}", "parameter-default"),
        ("<?php $f = fn($secret = 'hunter2x') => 1;", "parameter-default"),
        ("<?php class A { function __construct(private string $s = 'hunter2x') {} }", "parameter-default"),
        ("<?php function f() { static $secret = 'hunter2x'; }", "static-variable"),
        ("<?php #[Route('hunter2x')] function f() {}", "attribute"),
        ("<?php require 'hunter2x';", "include"),
        ("<?php $a = ['hunter2x' => 1];", "mapping-key"),
        ("<?php $a = $b['hunter2x'];", "mapping-key"),
        ("<?php $a = <<<EOT\nhello hunter2x there\nEOT;", "part-of-literal"),
        ("<?php namespace A { $a = 'hunter2x'; }", "no-import"),
        ("<?php $a = ('hunter2x'; $b = (;", "syntax-error-nearby"),
        ("<p>hunter2x</p><?php echo 1;", "not-a-literal"),
        ("<?php function keylift_getenv($x) { return $x; } $a = 'hunter2x';", "shadowed-module"),
    ] {
        assert_eq!(refused("php", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("php", "<?php $a = \"\\xff\\xfehunter\";", "\\xff\\xfehunter"), "not-text");
}

/// Laravel reads `env()` in config/ alone.
#[test]
fn laravel_keeps_its_idiom_in_its_place() {
    let source = "<?php\n\nreturn [\n    'key' => env('APP_KEY', 'hunter2x'),\n    'other' => 'second-1',\n];\n";
    let at = |path: &str| {
        use keylift_grammars::{Parsed, Request, Style, apply, language};
        let parsed =
            Parsed::at(language("php").expect("php is linked"), std::path::Path::new(path), source).expect("it parses");
        let requests: Vec<Request> = [("hunter2x", "APP_KEY"), ("second-1", "OTHER")]
            .into_iter()
            .map(|(value, name)| {
                let start = source.find(value).expect("it is there");
                Request { span: start..start + value.len(), name: name.to_owned(), style: Style::Env }
            })
            .collect();
        let rewrite = parsed.rewrite(&requests);
        let mut edits = rewrite.shared;
        edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("both are lifted")));
        apply(source, &edits).expect("no overlap")
    };
    assert_eq!(
        at("config/app.php"),
        "<?php\n\nreturn [\n    'key' => env('APP_KEY'),\n    'other' => env('OTHER'),\n];\n"
    );
    assert!(
        at("app/Other.php").contains("'key' => keylift_getenv('APP_KEY'),\n    'other' => keylift_getenv('OTHER'),\n")
    );
}

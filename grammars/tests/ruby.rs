//! Ruby, before and after: each rewrite is run by a real Ruby, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each lambda, so that each can fail by itself.
const SHAPES: &str = r#"# frozen_string_literal: true

require 'json'

class Config
  SECRET = 'value-00'.freeze
  class << self
    attr_accessor :token
  end
  attr_accessor :password, :key

  def initialize(user, password = nil, key: nil)
    @user, @password, @key = user, password, key
  end

  def options(password: 'value-01') = password

  def positional(password = "value-02")
    password
  end
end
def show(*values) = p(*values)
$user = 'admin'

SHAPES = [
  -> { show Config::SECRET },
  -> { show Config.new('u').options },
  -> { show Config.new('u').positional },
  -> { password = 'value-03'; show(password) },
  -> { password = "value-04" # trailing
    show password },
  -> { show({ password: 'value-05', :token => 'x', 'key' => 1 }) },
  -> { show({ :token => "value-06" }) },
  -> { show({ 'key' => 'value-07' }['key']) },
  -> { show Config.new('u', 'value-08').password },
  -> { config = Config.new 'u', key: "value-09"
       show config.key },
  -> { show "mysql://#{$user}:value-10@db/shop" },
  -> { show 'Bearer value-11' },
  -> { show 'it\'s #{x} "quoted" \n \\ value-12' },
  -> { show "tab\tvalue-13 \"quoted\" \#{x} \x41\u00e9" },
  -> { show 'a' + 'value-14' + 'b' },
  -> { show($user == 'value-15' ? 'equal' : 'different') },
  -> { show('value-16' != $user ? 'different' : 'equal') },
  -> { case $user
       when 'x', 'value-17' then show 'equal'
       else show 'different'
       end },
  -> { show ENV['V18'] || 'value-18' },
  -> { show ENV.fetch('V19', 'value-19') },
  -> { show ENV.fetch("V20") { 'value-20' } },
  -> { show(ENV['V21'] ? ENV['V21'] : 'value-21') },
  -> { ENV['V22'] ||= 'value-22'; show ENV['V22'] },
  -> { show <<~EOS },
    user #{$user}
      password value-23 "quoted" \#{x}
  EOS
  -> { show %q(value-24 (nested)) },
  -> { show %q(prefix #{x} value-25 (nested)) },
  -> { show %Q{#{$user} value-26} },
  -> { show %(value-27) },
  -> { show :"value-28", :value_28b },
  -> { a, b = 'left', 'value-29'; show a, b },
  -> { x = nil; x ||= 'value-30'; show x },
  -> { c = { db: {} }; c[:db][:password] = 'value-31'; show c },
  -> { Config.token = 'value-32'; show Config.token },
  -> { show 'one ' 'value-33' " three" },
  -> { show `printf %s value-34` },
  -> { show ->(key = 'value-35') { key }.call },
  -> { show(['value-36', 'x'].first.upcase) },
  -> { show 48151623 },
  -> { show format('%s:value-38@%d%%', 'user', 3) },
  -> { puts'value-39' },
  -> { @secret = 'value-40'; show @secret if @secret },
  -> { show JSON.generate(password: 'value-41') },
  -> { show %w[a b], 'value-42'.length, 'value-42b'[0, 5] },
  -> { show ENV["X43"].to_s.empty? ? 'none' : 'some', "value-43" },
  -> { begin; raise ArgumentError, 'value-44'; rescue ArgumentError => e; show e.message; end },
  -> { show :value_45 },
]
SHAPES.each_with_index do |shape, index|
  puts "case #{index}"
  begin
    shape.call
  rescue KeyError => error
    puts "threw #{error.message}"
  end
end
"#;

const COUNT: usize = 46;

fn value(index: usize) -> String {
    match index {
        12 => "it\\'s #{x} \"quoted\" \\n \\\\ value-12".to_owned(),
        13 => "tab\\tvalue-13 \\\"quoted\\\" \\#{x} \\x41\\u00e9".to_owned(),
        24 => "value-24 (nested)".to_owned(),
        37 => "48151623".to_owned(),
        45 => "value_45".to_owned(),
        _ => format!("value-{index:02}"),
    }
}

/// What the value means: what the store has.
fn stored(index: usize) -> String {
    match index {
        12 => "it's #{x} \"quoted\" \\n \\ value-12".to_owned(),
        13 => "tab\tvalue-13 \"quoted\" #{x} A\u{e9}".to_owned(),
        _ => value(index),
    }
}

fn ruby(folder: &std::path::Path, file: &str, variables: &[(&str, &str)]) -> Option<(bool, String)> {
    let mut all = vec![("LANG", "C.UTF-8")];
    all.extend(variables);
    run(folder, "ruby", &["--disable=gems", file], &all)
}

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> = (0..COUNT).map(|index| (value(index), format!("V{index:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    for pair in &pairs {
        let one = lift("ruby", SHAPES, &[*pair]);
        assert!(one.is_ok(), "{pair:?} {one:?}");
    }
    let after = lift("ruby", SHAPES, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("before.rb"), SHAPES).expect("the folder is there");
    // What is evaluated as the file is read would end it: set in every run.
    std::fs::write(folder.path().join("after.rb"), &after).expect("the folder is there");
    let stored: Vec<String> = (0..COUNT).map(stored).collect();
    let set: Vec<(&str, &str)> = pairs.iter().zip(&stored).map(|((_, name), value)| (*name, value.as_str())).collect();
    let Some(original) = ruby(folder.path(), "before.rb", &[]) else { return missing("ruby") };
    assert!(original.0 && !original.1.contains("threw"), "the original works: {}", original.1);
    assert_eq!(ruby(folder.path(), "after.rb", &set), Some(original), "the same from {after}");
    let unset = ruby(folder.path(), "after.rb", &[]).expect("ruby is there");
    assert!(!unset.0 && unset.1.contains("key not found: \"V00\""), "a constant fails as it is read: {}", unset.1);
    let (_, unset) = ruby(folder.path(), "after.rb", &set[..1]).expect("ruby is there");
    for (index, (_, name)) in pairs.iter().enumerate().skip(1) {
        assert!(unset.contains(&format!("case {index}\nthrew key not found: \"{name}\"")), "{name} fails: {unset}");
    }
    assert!(!unset.contains("equal") && !unset.contains("different"), "no branch is taken: {unset}");
}

#[test]
fn files_keep_their_meaning() {
    let programs = [
        "#!/usr/bin/env ruby\n# encoding: utf-8\nputs 'hunter2x'\n",
        "puts 'hunter2x'\r\nputs 'b'\r\n",
        "x = 'hunter2x'\nputs x",
        "puts(<<~A, <<~B)\n  one\nA\n  hunter2x \\\\ \"x\"\nB\n",
        "puts <<-EOS.strip\n  hunter2x\n  EOS\n",
        "puts <<EOS\nhunter2x\nEOS\n",
        "h = {a:'hunter2x',b:1}\nputs h\n",
        "x = true\nputs(x ? 'hunter2x':'b')\nputs(x ?1:'b')\n",
        "puts 'a','hunter2x'\n",
        "module A; module_function; def f(a:, k: \"hunter2x\") = k; end\nputs A.f(a: 1)\n",
        "puts [*'a'..'c', 'hunter2x'].inspect\n",
        "puts %q<hunter2x>\n",
        "puts \"#{ {a: 'hunter2x'}[:a] }!\"\n",
        "def f; yield; end\nputs f { 'hunter2x' }\n",
        "puts 'hunter2x' if true and not false\n",
        "s = 'hunter2x' unless defined?(s) && s\nputs s\n",
        "puts 'é hunter2x ü'\n",
        "A = B = 'hunter2x'\nputs A, B\n",
        "puts ('hunter2x')\n",
        "puts ENV['LIFTED'] || \"hunter2x\"\n",
        "puts(ENV.fetch('LIFTED') do\n  'hunter2x'\nend)\n",
        "puts(ENV.fetch('LIFTED') { 'hunter2x' })\n",
        "puts(ENV.fetch('LIFTED', \"hunter2x\"))\n",
        "=begin\ndoc\n=end\nputs 'hunter2x'\n__END__\nrest\n",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for source in programs {
        let after = lift("ruby", source, &[("hunter2x", "LIFTED")]).unwrap_or_else(|why| panic!("{why:?} {source}"));
        let run = |text: &str, variables: &[(&str, &str)]| {
            std::fs::write(folder.path().join("x.rb"), text).expect("the folder is there");
            ruby(folder.path(), "x.rb", variables)
        };
        let Some(original) = run(source, &[]) else { return missing("ruby") };
        assert!(original.0, "{} in {source}", original.1);
        assert_eq!(run(&after, &[("LIFTED", "hunter2x")]), Some(original), "the same from {after}");
        let unset = run(&after, &[]).expect("ruby is there");
        assert!(!unset.0 && unset.1.contains("key not found: \"LIFTED\""), "fails loudly: {after}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("case x\nin 'hunter2x' then 1\nend\n", "in-pattern"),
        ("case x\nin {pass: 'hunter2x'} then 1\nend\n", "in-pattern"),
        ("x => 'hunter2x'\n", "in-pattern"),
        ("x in ['hunter2x', *]\n", "in-pattern"),
        ("a = %w[hunter2x b]\n", "word-list"),
        ("a = %i[hunter2x b]\n", "word-list"),
        ("a = /hunter2x/\n", "pattern"),
        ("require 'hunter2x'\n", "require"),
        ("h = { 'hunter2x' => 1 }\n", "mapping-key"),
        ("h = { hunter2x: 1 }\n", "not-a-literal"),
        ("h['hunter2x']\n", "mapping-key"),
        ("a = <<~'EOS'\n  hunter2x\nEOS\n", "part-of-literal"),
        ("a = ('hunter2x'\nb = (\n", "syntax-error-nearby"),
        ("__END__\nhunter2x\n", "not-a-literal"),
    ] {
        assert_eq!(refused("ruby", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("ruby", "a = \"x\\C-a\"\n", "x\\C-a"), "not-reversible");
    assert_eq!(refused("ruby", "a = <<~EOS\n  one\n  two\nEOS\n", "one\n  two"), "not-reversible");
    assert_eq!(refused("ruby", "a = \"\\xff\\xfehunter\"\n", "\\xff\\xfehunter"), "not-text");
}

/// Templates, filled by Ruby's own ERB.
#[test]
fn templates_are_filled_as_before() {
    let programs = [
        "<p><%= 'hunter2x' %></p>\n<% if 1 > 0 %>é<% end %>\n",
        "<% [1, 2].each do |n| %>\n<%= n %>: <%= \"hunter2x-#{n}\" -%>\n<% end %>\n",
        "<% key = {token: 'hunter2x'} %><%= key[:token].upcase %>\n",
        "<%# a comment %>\r\n<% x = ENV['LIFTED'] || 'hunter2x' %>\r\n<%= x %>\r\n",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let filler = "require 'erb'\nputs ERB.new(File.read('x.erb'), trim_mode: '-').result\n";
    std::fs::write(folder.path().join("fill.rb"), filler).expect("the folder is there");
    for source in programs {
        let after = lift("erb", source, &[("hunter2x", "LIFTED")]).unwrap_or_else(|why| panic!("{why:?} {source}"));
        let fill = |text: &str, variables: &[(&str, &str)]| {
            std::fs::write(folder.path().join("x.erb"), text).expect("the folder is there");
            ruby(folder.path(), "fill.rb", variables)
        };
        let Some(original) = fill(source, &[]) else { return missing("ruby") };
        assert!(original.0, "{} in {source}", original.1);
        assert_eq!(fill(&after, &[("LIFTED", "hunter2x")]), Some(original), "the same from {after}");
        let unset = fill(&after, &[]).expect("ruby is there");
        assert!(!unset.0 && unset.1.contains("key not found: \"LIFTED\""), "fails loudly: {after}");
    }
}

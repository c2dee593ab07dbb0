//! Forms in which one kind of file or another says a credential, and those that look like them and say none.

#[path = "common/shown.rs"]
mod shown;

use shown::{is_quiet, shown, word};

#[track_caller]
fn finds(path: &str, template: &str) {
    let text = template.replace('§', &word());
    assert_eq!(shown(path, &text), [word()], "{path}: {template}");
}

#[track_caller]
fn finds_value(path: &str, template: &str, value: &str) {
    assert_eq!(shown(path, &template.replace('§', value)), [value], "{path}: {template}");
}

#[test]
fn what_stands_behind_a_name_without_an_operator_is_read() {
    for (path, template) in [
        ("main.c", "#define WIFI_PASSWORD \"§\"\n"),
        ("config.h", "# define\tPASSWORD\t\"§\"\n"),
        ("a.ino", "#define MQTT_PASS \"§\"\n"),
        ("a.ex", "defmodule A do\n  @jwt_secret \"§\"\nend\n"),
        ("a.clj", "(def db {:user \"x\" :password \"§\"})\n"),
        ("Dockerfile", "FROM x\nENV MYSQL_PASSWORD §\n"),
        ("a.bat", "set DB_PASSWORD=§\r\n"),
        ("a.rb", "set :session_secret, \"§\"\n"),
    ] {
        finds(path, template);
    }
    for (path, text) in [
        ("config.h", "#define WIFI_PASSWORD \"WIFI_PASSWORD\"\n"),
        ("config.h", "// define password \"none\"\n"),
        ("a.ex", "@moduledoc \"password\"\n"),
        ("Dockerfile", "FROM x\nENV MYSQL_PASSWORD $PW\n"),
        ("a.bat", "set DB_PASSWORD=%1\r\nset TOKEN=\r\n"),
        ("a.rb", "validates :password, presence: true\n"),
    ] {
        is_quiet(path, text);
    }
}

#[test]
fn what_a_hash_is_made_of_is_read() {
    for (path, template) in [
        ("a.sql", "UPDATE users SET password = MD5('§') WHERE id = 1;\n"),
        ("a.sql", "UPDATE users SET password = SHA2('§', 256);\n"),
        ("a.sql", "UPDATE users SET password = PASSWORD('§');\n"),
        ("a.sql", "UPDATE users SET password = HASHBYTES('SHA2_256', '§');\n"),
        ("a.pl", "my $password = md5_hex(\"§\");\n"),
        ("a.cpp", "void f() { curl_easy_setopt(curl, CURLOPT_PASSWORD, \"§\"); }\n"),
        ("a.py", "config.set('db', 'password', '§')\n"),
        ("a.py", "DB_PASSWORD = os.getenv('PG', '§')\n"),
        ("a.py", "DB_PASSWORD = os.environ.get('PG', '§')\n"),
        ("hosts", "[web]\nh2 ansible_password=§ ansible_become_user=root\n"),
        ("a.py", "c.setopt(c.PASSWORD, '§')\n"),
        ("A.java", "class A { void f() { env.put(Context.SECURITY_CREDENTIALS, \"§\"); } }\n"),
    ] {
        finds(path, template);
    }
    is_quiet("a.pl", "$token = $token.encode(\"utf-8x1\");\n");
    is_quiet("a.pl", "$password = read(\"file7x.txt\");\n");
}

#[test]
fn halves_of_blocks_and_pairs_on_a_line_are_read() {
    for (path, template) in [
        ("a.tf", "resource \"x\" \"y\" {\n  env {\n    name  = \"DB_PASSWORD\"\n    value = \"§\"\n  }\n}\n"),
        ("a.tf", "resource \"x\" \"y\" {\n  e = [{\n      name  = \"DB_PASSWORD\"\n      value = \"§\"\n    }]\n}\n"),
        ("play.yml", "- mysql_user: name=app password=§ priv=*.*:ALL\n"),
    ] {
        finds(path, template);
    }
    finds("roles/a/tasks/main.yml", "- ldap_entry:\n    userPassword: \"{{ bind_pw | default('§') }}\"\n");
    is_quiet(
        "roles/a/tasks/main.yml",
        "- ldap_entry:\n    password: \"{{ bind_pw | default('') }}{{ x | default('no') }}\"\n",
    );
    is_quiet("a.php", "<?php\nheader(\"location:form.php?pass=Email id already used!!\");\n");
    is_quiet("a.tf", "resource \"x\" \"y\" {\n  env {\n    name  = \"DB_PASSWORD\"\n    value = var.db\n  }\n}\n");
    is_quiet("play.yml", "- mysql_user: name=app password={{ pw }} priv=*.*:ALL\n");
}

#[test]
fn every_entry_of_a_long_list_that_a_call_is_given_is_read() {
    let values: Vec<String> = (0..20).map(|n| format!("{}{n}", word())).collect();
    for (path, head, entry, tail) in [
        (
            "a.js",
            "User.insertMany([\n",
            "  {\n    name: 'ann',\n    role: 'reader',\n    password: '§',\n  },\n",
            "]);\n",
        ),
        (
            "a.php",
            "<?php\nDB::table('users')->insert([\n",
            "  [\n    'name' => 'ann',\n    'password' => '§',\n  ],\n",
            "]);\n",
        ),
        (
            "a.go",
            "package a\nfunc seed() {\n\tdb.Create(&[]User{\n",
            "\t\t{\n\t\t\tName: \"ann\",\n\t\t\tPassword: \"§\",\n\t\t},\n",
            "\t})\n}\n",
        ),
    ] {
        let entries: String = values.iter().map(|value| entry.replace('§', value)).collect();
        assert_eq!(shown(path, &format!("{head}{entries}{tail}")), values, "{path}");
    }
}

#[test]
fn what_routes_call_and_pages_of_health_say_is_quiet() {
    for (path, text) in [
        ("routes/auth.php", "<?php\nRoute::put('password', [PasswordController::class, 'update'])->name('x');\n"),
        ("routes/auth.php", "<?php\nRoute::get('confirm-password', [C::class, 'show']);\n"),
        ("a.py", "seen = {'SECRET_KEY': 'Set' if os.getenv('SECRET_KEY') else 'Not set'}\n"),
        ("config.toml", "openai_api_key = \"env(OPENAI_API_KEY)\"\n"),
        ("application.properties", "spring.datasource.password=ENC(9K3rm9zPLXCwisCIYVuhvq1BeC2QTMmiefgB0zFEkrs=)\n"),
        ("a.yaml", "env:\n  - name: JOB_IMAGE_PULL_SECRETS\n    value: shop-registry\n"),
    ] {
        is_quiet(path, text);
    }
    finds("a.php", "<?php\nset_option('password', '§');\n");
}

#[test]
fn keys_that_sign_tokens_are_told_by_their_section() {
    finds("a.ts", "super({ jwtFromRequest: x, secretOrKey: '§' });\n");
    finds("appsettings.json", "{\"Jwt\": {\"Key\": \"§\", \"Issuer\": \"x\"}}\n");
    is_quiet("appsettings.json", "{\"Cache\": {\"Key\": \"hun-ter-2x\", \"Issuer\": \"x\"}}\n");
    finds("a.py", "RESET_SECRET = '§'\n");
    finds_value("a.ts", "const HARDCODED_KEY = '§'\n", "MySecret");
    finds_value("A.java", "class A { static final String DES_KEY = \"§\"; }\n", &"4".repeat(8));
}

#[test]
fn how_good_a_value_is_makes_it_one() {
    let weak = ["weak", "secret", "key"].join("-");
    let secure = ["super", "secure", "password"].join("-");
    finds_value("a.ts", "const JWT_SECRET = process.env.JWT_SECRET || '§';\n", &weak);
    finds_value("docker-compose.yml", "services:\n  a:\n    environment:\n      JWT_SECRET: ${JWT_SECRET:-§}\n", &weak);
    finds_value("A.java", "class A { @Value(\"${jwt.secret:§}\") String s; }\n", &weak);
    finds_value("vars.yml", "mysql_root_password: §\n", &secure);
    is_quiet("values.yaml", "auth:\n  existingSecret: weak-secret\n  secretName: super-secret-key\n");
    is_quiet("vars.yml", "password: db-password\n");
}

#[test]
fn settings_mean_what_they_set_and_code_may_name() {
    let compose =
        "services:\n  db:\n    environment:\n      MYSQL_ROOT_PASSWORD: 'password'\n      MYSQL_PASSWORD: 'password'\n";
    assert_eq!(shown("docker-compose.yml", compose).len(), 2);
    is_quiet("a.js", "const names = { FORM_PASSWORD: 'password', FORM_ROLE: 'role' };\n");
    let pair = ["admin", "adminpw"].join(":");
    finds_value("docker-compose.yml", "services:\n  a:\n    environment:\n      - BOOTSTRAP_USER_PASS=§\n", &pair);
    is_quiet("docker-compose.yml", "services:\n  a:\n    environment:\n      - DB_PASSWORD=secrets:db\n");
    finds_value("a.yml", "ldap:\n  user-password: §\n", &["G5Rj\"Du", "eU4{a8pq"].concat());
    is_quiet("a.yml", "a:\n  password: ${DB_pass9}word{X1\n");
    is_quiet("krakend.json", "{\"headers_to_pass\": [\"Authorization\", \"Content-Type\"]}\n");
    is_quiet("A.java", "enum A { ERROR_PASSWORD(-8, \"用户帐号或者密码错误!\"); }\n");
}

#[test]
fn networks_and_brokers_are_joined_with_a_password() {
    for (path, template) in [
        ("a.ino", "void r() { WiFi.softAP(\"esp\", \"§\"); }\n"),
        ("a.ino", "void r() { client.connect(\"esp\", \"user\", \"§\"); }\n"),
        ("boot.py", "import network\nwlan.connect(\"home\", \"§\")\n"),
    ] {
        finds(path, template);
    }
    is_quiet("a.ino", "void r() { client.connect(host, 80); client.connect(\"esp\"); }\n");
}

#[test]
fn seeds_of_documentation_and_random_values_of_samples_are_read() {
    finds("docs/sql/users.sql", "INSERT INTO users (name, password) VALUES ('admin', '§');\n");
    is_quiet("docs/users.py", "password = 'hun' 'ter2x'\n");
    let random = ["4b7f0fe5293041c9", "8c928b388f0c26d0"].concat();
    finds_value(".env.example", "SHOP_KEY=§\n", &random);
    is_quiet(".env.example", "SHOP_PASSWORD=hunter\n");
}

#[test]
fn words_that_a_program_falls_back_on_or_signs_with_are_values() {
    let word = ["sec", "ret"].concat();
    for (path, template) in [
        ("i.js", "const secret = process.env.SECRET ?? '§';\n"),
        ("b.js", "app.use(session({ secret: '§', resave: false }));\n"),
        ("b.ts", "JwtModule.register({ signOptions: { expiresIn: '1d' }, secret: '§' })\n"),
        ("f.rb", "set :session_secret, '§'\n"),
        ("d.php", "<?php\ndefine('DB_PASSWORD', '§');\n"),
        ("c.go", "package m\nvar jwtKey = []byte(\"§\")\n"),
        ("d.go", "package m\nvar c = jwtware.Config{SigningKey: []byte(\"§\")}\n"),
        (
            "e.go",
            "package m\nvar c = jwtware.Config{SigningKey: jwtware.SigningKey{Alg: \"HS256\", Key: []byte(\"§\")}}\n",
        ),
        ("c.rs", "fn f() { let k = EncodingKey::from_secret(\"§\".as_ref()); }\n"),
        ("c.rs", "const KEY: &[u8] = b\"§\";\nfn f() { let k = EncodingKey::from_secret(KEY); }\n"),
        ("A.java", "class A { void f() { ds.setPassword(\"§\"); } }\n"),
    ] {
        finds_value(path, template, &word);
    }
    let longer = ["dev", &word, "key"].join("-");
    for (path, template) in [
        ("a.py", "import os\nSECRET_KEY = os.getenv('SECRET_KEY') or os.getenv('JWT') or '§'\n"),
        ("b.py", "import os\nSECRET_KEY = (os.environ.get('SECRET_KEY') or\n    os.getenv('JWT') or '§')\n"),
        ("a.rb", "SECRET_KEY = ENV['SECRET_KEY'] || ENV['JWT'] || '§'\n"),
    ] {
        finds_value(path, template, &longer);
    }
    is_quiet("a.py", "SECRET_KEY = named or 'dev-secret-key'\n");
    let named = ["shop", "pass"].join("_");
    finds_value("a.py", "import os\nPOSTGRES_PASS = os.getenv('POSTGRES_PASS', '§')\n", &named);
    is_quiet("a.py", "q = db.get('SELECT a FROM wp_secrets WHERE id = \"mysql_flag\"')\n");
    for (path, text) in [
        ("a.js", "const fields = { secret: 'secret' };\nform.register({ secret: 'secret' });\n"),
        ("a.go", "package m\nvar jwtKey = viper.GetString(\"secret\")\n"),
        ("b.go", "package m\nvar c = jwtware.Config{SigningKey: []byte(conf.Get(\"secret\"))}\n"),
        ("c.go", "package m\nvar c = Entry{Key: []byte(\"secret\")}\n"),
        ("a.js", "const labels = { user: 'User', password: 'Password' };\n"),
        ("a.yml", "form:\n  password: Passwort\n"),
        ("a.php", "<?php\n$rules = ['password' => ['required', 'max:100']];\n"),
        ("a.ts", "throw new E({ errors: { password: 'incorrectEmailOrPassword' } });\n"),
        ("a.js", "if (field.password === 'password') { show(); }\n"),
        ("a.py", "if post.get('username') == NAME and post.get('password') == WORD:\n    pass\n"),
    ] {
        is_quiet(path, text);
    }
}

#[test]
fn what_is_handed_to_what_hashes_passwords_or_lets_in_is_one() {
    for (path, template) in [
        ("a.py", "u = User(name='ann', password_hash=hash_password('§'))\n"),
        ("b.py", "u = User(name='ann', hashed=security.get_password_hash('§'))\n"),
        ("a.ts", "await create({ name: 'ann', passwordHash: await hashPassword('§') });\n"),
        ("a.go", "package m\nfunc f() { h, _ := utils.HashPassword(\"§\") }\n"),
        ("A.cs", "class A { void F() { u.PasswordHash = HashPassword(\"§\"); } }\n"),
        ("A.java", "class A { void f() { auth.register(new RegisterRequest(\"ann@shop.se\", \"§\")); } }\n"),
        ("c.py", "client.username_pw_set('dev', '§')\n"),
        ("a.js", "auth.signInWithEmailAndPassword('ann@shop.se', '§');\n"),
        ("b.go", "package m\nvar u = url.URL{User: url.UserPassword(\"ann\", \"§\")}\n"),
        ("d.py", "ok = secrets.compare_digest(given.password, '§')\n"),
        ("c.go", "package m\nfunc f() { if subtle.ConstantTimeCompare([]byte(password), []byte(\"§\")) == 1 {} }\n"),
        ("a.php", "<?php\nif (hash_equals($_SERVER['PHP_AUTH_PW'], $x) || hash_equals($password, '§')) {}\n"),
    ] {
        finds(path, template);
    }
    is_quiet("a.py", "check(hash_password(password), kind='argon')\n");
    is_quiet("b.py", "ok = secrets.compare_digest(given.username, 'hunter2x')\n");
    is_quiet("c.py", "ok = compare_digest(password, read('/run/hunter2x'))\n");
}

#[test]
fn in_settings_quotes_say_nothing() {
    let word = ["minio", "passwd"].join("_");
    for (path, template) in [
        (
            "compose.yml",
            "services:\n  a:\n    image: minio/minio\n    environment:\n      MINIO_ROOT_PASSWORD: \"§\"\n",
        ),
        (".env", "MINIO_ROOT_PASSWORD=\"§\"\n"),
        ("Dockerfile", "FROM x\nENV MINIO_ROOT_PASSWORD=\"§\"\n"),
    ] {
        finds_value(path, template, &word);
    }
    is_quiet("a.py", "MINIO_ROOT_PASSWORD = \"minio_root_password\"\n");
}

#[test]
fn what_lets_somebody_in_is_a_password_whatever_it_is_called() {
    let word = ["pass", "word"].concat();
    finds_value("a.go", "package m\nfunc f() { if username == \"admin\" && password == \"§\" {} }\n", &word);
    finds_value("a.py", "if user == 'admin' and password == '§':\n    pass\n", &word);
    let phrase = ["secret", "for", "refresh"].join("_");
    finds_value("a.ts", "export default { AUTH_REFRESH_SECRET: '§' };\n", &phrase);
}

#[test]
fn names_and_values_of_attributes_belong_together() {
    finds("beans.xml", "<bean>\n  <property name=\"password\" value=\"§\"/>\n</bean>\n");
    finds("persistence.xml", "<property name=\"javax.persistence.jdbc.password\" value=\"§\"/>\n");
    finds("web.config", "<c><add key=\"DbPassword\" value=\"§\"/></c>\n");
    finds("a.cs", "class A { string s = config[\"Jwt:Key\"] ?? \"§\"; }\n");
    is_quiet(
        "beans.xml",
        "<property name=\"password\" value=\"${db.password}\"/>\n<property name=\"a\" value=\"hunter2x\"/>\n",
    );
    is_quiet("beans.xml", "<property name=\"passwordEncoder\" value=\"hunter2x\"/>\n");
}

#[test]
fn json_in_the_strings_of_programs_is_read() {
    for (path, template) in [
        ("a.sh", "curl http://x -d \"{\\\"user\\\":\\\"ann\\\",\\\"password\\\":\\\"§\\\"}\"\n"),
        ("a.py", "post(url, data=\"{\\\"user\\\": \\\"ann\\\", \\\"password\\\": \\\"§\\\"}\")\n"),
        ("a.js", "fetch(url, {body: \"{\\\"user\\\":\\\"ann\\\",\\\"password\\\":\\\"§\\\"}\"})\n"),
        ("A.java", "class A { String b = \"{\\\"user\\\":\\\"ann\\\",\\\"password\\\":\\\"§\\\"}\"; }\n"),
        ("a.go", "package main\n\nvar b = []byte(\"{\\\"user\\\":\\\"ann\\\",\\\"password\\\":\\\"§\\\"}\")\n"),
        ("a.cs", "class A { string b = \"{\\\"user\\\":\\\"ann\\\",\\\"password\\\":\\\"§\\\"}\"; }\n"),
        ("a.yml", "steps:\n  - run: \"curl http://x -d '{\\\"password\\\":\\\"§\\\"}'\"\n"),
    ] {
        finds(path, template);
    }
    for (path, text) in [
        ("a.js", "fetch(url, {body: \"{\\\"password\\\":\\\"\" + password + \"\\\"}\"})\n"),
        ("a.sh", "curl http://x -d \"{\\\"password\\\":\\\"$PASSWORD\\\"}\"\n"),
        ("a.json", "{\"raw\": \"{\\\"password\\\": \\\"string\\\", \\\"token\\\": \\\"{{token}}\\\"}\"}\n"),
        ("a.py", "x = \"{\\\"required\\\": [\\\"password\\\"], \\\"password\\\": {\\\"type\\\": \\\"string\\\"}}\"\n"),
    ] {
        is_quiet(path, text);
    }
}

//! Credentials without a telling format: what the syntax tree says of a literal makes it one, or not.

#[path = "common/shown.rs"]
mod shown;

use keylift::model::{Confidence, SourceFile};
use keylift::rules::Engine;
use shown::{is_quiet, shown, word};

#[track_caller]
fn finds(path: &str, template: &str) {
    let text = template.replace('@', &word());
    assert_eq!(shown(path, &text), [word()], "{path}: {template}");
}

#[test]
fn names_of_every_sort_are_read() {
    for (path, template) in [
        ("a.py", "db_password = '@'\n"),
        ("a.py", "connect(host='h', password='@')\n"),
        ("a.py", "conf = {'host': 'h', 'password': '@'}\n"),
        ("a.py", "def f(user, password='@'):\n    pass\n"),
        ("a.py", "self.password = (\n    '@'\n)\n"),
        ("a.py", "if request.form['password'] == '@':\n    pass\n"),
        ("a.py", "if request.form['password'] == '@':\n    pass\nrequired = ['password', 'x']\n"),
        ("a.py", "pw = os.environ.get('DB_PASSWORD', '@')\n"),
        ("docker-compose.yml", "services:\n  k:\n    environment:\n      KAFKA_CLIENT_PASSWORDS: @\n"),
        ("hostapd.conf", "wep_key0=@\n"),
        ("staff.csv", "name,password\nann,@\n"),
        ("a.go", "package a\nvar env = []string{\"POSTGRES_PASSWORD=@\", \"A=1\"}\n"),
        ("a.py", "run(environment=['POSTGRES_PASSWORD=@', 'A=1'])\n"),
        ("a.swift", "class V { func f() { if passwordField.text! == \"@\" { ok() } } }\n"),
        ("a.js", "if (form.password.value === '@') { ok(); }\n"),
        ("a.cs", "class A { void F() { if (txtPassword.Text == \"@\") Ok(); } }\n"),
        (
            "app/src/main/res/values/strings.xml",
            "<resources>\n  <string name=\"admin_password\">@</string>\n</resources>\n",
        ),
        ("out.conf", "output {\n  search {\n    user => \"app\"\n    password => \"@\"\n  }\n}\n"),
        ("a.js", "const o = {user: 'u', password: '@'};\n"),
        ("a.js", "const p = process.env.DB_PASSWORD || '@';\n"),
        ("a.ts", "if (password === '@') { ok(); }\n"),
        ("a.go", "package a\nvar dbPassword = \"@\"\n"),
        ("a.go", "package a\nconst dbPassword string = \"@\"\n"),
        ("a.go", "package a\nvar (\n\tdbPassword string = \"@\"\n)\n"),
        ("a.vb", "Dim password As String = \"@\"\n"),
        ("a.r", "password <- \"@\"\n"),
        ("a.tf", "variable \"vm\" {\n  type = object({\n    admin_password = optional(string, \"@\")\n  })\n}\n"),
        ("A.java", "class A { String password = \"@\"; }\n"),
        ("a.php", "<?php define('DB_PASSWORD', '@');\n"),
        ("a.rb", "password = '@'\n"),
        ("a.yaml", "db:\n  password: @\n"),
        (
            "docker-compose.yml",
            "services:\n  db:\n    image: postgres\n    environment:\n      - POSTGRES_PASSWORD=@\n",
        ),
        ("main.tf", "variable \"db_password\" {\n  default = \"@\"\n}\n"),
        (".env", "DB_PASSWORD=@\n"),
        ("unknown.xyz", "password = \"@\"\n"),
    ] {
        finds(path, template);
    }
}

#[test]
fn halves_of_an_entry_belong_together() {
    finds(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      env:\n        - name: DB_PASSWORD\n          value: @\n",
    );
    finds("a.js", "const env = [{name: 'DB_PASSWORD', value: '@'}];\n");
}

#[test]
fn functions_that_take_a_secret_are_known() {
    for (path, template) in [
        ("a.py", "jwt.encode(claims, '@', algorithm='HS256')\n"),
        ("a.py", "hmac.new(b'@', message, 'sha256')\n"),
        ("a.py", "db = pymysql.connect('localhost', 'root', '@', 'shop')\n"),
        ("a.cs", "class A { void F() { userManager.CreateAsync(user, \"@\"); } }\n"),
        ("a.cs", "class A { object F() { return new { user = \"ann\", Password = \"@\", kept = true }; } }\n"),
        ("A.java", "class A { void f() { b.password(encoder.encode(\"@\")); } }\n"),
        ("A.java", "class A { void f() { request.login(\"guest\", \"@\"); } }\n"),
        ("A.java", "class A { @Value(\"${jwt.secret:@}\") String s; }\n"),
        ("A.java", "class A { void f() { users.save(new User(\"ann\", passwordEncoder.encode(\"@\"), 1)); } }\n"),
        ("a.php", "<?php $u = ['password' => Hash::make('@')];\n"),
        ("a.php", "<?php $h = Hash::make('@');\n"),
        ("a.php", "<?php $t = JWT::encode($data, '@', 'HS256');\n"),
        ("a.php", "<?php $h = password_hash('@', PASSWORD_DEFAULT);\n"),
        ("a.js", "const h = await bcrypt.hash('@', 10);\n"),
        ("a.go", "package a\nvar h, _ = bcrypt.GenerateFromPassword([]byte(\"@\"), 10)\n"),
        ("a.cs", "class A { object F() { return Cluster.ConnectAsync(\"couchbase://h\", \"app\", \"@\"); } }\n"),
        ("a.js", "app.use(cookieParser('@'));\n"),
        ("a.js", "crypto.createHmac('sha256', '@');\n"),
        ("a.ps1", "$s = ConvertTo-SecureString '@' -AsPlainText -Force\n"),
        ("a.ps1", "$s = ConvertTo-SecureString -AsPlainText -Force -String \"@\"\n"),
        ("a.ps1", "Connect-Shop -User svc -Password @ -Verbose\n"),
        ("a.ps1", "$h.Password = '@'\n"),
        ("a.lua", "local t = { password = '@' }\n"),
        ("a.lua", "local db_password <const> = '@'\n"),
        ("a.js", "new Sequelize('shop', 'root', '@');\n"),
        ("A.java", "class A { Object k = new SecretKeySpec(\"@\".getBytes(), \"AES\"); }\n"),
        ("A.java", "class A { Object c = DriverManager.getConnection(url, \"app\", \"@\"); }\n"),
        ("A.groovy", "def c = DriverManager.getConnection(url, 'app', '@')\n"),
        ("a.php", "<?php\n$p = new PDO($dsn, 'app', '@');\n"),
        ("a.py", "c = pika.PlainCredentials('app', '@')\n"),
        ("a.py", "mailer.login('me', '@')\n"),
        ("a.py", "ssh.connect('h', 22, 'svc', '@')\n"),
        ("a.py", "user.set_password('@')\n"),
        ("a.js", "user.setPassword('@');\n"),
        ("a.js", "request.get(u).auth('svc', '@');\n"),
        ("A.java", "class A { String c = Credentials.basic(\"svc\", \"@\"); }\n"),
        ("A.java", "class A { void f() { c.addAdditionalBindCredentials(\"cn=a\", \"@\"); } }\n"),
        ("a.go", "package a\nfunc f() { token.SignedString([]byte(\"@\")) }\n"),
    ] {
        finds(path, template);
    }
}

#[test]
fn calls_in_a_list_are_no_word_list() {
    let java = "class A {\n  List<U> users = asList(\n    make(\"ann\", \"@\"),\n    make(\"bo\", pw()), make(\"cy\", pw()), make(\"di\", pw()));\n  \
                U make(String user, String password) { return null; }\n}\n";
    finds("A.java", java);
    is_quiet("A.cs", "class A { Map userSecrets = new() { [\"ann1x7\"] = New(), [\"bo2z8\"] = New() }; }\n");
}

#[test]
fn accounts_that_no_name_tells_one_by_one_are_read() {
    for (path, template) in [
        ("a.py", "r = requests.get(u, auth=('svc', '@'))\n"),
        ("a.py", "users = {\n    'ann': '@',\n}\n"),
        ("a.py", "LOGINS = [('ann', '@')]\n"),
        ("a.js", "app.use(basicAuth({ users: { 'ann': '@' } }));\n"),
        ("a.php", "<?php\n$client->request('GET', '/', ['auth' => ['svc', '@']]);\n"),
        ("a.go", "package a\nvar a = gin.BasicAuth(gin.Accounts{\n\t\"ann\": \"@\",\n})\n"),
        ("a.py", "rows = [('ann', '@')]\nmany('INSERT INTO users (name, password) VALUES (?, ?)', rows)\n"),
        ("users.txt", "1) Site: shop , Username: ann , Password: @\n"),
        ("users.txt", "user: ann password: @\n"),
        ("twitter.R", "setup_twitter_oauth('abc', '@', access_token=NULL)\n"),
        ("a.js", "const ins = db.prepare('INSERT INTO users (name, password) VALUES (?, ?)');\nins.run('a', '@');\n"),
    ] {
        finds(path, template);
    }
    assert_eq!(shown("a.py", "PASSWORD = os.getenv('POSTGRES_PASSWORD', 'password')\n").len(), 1);
    assert_eq!(shown("a.py", "app.config['SECRET_KEY'] = 'my secret string'\n").len(), 1);
    is_quiet("a.py", "users = {'ann': 'Ann Smith', 'bo': 'admin'}\n");
    is_quiet("a.py", "r = requests.get(u, auth=('user', 'pass'))\n");
    is_quiet("a.yaml", "users: {ann: x1y2z}\n");
}

#[test]
fn sql_and_manifests_are_read() {
    finds("seed.sql", "INSERT INTO users (name, password) VALUES ('root', '@');\n");
    finds("a.py", "db.execute(\"INSERT INTO users (name, password) VALUES ('root', '@')\")\n");
}

#[test]
fn names_of_their_own_and_places_of_examples_are_quiet() {
    is_quiet("a.yml", "run: |\n  $data.Password = $env:DB_PASSWORD\n");
    is_quiet("a.js", "new Sequelize('database', 'username', 'password', { dialect: 'sqlite' });\n");
    // A setting inside of a table under a telling name has a name of its own.
    is_quiet("a.py", "spec = {'ldap_password': {'kind': 'string', 'range': [['v6.0.0', '']]}}\n");
    finds("a.py", "spec = {'ldap_password': '@', 'kind': 'string'}\n");
    // Names beside each other are no pair of a name and its value.
    is_quiet("a.py", "if plugin in ['caching_sha2_password', 'sha256_password']:\n    pass\n");
    finds("a.py", "login(['password', '@'])\n");
    // Tokens that are places in a list, or mark a request.
    for name in ["NextToken", "pageToken", "ClientRequestToken", "pad_token"] {
        is_quiet("a.json", &format!("{{\"{name}\": \"bcd25f2a91e4c0\"}}\n"));
    }
    assert_eq!(shown("a.json", "{\"auth_token\": \"bcd25f2a91e4c0\"}\n").len(), 1);
    // What a module's documentation shows, and files of examples and of a test framework.
    let text = |name: &str| format!("{name} = r'''\nsample:\n  password: \"{}\"\n'''\n", word());
    is_quiet("a.py", &text("RETURN"));
    assert_eq!(shown("a.py", &text("CONFIG")), [word()]);
    let yaml = format!("db_password: {}\n", word());
    for path in ["examples-1.yml", "roles/db/molecule/default/converge.yml"] {
        is_quiet(path, &yaml);
    }
    finds("roles/db/tasks/main.yml", "db_password: @\n");
    // Nobody makes a random value up for a sample of the environment.
    for (value, count) in [("hT4xq9Lw2ZbR7mVc3KpY8dNs", 1), ("hT4xq9Lw2Z123456789pY8dNs", 0), (word().as_str(), 0)] {
        assert_eq!(shown(".env.example", &format!("API_SECRET={value}\n")).len(), count, "{value}");
    }
    assert!(shown("README.md", "API_SECRET=hT4xq9Lw2ZbR7mVc3KpY8dNs\n").is_empty());
}

#[test]
fn the_language_and_the_name_are_told() {
    let text = format!("db_password = '{}'\n", word());
    let found = Engine::builtin().scan(&SourceFile::disk("a.py", text.into_bytes()));
    assert_eq!(found[0].language.as_deref(), Some("python"));
    assert_eq!(found[0].name.as_deref(), Some("db_password"));
    for parameter in ["const char *apPassword", "const std::string &apPassword", "std::string apPassword"] {
        let text = format!("class Portal {{\n public:\n  Portal({parameter} = \"{}\");\n}};\n", word());
        let found = Engine::builtin().scan(&SourceFile::disk("a.h", text.into_bytes()));
        assert_eq!(found[0].language.as_deref(), Some("cpp"));
        assert_eq!(found[0].name.as_deref(), Some("apPassword"));
    }
}

#[test]
fn the_text_of_a_template_is_read_as_well_as_its_code() {
    let text = format!("database:\n  password: \"{0}\"\n<% key = {{ token: '{0}' }} %>\n", word());
    let found = Engine::builtin().scan_for(&SourceFile::disk("a.yml.erb", text.into_bytes()), Confidence::Low);
    let lines: Vec<usize> = found.iter().map(|finding| finding.start.0).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn a_file_that_does_not_parse_is_read_by_lines() {
    finds("a.py", "def broken(:\n    db_password = '@'\n)))\n");
}

#[test]
fn keywords_that_stand_close_together_hide_nothing() {
    for before in ["", "curl x;\n", "curl "] {
        for count in [1, 3, 2000] {
            let value = ["q7Gz0pLw2xKx4b", "VnT9aS"].concat();
            let text = format!("{}curl -H 'x-api-key: {value}' host\n", before.repeat(count));
            assert_eq!(shown("notes.txt", &text), [value], "{before}{count}");
        }
    }
}

#[test]
fn long_lines_and_deep_nesting_end() {
    let long = format!("x = '{}'; password = '{}'\n", "token=".repeat(200_000), word());
    assert!(shown("a.js", &long).len() <= 1);
    let deep = format!("password = {}'{}'\n", "[".repeat(100_000), word());
    let _ = shown("a.py", &deep);
    // What reads around names goes no further for being led on.
    let _ = shown("notes.txt", &format!("{}password, 'x'\n", "byte(".repeat(200_000)));
    let _ = shown("notes.txt", &"getPassword().".repeat(50_000));
    let _ = shown("notes.txt", &"user: ann , password: x ".repeat(40_000));
    let _ = shown("a.sh", &"--password x ".repeat(100_000));
    let _ = shown("a.js", &"config.set('a', 'password', 'x'); ".repeat(40_000));
}

#[test]
fn a_digest_under_a_bare_name_is_no_password_and_one_with_an_owner_may_be() {
    let digest: String = (0..64).map(|n| char::from_digit((n * 7 + n / 5) % 16, 16).unwrap_or('0')).collect();
    is_quiet("a.py", &format!("users = {{'name': 'a', 'password': '{digest}'}}\n"));
    assert_eq!(shown("a.py", &format!("POSTGRES_PASSWORD = '{digest}'\n")), [digest]);
}

#[test]
fn comparisons_by_methods_are_read() {
    for (path, template) in [
        ("A.java", "class A { void f(String password) { if (password.equals(\"@\")) { g(); } } }\n"),
        ("A.java", "class A { void f() { if (\"@\".equals(password)) { g(); } } }\n"),
        ("A.java", "class A { void f() { if (etPwd.getText().toString().equals(\"@\")) { g(); } } }\n"),
        ("unknown.xyz", "if (pwd.getText().toString().equals(\"@\")) {\n"),
    ] {
        finds(path, template);
    }
    is_quiet("A.java", "class A { boolean f(String action) { return action.equals(\"reset_form\"); } }\n");
}

#[test]
fn what_a_variable_is_passed_to_tells_what_it_is() {
    for (path, template) in [
        ("a.php", "<?php\n$k1 = '@';\nreturn JWT::encode($p, $k1, 'HS256');\n"),
        ("a.js", "const salted = '@';\nmodule.exports = (x) => jwt.sign(x, salted);\n"),
        ("a.go", "package a\nvar signer = []byte(\"@\")\nfunc f(t T) { t.SignedString(signer) }\n"),
    ] {
        finds(path, template);
    }
    is_quiet("a.js", "const locale = 'french';\nmodule.exports = (x) => jwt.sign(x, process.env.KEY);\n");
}

#[test]
fn signing_keys_of_words_count_in_settings_and_names_of_secrets_do_not() {
    let key = ["mall", "counter", "secret"].join("-");
    for (path, text) in [
        ("application.yml", format!("jwt:\n  expiration: 60\n  secret: {key}\n")),
        (".env", format!("JWT_SECRET={key}\n")),
        ("docker-compose.yml", format!("services:\n  a:\n    environment:\n      - SESSION_SECRET={key}\n")),
    ] {
        assert_eq!(shown(path, &text), [key.as_str()], "{path}");
    }
    for (path, text) in [
        ("docker-compose.yml", "services:\n  a:\n    secrets:\n      - db_user\n      - jwt-secret-key\n"),
        ("k8s.yml", "apiVersion: v1\nkind: Pod\nspec:\n  jwt:\n    secret: shop-jwt-secret\n"),
        ("a.yml", "volumes:\n  secret: shop-tls-secret\n"),
        (".env", "JWT_SECRET=your_jwt_secret\n"),
    ] {
        is_quiet(path, text);
    }
}

#[test]
fn maps_of_names_and_lookups_are_no_values() {
    for (path, text) in [
        ("a.py", "FIELDS = {'url': 'url', 'password': 'password', 'proxy': 'proxy'}\n"),
        ("a.php", "<?php return ['privateKey' => env('SP_x509_KEY', '')];\n"),
        ("a.php", "<?php $v = ['password' => ['required', 'confirmed', rule()]];\n"),
        ("a.sh", "vault secrets enable -path=secret kv-v2\n"),
        ("a.sh", "adduser --disabled-password --gecos '' app\n"),
        ("nginx.conf", "location / {\n  fastcgi_pass php:9000;\n}\n"),
        ("a.py", "m = re.search(r'\"csrfToken\": \"([\\w+.-]+)\"', text)\n"),
    ] {
        is_quiet(path, text);
    }
    finds("a.json", "{\"username\": \"root\", \"password\": \"@\"}");
    let own = ["pass", "word"].concat();
    assert_eq!(shown("a.py", &format!("db = {{'user': 'user', '{own}': '{own}'}}\n")), [own.as_str()]);
}

#[test]
fn a_parameter_of_a_query_ends_where_the_next_begins() {
    let token = ["n0cnd92m", "avmv1m61", "tjmyj9of5"].concat();
    let text = format!("a:\n  value: \"https://h.test/x?token={token}&page=2\"\n");
    assert_eq!(shown("a.yml", &text), [token.as_str()]);
    // What opens one file until a time that has passed is no credential to move.
    is_quiet("a.yml", &format!("a:\n  value: \"https://h.test/x.png?e=1576142006&token={token}\"\n"));
    is_quiet("a.gql", &format!("imageUrl: \"https://h.test/o/x.png?alt=media&token={token}\"\n"));
}

#[test]
fn settings_of_files_of_an_unknown_kind_are_read() {
    for (path, template) in [
        ("installer.settings", "SILENT_USER=admin\nSILENT_ADMIN_PASSWORD=@\nSILENT_PORT=\n"),
        ("login.http", "POST https://h.test/\n@Password=@\n"),
        ("token.http", "POST https://h.test/\n\ngrant_type=password&username=u&password=@&scope=x\n"),
        ("users.ldif", "dn: cn=admin\nuserPassword: @\n"),
        ("Makefile", "up:\n\thelm install db b/postgresql --set auth.postgresPassword=@ --version 1\n"),
        ("a.sh", "kubectl create secret generic s --from-literal=password=@ -n x\n"),
    ] {
        let text = template.replace("=@", &format!("={}", word())).replace(": @", &format!(": {}", word()));
        assert_eq!(shown(path, &text), [word()], "{path}: {text}");
    }
    for (path, text) in [
        ("notes.zzz", "password: required\ntoken = next(stream)\n"),
        ("notes.zzz", "The password: you know it\n"),
        ("a.pl", "my $password = shift;\n$token = $next;\n"),
    ] {
        is_quiet(path, text);
    }
}

#[test]
fn functions_that_set_what_their_name_says_are_read_where_nothing_parses() {
    let token = ["8225526e", "2656be28", "b1dfdcb4", "8988746c"].concat();
    // Ruby inside of a shell's string.
    let text = format!("gitlab-rails runner \"\nt = user.tokens.new\nt.set_token('{token}');\n\"\n");
    assert_eq!(shown("token.sh", &text), [token.as_str()]);
    finds("a.dart", "final c = Client().withPassword('@');\n");
    // What is asked, checked and looked up is not set.
    for text in ["x = getPassword('hunter2x');\n", "x = ask_password('hunter2x');\n", "p = password('Password: ');\n"] {
        is_quiet("a.dart", text);
    }
}

#[test]
fn commands_without_brackets_and_bodies_on_the_next_line_are_read() {
    for (path, template) in [
        ("build.gradle", "android {\n signingConfigs {\n  release {\n   storePassword \"@\"\n  }\n }\n}\n"),
        ("A.java", "class A\n{\n    String getPassword()\n    {\n        return \"@\";\n    }\n}\n"),
        ("sign.sh", "keytool -importkeystore -deststorepass @ -destkeystore a.jks\n"),
        ("a.php", "<?php\n$cryptoKey = MD5(\"@11\");\n"),
    ] {
        let text = template.replace('@', &word());
        let found = shown(path, &text);
        assert!(found.len() == 1 && found[0].starts_with(&word()), "{path}: {text}: {found:?}");
    }
    is_quiet("build.gradle", "android {\n keyAlias \"upload\"\n keyPassword System.getenv(\"PASSWORD\")\n}\n");
}

#[test]
fn weak_keys_that_sign_and_encrypt_count_and_names_of_keys_do_not() {
    for (path, text, value) in [
        ("a.py", "SECRET_KEY = \"your-secret-key-here\"\n", "your-secret-key-here"),
        ("a.php", "<?php\n$encryptionKey = \"Paintbrush\";\n", "Paintbrush"),
        ("docker-compose.yml", "services:\n  a:\n    environment:\n      JWT_SECRET: secret\n", "secret"),
        (
            "a.php",
            "<?php\ndefine (\"KEY\", \"rainbowclimbinghi\");\nopenssl_encrypt($x, ALGO, KEY);\n",
            "rainbowclimbinghi",
        ),
    ] {
        assert_eq!(shown(path, text), [value], "{path}: {text}");
    }
    for (path, text) in [
        ("a.py", "SESSION_KEY = \"user\"\nCOOKIE_KEY = \"visitor\"\n"),
        ("a.py", "ENCRYPTION_KEY = \"encryption_key\"\nencryption_key = \"kmsKeyName\"\n"),
        ("pod.yaml", "env:\n- name: JWT_SECRET\n  valueFrom:\n    secretKeyRef: {name: jwt, key: secret}\n"),
    ] {
        is_quiet(path, text);
    }
}

#[test]
fn names_in_property_lists_and_code_in_pages_are_no_values() {
    let text = "<plist version=\"1.0\"><dict>\n<key>App.xcscheme_^#shared#^_2X9</key>\n<dict/>\n</dict></plist>\n";
    is_quiet("a.plist", text);
    is_quiet("a.go", "package a\nfunc f() { slog.Debug(\"Fetching secret\", \"name\", key) }\n");
    finds("a.xml", "<c>\n<property name=\"hibernate.connection.password\">@</property>\n</c>\n");
    is_quiet("res/values/strings.xml", "<resources><string name=\"password\">Password</string></resources>\n");
    finds("main.tf", "resource \"i\" \"w\" {\n  user_data = <<EOF\nexport DB_PASSWORD=@\nEOF\n}\n");
    finds("docker-compose.yml", "services:\n  r:\n    command: redis-server --requirepass @\n");
    finds("w.ino", "void setup() {\n  WiFi.begin(\"home\", \"@\");\n}\n");
    finds("a.plist", "<plist><dict>\n\t<key>Password</key>\n\t<string>@</string>\n</dict></plist>\n");
    finds(
        "A.java",
        "class A {\n void seed() { add(\"ann\", \"@\"); }\n void add(String u, String password) throws E {\n }\n}\n",
    );
    assert_eq!(shown("a.cs", "class A { Secret s = new Secret(\"secret\".Sha256()); }\n"), ["secret"]);
    is_quiet("a.jsp", "<% rs = st.run(\"select * from u where n='\"+n+\"' and password='\"+pass+\"'\"); %>\n");
    is_quiet("a.sh", "gcloud alloydb create \\\n    --region=${REGION} \\\n    --password=${PGPASSWORD} \\\n    --x\n");
}

#[test]
fn what_everybody_may_see_is_shown_with_its_secret_alone() {
    let id = ["1234567890", "00-hjugbg6ud799v4c49dim8ce2usclthar.apps.googleusercontent", ".com"].concat();
    is_quiet("a.json", &format!("{{\"client_id\": \"{id}\"}}\n"));
    let secret = ["GOCS", "PX-", "a8Kd2LmQ9xT4vB7nY3wE6rU1zPoC"].concat();
    let both = shown("a.json", &format!("{{\"client_id\": \"{id}\", \"client_secret\": \"{secret}\"}}\n"));
    assert_eq!(both, [id, secret]);
}

#[test]
fn names_queries_and_addresses_are_no_passwords() {
    is_quiet("A.java", "class A { static final String PASSWORD = PREFIX + \"password\"; }\n");
    is_quiet("a.php", "<?php\n$url = $this->link('account/password', 'language=' . $language);\n");
    is_quiet("a.cs", "class A { void F() { products.CreateAsync(\"P1\", \"Book T300\", 3); } }\n");
    is_quiet("a.cs", "class A { object s = new Secret(\"deployment-zip\"); }\n");
    is_quiet("a.sh", "docker run --env POSTGRES_PASSWORD=${SUPERUSER_PWD} postgres\n");
    is_quiet("nginx.conf", "location / {\n    postgres_pass database;\n    include uwsgi_params;\n}\n");
    is_quiet("a.js", "check('password', 'Please enter a password with 6 or more characters').isLength({ min: 6 });\n");
    is_quiet("values.yaml", "auth:\n  existingSecret: shop-postgresql-specific\n");
    is_quiet(".github/workflows/a.yml", "jobs:\n  a:\n    uses: ./b.yml\n    secrets: inherit\n");
}

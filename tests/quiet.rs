//! What looks like a credential and is none.

#[path = "common/shown.rs"]
mod shown;

use shown::{is_quiet, shown, word};

#[test]
fn what_only_talks_about_secrets_is_quiet() {
    for (path, text) in [
        (
            "app/src/main/res/values/strings.xml",
            "<resources>\n  <string name=\"forgot_password\">Forgot password?</string>\n  <string name=\"old_password\">Pass1</string>\n  <string name=\"new_password\">Neues 2x</string>\n  <string name=\"password\">Password</string>\n</resources>\n",
        ),
        ("a.js", "if (token.value === 'endif2') { end(); }\n"),
        ("a.py", "args = ['--env', 'password=', 'q7Gz0pLw2x']\n"),
        ("a.py", "warn('in a future version. Pass engine=\"pyarrow\" or set it')\n"),
        ("a.py", "password = '0x%s' % encode(password)\n"),
        (
            "a.txt",
            "fail(\"state: \"+m+\", token: \"+h);switch(p[0]){case 1:r.push(h),n.push(this.q7Gz0pLw2x.yytext)}\"\n",
        ),
        ("a.py", "PASSWORD_FIELD = 'password_field'\n"),
        ("a.py", "password = request.form.get('password')\n"),
        ("a.py", "password = getpass('Enter your password: ')\n"),
        ("a.py", "token = token.encode('latin1')\n"),
        ("a.py", "CHALLENGE_PASSWORD = 'challengePassword'\n"),
        ("a.py", "types = {'secret': 'V1SecretVolumeSource'}\n"),
        ("a.py", "keyring.set_password('shop7x', user, password)\n"),
        ("a.js", "const moves = {PASS: 'pass', GIVE: 'give'};\n"),
        ("a.js", "login('ann', {password: 'wrongpassword1'});\n"),
        ("a.py", "raise Error('password must not be blank')\n"),
        ("a.js", "const labels = {password: \"can't be blank\"};\n"),
        ("a.js", "const password = $('#password').val();\n"),
        ("a.js", "rules.push({token: 'variable-2'});\n"),
        ("a.yaml", "password: ${DB_PASSWORD}\n"),
        ("a.ps1", "$secret = [Convert]::ToBase64String($bytes)\n}}\n"),
        ("a.yaml", "MasterUserPassword: !Ref Password\n"),
        ("tests/test_a.py", "password = 'abc123x'\n"),
        ("a.py", "EXAMPLES = \"\"\"\n- user:\n    password: 'abc123x'\n\"\"\"\n"),
        ("a.py", "f(password=None if platform == 'windows' else secret())\n"),
        ("a.sh", "# pass multiple arguments to the program\n"),
        ("a.py", "kinds = {'pass': 'bandpass', 'stop': 'bandstop'}\n"),
        ("a.py", "errors[CONF_PASSWORD] = 'invalid_auth'\n"),
        ("a.py", "if 'logger' in secrets:\n    pass\n"),
        ("a.py", "MODE_PASSWORD = 'password'\n"),
        ("a.py", "methods = {credentials.IUsernamePassword: b'password', credentials.ISSHKey: b'publickey'}\n"),
        (
            "a.json",
            "{\"token\": \"To find the key of your device, open [the portal]({url}) and log in with 2 factors.\"}\n",
        ),
        ("a.json", "{\"text\": \"run tool --password <PASSWORD> --role any --project <PROJECT>\"}\n"),
        (
            "a.json",
            "{\"text\": \"injected into 'schema.registry.basic.auth.user.info=user:password' by the client\"}\n",
        ),
        ("a.h", "void f() {\n  for (const auto &pass: passes)\n    {\n    run(pass);\n    }\n}\n"),
        ("a.inc", "/// - equal (mnemonic: `\"eq\"`; integer value: `0`)\n"),
        ("a.js", "exports.DEFAULT_TOKEN = \"eyJzZXNzaW9uX2lkIjogImRlZmF1bHQifQ\";\n"),
        (
            "a.inc",
            "throw Error(\"multiple actions at state: \"+m+\", token: \"+h);switch(p[0]){case 1:r.push(h),n.push(this.lexer.yytext);break;case 2:b.$=n[n.length-g],x(\"\")\n",
        ),
        ("a.py", "from jira import (\n    JiraGetAccessTokenError,\n    JiraGetAuthResponseError,\n)\n"),
        ("a.py", "ZULIP_API_KEY = '0123456789abcdef0123456789abcdef'\n"),
        ("a.py", "fail(\"'mysql://USER:PASSWORD@DBMS_IP:DBMS_PORT/NAME'\")\n"),
        ("a.py", "\"\"\"Set up.\"\"\"\nhost = config.get(CONF_HOST)\npassword = config.get(CONF_PASSWORD)\n"),
        (
            "a.go",
            "type A struct {\n\tToken string `json:\"token\" example:\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiIsIm4iOiJhbm4ifQ.c2lnbmF0dXJlLW9mLXRoaXM\"`\n}\n",
        ),
        ("a.ino", "WiFiMulti.addAP(\"SSID\", \"PASSWORD\");\n"),
        ("config.py", "SECRET_KEY = 'put your secret key here'\n"),
        ("config.py", "SECRET_KEY = 'key used for signing'\n"),
        ("notes.txt", "the user should: reset the password: immediately\n"),
        ("a.rs", "/// `password == \"admin_pass\"` compares.\nfn a() {}\n"),
        ("a.py", "def a():\n    \"\"\"If password.text == 'hunter2x'.\"\"\"\n"),
        ("a.py", "x = 1  # password.send_keys('hunter2x')\n"),
        ("VERSIONS", "posix: 3.0-\npwd: 3.0-3.12\nsecrets: 3.6-\n"),
        ("a.py", "if token == '#bygroup':\n    pass\n"),
        ("a.py", "def generate_password_hash(password: str, method: str = 'scrypt'):\n    pass\n"),
        ("a.py", "MODULES = {'OAuth': ('oauth_get_sbs', 'oauth_urlencode')}\n"),
        ("a.py", "# {key: 'x-amz-date', value: '...'}\ndef sign(key, text):\n    return hmac.new(key, text)\n"),
        ("a.yaml", "{{- $tlsSecret := printf \"%s-shop-tls\" $name }}\n"),
    ] {
        is_quiet(path, text);
    }
}

/// Names of names: each constant says what it is called elsewhere.
#[test]
fn a_table_of_names_is_quiet() {
    let names = "class P:\n    ACCESS_KEY = 'AWSAccessKeyId'\n    SECRET_KEY = 'AWSSecretKey'\n";
    is_quiet("a.py", names);
    assert_eq!(shown("a.py", &names.replace("AWSAccessKeyId", "ann")).len(), 1);
    is_quiet("a.c", "#define LN_userPassword \"userPassword\"\n#define SN_kx_psk \"KxPSK\"\n");
    is_quiet("a.py", "CONF_PATH = 'path'\nHUB_PASSWORD = 'password'\nHUB_PORT = 'port'\n");
    assert_eq!(shown("a.py", "HUB_USERNAME = 'username'\nHUB_PASSWORD = 'password'\n").len(), 1);
    is_quiet(
        "a.py",
        "class T(Enum):\n    PSK = 'PSK'\n    \"\"\"A shared key.\"\"\"\n    CERTIFICATE = 'Certificate'\n",
    );
}

#[test]
fn letters_in_the_order_of_the_alphabet_are_no_token() {
    let key = |value: &str| format!("key = '{}{value}'\n", ["sk", "_live_"].concat());
    assert_eq!(shown("a.py", &key("hT4xq9Lw2ZbR7mVc3KpY8dNs")).len(), 1);
    is_quiet("a.py", &key("abcdefghijklmnopqrstuvwx"));
}

#[test]
fn what_is_sealed_for_a_cluster_is_quiet() {
    let sealed = format!("Ag{}", word().repeat(40));
    let data = |kind: &str| format!("kind: Thing\nspec:\n  {kind}:\n    api_token: {sealed}\n");
    is_quiet("sealed.yaml", &data("encryptedData"));
    assert_eq!(shown("plain.yaml", &data("data")).len(), 1);
    let json = format!("{{\"spec\": {{\"encryptedData\": {{\"api_token\": \"{sealed}\"}}}}}}");
    is_quiet("sealed.json", &json);
}

#[test]
fn what_documentation_shows_is_an_example_whatever_else_the_file_says() {
    let doctest =
        "def f(password, salt):\n    \"\"\"\n    >>> f(password='q7Gz0pLw2x', salt='b')\n    \"\"\"\n    return REST\n";
    is_quiet("a.py", &doctest.replace("REST", "0"));
    is_quiet("a.py", &doctest.replace("REST", "pbkdf2_hmac('sha256', password, salt, 9)"));
    let both = format!("{}\ndb_password = '{}'\n", doctest.replace("REST", "0"), word());
    assert_eq!(shown("a.py", &both), [word()]);
}

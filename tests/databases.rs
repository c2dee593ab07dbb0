//! Credentials of databases, in the forms that connection strings, options, settings and commands have: the span is the
//! password alone.

use keylift::model::{Confidence, SourceFile};
use keylift::rules::Engine;

/// Put together here, so that nothing in this file looks like a credential to a scanner.
fn password() -> String {
    ["kT4v", "Rq9Z", "w2Lm"].concat()
}

/// Values that are shown by default, and the file's text.
fn shown(path: &str, text: &str) -> Vec<String> {
    let file = SourceFile::disk(path, text.as_bytes().to_vec());
    let findings = Engine::builtin().scan_for(&file, Confidence::Medium);
    findings.iter().map(|finding| text[finding.span.clone()].to_owned()).collect()
}

/// `§` stands for the password; `⟨` and `⟩` are around what is to be found.
#[track_caller]
fn finds(path: &str, template: &str) {
    let text = template.replace('§', &password());
    let (mut plain, mut values) = (String::new(), Vec::new());
    for (at, part) in text.split(['⟨', '⟩']).enumerate() {
        if at % 2 == 1 {
            values.push(part.to_owned());
        }
        plain.push_str(part);
    }
    assert_eq!(shown(path, &plain), values, "{path}: {plain}");
}

#[test]
fn connection_urls_give_their_password() {
    for line in [
        "U=postgres://app:⟨§⟩@db.internal:5432/shop\n",
        "U=postgresql://app:⟨§%40x⟩@[2001:db8::7]:5432/shop?sslmode=require\n",
        "U=postgresql+psycopg2://app:⟨p@§@x9⟩@db/shop\n",
        "U=mysql+pymysql://app:⟨a1b2/§⟩@db:3306/shop?charset=utf8mb4\n",
        "U=mongodb+srv://app:⟨§⟩@cluster0.ab1cd.mongodb.net/shop?retryWrites=true\n",
        "U=mongodb://app:⟨§⟩@m1:27017,m2:27017,m3:27017/shop?replicaSet=rs0\n",
        "U=redis://:⟨§⟩@cache:6379/0\n",
        "U=amqps://app:⟨§⟩@mq.internal/%2f\n",
        "U=clickhouse://default:⟨§⟩@ch.internal:9000/events\n",
        "U=cockroachdb://app:⟨§⟩@crdb:26257/defaultdb\n",
        "U=mssql+pyodbc://app:⟨§⟩@sql/shop?driver=ODBC+Driver+18+for+SQL+Server\n",
        "U=sqlserver://sql.internal:1433;database=shop;user=app;password=⟨§⟩;encrypt=true\n",
        "U=jdbc:mysql://db:3306/shop?user=app&password=⟨§⟩&ssl=true\n",
        "U=jdbc:oracle:thin:app/⟨§⟩@//ora.internal:1521/SHOP\n",
        "U=app:⟨§⟩@tcp(db:3306)/shop?parseTime=true\n",
        "U=app:⟨p@§/x1⟩@tcp([de:ad:be:ef::ca:fe]:3306)/shop\n",
    ] {
        finds("a.env", line);
    }
    finds("a.xml", "<p value=\"jdbc:mysql://db/shop?user=app&amp;password=⟨§⟩&amp;ssl=true\"/>\n");
    finds("a.json", "{\"u\": \"postgres:\\/\\/app:⟨§⟩@db\\/shop\"}\n");
    finds("a.properties", "u=jdbc\\:mysql\\://db\\:3306/shop?user\\=app&password\\=⟨§⟩\n");
}

#[test]
fn strings_of_keys_and_values_give_their_password() {
    for (path, text) in [
        ("a.py", "c = connect(\"host=db dbname=shop user=app password=⟨§⟩ port=5432\")\n"),
        ("a.py", "c = connect(\"dbname='shop' user='app' password='⟨§⟩' host='db'\")\n"),
        ("a.py", "c = connect(\"host=db user=app password='⟨a §⟩' dbname=shop\")\n"),
        ("a.py", "D = \"\"\"\nhost=db\nport=5432\nuser=app\npassword=⟨§⟩\ndbname=shop\n\"\"\"\n"),
        ("A.cs", "class A { string c = \"Server=db;Port=3306;Database=shop;Uid=app;Pwd=⟨§⟩;\"; }\n"),
        ("A.cs", "class A { string c = \"Server=db;Database=shop;User Id=app;Password='⟨a;§⟩';\"; }\n"),
        ("a.config", "<add connectionString=\"Data Source=sql;User ID=app;Password=&quot;⟨a;§⟩&quot;\" />\n"),
        ("a.py", "c = connect(\"DRIVER={ODBC Driver 18 for SQL Server};SERVER=sql;UID=app;PWD={⟨a;§⟩}\")\n"),
        ("a.php", "<?php\n$p = new PDO('pgsql:host=db;dbname=shop;user=app;password=⟨§⟩');\n"),
        ("A.cs", "class A { string r = \"cache.internal:6380,password=⟨§⟩,ssl=True\"; }\n"),
    ] {
        finds(path, text);
    }
}

#[test]
fn options_settings_and_commands_give_their_password() {
    for (path, text) in [
        ("settings.py", "DATABASES = {\"default\": {\"USER\": \"app\", \"PASSWORD\": \"⟨§⟩\", \"HOST\": \"db\"}}\n"),
        ("database.yml", "production:\n  adapter: postgresql\n  username: app\n  password: ⟨§⟩\n"),
        (
            "a.prisma",
            "datasource db {\n  provider = \"postgresql\"\n  url = \"postgresql://app:⟨§⟩@db:5432/shop\"\n}\n",
        ),
        ("a.ts", "new DataSource({ type: \"mysql\", username: \"app\", password: \"⟨§⟩\", database: \"shop\" });\n"),
        ("a.js", "new Sequelize(\"shop\", \"app\", \"⟨§⟩\", { dialect: \"postgres\" });\n"),
        ("a.properties", "spring.datasource.username=app\nspring.datasource.password=⟨§⟩\n"),
        ("a.py", "u = URL.create(\"postgresql\", username=\"app\", password=\"⟨§⟩\", host=\"db\")\n"),
        ("a.py", "u = \"postgresql://{}:{}@{}/shop\".format(\"app\", \"⟨§⟩\", host)\n"),
        ("a.go", "package a\n\nvar d = fmt.Sprintf(\"%s:%s@tcp(%s)/shop\", \"app\", \"⟨§⟩\", host)\n"),
        ("a.js", "const u = \"mongodb://app:\" + \"⟨§⟩\" + \"@\" + host + \"/shop\";\n"),
        ("a.py", "c = cx_Oracle.connect(\"app/⟨§⟩@ora.internal:1521/SHOP\")\n"),
        ("a.xml", "<x>\n<property name=\"hibernate.connection.password\">⟨§⟩</property>\n</x>\n"),
        ("a.sh", "sqlcmd -S sql -U sa -P \"⟨§⟩\" -i init.sql\n"),
        ("a.sh", "mongodump --host db -u app --password ⟨§⟩ --out /backup\n"),
        ("a.sh", "clickhouse-client --user app --password ⟨§⟩ --query 'SELECT 1'\n"),
        ("compose.yml", "services:\n  cache:\n    command: redis-server --requirepass ⟨§⟩\n"),
    ] {
        finds(path, text);
    }
}

#[test]
fn what_stands_for_a_password_is_quiet() {
    for text in [
        "U=postgres://app:${DB_PASSWORD}@db/shop\n",
        "U=postgres://user:password@host:port/database\n",
        "U=postgres://user:pass@your-host.internal/database\n",
        "U=sqlite:///db.sqlite3\n",
        "U=mysql://root:@localhost/shop\n",
        "U=postgresql:///shop?host=/var/run/postgresql\n",
        "U=mongodb+srv://<username>:<password>@cluster0.mongodb.net\n",
        "U=jdbc:sqlserver://sql;user=app;password={0};\n",
        "U=Server=sql;User Id=app;Password=<your password>;\n",
        "U=host=db user=app password=%s dbname=shop\n",
        "U=mysql://{{ user }}:{{ password }}@{{ host }}/db\n",
        "U=postgres://app:********@db/shop\n",
    ] {
        finds("a.env", text);
    }
    for text in [
        "u = f\"postgresql://{user}:{password}@{host}/db\"\n",
        "u = \"postgresql://{}:{}@{}/db\".format(user, password, host)\n",
        "u = \"postgresql://\" + user + \":\" + password + \"@\" + host\n",
        "raise ValueError(\"expected postgres://user:pass@host/db\")\n",
    ] {
        finds("a.py", text);
    }
    finds("a.sh", "docker run --name mongo -p 27017:27017 -d mongo\nsqlcmd -S sql -U sa -P \"$SA_PASSWORD\"\n");
}

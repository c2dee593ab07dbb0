use super::*;

/// A form with one variable of a store.
fn made(form: Form, store: &str, path: &str, field: Option<&str>, plan: Option<&str>) -> Result<Export, Failure> {
    let address =
        Address { store: store.to_owned(), path: path.to_owned(), field: field.map(str::to_owned), version: None };
    let wanted = [Wanted { name: "DB_PASSWORD".to_owned(), address }];
    let place = Place::new(store, false);
    let (wanted, place) = (&wanted, &place);
    export(form, &Request { wanted, place, plan, name: "app", namespace: None, region: None, account: None })
}

const FORMS: [Form; 8] = [
    Form::ExternalSecret,
    Form::K8sSecret,
    Form::VaultAgent,
    Form::Ecs,
    Form::GithubActions,
    Form::Terraform,
    Form::Systemd,
    Form::DotenvExample,
];

#[test]
fn what_makes_no_sense_is_refused_with_advice() {
    let stores = [
        ("vault://secret/shop", "shop/DB"),
        ("aws-sm://shop", "shop/DB"),
        ("aws-ssm://shop", "/shop/DB"),
        ("gcp-sm://p/shop", "shop-DB"),
        ("azure-kv://v", "DB"),
        ("k8s://web/shop", "shop/DB"),
        ("sops:s.yaml", "DB"),
        ("age:s.age", "DB"),
        ("dotenv:/srv/.env", "DB"),
        ("files:/run/secrets", "DB"),
    ];
    // One letter a form: `+` made, `-` refused, in the order of FORMS; from a plan.
    let expected = [
        ("vault", "++", "+-++++"),
        ("aws-sm", "++", "--++++"),
        ("aws-ssm", "++", "-+++++"),
        ("gcp-sm", "++", "--++++"),
        ("azure-kv", "++", "--++++"),
        ("k8s", "++", "---+++"),
        ("sops", "-+", "--++++"),
        ("age", "-+", "--+-++"),
        ("dotenv", "-+", "--+-++"),
        ("files", "-+", "--+-++"),
    ];
    for ((store, path), (scheme, kubernetes, others)) in stores.into_iter().zip(expected) {
        assert!(store.starts_with(scheme));
        for (form, sign) in FORMS.into_iter().zip(format!("{kubernetes}{others}").chars()) {
            match made(form, store, path, None, Some("keylift.plan.yaml")) {
                Ok(export) => {
                    assert_eq!(sign, '+', "{form:?} {store}");
                    // A service's drop-in names the plan alone.
                    assert!(export.text.contains("DB_PASSWORD") || form == Form::Systemd, "{form:?} {store}");
                }
                Err(failure) => {
                    assert_eq!(sign, '-', "{form:?} {store}: {}", failure.message);
                    assert!(failure.advice.is_some(), "{form:?} {store}");
                }
            }
        }
    }
}

#[test]
fn addresses_are_written_as_each_reader_takes_them() {
    let cases = [
        (Form::ExternalSecret, "vault://kv/shop?kv=1", "shop/DB", Some("value"), "property: \"value\""),
        (Form::ExternalSecret, "vault://kv/shop?kv=1", "shop/DB", Some("value"), "version: v1"),
        (
            Form::VaultAgent,
            "vault://a%2Fb/shop",
            "shop/DB",
            Some("value"),
            "secret \\\"a/b/data/shop/DB\\\" }}{{ .Data.data.value",
        ),
        (
            Form::VaultAgent,
            "vault://kv?kv=1",
            "DB",
            Some("pass-word"),
            "secret \\\"kv/DB\\\" }}{{ index .Data \\\"pass-word\\\"",
        ),
        (Form::Ecs, "aws-ssm://shop", "/shop/DB", None, "\"valueFrom\": \"/shop/DB\""),
        (Form::Terraform, "vault://kv?kv=1", "a/DB", Some("value"), "data.vault_kv_secret.db_password.data[\"value\"]"),
        (Form::Terraform, "k8s://web/shop", "shop/DB", None, "data.kubernetes_secret_v1.db_password.data[\"DB\"]"),
        (Form::GithubActions, "gcp-sm://p/shop", "shop-DB", None, "DB_PASSWORD:p/shop-DB"),
        (Form::GithubActions, "vault://kv?kv=1", "a/DB", Some("x.y"), "kv/a/DB \"x.y\" | DB_PASSWORD ;"),
        (Form::K8sSecret, "k8s://web", "shop/DB", None, "key: \"DB\""),
        (Form::Systemd, "dotenv:/srv/100%/.env", "DB", None, "EnvironmentFile=/srv/100%%/.env"),
    ];
    for (form, store, path, field, expected) in cases {
        let text = made(form, store, path, field, Some("p.yaml")).unwrap().text;
        assert!(text.contains(expected), "{form:?} {store}: {expected} in\n{text}");
    }
}

#[test]
fn ecs_names_whole_arns_in_each_partition() {
    let address = |field: Option<&str>| Address {
        store: "aws-sm://shop?region=cn-north-1".to_owned(),
        path: "shop/DB".to_owned(),
        field: field.map(str::to_owned),
        version: None,
    };
    let wanted = [
        Wanted { name: "A".to_owned(), address: address(None) },
        Wanted { name: "B".to_owned(), address: address(Some("pw")) },
    ];
    let place = Place::new(&wanted[0].address.store, false);
    let mut request = Request {
        wanted: &wanted,
        place: &place,
        plan: None,
        name: "app",
        namespace: None,
        region: Some("eu-central-1"),
        account: Some("123456789012"),
    };
    let text = export(Form::Ecs, &request).unwrap().text;
    assert!(text.contains("\"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop/DB\""), "{text}");
    assert!(text.contains("\"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop/DB:pw::\""), "{text}");
    request.account = Some("12");
    assert!(export(Form::Ecs, &request).is_err());
    request.account = None;
    assert!(export(Form::Ecs, &request).unwrap_err().advice.unwrap().contains("--account"));
}

#[test]
fn names_that_a_reader_folds_together_are_refused() {
    let address = |path: &str| Address { store: "age:x".to_owned(), path: path.to_owned(), field: None, version: None };
    let wanted = ["Token", "TOKEN"].map(|name| Wanted { name: name.to_owned(), address: address(name) });
    let place = Place::new("age:x", false);
    let request = Request {
        wanted: &wanted,
        place: &place,
        plan: Some("p"),
        name: "Not-A-Name",
        namespace: None,
        region: None,
        account: None,
    };
    assert!(export(Form::GithubActions, &request).unwrap_err().message.contains("folds case"));
    assert!(export(Form::K8sSecret, &request).unwrap_err().message.contains("not a name"));
}

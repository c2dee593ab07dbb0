//! The least IAM policy for a job below a prefix.

use serde_json::{Value, json};

use crate::store::{Job, Policy};

pub(super) fn policy(region: Option<&str>, prefix: &str, kms: Option<&str>, job: Job) -> Policy {
    let names = if prefix.is_empty() { "*".to_owned() } else { format!("{prefix}/*") };
    // keylift:allow a pattern of names
    let secrets = format!("arn:aws:secretsmanager:{}:*:secret:{names}", region.unwrap_or("*"));
    let statement = |id: &str, actions: &[&str], resource: &str| json!({ "Sid": id, "Effect": "Allow", "Action": actions, "Resource": resource });
    let mut statements: Vec<Value> = Vec::new();
    match job {
        Job::App => statements.push(statement("ReadSecrets", &["secretsmanager:GetSecretValue"], &secrets)),
        Job::Migrator => {
            let actions = [
                "secretsmanager:CreateSecret",
                "secretsmanager:DeleteSecret",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:ListSecretVersionIds",
                "secretsmanager:PutSecretValue",
                "secretsmanager:RestoreSecret",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "secretsmanager:UpdateSecret",
                "secretsmanager:UpdateSecretVersionStage",
            ];
            statements.push(statement("KeepSecrets", &actions, &secrets));
            // Neither can be confined to names ("Actions, resources, and condition keys for AWS Secrets Manager").
            let actions = ["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"];
            statements.push(statement("FindSecrets", &actions, "*"));
        }
    }
    if let Some(key) = kms.filter(|key| key.starts_with("arn:")) {
        let actions: &[&str] = if job == Job::App { &["kms:Decrypt"] } else { &["kms:Decrypt", "kms:GenerateDataKey"] };
        statements.push(statement("UseKey", actions, key));
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    Policy { format: "json", text: format!("{policy:#}\n") }
}

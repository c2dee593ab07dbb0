//! Amazon ECS: `secrets` of a container definition ("Pass sensitive data to an Amazon ECS container").

use serde_json::{Value, json};

use super::{Export, Request, Service, Wanted, pointless};
use crate::model::Failure;

pub(super) fn secrets(request: &Request<'_>) -> Result<Export, Failure> {
    let mut notes = Vec::new();
    let value_from: Box<dyn Fn(&Wanted) -> String> = match request.place.service {
        Service::AwsSm => {
            let (Some(region), Some(account)) = (request.region(), account(request)?) else {
                return Err(Failure::usage("ECS takes secrets by their ARN, which has the region and the account in it")
                    .advise(
                        "say --region REGION and --account ID (`aws sts get-caller-identity --query Account --output text`)",
                    ));
            };
            notes.push(
                "the ARNs are without the six characters that Secrets Manager adds: the task's execution role needs \
                 secretsmanager:GetSecretValue on ARN-??????"
                    .to_owned(),
            );
            let base = format!("arn:{}:secretsmanager:{region}:{account}:secret:", partition(region));
            Box::new(move |wanted| {
                let address = &wanted.address;
                let base = format!("{base}{}", address.path);
                match (&address.field, &address.version) {
                    (None, None) => base,
                    // json-key, version-stage, version-id
                    (field, version) => {
                        let part = |part: &Option<String>| part.clone().unwrap_or_default();
                        format!("{base}:{}::{}", part(field), part(version))
                    }
                }
            })
        }
        Service::AwsSsm => {
            request.unpinned("ECS")?;
            if let (Some(region), Some(account)) = (request.region(), account(request)?) {
                let base = format!("arn:{}:ssm:{region}:{account}:parameter", partition(region));
                Box::new(move |wanted| format!("{base}/{}", wanted.address.path.trim_start_matches('/')))
            } else {
                notes.push(
                    "the parameters are taken to be in the task's region: else say --region and --account".to_owned(),
                );
                Box::new(|wanted| wanted.address.path.clone())
            }
        }
        _ => {
            return Err(pointless(
                "ECS",
                request,
                "it reads from Secrets Manager and Parameter Store: `keylift migrate FROM aws-sm://PREFIX` carries the \
                 values there",
            ));
        }
    };
    let secrets: Vec<Value> =
        request.wanted.iter().map(|wanted| json!({ "name": wanted.name, "valueFrom": value_from(wanted) })).collect();
    let text = serde_json::to_string_pretty(&json!({ "secrets": secrets }))
        .map_err(|error| Failure::usage(format!("could not write the secrets: {error}")))?;
    Ok(Export { text: text + "\n", notes })
}

fn account<'a>(request: &Request<'a>) -> Result<Option<&'a str>, Failure> {
    match request.account {
        Some(account) if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(Failure::usage("an AWS account is a number of 12 digits"))
        }
        account => Ok(account),
    }
}

/// The partition of a region ("Amazon Resource Names").
fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

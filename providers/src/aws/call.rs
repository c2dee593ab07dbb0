//! One call to AWS: paced, repeated as the one policy says, its refusals told apart by code and type.
//!
//! Messages of AWS are never passed on: a validation error quotes the value that it refuses.

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use crate::http::certificate_refused;
use crate::pace::Pace;
use crate::retry::{Again, Fault, retry, seconds};
use crate::store::{ErrorKind, StoreError};

/// A call that failed for good: the code on which callers decide, and the error where they do not.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub code: Code,
    pub error: StoreError,
}

/// The refusals that mean something to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    NotFound,
    Exists,
    /// The entry is in a state that does not allow it: scheduled for deletion, above all.
    InvalidRequest,
    InvalidParameter,
    Denied,
    /// The answer to a call that must not be repeated was lost.
    Lost,
    Other,
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// Makes a call until it is answered for good. `pace` for writes.
pub(super) async fn call<T, E, A, F>(doing: &str, pace: Option<&Pace>, attempt: A) -> Result<T, Refusal>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    A: Fn() -> F,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    // The policy decides on faults; a refusal that means something goes past it as a success.
    let outcome = retry(|| async {
        let turn = match pace {
            Some(pace) => Some(pace.turn().await),
            None => None,
        };
        let error = match attempt().await {
            Ok(answer) => {
                if let Some(pace) = pace {
                    pace.went_through();
                }
                return Ok(Ok(answer));
            }
            Err(error) => error,
        };
        let (code, fault) = classify(&error, doing);
        if let Some((pace, turn)) = pace.zip(turn).filter(|_| fault.again == Again::Busy) {
            pace.slow_down(turn);
        }
        if fault.again == Again::Never { Ok(Err(Refusal { code, error: fault.error })) } else { Err(fault) }
    })
    .await;
    outcome.unwrap_or_else(|error| Err(Refusal { code: Code::Other, error }))
}

fn classify<E>(error: &SdkError<E, HttpResponse>, doing: &str) -> (Code, Fault)
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let unreachable = |what: &str, again| {
        let error = StoreError::new(ErrorKind::Unreachable, format!("AWS {what} ({doing})"))
            .advise("are region and endpoint right, and is the network there?");
        (Code::Other, Fault { error, again, after: None })
    };
    match error {
        SdkError::ServiceError(context) => {
            let raw = context.raw();
            let after = raw.headers().get("retry-after").and_then(seconds);
            let (code, error, again) = known(context.err().code(), raw.status().as_u16(), doing);
            (code, Fault { error, again, after })
        }
        SdkError::TimeoutError(_) => unreachable("does not answer in time", Again::Lost),
        // An answer that was cut short: whether the call took effect is found out by repeating it.
        SdkError::ResponseError(_) => unreachable("broke its answer off", Again::Lost),
        SdkError::DispatchFailure(failure) => {
            let source = failure.as_connector_error().map(|error| error as &(dyn std::error::Error + 'static));
            if source.is_some_and(certificate_refused) {
                let error =
                    StoreError::new(ErrorKind::Unreachable, "the certificate of the AWS endpoint is not trusted")
                        .advise("give the certificate authority in AWS_CA_BUNDLE");
                return (Code::Other, Fault::last(error));
            }
            if failure.is_timeout() {
                return unreachable("does not answer in time", Again::NoConnection);
            }
            if failure.is_io() {
                let again = if refused_connection(source) { Again::NoConnection } else { Again::Lost };
                return unreachable("cannot be reached", again);
            }
            if failure.as_other().is_some() {
                return unreachable("broke the connection off", Again::Lost);
            }
            if failure.is_user() {
                return unreachable("has no address that can be used", Again::Never);
            }
            (Code::Denied, Fault::last(no_credentials()))
        }
        SdkError::ConstructionFailure(_) => (Code::Denied, Fault::last(no_credentials())),
        _ => unreachable("answers in a way that is not understood", Again::Never),
    }
}

fn refused_connection(error: Option<&(dyn std::error::Error + 'static)>) -> bool {
    let mut source = error;
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::NotFound);
        }
        source = error.source();
    }
    // A name that does not resolve comes without an error of the system.
    true
}

pub(crate) fn no_credentials() -> StoreError {
    StoreError::new(ErrorKind::Denied, "there are no AWS credentials that can be used")
        .advise("set AWS_PROFILE or AWS_ACCESS_KEY_ID, log in with `aws sso login`, or run where a role is attached")
}

/// The code in an error's body: after a namespace and before a URL, as the protocol "AWS JSON 1.1" has it.
pub(crate) fn code_of(body: &serde_json::Value) -> Option<&str> {
    let code = body["__type"].as_str().or_else(|| body["code"].as_str())?;
    code.split(':').next()
}

/// What a refusal means: for callers, for the user, and for the policy.
pub(crate) fn known(code: Option<&str>, status: u16, doing: &str) -> (Code, StoreError, Again) {
    let (code, kind, again, what, advice) = refusal(code, status);
    let mut error = StoreError::new(kind, format!("AWS {what} ({doing})"));
    error.advice = advice.map(str::to_owned);
    (code, error, again)
}

type Known = (Code, ErrorKind, Again, String, Option<&'static str>);

/// What a code means. Where something between here and AWS answered, there is none, and the status has to do.
fn refusal(code: Option<&str>, status: u16) -> Known {
    const LATER: Option<&str> = Some("run the command again later: it goes on where it stopped");
    let code = code.map(|code| code.rsplit('#').next().unwrap_or(code).trim_end_matches("Exception"));
    let said = |what: &str| format!("{what} ({})", code.unwrap_or("without a code"));
    match code.unwrap_or_default() {
        "Throttling"
        | "Throttled"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "TooManyUpdates" => (Code::Other, ErrorKind::Unavailable, Again::Busy, said("is asked too often"), LATER),
        "ServiceUnavailable" | "RequestTimeout" | "PriorRequestNotComplete" => {
            (Code::Other, ErrorKind::Unavailable, Again::Busy, said("is not available"), LATER)
        }
        "InternalServiceError" | "InternalServerError" | "InternalFailure" | "InternalError" => {
            (Code::Other, ErrorKind::Unavailable, Again::Failed, said("failed"), LATER)
        }
        "ResourceNotFound" | "ParameterNotFound" | "ParameterVersionNotFound" | "InvalidResourceId" => {
            (Code::NotFound, ErrorKind::Rejected, Again::Never, said("does not find the entry"), None)
        }
        "ResourceExists" | "ParameterAlreadyExists" => {
            (Code::Exists, ErrorKind::Conflict, Again::Never, said("has an entry there"), None)
        }
        "InvalidRequest" => {
            (Code::InvalidRequest, ErrorKind::Rejected, Again::Never, said("does not allow it in this state"), None)
        }
        "InvalidParameter" | "Validation" | "ValidationError" => {
            (Code::InvalidParameter, ErrorKind::Rejected, Again::Never, said("does not take a parameter"), None)
        }
        "LimitExceeded" | "ParameterLimitExceeded" | "ParameterMaxVersionLimitExceeded" => (
            Code::Other,
            ErrorKind::Rejected,
            Again::Never,
            said("has reached a quota of this account or entry"),
            Some("see the service's quotas: too many entries, versions or labels"),
        ),
        "AccessDenied" | "NotAuthorized" => (
            Code::Denied,
            ErrorKind::Denied,
            Again::Never,
            said("does not allow it"),
            Some("`keylift policy` prints the policy that is needed"),
        ),
        "DecryptionFailure"
        | "EncryptionFailure"
        | "InvalidKeyId"
        | "KMSAccessDenied"
        | "KMSInvalidState"
        | "KMSKeyNotAccessibleFault" => (
            Code::Denied,
            ErrorKind::Denied,
            Again::Never,
            said("cannot use the KMS key"),
            Some("is the key there and enabled, and does its policy let you use it?"),
        ),
        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "OptInRequired"
        | "AuthFailure" => (
            Code::Denied,
            ErrorKind::Denied,
            Again::Never,
            said("does not take the credentials"),
            Some("have they ended (`aws sts get-caller-identity` tells), and is this machine's clock right?"),
        ),
        _ => match status {
            412 | 429 | 502..=504 => {
                (Code::Other, ErrorKind::Unavailable, Again::Busy, said("is busy or not available"), LATER)
            }
            500 => (Code::Other, ErrorKind::Unavailable, Again::Failed, said("failed"), LATER),
            401 | 403 => (Code::Denied, ErrorKind::Denied, Again::Never, said("does not allow it"), None),
            _ => (Code::Other, ErrorKind::Rejected, Again::Never, said("refused"), None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_and_the_status_only_without_one() {
        let decide = |code, status| {
            let (code, kind, again, _, _) = refusal(code, status);
            (code, kind, again)
        };
        let throttled = (Code::Other, ErrorKind::Unavailable, Again::Busy);
        assert_eq!(decide(Some("ThrottlingException"), 400), throttled);
        assert_eq!(decide(Some("com.amazonaws.x#TooManyRequestsException"), 400), throttled);
        assert_eq!(decide(None, 429), throttled);
        assert_eq!(decide(None, 503), throttled);
        assert_eq!(decide(Some("InternalServiceError"), 500).2, Again::Failed);
        assert_eq!(decide(Some("ResourceExistsException"), 400).0, Code::Exists);
        assert_eq!(decide(Some("AccessDeniedException"), 400).1, ErrorKind::Denied);
        assert_eq!(decide(Some("SomethingNewException"), 400), (Code::Other, ErrorKind::Rejected, Again::Never));
    }
}

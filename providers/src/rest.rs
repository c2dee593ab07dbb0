//! Calls to an API that takes and gives JSON and is asked with a token: paced, and sent again only where that is safe.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::http::{Answer, Client};
use crate::pace::Pace;
use crate::retry::{Again, Fault, retry};
use crate::store::StoreError;

/// One call.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub url: Url,
    pub body: Option<&'a Value>,
    /// Whether the same call may take effect twice.
    pub twice: bool,
}

/// How a call ended that did not fail.
pub(crate) enum Outcome {
    /// The server answered, whatever its status.
    Answered(Answer),
    /// The answer was lost on its way, and the call may not be made twice: nobody knows whether it took effect.
    Lost(StoreError),
}

impl Call<'_> {
    /// Makes the call, what changes something at the pace of all writers.
    pub async fn make<F>(&self, http: &Client, pace: &Pace, token: impl Fn() -> F) -> Result<Outcome, StoreError>
    where
        F: Future<Output = Result<HeaderValue, StoreError>>,
    {
        let pace = (self.method != Method::GET).then_some(pace);
        retry(|| async {
            let turn = match pace {
                Some(pace) => Some(pace.turn().await),
                None => None,
            };
            let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
            request.headers_mut().insert(AUTHORIZATION, token().await.map_err(Fault::last)?);
            if let Some(body) = self.body {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(body.to_string().into());
            }
            match http.once(request).await {
                Ok(answer) => {
                    if let Some(pace) = pace {
                        pace.went_through();
                    }
                    Ok(Outcome::Answered(answer))
                }
                Err(fault) => {
                    if let Some((pace, turn)) = pace.zip(turn).filter(|_| fault.again == Again::Busy) {
                        pace.slow_down(turn);
                    }
                    if matches!(fault.again, Again::Lost | Again::Failed) && !self.twice {
                        return Ok(Outcome::Lost(fault.error));
                    }
                    Err(fault)
                }
            }
        })
        .await
    }
}

//! What an accessor uses of the crate `aws-sdk-secretsmanager`.

use std::fmt;
use std::io::{Read, Write};

pub struct Client {
    endpoint: Option<String>,
}

pub struct Fluent<'a> {
    client: &'a Client,
    id: String,
}

/// As the SDK has it: what it says of itself is little, the cause says the rest.
#[derive(Debug)]
pub struct SdkError(Cause);

#[derive(Debug)]
pub struct Cause(String);

impl fmt::Display for SdkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("service error")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl std::error::Error for SdkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

pub struct Blob(Vec<u8>);

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

pub struct GetSecretValueOutput {
    text: Option<String>,
    bytes: Option<Blob>,
}

impl GetSecretValueOutput {
    pub fn secret_string(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub fn secret_binary(&self) -> Option<&Blob> {
        self.bytes.as_ref()
    }
}

impl Client {
    pub fn new(settings: &aws_config::SdkConfig) -> Self {
        Self { endpoint: settings.endpoint.clone() }
    }

    pub fn get_secret_value(&self) -> Fluent<'_> {
        Fluent { client: self, id: String::new() }
    }
}

impl Fluent<'_> {
    pub fn secret_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    pub async fn send(self) -> Result<GetSecretValueOutput, SdkError> {
        self.ask().map_err(|why| SdkError(Cause(why)))
    }

    fn ask(&self) -> Result<GetSecretValueOutput, String> {
        let endpoint = self.client.endpoint.as_deref().ok_or("no endpoint")?;
        let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
        let body = format!("{{\"SecretId\": \"{}\"}}", self.id);
        let mut stream = std::net::TcpStream::connect(host).map_err(|error| error.to_string())?;
        let request = format!(
            "POST / HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: secretsmanager.GetSecretValue\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        if !answer.lines().next().unwrap_or_default().contains(" 200 ") {
            return Err(answer);
        }
        Ok(GetSecretValueOutput { text: member(&answer, "SecretString"), bytes: None })
    }
}

/// A text of a JSON object.
fn member(json: &str, name: &str) -> Option<String> {
    let at = json.find(&format!("\"{name}\""))? + name.len() + 2;
    let mut rest = json[at..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.chars();
    let mut units: Vec<u16> = Vec::new();
    loop {
        let plain = match rest.next()? {
            '"' => return String::from_utf16(&units).ok(),
            '\\' => match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).ok()?);
                    continue;
                }
                other => other,
            },
            other => other,
        };
        units.extend(plain.encode_utf16(&mut [0; 2]).iter());
    }
}

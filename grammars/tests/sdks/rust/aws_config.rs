//! What an accessor uses of the crate `aws-config`.

pub struct BehaviorVersion;

impl BehaviorVersion {
    pub fn latest() -> Self {
        Self
    }
}

pub struct SdkConfig {
    pub endpoint: Option<String>,
}

pub async fn load_defaults(_: BehaviorVersion) -> SdkConfig {
    SdkConfig { endpoint: std::env::var("AWS_ENDPOINT_URL").ok() }
}

//! What is kept beside a secret: its tags, and its description as one of them.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::Tag;

use super::AwsStore;
use super::call::call;
use crate::store::{Address, StoreError};

/// The name under which a secret's description is carried as metadata.
const DESCRIPTION: &str = "description";

impl AwsStore {
    /// The tags of a secret; none where it is not there.
    pub(super) async fn tags(&self, address: &Address) -> Result<BTreeMap<String, String>, StoreError> {
        let Some(about) = self.link().await?.describe(&address.path).await? else { return Ok(BTreeMap::new()) };
        let description = about.description.filter(|text| !text.is_empty()).map(|text| (DESCRIPTION.to_owned(), text));
        let tags = about.tags.unwrap_or_default().into_iter();
        // Tags of AWS itself (CloudFormation's, for instance) cannot be written anywhere.
        let tags = tags.filter_map(|tag| Some((tag.key?, tag.value?))).filter(|(key, _)| !key.starts_with("aws:"));
        Ok(tags.chain(description).collect())
    }

    /// Gives a secret these tags, and takes away its others.
    pub(super) async fn set_tags(
        &self,
        address: &Address,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let link = self.link().await?;
        let name = &address.path;
        let doing = format!("writing the tags of {name}");
        let before = self.tags(address).await?;
        let gone: Vec<String> = before.into_keys().filter(|key| !metadata.contains_key(key)).collect();
        let describe = metadata.contains_key(DESCRIPTION) || gone.iter().any(|key| key == DESCRIPTION);
        let gone: Vec<String> = gone.into_iter().filter(|key| key != DESCRIPTION).collect();
        let tags: Vec<Tag> = metadata
            .iter()
            .filter(|(key, _)| *key != DESCRIPTION)
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect();
        if !tags.is_empty() {
            call(&doing, Some(&link.pace), || {
                link.client.tag_resource().secret_id(name).set_tags(Some(tags.clone())).send()
            })
            .await?;
        }
        if !gone.is_empty() {
            call(&doing, Some(&link.pace), || {
                link.client.untag_resource().secret_id(name).set_tag_keys(Some(gone.clone())).send()
            })
            .await?;
        }
        if describe {
            let text = metadata.get(DESCRIPTION).map(String::as_str).unwrap_or_default();
            call(&doing, Some(&link.pace), || link.client.update_secret().secret_id(name).description(text).send())
                .await?;
        }
        Ok(())
    }
}

/// Fifty tags, and a description of 2,048 characters ("`CreateSecret`", parameters `Tags` and `Description`).
pub(super) fn lost(metadata: &BTreeMap<String, String>) -> Vec<String> {
    crate::names::unfit(metadata, 50, |key, value| {
        (key == DESCRIPTION && value.chars().count() <= 2048) || crate::names::is_aws_tag(key, value)
    })
}

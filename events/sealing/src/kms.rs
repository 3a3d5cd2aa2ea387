//! A master key in AWS KMS, which wraps and unwraps and never gives it away.

use std::fmt;

use aws_sdk_kms::Client;

use aws_sdk_kms::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::primitives::Blob;
use event_archive::SdkConfig;
use futures::future::BoxFuture;
use zeroize::Zeroizing;

use crate::master::{Master, MasterKeys, WrapError, Wrapped};

/// Before the id of the key, in the name of what it wrapped.
const KMS: &str = "kms:";
/// What a wrapped key is bound to: KMS shows it in its audit log, and wants it again to unwrap.
const CONTEXT: &str = "nottermost:key";
/// The context of a text that is wrapped to see whether that can be done.
const TRIAL: &str = "trial";
/// The bytes were changed, or their context.
const DAMAGED: [&str; 2] = ["InvalidCiphertextException", "IncorrectKeyException"];

/// The key that wraps, in KMS. What another of its keys wrapped it unwraps too, as long as it may; what a
/// file's wrapped, as long as that is given.
#[derive(Clone)]
pub struct KmsMaster {
    client: Client,
    key: String,
    /// What KMS calls the key, whatever alias it is asked for by.
    arn: String,
    former: Option<MasterKeys>,
}

impl fmt::Debug for KmsMaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsMaster").field("key", &self.key).finish_non_exhaustive()
    }
}

impl KmsMaster {
    /// `key` is an id, an ARN or `alias/…`. Wraps and unwraps a trial: whoever serves must be able to do
    /// both. It is known then which key an alias means today: what another wrapped, that it meant before,
    /// is old.
    ///
    /// # Errors
    /// [`WrapError`].
    pub async fn connect(
        sdk: &SdkConfig,
        key: String,
        former: Option<MasterKeys>,
    ) -> Result<Self, WrapError> {
        let mut master = Self { client: Client::new(sdk), arn: key.clone(), key, former };
        let wrapped = master.wrapped(TRIAL, TRIAL.as_bytes()).await?;
        master.arn = wrapped.master[KMS.len()..].to_owned();
        master.unwrapped(TRIAL, &master.arn, &wrapped.bytes).await?;
        Ok(master)
    }

    async fn wrapped(&self, name: &str, key: &[u8]) -> Result<Wrapped, WrapError> {
        let request = self.client.encrypt().key_id(&self.key).plaintext(Blob::new(key));
        let answer = request.encryption_context(CONTEXT, name).send().await.map_err(failed)?;
        // An alias can be given to another key: the name of the one that did it is kept.
        let key = answer.key_id.ok_or_else(empty)?;
        let bytes = answer.ciphertext_blob.ok_or_else(empty)?.into_inner();
        Ok(Wrapped { master: format!("{KMS}{key}"), bytes })
    }

    async fn unwrapped(
        &self,
        name: &str,
        key: &str,
        bytes: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, WrapError> {
        let request = self.client.decrypt().key_id(key).ciphertext_blob(Blob::new(bytes));
        let answer = request.encryption_context(CONTEXT, name).send().await.map_err(failed)?;
        Ok(Zeroizing::new(answer.plaintext.ok_or_else(empty)?.into_inner()))
    }
}

impl Master for KmsMaster {
    fn wrap<'a>(
        &'a self,
        name: &'a str,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Wrapped, WrapError>> {
        Box::pin(self.wrapped(name, key))
    }

    fn unwrap<'a>(
        &'a self,
        name: &'a str,
        wrapped: &'a Wrapped,
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, WrapError>> {
        match (wrapped.master.strip_prefix(KMS), &self.former) {
            (Some(key), _) => Box::pin(self.unwrapped(name, key, &wrapped.bytes)),
            (None, Some(former)) => former.unwrap(name, wrapped),
            (None, None) => {
                let unknown = WrapError::UnknownMaster(wrapped.master.clone());
                Box::pin(std::future::ready(Err(unknown)))
            }
        }
    }

    fn is_old(&self, master: &str) -> bool {
        master.strip_prefix(KMS) != Some(self.arn.as_str())
    }
}

fn failed<E>(error: SdkError<E>) -> WrapError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.code() {
        Some(code) if DAMAGED.contains(&code) => WrapError::Damaged,
        Some(code) => {
            let message = error.message().unwrap_or("no reason given");
            WrapError::Unavailable(format!("{code}: {message}"))
        }
        None => WrapError::Unavailable(DisplayErrorContext(&error).to_string()),
    }
}

fn empty() -> WrapError {
    WrapError::Unavailable("it answered without a text".to_owned())
}

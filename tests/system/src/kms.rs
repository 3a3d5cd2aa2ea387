//! A service that speaks the protocol of AWS KMS: `Encrypt` and `Decrypt`, as JSON 1.1.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use data_encoding::BASE64;
use events::Id;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

/// What it has encrypted, by its ciphertexts, which say nothing.
#[derive(Debug, Default)]
struct Kept {
    texts: Mutex<HashMap<String, Sealed>>,
    /// What each alias means.
    aliases: Mutex<HashMap<&'static str, &'static str>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sealed {
    key: String,
    context: BTreeMap<String, String>,
    plaintext: String,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Kms {
    address: SocketAddr,
    kept: Arc<Kept>,
    task: AbortHandle,
}

impl Drop for Kms {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kms {
    /// With these aliases, each of a key.
    pub async fn start(
        aliases: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Result<Self> {
        let aliases = Mutex::new(aliases.into_iter().collect());
        let kept = Arc::new(Kept { aliases, ..Kept::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/", post(asked)).with_state(Arc::clone(&kept));
        let task = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Ok(Self { address, kept, task })
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives an alias to another key.
    pub fn point(&self, alias: &'static str, key: &'static str) {
        self.kept.aliases.lock().unwrap_or_else(PoisonError::into_inner).insert(alias, key);
    }

    /// What the texts that this key has encrypted are bound to.
    pub fn contexts(&self, key: &str) -> BTreeSet<String> {
        let texts = self.kept.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = texts.values().filter(|sealed| sealed.key == key);
        of_key.flat_map(|sealed| sealed.context.values().cloned()).collect()
    }
}

async fn asked(
    State(kept): State<Arc<Kept>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = if !header("authorization").starts_with("AWS4-HMAC-SHA256 ") {
        Err("MissingAuthenticationTokenException")
    } else {
        match header("x-amz-target") {
            "TrentService.Encrypt" => kept.encrypt(&body),
            "TrentService.Decrypt" => kept.decrypt(&body),
            _ => Err("UnknownOperationException"),
        }
    };
    match answer {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(code) => (StatusCode::BAD_REQUEST, json!({"__type": code}).to_string()),
    }
}

impl Kept {
    /// The key that is asked for by its name or by an alias.
    fn key(&self, asked: &str) -> Result<String, &'static str> {
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = aliases.values().filter(|key| **key == asked);
        let key = aliases.get(asked).or_else(|| keys.next());
        key.map(|key| (*key).to_owned()).ok_or("NotFoundException")
    }

    fn encrypt(&self, body: &Value) -> Result<Value, &'static str> {
        let sealed = Sealed {
            key: self.key(&text(&body["KeyId"])?)?,
            context: context(body)?,
            plaintext: text(&body["Plaintext"])?,
        };
        let blob = BASE64.encode(Id::random().as_bytes());
        let answer = json!({"CiphertextBlob": blob, "KeyId": sealed.key});
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).insert(blob, sealed);
        Ok(answer)
    }

    fn decrypt(&self, body: &Value) -> Result<Value, &'static str> {
        let (blob, context) = (text(&body["CiphertextBlob"])?, context(body)?);
        let key = self.key(&text(&body["KeyId"])?)?;
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        match texts.get(&blob) {
            Some(sealed) if sealed.key != key => Err("IncorrectKeyException"),
            Some(sealed) if sealed.context == context => {
                Ok(json!({"Plaintext": sealed.plaintext, "KeyId": key}))
            }
            _ => Err("InvalidCiphertextException"),
        }
    }
}

fn text(value: &Value) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("ValidationException")
}

fn context(body: &Value) -> Result<BTreeMap<String, String>, &'static str> {
    serde_json::from_value(body["EncryptionContext"].clone()).map_err(|_| "ValidationException")
}

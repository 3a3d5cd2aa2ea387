//! A server of the S3 protocol on a loopback port, its objects in memory. It signs, streams and refuses as
//! S3 does; what no adapter of ours asks for, it does not know.

mod objects;
mod protocol;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::key::KeyPrefix;
use crate::s3::{S3Credentials, S3Options, S3Store};
use objects::Objects;
use protocol::Protocol;

/// A running server; dropped, it takes no more connections.
#[derive(Debug)]
pub struct S3Server {
    /// As in `http://127.0.0.1:40123`.
    pub endpoint: String,
    pub access_key: String,
    pub secret_key: String,
    /// The one bucket that there is, empty at first.
    pub bucket: String,
    objects: watch::Sender<Objects>,
    accepting: JoinHandle<()>,
}

impl S3Server {
    /// Starts a server on a free port. Panics if there is none.
    pub async fn start() -> Self {
        let [access_key, secret_key, bucket] =
            ["an-access-key", "a-secret-key", "a-bucket"].map(str::to_owned);
        let objects = watch::Sender::new(Objects::default());
        let protocol = Protocol { bucket: bucket.clone(), objects: objects.clone() };
        let mut service = S3ServiceBuilder::new(protocol);
        service.set_auth(SimpleAuth::from_single(access_key.clone(), secret_key.clone()));
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(loopback).await.expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let accepting = tokio::spawn(accept(listener, service.build()));
        let endpoint = format!("http://{address}");
        Self { endpoint, access_key, secret_key, bucket, objects, accepting }
    }

    /// What a store must be told to keep its objects here.
    pub fn options(&self) -> S3Options {
        S3Options {
            bucket: self.bucket.clone(),
            prefix: KeyPrefix::ALL,
            region: "us-east-1".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            force_path_style: true,
            credentials: Some(S3Credentials {
                access_key: self.access_key.clone(),
                secret_key: self.secret_key.clone(),
            }),
        }
    }

    pub async fn store(&self) -> S3Store {
        S3Store::new(self.options()).await
    }

    /// The next so many conditional puts meet another one, as S3 has it: 409.
    pub fn let_conditional_puts_conflict(&self, times: usize) {
        self.objects.send_modify(|objects| objects.conflicts = times);
    }

    /// The names of all objects.
    pub fn names(&self) -> Vec<String> {
        self.objects.borrow().names()
    }

    /// Ends as soon as so many multipart uploads have been begun in all, and none is open.
    pub async fn every_upload_over(&self, begun: usize) {
        let over =
            |objects: &Objects| objects.uploads_begun >= begun && objects.open_uploads() == 0;
        let waited = self.objects.subscribe().wait_for(over).await.map(drop);
        waited.expect("the sender lives in self");
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, service: S3Service) {
    let http = Arc::new(auto::Builder::new(TokioExecutor::new()));
    while let Ok((connection, _)) = listener.accept().await {
        let (http, service) = (Arc::clone(&http), service.clone());
        tokio::spawn(async move {
            if let Err(error) = http.serve_connection(TokioIo::new(connection), service).await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
}

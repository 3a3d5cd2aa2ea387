//! Mounting: a service's handlers at the addresses that the URL table gives it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};

use http::StatusCode;
use schemars::JsonSchema;

use super::description::{Answer, Described, Inputs, Operation, Param, StatusOk, schema_of};
use super::urls::{Service, URLS, Url, Verb};

/// A router in the making. It has to get a handler for every address of its service, and no other:
/// what is wrong with a router shows when it is made, so in every test of the service.
pub struct Mount<S> {
    service: Service,
    table: &'static [Url],
    /// What has no handler yet.
    bare: Vec<&'static Url>,
    router: Router<S>,
    operations: Vec<Operation>,
}

impl<S: Clone + Send + Sync + 'static> Mount<S> {
    /// A router of this service, which knows all addresses of the table. Those of other services
    /// have no methods: an address then means the same whoever is asked, and whoever else is mounted
    /// beside it. (`/users/login` is never an account named `login`.)
    pub fn new(service: Service) -> Self {
        Self::of(URLS, service)
    }

    fn of(table: &'static [Url], service: Service) -> Self {
        let bare = table.iter().filter(|url| url.service == service).collect();
        let router = table
            .iter()
            .fold(Router::new(), |router, url| router.route(url.path, MethodRouter::new()));
        Self { service, table, bare, router, operations: Vec::new() }
    }

    /// Has `GET` of this address answered by `handler`.
    ///
    /// # Panics
    /// As all its kin, if the table does not give this to the service.
    pub fn get<H: Handler<T, S>, T: Described + 'static>(self, path: &str, handler: H) -> Self {
        self.on(Verb::Get, path, handler)
    }

    pub fn post<H: Handler<T, S>, T: Described + 'static>(self, path: &str, handler: H) -> Self {
        self.on(Verb::Post, path, handler)
    }

    pub fn put<H: Handler<T, S>, T: Described + 'static>(self, path: &str, handler: H) -> Self {
        self.on(Verb::Put, path, handler)
    }

    pub fn patch<H: Handler<T, S>, T: Described + 'static>(self, path: &str, handler: H) -> Self {
        self.on(Verb::Patch, path, handler)
    }

    pub fn delete<H: Handler<T, S>, T: Described + 'static>(self, path: &str, handler: H) -> Self {
        self.on(Verb::Delete, path, handler)
    }

    fn on<H: Handler<T, S>, T: Described + 'static>(
        mut self,
        verb: Verb,
        path: &str,
        handler: H,
    ) -> Self {
        let own = |url: &&'static Url| url.verb == verb && url.path == path;
        let Some(at) = self.bare.iter().position(own) else { self.refuse(verb, path) };
        let url = self.bare.remove(at);
        let mut inputs = Inputs::default();
        T::describe(&mut inputs);
        self.operations.push(Operation::new(url, inputs));
        let mut methods = on(filter(verb), handler);
        if url.streamed {
            methods = methods.layer(DefaultBodyLimit::disable());
        }
        self.router = self.router.route(url.path, methods);
        self
    }

    /// What the handler that was mounted last does, and the JSON that it answers with.
    pub fn gives<T: JsonSchema>(self, summary: &'static str) -> Self {
        self.answers(summary, Answer::Json(StatusCode::OK, schema_of::<T>))
    }

    /// The same, of something new: 201.
    pub fn makes<T: JsonSchema>(self, summary: &'static str) -> Self {
        self.answers(summary, Answer::Json(StatusCode::CREATED, schema_of::<T>))
    }

    /// The same, where there is no object to show: `{"status":"OK"}`.
    pub fn does(self, summary: &'static str) -> Self {
        self.gives::<StatusOk>(summary)
    }

    /// The same, where the answer is of another media type than JSON.
    pub fn sends(self, media: &'static str, summary: &'static str) -> Self {
        self.answers(summary, Answer::Media(media))
    }

    /// The same, where the answer has no body.
    pub fn bare(self, status: StatusCode, summary: &'static str) -> Self {
        self.answers(summary, Answer::Bare(status))
    }

    fn answers(mut self, summary: &'static str, answer: Answer) -> Self {
        let operation = self.last();
        assert!(operation.answer.is_none(), "{} has two answers", operation.url);
        operation.summary = summary;
        operation.answer = Some(answer);
        self
    }

    /// Parameters of the query that it reads.
    pub fn asks(mut self, params: &[Param]) -> Self {
        self.last().params.extend(params);
        self
    }

    /// A status that it answers with beside those that follow from what a request brings.
    pub fn or(mut self, status: StatusCode) -> Self {
        self.last().also.push(status);
        self
    }

    /// Another media type that some are answered in.
    pub fn or_as(mut self, media: &'static str) -> Self {
        self.last().media = Some(media);
        self
    }

    fn last(&mut self) -> &mut Operation {
        self.operations.last_mut().expect("a handler is mounted before it is described")
    }

    fn refuse(&self, verb: Verb, path: &str) -> ! {
        let own = |url: &&Url| url.verb == verb && url.path == path;
        let (service, verb) = (self.service.name(), verb.name());
        match self.table.iter().find(own) {
            Some(url) if url.service == self.service => panic!("{url} has two handlers"),
            Some(url) => panic!("{url} is mounted by {service}; it is {}'s", url.service.name()),
            None => panic!("{verb} {path} is mounted by {service}; it is not in the URL table"),
        }
    }

    /// The router, with a handler at every address of the service.
    ///
    /// # Panics
    /// If one has none.
    pub fn router(self) -> Router<S> {
        let bare: Vec<_> = self.bare.iter().map(ToString::to_string).collect();
        assert!(bare.is_empty(), "{} has no handler for {}", self.service.name(), bare.join(", "));
        self.router
    }

    /// What is mounted.
    pub fn operations(self) -> Vec<Operation> {
        self.operations
    }
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Put => MethodFilter::PUT,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use bytes::Bytes;
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    const fn url(verb: Verb, path: &'static str, service: Service, streamed: bool) -> Url {
        Url { verb, path, service, streamed }
    }

    const TABLE: &[Url] = &[
        url(Verb::Get, "/posts/{id}", Service::Query, false),
        url(Verb::Post, "/posts/search", Service::Query, false),
        url(Verb::Put, "/posts/{id}", Service::Command, false),
        url(Verb::Post, "/files", Service::Command, true),
    ];

    async fn asked() -> &'static str {
        "asked"
    }

    async fn told(_: Bytes) -> &'static str {
        "told"
    }

    fn queries() -> Mount<()> {
        Mount::of(TABLE, Service::Query).get("/posts/{id}", asked).post("/posts/search", asked)
    }

    fn commands() -> Mount<()> {
        Mount::of(TABLE, Service::Command).put("/posts/{id}", told).post("/files", told)
    }

    async fn status(router: Router, verb: &str, path: &str, bytes: usize) -> StatusCode {
        let router = router.layer(DefaultBodyLimit::max(10));
        let request = Request::builder().method(verb).uri(path).body(Body::from(vec![b'x'; bytes]));
        router.oneshot(request.unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn services_answer_at_their_addresses_alone_and_together() {
        let (reads, writes) = (queries().router(), commands().router());
        let both = reads.clone().merge(writes.clone());
        for (router, get, put) in [(&reads, 200, 405), (&writes, 405, 200), (&both, 200, 200)] {
            assert_eq!(status(router.clone(), "GET", "/posts/1", 0).await, get);
            assert_eq!(status(router.clone(), "HEAD", "/posts/1", 0).await, get);
            assert_eq!(status(router.clone(), "PUT", "/posts/1", 0).await, put);
        }
    }

    #[tokio::test]
    async fn an_address_of_another_service_is_never_a_parameter() {
        assert_eq!(status(commands().router(), "PUT", "/posts/search", 0).await, 405);
        assert_eq!(status(queries().router(), "GET", "/posts/search", 0).await, 405);
        assert_eq!(status(queries().router(), "GET", "/posts/other", 0).await, 200);
    }

    #[tokio::test]
    async fn only_streamed_bodies_are_unlimited() {
        assert_eq!(status(commands().router(), "POST", "/files", 11).await, 200);
        assert_eq!(status(commands().router(), "PUT", "/posts/1", 11).await, 413);
    }

    #[test]
    #[should_panic(expected = "query-api has no handler for POST /posts/search")]
    fn an_address_without_a_handler_is_refused() {
        let _ = Mount::<()>::of(TABLE, Service::Query).get("/posts/{id}", asked).router();
    }

    #[test]
    #[should_panic(expected = "GET /posts is mounted by query-api; it is not in the URL table")]
    fn a_handler_without_an_address_is_refused() {
        queries().get("/posts", asked);
    }

    #[test]
    #[should_panic(expected = "PUT /posts/{id} is mounted by query-api; it is command-api's")]
    fn a_handler_at_the_address_of_another_service_is_refused() {
        queries().put("/posts/{id}", asked);
    }

    #[test]
    #[should_panic(expected = "GET /posts/{id} has two handlers")]
    fn a_second_handler_is_refused() {
        queries().get("/posts/{id}", asked);
    }
}

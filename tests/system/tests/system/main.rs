//! The whole system, from outside: it starts or says why not, it stops, it keeps what it
//! acknowledged, it can be watched.

mod archiving;
mod behind_the_edge;
mod copying;
mod distributed;
mod durability;
mod edge;
mod erasing;
mod history;
mod in_use;
mod on_kms;
mod on_s3;
mod readmitting;
mod rebuilding;
mod refusals;
mod replaying;
mod rolling;
mod rules;
mod seen_from_outside;
mod smoke;
mod socket_truths;
mod stopping;
mod streaming;
mod stubs;

//! The whole system, from outside: it starts or says why not, it stops, it keeps what it
//! acknowledged, it can be watched.

mod durability;
mod refusals;
mod replaying;
mod seen_from_outside;
mod smoke;
mod stopping;

//! Segments, chains, digests: over every store, raced for, and tampered with.

mod appending;
mod digests;
mod epochs;
mod golden;
mod racing;
mod roller;
mod sample;
mod stepping;
mod stores;
mod tampering;
mod visiting;

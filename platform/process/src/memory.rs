//! The allocator of every process.

use std::ffi::c_long;

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

/// Of all who link this crate: the processes and `replay`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2, which its crate does not name (`mi_option_e` in `mimalloc.h`).
const PURGE_DELAY: mi_option_t = 15;

/// How long freed memory is kept before the system gets it back; what whole segments are kept is ten times
/// as long. By default it is 10 ms, shorter than a busy moment: the same pages were given back and asked for
/// again, cleared each time, which was a twentieth of what a post costs.
const PURGE_DELAY_MS: c_long = 500;

/// Sets the allocator up; what stands in its own environment variables has precedence. Before other
/// threads begin.
#[expect(unsafe_code, reason = "a function of C that sets a number")]
pub fn set_up() {
    // SAFETY: the option exists, takes any number, and no other thread sets options.
    unsafe { mi_option_set_default(PURGE_DELAY, PURGE_DELAY_MS) }
}

//! What is acknowledged is on the disk: shown by kills, by failing disks, and by the system calls.

mod child;
mod faults;
mod kills;
mod syscalls;
mod trace;

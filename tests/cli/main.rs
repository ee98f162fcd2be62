//! The real program on real folders: every command, its refusals, and what scripts read.

mod administration;
mod kit;
mod refusals;
mod serving;

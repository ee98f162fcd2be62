//! Several processes of the program on one PostgreSQL, and no sticky sessions: what one does holds for all.
//!
//! Every request goes to the next replica in turn. PostgreSQL is found through `eval "$(tools/postgres start)"`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on stops"
)]

mod feed;
mod guessing;
mod house;
mod keys;
#[path = "../cli/kit.rs"]
#[expect(dead_code, reason = "the command line's tests use the rest")]
mod kit;
mod mail;
#[path = "../server/kit/mailbox.rs"]
#[expect(dead_code, reason = "the server's tests use the rest")]
mod mailbox;
mod once;
#[path = "../cli/postgres.rs"]
mod postgres;
#[path = "../cli/server.rs"]
#[expect(dead_code, reason = "the command line's tests use the rest")]
mod server;
mod sessions;
#[path = "../proxy/kit/socket.rs"]
#[expect(dead_code, reason = "the proxy's tests use the rest")]
mod socket;
mod tickets;

//! The promises of `src/storage/mod.rs`, a file per trait.

mod address;
mod app;
mod change;
mod declared;
mod factor;
mod identity;
mod limit;
mod link;
mod login_code;
mod mail;
mod meta;
mod passkey;
mod password_link;
mod provider;
mod race;
mod registration;
mod session;
mod sweep;
mod theft;
mod ticket;
mod transfer;

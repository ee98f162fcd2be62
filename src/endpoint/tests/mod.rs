//! The endpoint as a whole, on SQLite, without HTTP. Attacks are named after what the attacker does.

mod account;
mod address;
mod authenticator;
mod declared;
mod factor;
mod feed;
mod files;
mod kit;
mod login;
mod one_password;
mod process;
mod session;
mod ticket;

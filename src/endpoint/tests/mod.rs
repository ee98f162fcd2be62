//! The endpoint as a whole, on SQLite, without HTTP. Attacks are named after what the attacker does.

mod account;
mod address;
mod authenticator;
mod code;
mod code_end;
mod declared;
mod factor;
mod feed;
mod files;
mod kit;
mod login;
mod one_password;
mod passkey;
mod phone;
mod process;
mod session;
mod telephone;
mod texting;
mod ticket;

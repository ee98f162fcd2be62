//! The machine as a person uses it, flow by flow. What never happens, whatever the order, is in `properties`.

mod acts;
mod arrival;
mod code;
mod elsewhere;
mod failures;
mod in_place;
mod kit;
mod links;
mod login;
mod passkey;
mod password;
mod password_only;
mod properties;
mod recovery;
mod registration;
mod second_factor;
mod session;

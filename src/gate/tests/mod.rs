//! What the tests of the gate share.

pub(in crate::gate) mod kit;

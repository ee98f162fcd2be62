//! What the endpoint can be asked: the one door for `http`, `gate`, `cli` and the native module. It brings together limits, flows, factors and
//! storage.

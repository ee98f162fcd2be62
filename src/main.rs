//! The `gatehouse` program: `serve` and administration, without Python.

fn main() {}

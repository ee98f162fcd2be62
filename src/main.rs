//! The `gatehouse` program: `serve` and administration, without Python.

use std::process::exit;

fn main() {
    exit(gatehouse::cli::main(std::env::args_os()));
}

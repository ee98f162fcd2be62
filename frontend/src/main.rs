//! The browser bundle. Everything is in the library: a program exports less than a library would, and is smaller.

fn main() {
    #[cfg(target_arch = "wasm32")]
    gatehouse_frontend::entry::start_if_standalone();
}

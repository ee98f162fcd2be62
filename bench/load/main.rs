//! What the benchmark measures with, and against: a load generator, a bare axum route, and bare Argon2id hashes.
//!
//! - `load drive` reads a plan as JSON from its input, sends it, and prints what came back.
//! - `load constant PORT` answers a constant from a bare axum route.
//! - `load hashes THREADS SECONDS MEMORY PASSES LANES` hashes as fast as it can, and prints how often.

mod client;
mod drive;
mod plan;

use std::{error::Error, hint::black_box, io::Read as _, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A moment to measure from.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["drive"] => {
            let mut plan = String::new();
            std::io::stdin().read_to_string(&mut plan)?;
            println!("{}", serde_json::to_string(&drive::run(serde_json::from_str(&plan)?)?)?);
            Ok(())
        }
        ["constant", port] => constant(port.parse()?),
        ["hashes", threads, seconds, memory, passes, lanes] => {
            let params = Params::new(memory.parse()?, passes.parse()?, lanes.parse()?, Some(32))?;
            println!("{}", hashes(threads.parse()?, Duration::from_secs_f64(seconds.parse()?), &params)?);
            Ok(())
        }
        _ => Err("load drive | load constant PORT | load hashes THREADS SECONDS MEMORY PASSES LANES".into()),
    }
}

/// The least that a server on axum does for a request.
fn constant(port: u16) -> Outcome<()> {
    const BODY: &str = r#"{"state":"signed_in","user":{"username":"bob"}}"#;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let json = [(http::header::CONTENT_TYPE, "application/json")];
        let route = axum::Router::new().route("/", axum::routing::get(move || async move { (json, BODY) }));
        Ok(axum::serve(listener, route).await?)
    })
}

/// Hashes per second on so many threads, with nothing around them, and each in memory of its own that stays.
fn hashes(threads: usize, span: Duration, params: &Params) -> Outcome<f64> {
    let started = now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            std::thread::spawn(move || {
                let (mut count, mut out) = (0_u32, [0_u8; 32]);
                let mut blocks = vec![Block::default(); argon2.params().block_count()];
                while started.elapsed() < span {
                    let (password, salt) = (b"quiet harbor window lamp", b"sixteen bytes of");
                    argon2.hash_password_into_with_memory(password, salt, &mut out, &mut blocks)?;
                    black_box(out);
                    count += 1;
                }
                // The last one ended after the span: counted with its own time.
                Ok::<_, argon2::Error>(f64::from(count) / started.elapsed().as_secs_f64())
            })
        })
        .collect();
    let mut rate = 0.0;
    for worker in workers {
        rate += worker.join().map_err(|_| "a thread stopped")??;
    }
    Ok(rate)
}

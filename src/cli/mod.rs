//! The command line: `serve` and administration. `run` is Python's; everything here works without it.
//!
//! `args` says what may be typed, `users`, `apps`, `invite`, `import`, `hash`, `key`, `backup`, `migrate`, `copy`, `serve`, `settings` and `doctor` do it, `ask` asks
//! for passwords, `show` draws tables and JSON, and `words` has the sentences. Exit codes: 0 done, 1 refused or failed, 2 not understood.

mod apps;
mod args;
mod ask;
mod backup;
mod copy;
mod doctor;
mod failure;
mod hash;
mod import;
mod invite;
mod key;
mod migrate;
mod opened;
mod serve;
mod settings;
mod show;
mod users;
mod words;

use std::ffi::OsString;

use clap::Parser as _;

use self::{
    args::{Arguments, Command},
    failure::Failure,
};

/// Runs the command line and returns the process's exit code.
///
/// `arguments` begins with the program's name, as in `std::env::args_os`.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // To a closed pipe nothing can be said.
            let _ = error.print();
            return error.exit_code();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&Failure::Other(format!("the runtime does not start: {error}"))),
    };
    match runtime.block_on(dispatch(parsed)) {
        Ok(code) => code,
        Err(failure) => report(&failure),
    }
}

async fn dispatch(arguments: Arguments) -> Result<i32, Failure> {
    let place = &arguments.place;
    match arguments.command {
        Command::Users(command) => users::run(place, command).await,
        Command::Apps(command) => apps::run(place, command).await,
        Command::Invite(invitation) => invite::run(place, invitation).await,
        Command::Import(import) => import::run(place, import).await,
        Command::Backup { to } => backup::run(place, &to).await,
        Command::Migrate { check } => migrate::run(place, check).await,
        Command::Copy(wish) => copy::run(place, &wish).await,
        Command::Serve { listen, upstream } => serve::run(place, listen, upstream.as_deref()).await,
        Command::Hash { password_stdin } => hash::run(place, password_stdin).await,
        Command::Key { accept, earlier } => key::run(place, accept, earlier.as_deref()).await,
        Command::Settings => settings::run(),
        Command::Doctor { json } => doctor::run(place, json).await,
        Command::Run { .. } => Err(Failure::Other(
            "`run` serves a Streamlit app and needs Python: pip install streamlit-gatehouse".to_owned(),
        )),
    }
}

fn report(failure: &Failure) -> i32 {
    eprintln!("gatehouse: {failure}");
    1
}

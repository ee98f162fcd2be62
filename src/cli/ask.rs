//! Asking for a password: at a prompt or from standard input; never by an argument, where other people could read it.

use std::io::{BufRead as _, IsTerminal as _, stdin};

use gatehouse_protocol::Password;

use super::failure::Failure;

pub(super) fn password(from_stdin: bool) -> Result<Password, Failure> {
    if from_stdin {
        let mut text = String::new();
        stdin().lock().read_line(&mut text)?;
        return Ok(Password::new(text.trim_end_matches(['\r', '\n'])));
    }
    if !stdin().is_terminal() {
        return Err(Failure::Other("there is no terminal to ask on: use --password-stdin".to_owned()));
    }
    let (first, again) = (rpassword::prompt_password("Password: ")?, rpassword::prompt_password("Again: ")?);
    if first == again {
        Ok(Password::new(first))
    } else {
        Err(Failure::Other("the passwords differ".to_owned()))
    }
}

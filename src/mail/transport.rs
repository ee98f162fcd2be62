//! How a mail leaves: by SMTP, or onto the console where the app is on this machine.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
        response::{Category, Severity},
    },
};

use super::letter::{Letter, one_line};
use crate::config::{Settings, SmtpSecurity};

/// A server that says nothing for this long has failed.
const SILENCE: Duration = Duration::from_secs(20);

/// The sender on the console, where no other is set.
const CONSOLE_FROM: &str = "noreply@localhost.invalid";

/// The way out.
#[derive(Debug)]
pub enum Transport {
    /// By SMTP.
    Smtp {
        /// The connection pool.
        smtp: Box<AsyncSmtpTransport<Tokio1Executor>>,
        /// The sender.
        from: String,
    },
    /// On the console.
    Console,
}

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may leave later.
    #[error("{0}")]
    Later(String),
    /// It never will: the address does not exist, or is none.
    #[error("{0}")]
    Never(String),
}

impl Transport {
    /// The way out that the settings allow, if any.
    pub fn open(settings: &Settings) -> Result<Option<Self>, String> {
        let mail = &settings.mail;
        let Some(host) = &mail.smtp_host else {
            return Ok(settings.is_local().then_some(Self::Console));
        };
        let tls = || {
            TlsParameters::new(host.clone())
                .map_err(|error| format!("TLS to {host} can't be set up: {error}"))
        };
        let tls = match mail.smtp_security {
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::Starttls => Tls::Required(tls()?),
            SmtpSecurity::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.smtp_port())
            .tls(tls)
            .timeout(Some(SILENCE));
        if let (Some(username), Some(password)) = (&mail.smtp_username, &mail.smtp_password) {
            builder = builder.credentials(Credentials::new(username.clone(), password.expose().to_owned()));
        }
        let from = mail.from.clone().ok_or("`mail.from` is missing")?;
        Ok(Some(Self::Smtp { smtp: Box::new(builder.build()), from }))
    }

    /// Hands a mail over.
    pub async fn send(&self, letter: &Letter, to: &str, id: &str) -> Result<(), SendError> {
        let never = |error: super::letter::BadAddress| SendError::Never(error.to_string());
        match self {
            Self::Smtp { smtp, from } => {
                let message = letter.address(from, to, id).map_err(never)?;
                smtp.send(message).await.map(drop).map_err(|error| refusal(&error))
            }
            Self::Console => {
                letter.address(CONSOLE_FROM, to, id).map_err(never)?;
                print(&on_console(letter, to));
                Ok(())
            }
        }
    }

    /// Connects and authenticates, without sending.
    pub async fn try_out(&self) -> Result<(), String> {
        match self {
            Self::Console => Ok(()),
            Self::Smtp { smtp, .. } => match smtp.test_connection().await {
                Ok(true) => Ok(()),
                Ok(false) => Err("the server did not answer a NOOP".to_owned()),
                Err(error) => Err(told(&error)),
            },
        }
    }
}

/// Only an answer about the mailbox itself (5.x.x, second digit 5) is final: a wrong password or a full disk is mended.
fn refusal(error: &lettre::transport::smtp::Error) -> SendError {
    let about_mailbox = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && code.category == Category::MailSystem
    });
    if about_mailbox { SendError::Never(told(error)) } else { SendError::Later(told(error)) }
}

/// An error with its causes, on one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !line.contains(&inner_text) {
            line = format!("{line}: {inner_text}");
        }
        cause = inner.source();
    }
    one_line(&line).chars().take(300).collect()
}

/// A mail as a box that can't be overlooked. There are no side walls, so that the link can be copied.
fn on_console(letter: &Letter, to: &str) -> String {
    let wall = "─".repeat(78);
    let to = one_line(to);
    let body = letter.text.lines().map(|line| format!("  {}", one_line(line))).collect::<Vec<_>>().join("\n");
    format!(
        "\n┌{wall}\n  No SMTP server is set, so this mail is shown here instead.\n  To: {to}\n  Subject: {}\n\n{body}\n└{wall}\n",
        letter.subject
    )
}

#[expect(clippy::print_stdout, reason = "the console is where this mail goes")]
fn print(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests;

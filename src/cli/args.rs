//! What may be typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use super::import::Import;

/// A login for Streamlit apps.
#[derive(Debug, Parser)]
#[command(name = "gatehouse", version, arg_required_else_help = true, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Where the app and its database are.
#[derive(Debug, Clone, Args)]
pub(super) struct Place {
    /// The app's main script; settings and database are looked for beside it
    #[arg(long, global = true, value_name = "SCRIPT")]
    pub(super) app: Option<PathBuf>,
    /// The database, instead of the one that the settings name
    #[arg(long, global = true, value_name = "FILE|URL")]
    pub(super) database: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve a Streamlit app with the sign-in endpoint and the gate
    #[command(disable_help_flag = true)]
    Run {
        /// The app's main script, `--password` (one password for everybody, from the settings or asked for), `--username
        /// NAME` beside it, and options of `streamlit run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Add, list, change and delete people
    #[command(subcommand, arg_required_else_help = true)]
    Users(Users),
    /// Add, list and remove apps that sign in at this endpoint from a process of their own
    #[command(subcommand, arg_required_else_help = true)]
    Apps(Apps),
    /// Make a link with which somebody may register
    Invite(Invite),
    /// Take over people from another login
    #[command(subcommand, arg_required_else_help = true)]
    Import(Import),
    /// Copy the database into a new file, while the app goes on
    Backup {
        /// The new file
        to: PathBuf,
    },
    /// Bring the database up to this release, also while the one before still runs
    Migrate {
        /// Change nothing; exit with 1 where something is pending
        #[arg(long)]
        check: bool,
    },
    /// Copy everything into another database, of the same kind or another
    Copy(Copy),
    /// Serve the endpoint alone, or with the gate in front of any app
    Serve {
        /// Address and port to listen on
        #[arg(long, default_value = "127.0.0.1:8766")]
        listen: SocketAddr,
        /// The app to stand in front of, for example `http://127.0.0.1:8501`
        #[arg(long, value_name = "URL")]
        upstream: Option<String>,
    },
    /// Hash a password for the settings; it is asked for, or read from standard input
    Hash {
        /// Read the password from standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a new key for the settings (`key`, `GATEHOUSE_KEY`)
    Key {
        /// Instead: from now on the key that the settings have goes with the database
        #[arg(long)]
        accept: bool,
        /// With --accept: the file with the key that went with it before, to open what that has sealed
        #[arg(long, value_name = "FILE", requires = "accept")]
        earlier: Option<PathBuf>,
    },
    /// Print every setting with its default, as Markdown
    Settings,
    /// Check settings, database, mail, cookies, clock and addresses
    Doctor {
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Apps {
    /// Add an app; prints its key, once
    Add {
        /// A short name: lower-case letters, digits and '-'
        name: String,
        /// Where people reach it
        #[arg(long, value_name = "URL")]
        url: String,
        #[command(flatten)]
        output: Output,
    },
    /// Every app with its keys
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Give an app another key; the earlier ones hold for a while
    Rotate {
        /// Which
        name: String,
        /// How many hours the earlier keys hold
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        hours: u32,
        /// End the earlier keys at once
        #[arg(long, conflicts_with = "hours")]
        now: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Remove an app; its sessions end
    Remove {
        /// Which
        name: String,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Users {
    /// Add somebody; the password is asked for, or read from standard input
    Add {
        /// The username
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: Option<String>,
        /// The address is known to be theirs
        #[arg(long, requires = "email")]
        verified: bool,
        /// A role; may be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        output: Output,
    },
    /// Everybody
    List {
        /// Only those with this role
        #[arg(long)]
        role: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// One person, by username, address or id
    Show {
        /// Whom
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Replace somebody's roles; every session of theirs ends
    Roles {
        /// Whose
        user: String,
        /// The roles from now on; none takes all away
        roles: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Disable somebody; every session of theirs ends
    Disable {
        /// Whom
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Let somebody sign in again
    Enable {
        /// Whom
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Delete somebody for good
    Delete {
        /// Whom
        user: String,
        /// Don't ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Replace somebody's password; every session of theirs ends
    SetPassword {
        /// Whose
        user: String,
        #[command(flatten)]
        password: NewPassword,
        #[command(flatten)]
        output: Output,
    },
    /// Give somebody another address
    SetEmail {
        /// Whose
        user: String,
        /// The e-mail address
        email: String,
        /// The address is known to be theirs
        #[arg(long)]
        verified: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Take somebody's second factors away, when all are lost: signing in asks for the password alone again
    ResetFactors {
        /// Whose
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// Somebody's open sessions
    Sessions {
        /// Whose
        user: String,
        #[command(flatten)]
        output: Output,
    },
    /// End somebody's sessions: all, or one
    Revoke {
        /// Whose
        user: String,
        /// Only the session with this id
        #[arg(long)]
        session: Option<String>,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct NewPassword {
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// Let them keep it; otherwise it has to be replaced at the next sign-in
    #[arg(long)]
    pub(super) no_must_change: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Copy {
    /// The database to read, for example `sqlite:.gatehouse/gatehouse.db`
    #[arg(long, value_name = "DATABASE")]
    pub(super) from: String,
    /// The one to write, for example `postgres://gatehouse@db.example.org/gatehouse`; its password may be in PGPASSWORD
    #[arg(long, value_name = "DATABASE")]
    pub(super) to: String,
    /// Drop whatever the other one holds
    #[arg(long)]
    pub(super) replace: bool,
}

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// For this address only; it is mailed there when mail can be sent
    #[arg(long)]
    pub(super) email: Option<String>,
    /// A role that they will have; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    pub(super) roles: Vec<String>,
    /// How many hours the link holds
    #[arg(long, value_name = "HOURS", default_value_t = 72)]
    pub(super) hours: u32,
    /// Print the link instead of mailing it
    #[arg(long)]
    pub(super) print: bool,
    /// Where people reach the app, when the settings don't say
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    #[command(flatten)]
    pub(super) output: Output,
}

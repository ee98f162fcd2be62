//! Whether those who can say who somebody is can be asked, and what to register there.

use super::{Findings, State};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Settings,
    provider::{Providers, redirect_uri},
};

pub(super) async fn look(settings: &Settings, findings: &mut Findings) {
    let providers = match Providers::new(settings) {
        Ok(providers) => providers,
        Err(sentence) => return findings.add("providers", State::Bad, sentence),
    };
    let home = settings.public_origin().map(|url| url.origin().to_owned());
    let home = home.unwrap_or_else(|| "http://localhost:8501".to_owned());
    let now = SystemClock::default().now();
    for (name, provider) in providers.all() {
        let issuer = provider.issuer();
        let register = format!("register {} there", redirect_uri(&home, name));
        match provider.look(now).await {
            Ok(()) if provider.describes_itself() => {
                findings.add("providers", State::Good, format!("{name}: {issuer} answers; {register}"));
            }
            Ok(()) => {
                let sentence = format!("{name}: {issuer} is asked when somebody comes; {register}");
                findings.add("providers", State::Good, sentence);
            }
            Err(failure) => {
                findings.add("providers", State::Bad, format!("{name}: {issuer}: {failure}; {register}"));
            }
        }
    }
    if !settings.providers.is_empty() {
        // Only Streamlit's settings say it, and only a start asks them.
        let below = "with `server.baseUrlPath`, that stands before `/_gatehouse` in the address to register";
        findings.add("providers", State::Note, below);
        if settings.public_url.is_none() {
            let port = "on this machine the address to register has the port that `gatehouse run` prints";
            findings.add("providers", State::Note, port);
        }
    }
}

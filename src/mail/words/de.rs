//! German.

use super::{Subject, Words, span};
use crate::storage::{AccountChange, MailTemplate};

#[expect(clippy::too_many_lines, reason = "an arm for each mail")]
pub(super) fn words(Subject { template, app, username, address, ttl, code, linked }: Subject<'_>) -> Words {
    let span = span(ttl, [("Tag", "Tage"), ("Stunde", "Stunden"), ("Minute", "Minuten")]);
    let (subject, body, button, otherwise) = match template {
        MailTemplate::Verification => (
            format!("Bestätigen Sie Ihre Adresse für {app}"),
            format!(
                "Noch ein Schritt: Bestätigen Sie, dass diese Adresse Ihnen gehört, dann ist Ihr Konto bei {app} bereit."
            ),
            "Adresse bestätigen",
            "Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail: Ohne Ihre Bestätigung entsteht kein Konto."
                .to_owned(),
        ),
        MailTemplate::Recovery => (
            format!("Setzen Sie Ihr Passwort für {app} zurück"),
            format!("Wählen Sie ein neues Passwort für Ihr Konto {username} bei {app}."),
            "Neues Passwort wählen",
            "Wenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail: Ihr Passwort bleibt, wie es ist.".to_owned(),
        ),
        MailTemplate::Invitation => (
            format!("Sie sind zu {app} eingeladen"),
            format!("Sie sind zu {app} eingeladen. Wählen Sie einen Benutzernamen und ein Passwort, und Sie sind dabei."),
            "Konto anlegen",
            "Wenn Sie nicht wissen, worum es geht, ignorieren Sie diese E-Mail.".to_owned(),
        ),
        MailTemplate::AlreadyRegistered => (
            format!("Sie haben schon ein Konto bei {app}"),
            format!(
                "Jemand wollte sich mit dieser Adresse bei {app} registrieren. Sie gehört schon zu Ihrem Konto {username}; \
                 es wurde nichts geändert. Melden Sie sich wie gewohnt an, oder setzen Sie das Passwort zurück, wenn Sie es \
                 vergessen haben."
            ),
            "Anmelden",
            "Wenn Sie das nicht waren, müssen Sie nichts tun.".to_owned(),
        ),
        MailTemplate::PasswordChanged => (
            format!("Ihr Passwort für {app} wurde geändert"),
            format!(
                "Das Passwort Ihres Kontos {username} bei {app} wurde gerade geändert. Alle anderen Sitzungen wurden beendet."
            ),
            "App öffnen",
            "Wenn Sie das nicht waren, setzen Sie Ihr Passwort jetzt zurück und sagen Sie es den Betreibern der App.".to_owned(),
        ),
        MailTemplate::SignInCode => (
            format!("Ihr Code für {app}"),
            format!(
                "Ihr Code für die Anmeldung bei {app} als {username} ist {code}. Geben Sie ihn dort ein, wo Sie ihn \
                 angefordert haben{}. Sagen Sie ihn niemandem.",
                if linked { ", oder öffnen Sie den Link im selben Browser" } else { "" }
            ),
            "Anmelden",
            "Wenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail: Ohne den Code kommt niemand hinein.".to_owned(),
        ),
        MailTemplate::ApproveAddress => (
            format!("Eine andere Adresse für Ihr Konto bei {app}"),
            format!(
                "Jemand, der in Ihrem Konto {username} bei {app} angemeldet ist, möchte dessen Adresse in {address} ändern. \
                 Wenn Sie das waren, stimmen Sie hier zu, und folgen Sie auch dem Link, der an die andere Adresse ging."
            ),
            "Das war ich",
            "Wenn Sie das nicht waren, stimmen Sie nicht zu: Ihre Adresse bleibt, wie sie ist. Ändern Sie jetzt Ihr Passwort und sagen Sie der Person Bescheid, die die App betreibt."
                .to_owned(),
        ),
        MailTemplate::ConfirmAddress => (
            format!("Bestätigen Sie Ihre neue Adresse für {app}"),
            format!("Bestätigen Sie, dass diese Adresse Ihnen gehört, dann wechselt Ihr Konto {username} bei {app} zu ihr."),
            "Adresse bestätigen",
            "Wenn Sie nicht wissen, worum es geht, ignorieren Sie diese E-Mail: Ohne Ihre Bestätigung ändert sich nichts.".to_owned(),
        ),
        MailTemplate::AddressTaken => (
            format!("Ihre Adresse bei {app}"),
            format!(
                "Jemand mit einem anderen Konto bei {app} wollte diese Adresse dafür verwenden. Sie gehört schon zu Ihrem \
                 Konto {username}; es wurde nichts geändert."
            ),
            "App öffnen",
            "Wenn Sie das nicht waren, müssen Sie nichts tun.".to_owned(),
        ),
        MailTemplate::AccountChanged(change) => {
            let done = match change {
                AccountChange::FactorAdded => "Die Anmeldung in zwei Schritten wurde eingerichtet: Ab jetzt wird auch nach einem Code gefragt.",
                AccountChange::FactorRemoved => "Ein zweiter Schritt der Anmeldung wurde entfernt.",
                AccountChange::RecoveryCodesRenewed => "Es wurden neue Wiederherstellungscodes erstellt. Die früheren gelten nicht mehr.",
                AccountChange::FactorsReset => "Wer die App betreibt, hat die Anmeldung in zwei Schritten zurückgesetzt. Alle Sitzungen wurden beendet.",
                AccountChange::Deleted => "Das Konto wurde gelöscht, mit allem, was dazugehörte.",
                AccountChange::AccountLinked => "Ein Konto bei einem anderen Dienst wurde verknüpft: Wer sich dort anmeldet, kommt ab jetzt hinein.",
                AccountChange::AccountUnlinked => "Die Verknüpfung mit einem Konto bei einem anderen Dienst wurde gelöst: Es öffnet dieses Konto nicht mehr.",
                AccountChange::AddressChanged => "Die E-Mail-Adresse wurde durch eine andere ersetzt. Hierher kommt dazu keine E-Mail mehr.",
                AccountChange::PasswordSet => "Es hatte kein Passwort und hat jetzt eines. Alle anderen Sitzungen wurden beendet.",
            };
            (
                format!("Ihr Konto bei {app} wurde geändert"),
                format!("Es geht um Ihr Konto {username} bei {app}. {done}"),
                "App öffnen",
                "Falls Sie das nicht waren: Ändern Sie jetzt Ihr Passwort und sagen Sie der Person Bescheid, die die App betreibt.".to_owned(),
            )
        }
    };
    let validity = match template {
        MailTemplate::Verification
        | MailTemplate::Recovery
        | MailTemplate::Invitation
        | MailTemplate::ApproveAddress
        | MailTemplate::ConfirmAddress => {
            format!("Der Link gilt einmal und {span} lang.")
        }
        MailTemplate::SignInCode if linked => format!("Code und Link gelten einmal und {span} lang."),
        MailTemplate::SignInCode => format!("Der Code gilt einmal und {span} lang."),
        MailTemplate::AlreadyRegistered
        | MailTemplate::PasswordChanged
        | MailTemplate::AddressTaken
        | MailTemplate::AccountChanged(_) => String::new(),
    };
    Words {
        language: "de",
        subject,
        body,
        button,
        validity,
        otherwise,
        copy: "Oder kopieren Sie diesen Link in Ihren Browser:",
    }
}

pub(super) fn sms(app: &str, code: &str) -> String {
    format!("{code} ist Ihr Code für {app}. Sagen Sie ihn niemandem.")
}

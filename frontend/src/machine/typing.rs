//! What happens while someone types: errors go as soon as they are mended, and a new password is judged.

use gatehouse_protocol::{ErrorCode, Field, Password, PasswordStrength, StrengthQuestion, StrengthReport};

use super::{Effect, Gap, Line, Machine, Reply, Screen, Text, Values};

/// What is known of a new password while it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meter {
    /// What is still missing, or what the endpoint thinks of it.
    pub line: Option<Line>,
    /// The endpoint's judgement, from 1 to 5; 0 for none yet.
    pub level: u8,
    /// Counts the questions, so that an answer to an older one is dropped.
    serial: u32,
}

impl Meter {
    /// The number of the youngest question.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// What is known on a new screen: nothing, and no answer to a question of the one before fits.
    pub(super) fn renewed(&self) -> Self {
        Self { serial: self.serial.wrapping_add(1), ..Self::default() }
    }
}

impl Machine {
    /// A field's text changed: what was wrong with it may be right now.
    pub(super) fn typed(&mut self, field: Field, values: Values) -> Vec<Effect> {
        if self.busy {
            return Vec::new();
        }
        self.take(values);
        self.errors.retain(|(at, _)| *at != field);
        if field == Field::Password && self.fresh() { self.measure() } else { Vec::new() }
    }

    /// A field was left: say at once what is wrong with it, unless it is empty.
    pub(super) fn left(&mut self, field: Field, values: Values) -> Vec<Effect> {
        if self.busy {
            return Vec::new();
        }
        self.take(values);
        self.errors.retain(|(at, _)| *at != field);
        if let Err(code) = self.check(field, false) {
            self.errors.push((field, self.field_line(field, code)));
        }
        Vec::new()
    }

    /// Says what a new password lacks, and has it judged when it is long enough.
    fn measure(&mut self) -> Vec<Effect> {
        let serial = self.meter.serial.wrapping_add(1);
        let text = &self.values.password;
        let missing = self.rules.missing(text, self.password_min());
        if text.is_empty() || missing > 0 {
            let line = match missing {
                _ if text.is_empty() => None,
                1 => Some(Text::HintMissingOne.into()),
                n => {
                    let count = u32::try_from(n).unwrap_or(u32::MAX);
                    Some(Line::from(Text::HintMissing).with("count", Gap::Number(count)))
                }
            };
            self.meter = Meter { line, level: 0, serial };
            return Vec::new();
        }
        if let Err(code) = self.check(Field::Password, false) {
            self.meter = Meter { serial, ..Meter::default() };
            self.errors.push((Field::Password, self.field_line(Field::Password, code)));
            return Vec::new();
        }
        // The last judgement stays while the next is awaited, so that nothing flickers.
        self.meter.serial = serial;
        if self.meter.level == 0 {
            self.meter.line = None;
        }
        let Values { username, email, identifier, .. } = &self.values;
        let account = match &self.screen {
            Screen::Reset { username, .. } => username,
            _ => self.username(),
        };
        let mut names: Vec<String> = Vec::new();
        for name in [username, email, identifier, account] {
            if !name.is_empty() && !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
        vec![Effect::Judge(serial, StrengthQuestion { password: Password::new(text.clone()), names })]
    }

    /// The endpoint judged a password; the answer to an older question is dropped.
    pub(super) fn judged(&mut self, serial: u32, reply: Reply<StrengthReport>) -> Vec<Effect> {
        if serial != self.meter.serial || !self.fresh() {
            return Vec::new();
        }
        // Without an answer the form says nothing: the endpoint judges again at submit.
        let Ok(report) = reply else {
            self.meter.line = None;
            self.meter.level = 0;
            return Vec::new();
        };
        self.meter.level = level(report.strength);
        self.meter.line = Some(Text::from(report.strength).into());
        if let Some(code) = report.refused {
            self.meter.level = self.meter.level.min(1);
            self.meter.line = Some(self.field_line(Field::Password, code));
            if code == ErrorCode::PasswordTooShort {
                self.meter.level = 0;
            }
        }
        Vec::new()
    }
}

fn level(strength: PasswordStrength) -> u8 {
    match strength {
        PasswordStrength::VeryWeak => 1,
        PasswordStrength::Weak => 2,
        PasswordStrength::Fair => 3,
        PasswordStrength::Good => 4,
        PasswordStrength::Strong => 5,
    }
}

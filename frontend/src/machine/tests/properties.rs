//! What never happens, whatever people do and whatever the endpoint answers, in any order.

use std::collections::BTreeMap;

use gatehouse_protocol::{Field, PasswordStrength, StrengthReport};
use proptest::{collection::vec, prelude::*};

use super::{
    acts::{Act, Answer, SECRET, act, answered, setting},
    kit::{FIELDS, Form},
};
use crate::machine::{Effect, Event, Place, Press, Setting, Text, TurnTo, local_path};

/// A form, its requests under way, and what it was told that somebody typed.
struct World {
    form: Form,
    under_way: Vec<Effect>,
    questions: Vec<u32>,
    typed: BTreeMap<&'static str, String>,
    /// True while a link waits for the answer before it.
    waiting: bool,
    /// True once others have the next word: the app was handed something, or the page is being left.
    handed: bool,
}

/// Only what is no secret is kept from one screen to the next.
fn open_name(field: Field) -> Option<&'static str> {
    match field {
        Field::Identifier => Some("identifier"),
        Field::Username => Some("username"),
        Field::Email => Some("email"),
        Field::Password | Field::CurrentPassword | Field::Code => None,
    }
}

impl World {
    fn new(setting: Setting) -> Self {
        let form = Form::new(setting);
        let (questions, typed) = (Vec::new(), BTreeMap::new());
        Self { form, under_way: vec![Effect::Load], questions, typed, waiting: false, handed: false }
    }

    /// The form is told what stands in the inputs, unless it works.
    fn tell(&mut self, event: &Event) {
        let values = match event {
            Event::Typed(_, values)
            | Event::Left(_, values)
            | Event::Submit(values)
            | Event::Go(_, values)
                if !self.form.machine.busy() =>
            {
                values
            }
            Event::Signed(_, _, values) => values,
            _ => return,
        };
        for field in self.form.machine.card().map(|card| card.fields).unwrap_or_default() {
            if let Some(name) = open_name(field.field).filter(|_| !field.locked) {
                self.typed.insert(name, values.of(field.field).to_owned());
            }
        }
    }

    /// What the act means on the screen as it is: nobody types into a field that is not there.
    fn event(&mut self, act: Act) -> Option<Event> {
        let card = self.form.machine.card();
        let inputs = self.form.inputs.clone();
        let unlocked = |field| {
            card.as_ref().is_some_and(|card| card.fields.iter().any(|f| f.field == field && !f.locked))
        };
        Some(match act {
            Act::Type(field, text) if unlocked(field) => {
                text.clone_into(self.form.inputs.of_mut(field));
                Event::Typed(field, self.form.inputs.clone())
            }
            Act::Fill(field, text) if unlocked(field) => {
                text.clone_into(self.form.inputs.of_mut(field));
                return None;
            }
            Act::Leave(field) if self.form.has(field) => Event::Left(field, inputs),
            Act::Submit if card.is_some() => Event::Submit(inputs),
            Act::Press => card?.submit?.1.event(inputs),
            Act::Follow(which) => match card?.turns.get(which)?.to {
                TurnTo::Place(place) => Event::Go(place, inputs),
                TurnTo::SignOut => Event::SignOut,
                TurnTo::App => Event::Continue,
                TurnTo::Resend => Event::Resend,
            },
            Act::Forgot if card.as_ref().is_some_and(|card| card.fields.iter().any(|f| f.forgot)) => {
                Event::Go(Place::Recovery, inputs)
            }
            Act::Open(link) => Event::Opened(link),
            Act::Retry => Event::Retry,
            Act::Resend => Event::Resend,
            Act::SignOut => Event::SignOut,
            Act::Challenge(n) => Event::Challenged(Some(format!("challenge-{n}"))),
            Act::Answer(answer) => {
                if self.under_way.is_empty() {
                    return None;
                }
                let request = self.under_way.remove(0);
                self.forget(&answer, &request);
                match answered(&request, answer) {
                    Event::Signed(flow, signed, _) => Event::Signed(flow, signed, inputs),
                    Event::Made(flow, made, _) => Event::Made(flow, made, inputs),
                    event => event,
                }
            }
            Act::Judge(which, refused) => {
                let serial = *self.questions.get(which.checked_rem(self.questions.len())?)?;
                Event::Judged(serial, Ok(StrengthReport { strength: PasswordStrength::Strong, refused }))
            }
            _ => return None,
        })
    }

    /// The endpoint's good answers fill fields in, too.
    fn forget(&mut self, answer: &Answer, request: &Effect) {
        if let Answer::Well(_) = answer {
            match request {
                Effect::Verify(_) | Effect::Recover(_) => {
                    self.typed.remove("identifier");
                }
                Effect::Register(_) => {
                    self.typed.remove("identifier");
                    self.typed.remove("email");
                }
                _ => {}
            }
        }
    }

    fn act(&mut self, act: Act) {
        self.waiting |= self.form.machine.busy() && matches!(act, Act::Open(_));
        let failed = matches!(&act, Act::Answer(Answer::Nothing))
            || matches!(&act, Act::Answer(Answer::Refused(problem)) if problem.code.status() >= 500);
        let before = (self.form.name(), self.form.drawn(), self.form.machine.busy());
        let Some(event) = self.event(act) else { return };
        self.tell(&event);
        let submitted = matches!(event, Event::Submit(_) | Event::Resend | Event::SignOut | Event::Retry);
        let inputs = self.form.inputs.clone();
        let effects = self.form.happens(event);
        self.hold(&effects);

        if submitted && before.2 {
            assert!(effects.is_empty(), "a form that works takes nothing in: {effects:?}");
        }
        // Who was signed in already, and whose app took no ticket, begins anew.
        let turned_away = self.form.notice() == Some((Text::TicketRefused, false));
        if failed && !self.waiting && !turned_away && self.form.name() == before.0 {
            assert_eq!(self.form.drawn(), before.1, "a failure draws the inputs anew");
            assert!(self.form.inputs == inputs, "a failure changes what was typed");
        }
        self.waiting &= self.form.machine.busy();
        self.handed &= self.form.drawn() == before.1;
        for effect in effects {
            match effect {
                Effect::Judge(serial, _) => self.questions.push(serial),
                Effect::Ticket(_) | Effect::Done(_) | Effect::Leave(_) | Effect::Reload => self.handed = true,
                Effect::Announce(_) | Effect::Focus(_) => {}
                request => self.under_way.push(request),
            }
        }
        assert!(self.under_way.len() <= 1, "two requests are under way: {:?}", self.under_way);
        assert!(self.under_way.is_empty() || self.form.machine.busy(), "a request is under way unseen");
        self.look(before.1);
    }

    /// What holds of everything that is to be done.
    fn hold(&self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Leave(path) => {
                    assert!(local_path(path).is_some(), "it leads to another host: {path}");
                }
                Effect::Focus(Some(field)) => {
                    let there = self.form.has(*field) || self.form.name() == "loading";
                    assert!(there, "no {field:?} to focus on {}", self.form.name());
                }
                _ => {}
            }
        }
        let printed = format!("{effects:?} {:?}", self.form.machine);
        assert!(!printed.contains(SECRET), "a secret is printed: {printed}");
    }

    /// What holds of everything that is drawn.
    fn look(&self, drawn: u32) {
        let Some(card) = self.form.machine.card() else { return };
        for field in FIELDS {
            assert!(
                self.form.machine.error(field).is_none() || self.form.has(field),
                "an error stands nowhere"
            );
        }
        for field in &card.fields {
            match open_name(field.field) {
                None => assert_eq!(field.value, "", "a password is put back into the page"),
                Some(name) if drawn != self.form.drawn() && !field.locked => {
                    let typed = self.typed.get(name).filter(|typed| !typed.is_empty());
                    assert!(typed.is_none_or(|typed| *typed == field.value), "{name} is lost: {typed:?}");
                }
                Some(_) => {}
            }
        }
        let press = card.submit.map(|(_, press)| press);
        assert!(card.fields.is_empty() || press == Some(Press::Submit), "a form without a button to send it");
        let out = press.is_some() || !card.turns.is_empty() || card.name == "password-changed";
        assert!(out, "nothing leads on from {}", card.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// No order of events panics, loses what was typed, sends twice, leaves the site or prints a secret.
    #[test]
    fn any_order_of_events_is_survived(setting in setting(), acts in vec(act(), 1..60)) {
        let mut world = World::new(setting);
        for act in acts {
            world.act(act);
        }
    }

    /// After anything at all, an answer leads back to a form that works.
    #[test]
    fn a_form_is_never_stuck(setting in setting(), acts in vec(act(), 1..40)) {
        let mut world = World::new(setting);
        for act in acts {
            world.act(act);
        }
        for _ in 0..4 {
            world.act(Act::Answer(Answer::Nothing));
        }
        prop_assert!(world.under_way.is_empty());
        prop_assert!(world.handed || !world.form.machine.busy(), "nothing answers any more");
        prop_assert!(world.handed || world.form.name() != "loading", "nothing is drawn");
    }
}

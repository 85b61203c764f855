//! The mails of SendEmail (`contract/emails.txt`): for whom each is, and its words.

use crate::handles::enumeration::{activity_type, email_template, invitee_status, respondent_status};
use crate::model::{EnumId, EnumValue, Model};
use crate::read::Mistake;
use crate::words::Words;

/// The mails, and the words for what became of one.
#[derive(Debug, Default)]
pub struct Emails {
    mails: Vec<Email>,
    /// The status of a mail that was sent.
    pub sent: String,
    /// The status of a mail that could not be delivered.
    pub undeliverable: String,
    /// Who, besides the contact's own opting out, may have taken it off: by unsubscribing.
    pub unsubscribed: Vec<String>,
}

/// A mail.
#[derive(Debug)]
pub struct Email {
    /// Which of the enumeration's templates it is.
    pub template: EnumValue,
    /// The activities that have it.
    pub activities: Vec<EnumValue>,
    /// Whether it needs an event that approves registrations.
    pub approval: bool,
    /// Whether its words are the account's own, found by a name.
    pub named: bool,
    /// The statuses of the recipients it may go to; empty for all.
    pub audience: Vec<EnumValue>,
    /// Its subject.
    pub subject: Words,
    /// The lines of its text.
    pub text: Vec<Words>,
}

impl Emails {
    /// The mail that a template is in an activity, if the activity has it.
    pub fn find(&self, activity: EnumValue, template: EnumValue) -> Option<&Email> {
        self.mails.iter().find(|mail| mail.template == template && mail.activities.contains(&activity))
    }

    /// Reads the text against the model.
    pub fn read(text: &str, model: &Model) -> Result<Emails, Vec<Mistake>> {
        let mut reader = Reader { model, emails: Emails::default() };
        let mut mistakes = Vec::new();
        let mut mistake = |line, reason| mistakes.push(Mistake { file: FILE, line, reason });
        let mut last = 0;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            if let Err(reason) = reader.line(line.trim()) {
                mistake(index + 1, reason);
            }
            last = index + 1;
        }
        for reason in reader.incomplete() {
            mistake(last, reason);
        }
        if mistakes.is_empty() { Ok(reader.emails) } else { Err(mistakes) }
    }
}

const FILE: &str = "emails.txt";

struct Reader<'a> {
    model: &'a Model,
    emails: Emails,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        match keyword {
            "" => Ok(()),
            "M" => self.mail(rest),
            "S" => self.status(rest),
            "U" => {
                self.emails.unsubscribed.push(rest.to_owned());
                Ok(())
            }
            "to" | "subject" | "|" => {
                let model = self.model;
                let mail = self.emails.mails.last_mut().ok_or("no mail begins before this")?;
                match keyword {
                    "to" => mail.audience = audience(model, mail, rest)?,
                    "subject" => mail.subject = Words::read(rest, model)?,
                    _ => mail.text.push(Words::read(rest, model)?),
                }
                Ok(())
            }
            _ => Err(format!("not understood: {line}")),
        }
    }

    fn mail(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let template = value(self.model, email_template::ENUM_ID, words.next().unwrap_or_default())?;
        let activities = words.next().unwrap_or_default().split(',');
        let activities = activities.map(|name| value(self.model, activity_type::ENUM_ID, name));
        let (mut approval, mut named) = (false, false);
        let activities = activities.collect::<Result<_, _>>()?;
        for word in words {
            match word {
                "approval" => approval = true,
                "named" => named = true,
                _ => return Err(format!("{word} is neither approval nor named")),
            }
        }
        let (audience, subject, text) = <_>::default();
        let mail = Email { template, activities, approval, named, audience, subject, text };
        self.emails.mails.push(mail);
        Ok(())
    }

    fn status(&mut self, line: &str) -> Result<(), String> {
        match line.split_once(' ') {
            Some(("sent", words)) => self.emails.sent = words.to_owned(),
            Some(("undeliverable", words)) => self.emails.undeliverable = words.to_owned(),
            _ => return Err(format!("not understood: {line}")),
        }
        Ok(())
    }

    /// What is still missing at the end.
    fn incomplete(&self) -> Vec<String> {
        let emails = &self.emails;
        let templates = &self.model.enumeration(email_template::ENUM_ID).values;
        let is_there = |index: usize| emails.mails.iter().any(|mail| usize::from(mail.template.0) == index);
        let missing = templates.iter().enumerate().filter(|(index, _)| !is_there(*index));
        let mut reasons: Vec<String> = missing.map(|(_, name)| format!("no mail {name}")).collect();
        let wordless =
            |mail: &&Email| mail.named == (!mail.subject.pieces().is_empty() && !mail.text.is_empty());
        let wordless = emails.mails.iter().filter(wordless);
        let name = |mail: &Email| templates.get(usize::from(mail.template.0)).cloned().unwrap_or_default();
        reasons.extend(wordless.map(|mail| format!("{} is either named or has words", name(mail))));
        if emails.sent.is_empty() || emails.undeliverable.is_empty() {
            reasons.push("a status has no words".to_owned());
        }
        reasons
    }
}

fn audience(model: &Model, mail: &Email, line: &str) -> Result<Vec<EnumValue>, String> {
    let statuses = match mail.activities[..] {
        [activity_type::EVENT] => invitee_status::ENUM_ID,
        [activity_type::SURVEY] => respondent_status::ENUM_ID,
        _ => return Err("only the recipients of one event or survey have a status".to_owned()),
    };
    line.split(';').map(|name| value(model, statuses, name.trim())).collect()
}

fn value(model: &Model, enumeration: EnumId, name: &str) -> Result<EnumValue, String> {
    let enumeration = model.enumeration(enumeration);
    let index = enumeration.values.iter().position(|value| value == name);
    index.map(|index| EnumValue(index as u16)).ok_or_else(|| format!("no {} {name}", enumeration.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn a_mail_belongs_to_its_activities_only() {
        let emails = &Contract::get().unwrap().emails;
        let confirmation = email_template::REGISTRATION_CONFIRMATION;
        let found = emails.find(activity_type::EVENT, confirmation).unwrap();
        assert_eq!(found.audience, [invitee_status::ACCEPTED]);
        assert!(emails.find(activity_type::SURVEY, confirmation).is_none());
        assert!(emails.find(activity_type::CAMPAIGNS, email_template::CUSTOM_EMAIL).unwrap().named);
    }

    #[test]
    fn mistakes_are_reported_with_their_lines() {
        let model = &Contract::get().unwrap().model;
        let text = "S sent a\nM Invitation Event\n  to Never\n  subject {Event.Nothing}\nX";
        let mistakes = Emails::read(text, model).unwrap_err();
        assert_eq!(mistakes[..3].iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(mistakes.len(), 3 + 25 + 2);
    }
}

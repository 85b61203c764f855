//! What operators see of mail, and the words that they give an account.

use super::{Admin, AdminError, not_empty};
use contract::Guid;
use store::{CustomMail, Mail};

impl Admin {
    /// The latest mails of an account's outbox, the latest first.
    ///
    /// # Errors
    /// No such account.
    pub async fn outbox(&self, account: &str, limit: usize) -> Result<Vec<Mail>, AdminError> {
        let id = self.account(account).await?.id;
        Ok(self.service.store().read(move |reader| reader.outbox(id, limit)).await?)
    }

    /// The mail of an id, whichever account's it is.
    ///
    /// # Errors
    /// No such mail.
    pub async fn mail(&self, id: &str) -> Result<Mail, AdminError> {
        let unknown = || AdminError::NoMail(id.to_owned());
        let wanted = Guid::parse(id).ok_or_else(unknown)?;
        let found = self.service.store().read(move |reader| {
            for account in reader.accounts()? {
                if let Some(mail) = reader.mail(account.id, wanted)? {
                    return Ok(Some(mail));
                }
            }
            Ok(None)
        });
        found.await?.ok_or_else(unknown)
    }

    /// Gives an account a custom mail: what SendEmail sends where a request names it.
    ///
    /// # Errors
    /// No such account; an empty name or subject; a place for a value that names no member.
    pub async fn set_custom_mail(
        &self,
        account: &str,
        name: &str,
        subject: &str,
        text: &str,
    ) -> Result<(), AdminError> {
        let id = self.account(account).await?.id;
        let name = not_empty(name, "the mail's name")?;
        let mail = CustomMail { name, subject: not_empty(subject, "the subject")?, text: text.to_owned() };
        crate::op::words(self.service.contract(), &mail).map_err(AdminError::Words)?;
        Ok(self.service.store().write(move |writer| writer.set_custom_mail(id, &mail)).await?)
    }

    /// The custom mails of an account, by name.
    ///
    /// # Errors
    /// No such account.
    pub async fn custom_mails(&self, account: &str) -> Result<Vec<CustomMail>, AdminError> {
        let id = self.account(account).await?.id;
        Ok(self.service.store().read(move |reader| reader.custom_mails(id)).await?)
    }

    /// Takes a custom mail from an account.
    ///
    /// # Errors
    /// No such account or mail.
    pub async fn remove_custom_mail(&self, account: &str, name: &str) -> Result<(), AdminError> {
        let id = self.account(account).await?.id;
        let wanted = name.to_owned();
        let removed = self.service.store().write(move |writer| writer.remove_custom_mail(id, &wanted));
        if removed.await? { Ok(()) } else { Err(AdminError::NoMail(name.to_owned())) }
    }
}

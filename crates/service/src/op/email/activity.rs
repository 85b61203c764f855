//! The three kinds of activity that mails are about: which objects take part and where they say what.

use contract::handles::enumeration::{activity_type, invitee_status, respondent_status};
use contract::handles::object::{
    e_marketing_email_history as campaign_history, event_email_history as event_history, invitee, respondent,
    survey_email_history as survey_history,
};
use contract::handles::{code, object_type};
use contract::{Code, EnumValue, FieldId, Guid, ObjectId, Record};

/// A kind of activity.
pub(super) struct Activity {
    /// The activity itself.
    pub object: ObjectId,
    /// There is none that the account may send mail for.
    pub no_access: Code,
    /// Who gets mail.
    pub recipient: ObjectId,
    /// What a recipient says of itself; none where the recipients are contacts.
    pub taking_part: Option<TakingPart>,
    /// What tells of a mail.
    pub history: History,
}

/// The members of an invitee or respondent.
pub(super) struct TakingPart {
    pub activity: FieldId,
    pub contact: FieldId,
    pub target_list: FieldId,
    status: FieldId,
    first_status: EnumValue,
}

impl TakingPart {
    /// The recipient's status; one without has the first.
    pub fn status(&self, recipient: &Record) -> EnumValue {
        recipient.enumeration(self.status).unwrap_or(self.first_status)
    }
}

/// The members of a history.
pub(super) struct History {
    pub object: ObjectId,
    pub activity: FieldId,
    pub recipient: FieldId,
    pub contact: FieldId,
    pub target_list: Option<FieldId>,
    pub kind: Option<FieldId>,
    pub name: FieldId,
    pub sent: FieldId,
    pub status: FieldId,
    pub from: FieldId,
    pub to: FieldId,
    pub viewed: FieldId,
    pub bounced: FieldId,
    pub modified: FieldId,
}

/// The kind of activity that a request names.
pub(super) fn of(kind: EnumValue) -> &'static Activity {
    match kind {
        activity_type::SURVEY => &SURVEY,
        activity_type::CAMPAIGNS => &CAMPAIGN,
        _ => &EVENT,
    }
}

/// The members of histories of that type; none for another type.
pub(crate) fn outcome_members(object: ObjectId) -> Option<(FieldId, FieldId, FieldId)> {
    let histories = [&EVENT, &SURVEY, &CAMPAIGN].map(|activity| &activity.history);
    let history = histories.into_iter().find(|history| history.object == object)?;
    Some((history.status, history.bounced, history.modified))
}

/// The id that a member holds.
pub(super) fn id_at(record: &Record, field: FieldId) -> Option<Guid> {
    record.text(field).and_then(Guid::parse)
}

const EVENT: Activity = Activity {
    object: object_type::EVENT,
    no_access: code::CV91105,
    recipient: object_type::INVITEE,
    taking_part: Some(TakingPart {
        activity: invitee::EVENT_ID,
        contact: invitee::CONTACT_ID,
        target_list: invitee::TARGETED_LIST_NAME,
        status: invitee::STATUS,
        first_status: invitee_status::NO_RESPONSE,
    }),
    history: History {
        object: object_type::EVENT_EMAIL_HISTORY,
        activity: event_history::EVENT_ID,
        recipient: event_history::INVITEE_ID,
        contact: event_history::CONTACT_ID,
        target_list: Some(event_history::TARGET_LIST),
        kind: Some(event_history::EMAIL_TYPE),
        name: event_history::EMAIL_NAME,
        sent: event_history::EMAIL_SENT_DATE,
        status: event_history::EMAIL_STATUS,
        from: event_history::FROM_EMAIL_ADDRESS,
        to: event_history::TO_EMAIL_ADDRESS,
        viewed: event_history::EMAIL_VIEWED,
        bounced: event_history::EMAIL_BOUNCED,
        modified: event_history::LAST_MODIFIED_DATE,
    },
};

const SURVEY: Activity = Activity {
    object: object_type::SURVEY,
    no_access: code::CV91106,
    recipient: object_type::RESPONDENT,
    taking_part: Some(TakingPart {
        activity: respondent::SURVEY_ID,
        contact: respondent::CONTACT_ID,
        target_list: respondent::TARGETED_LIST_NAME,
        status: respondent::STATUS,
        first_status: respondent_status::NO_RESPONSE,
    }),
    history: History {
        object: object_type::SURVEY_EMAIL_HISTORY,
        activity: survey_history::SURVEY_ID,
        recipient: survey_history::RESPONDENT_ID,
        contact: survey_history::CONTACT_ID,
        target_list: Some(survey_history::TARGET_LIST),
        kind: Some(survey_history::EMAIL_TYPE),
        name: survey_history::EMAIL_NAME,
        sent: survey_history::EMAIL_SENT_DATE,
        status: survey_history::EMAIL_STATUS,
        from: survey_history::FROM_EMAIL_ADDRESS,
        to: survey_history::TO_EMAIL_ADDRESS,
        viewed: survey_history::EMAIL_VIEWED,
        bounced: survey_history::EMAIL_BOUNCED,
        modified: survey_history::LAST_MODIFIED_DATE,
    },
};

const CAMPAIGN: Activity = Activity {
    object: object_type::CAMPAIGN,
    no_access: code::CV91108,
    recipient: object_type::CONTACT,
    taking_part: None,
    history: History {
        object: object_type::E_MARKETING_EMAIL_HISTORY,
        activity: campaign_history::CAMPAIGN_ID,
        recipient: campaign_history::CONTACT_ID,
        contact: campaign_history::CONTACT_ID,
        target_list: None,
        kind: None,
        name: campaign_history::EMAIL_NAME,
        sent: campaign_history::EMAIL_SENT_DATE,
        status: campaign_history::EMAIL_STATUS,
        from: campaign_history::FROM_EMAIL_ADDRESS,
        to: campaign_history::TO_EMAIL_ADDRESS,
        viewed: campaign_history::EMAIL_VIEWED,
        bounced: campaign_history::EMAIL_BOUNCED,
        modified: campaign_history::LAST_MODIFIED_DATE,
    },
};

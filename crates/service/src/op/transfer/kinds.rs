//! The types of activity, and what a contact becomes in each.

use contract::handles::enumeration::{activity_type, invitee_status, respondent_status};
use contract::handles::object::{event, invitee, respondent, survey};
use contract::handles::object_type;
use contract::{EnumValue, FieldId, ObjectId};

/// The objects and members that one type of activity has.
pub(super) struct Kind {
    pub activity: ObjectId,
    pub party: Option<Party>,
}

/// What contacts become.
pub(super) struct Party {
    pub object: ObjectId,
    pub lists: FieldId,
    pub links: FieldId,
    pub activity: FieldId,
    pub contact: FieldId,
    pub list: FieldId,
    pub list_name: FieldId,
    pub own_links: FieldId,
    pub status: (FieldId, EnumValue),
}

/// The types of activity.
pub(super) static KINDS: [Kind; 3] = [
    Kind {
        activity: object_type::EVENT,
        party: Some(Party {
            object: object_type::INVITEE,
            lists: event::TARGET_LIST_DETAIL,
            links: event::WEBLINK_DETAIL,
            activity: invitee::EVENT_ID,
            contact: invitee::CONTACT_ID,
            list: invitee::TARGETED_LIST_ID,
            list_name: invitee::TARGETED_LIST_NAME,
            own_links: invitee::WEBLINK_DETAIL,
            status: (invitee::STATUS, invitee_status::NO_RESPONSE),
        }),
    },
    Kind {
        activity: object_type::SURVEY,
        party: Some(Party {
            object: object_type::RESPONDENT,
            lists: survey::TARGET_LIST_DETAIL,
            links: survey::WEBLINK_DETAIL,
            activity: respondent::SURVEY_ID,
            contact: respondent::CONTACT_ID,
            list: respondent::TARGETED_LIST_ID,
            list_name: respondent::TARGETED_LIST_NAME,
            own_links: respondent::WEBLINK_DETAIL,
            status: (respondent::STATUS, respondent_status::NO_RESPONSE),
        }),
    },
    Kind { activity: object_type::CAMPAIGN, party: None },
];

/// The type of activity that a request names.
pub(super) fn kind(activity: EnumValue) -> &'static Kind {
    match activity {
        activity_type::SURVEY => &KINDS[1],
        activity_type::CAMPAIGNS => &KINDS[2],
        _ => &KINDS[0],
    }
}

//! Verdicts as the archive keeps them: what was decided and when, in one line of ASCII.
//!
//! | bytes | meaning |
//! |---|---|
//! | `applied <at>` | the event has an effect; its assigned time, Unix ms, in decimal |
//! | `void duplicate <first>` | the id stands at the offset `<first>`, in decimal |
//! | `void stale` | it was decided on knowledge from too far back |
//! | `void refused <reason>` | its rule did not hold; the reason as in [`refusal`] |
//! | `void invalid` | the bytes are no event |
//! | `void foreign_epoch` | it is of an epoch that a restore closed |
//!
//! Totals and memberships follow from the records; the state hash of a segment stands for them. A line
//! that was ever written keeps its meaning: reasons are added, never renamed.

use bytes::Bytes;
use domain::{Refusal, Verdict, Void};

/// The bytes of a verdict: equal verdicts give equal bytes.
pub fn encode(verdict: &Verdict) -> Bytes {
    let line = match verdict {
        Verdict::Applied(applied) => format!("applied {}", applied.at),
        Verdict::Void(Void::Duplicate { first }) => format!("void duplicate {first}"),
        Verdict::Void(Void::Stale) => "void stale".to_owned(),
        Verdict::Void(Void::Refused(reason)) => format!("void refused {}", refusal(*reason)),
        Verdict::Void(Void::Invalid) => "void invalid".to_owned(),
        Verdict::Void(Void::ForeignEpoch) => "void foreign_epoch".to_owned(),
    };
    line.into()
}

/// What the archive calls a refusal.
pub fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::Already => "already",
        Refusal::UsernameTaken => "username_taken",
        Refusal::EmailTaken => "email_taken",
        Refusal::UnknownUser => "unknown_user",
        Refusal::UserInactive => "user_inactive",
        Refusal::NotErased => "not_erased",
        Refusal::LastAdmin => "last_admin",
        Refusal::TeamNameTaken => "team_name_taken",
        Refusal::UnknownTeam => "unknown_team",
        Refusal::NotATeamMember => "not_a_team_member",
        Refusal::ChannelNameTaken => "channel_name_taken",
        Refusal::UnknownChannel => "unknown_channel",
        Refusal::Archived => "archived",
        Refusal::NotAMember => "not_a_member",
        Refusal::DefaultChannel => "default_channel",
        Refusal::FixedMembers => "fixed_members",
        Refusal::OtherMembership => "other_membership",
        Refusal::GenerationEnded => "generation_ended",
        Refusal::UnknownSession => "unknown_session",
        Refusal::TokenTaken => "token_taken",
        Refusal::Behind => "behind",
        Refusal::NotTheNextRules => "not_the_next_rules",
        Refusal::CellOpen => "cell_open",
        Refusal::Forbidden => "forbidden",
        Refusal::UnknownPolicy => "unknown_policy",
        Refusal::Held => "held",
        Refusal::Expired => "expired",
        Refusal::NotExpired => "not_expired",
        Refusal::OtherEpoch => "other_epoch",
        Refusal::TeamArchived => "team_archived",
        Refusal::EmojiNameTaken => "emoji_name_taken",
        Refusal::NotWaiting => "not_waiting",
        Refusal::UnknownBookmark => "unknown_bookmark",
        Refusal::TooManyBookmarks => "too_many_bookmarks",
        Refusal::Guest => "guest",
        Refusal::UnknownProfileField => "unknown_profile_field",
        Refusal::ProfileFieldNameTaken => "profile_field_name_taken",
        Refusal::TooManyProfileFields => "too_many_profile_fields",
    }
}

/// The fold's digest as a segment of the archive names it.
pub fn state_hash(hash: u128) -> String {
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::Applied;

    use super::*;

    fn line(verdict: Verdict) -> String {
        String::from_utf8(encode(&verdict).to_vec()).expect("a verdict is ASCII")
    }

    /// As many reasons as there are: postcard numbers them from 0.
    fn refusals() -> Vec<Refusal> {
        (0..=u8::MAX).map_while(|number| postcard::from_bytes(&[number]).ok()).collect()
    }

    #[test]
    fn every_verdict_has_the_line_that_the_archive_promises() {
        let applied = Applied { at: 1_764_136_800_123, ..Applied::default() };
        for (verdict, expected) in [
            (Verdict::Applied(applied), "applied 1764136800123"),
            (Verdict::Applied(Applied { at: -1, ..Applied::default() }), "applied -1"),
            (Verdict::Void(Void::Duplicate { first: 4_711 }), "void duplicate 4711"),
            (Verdict::Void(Void::Stale), "void stale"),
            (Verdict::Void(Void::Refused(Refusal::NotAMember)), "void refused not_a_member"),
            (Verdict::Void(Void::Invalid), "void invalid"),
            (Verdict::Void(Void::ForeignEpoch), "void foreign_epoch"),
        ] {
            assert_eq!(line(verdict), expected);
        }
    }

    #[test]
    fn every_refusal_has_a_line_of_its_own_that_says_its_name() {
        let lines: BTreeMap<String, Refusal> =
            refusals().into_iter().map(|r| (line(Verdict::Void(Void::Refused(r))), r)).collect();
        assert_eq!(lines.len(), refusals().len(), "no two say the same");
        assert!(lines.len() >= 23, "finds them: {}", lines.len());
        for (line, reason) in lines {
            let name: String = line
                .strip_prefix("void refused ")
                .expect("it is a refusal")
                .split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect();
            assert_eq!(name, format!("{reason:?}"));
        }
    }

    #[test]
    fn a_state_hash_has_32_digits() {
        assert_eq!(state_hash(0xab), format!("{}ab", "0".repeat(30)));
    }
}

"""Which fields each type has, and which of them the default filter shows.

https://api.stackexchange.com/docs/types/question and its neighbours
"""

DEFAULT: dict[str, str] = {
    "": "backoff error_id error_message error_name has_more items quota_max quota_remaining",
    "question": "accepted_answer_id answer_count bounty_amount bounty_closes_date closed_date"
    " closed_reason community_owned_date content_license creation_date is_answered"
    " last_activity_date last_edit_date link locked_date migrated_to owner protected_date"
    " question_id score tags title view_count",
    "answer": "answer_id community_owned_date content_license creation_date is_accepted"
    " last_activity_date last_edit_date locked_date owner question_id score",
    "comment": "comment_id content_license creation_date edited owner post_id score",
    "shallow_user": "accept_rate account_id display_name link profile_image reputation user_id"
    " user_type",
    "badge_count": "bronze gold silver",
    "closed_details": "by_users description on_hold original_questions reason",
    "original_question": "accepted_answer_id answer_count question_id title",
    "tag": "count has_synonyms is_moderator_only is_required name",
    "site": "api_site_parameter audience launch_date logo_url name site_state site_type site_url",
    "info": "answers_per_minute api_revision badges_per_minute new_active_users total_accepted"
    " total_answers total_badges total_comments total_questions total_unanswered total_users"
    " total_votes questions_per_minute",
    "filter": "filter filter_type included_fields",
}
MORE: dict[str, str] = {
    "": "page page_size total type",
    "question": "answers body body_markdown bounty_user can_close can_flag close_vote_count"
    " closed_details comment_count comments delete_vote_count down_vote_count favorite_count"
    " reopen_vote_count share_link up_vote_count",
    "answer": "body body_markdown can_flag comment_count comments down_vote_count link share_link"
    " tags title up_vote_count",
    "comment": "body body_markdown can_flag link post_type",
    "shallow_user": "badge_counts",
    "tag": "last_activity_date",
    "info": "site",
}


def _names(table: dict[str, str]) -> frozenset[str]:
    return frozenset(f"{kind}.{name}" for kind, names in table.items() for name in names.split())


DEFAULT_FIELDS = _names(DEFAULT)
ALL_FIELDS = DEFAULT_FIELDS | _names(MORE)
BODIES = frozenset(name for name in ALL_FIELDS if name.endswith(".body"))

PERCEVAL_FILTER = "Bf*y*ByQD_upZqozgU6lXL_62USGOoV3)MFNgiHqHpmO_Y-jHR"
"""The one that chaoss/grimoirelab-perceval bakes in."""
_PERCEVAL_MORE: dict[str, str] = {
    "": "page page_size total type",
    "question": "answers body_markdown can_close can_flag close_vote_count closed_details"
    " comment_count comments delete_vote_count down_vote_count favorite_count"
    " reopen_vote_count up_vote_count",
    "answer": "body_markdown can_flag comment_count comments down_vote_count link tags title"
    " up_vote_count",
    "comment": "can_flag link post_type",
    "shallow_user": "badge_counts",
}
_YOUNGER = {
    "question.content_license", "answer.content_license", "comment.content_license",
    "shallow_user.account_id",
}  # fmt: skip
PERCEVAL_FIELDS = (DEFAULT_FIELDS | _names(_PERCEVAL_MORE)) - _YOUNGER
"""As its recorded pages show it: `body_markdown` and no `body`, and comments without their text.
Fields that came after a filter was made are not in it."""

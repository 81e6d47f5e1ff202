"""Everything the bot says by itself, in one language. A pack fills it, file by file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Strings:
    """Names in braces are filled in; `handrail check` compares them across languages."""

    # Meeting
    hello: str
    """{organisation}"""
    not_employee: str
    thanks: str
    greeting: str
    about_bot: str
    out_of_scope: str
    paused: str
    pilot: str

    # Answering
    working: str
    answer_context: str
    solved: str
    ask_person: str
    solved_reply: str
    readings: str
    nearest: str
    nothing_found: str
    in_private: str
    stopped: str
    correction: str
    """{text}"""
    too_long: str
    """{limit}"""
    secret: str
    """{link}"""
    failed: str
    """{case}, {queue}"""
    not_done: str
    reworded: str

    # Handing over
    escalated: str
    """{case}, {queue}, {due}"""
    escalated_danger: str
    """{case}, {queue}, {helpline}"""
    escalated_human: str
    """{case}, {queue}, {due}"""
    due_in: str
    """{minutes}"""
    due_at: str
    """{time}"""
    weekdays: str
    """Seven words, from Monday on."""
    added: str
    """{case}, {queue}"""
    while_waiting: str
    taken: str
    """{name}, {case}"""
    released: str
    """{case}, {queue}"""
    handed_back: str
    """{case}"""
    resolved: str
    """{name}, {case}"""
    reopened: str
    """{case}"""
    case_context: str
    """{case}"""
    write: str
    which: str
    about_case: str
    """{case}"""
    something_new: str
    delete_hint: str
    consent: str
    """{queue}"""
    consent_yes: str
    consent_shown: str
    """{text}"""
    consent_other: str
    """{queue}"""
    consent_options: str
    consent_no: str
    consent_kept: str

    # Confirming
    confirm: str
    """{summary}"""
    confirm_yes: str
    confirm_no: str
    confirm_dropped: str
    confirm_expired: str
    approval_asked: str
    """{summary}, {name}"""
    approval: str
    """{summary}, {name}"""
    approve: str
    refuse: str
    approved: str
    """{name}"""
    refused: str
    """{name}"""
    approval_done: str
    """{summary}"""
    approval_undone: str
    """{summary}"""
    no_approver: str
    done: str
    """{summary}"""

    # Buttons that no longer do what they say
    too_late: str
    not_yours: str
    taken_by: str
    """{name}"""
    already: str
    empty: str
    too_long_field: str
    """{limit}"""
    secret_field: str

    # Asking elsewhere than in a chat
    ask_form: str
    ask_label: str
    asked: str
    """{text}"""
    asked_there: str
    home: str
    """{organisation}"""
    home_case: str
    """{case} {queue} {ask}"""
    comment_form: str
    comment_label: str
    refused_form: str
    pressed: str

    # The desk
    card_title: str
    """{case}, {queue}"""
    card_confidential: str
    """{case}, {queue}"""
    card_fallback: str
    """{case}, {name}, {ask}"""
    card_open: str
    card_claimed: str
    """{name}"""
    card_handed_back: str
    card_resolved: str
    fact_requester: str
    fact_ask: str
    fact_tried: str
    fact_reason: str
    fact_priority: str
    fact_due: str
    priority_urgent: str
    priority_high: str
    priority_normal: str
    tried_nothing: str
    tried_page: str
    """{title}"""
    take: str
    release: str
    reply: str
    note: str
    open: str
    hand_back: str
    resolve: str
    reopen: str
    reply_form: str
    """{name}"""
    reply_label: str
    note_form: str
    """{case}"""
    note_label: str
    reveal: str
    reveal_form: str
    """{case}"""
    reveal_label: str
    revealed: str
    """{case}"""
    desk_revealed: str
    """{name}, {text}"""
    make_page: str
    page_form: str
    """{case}"""
    page_title: str
    page_text: str
    page_hint: str
    page_propose: str
    page_personal: str
    page_proposed: str
    """{name}, {title}, {text}"""
    publish: str
    page_by_another: str
    page_published: str
    """{name}, {title}"""
    write_form: str
    """{case}"""
    write_label: str
    send: str
    write_sent: str
    desk_note: str
    """{name}, {text}"""
    desk_reply: str
    """{name}, {requester}, {text}"""
    desk_requester: str
    """{name}, {text}"""
    desk_confidential: str
    """{case}"""
    remind: str
    """{case}, {minutes}"""
    overdue: str
    """{case}"""
    undelivered: str
    """{why}"""
    unbound: str
    """{queue}"""
    reason_human: str
    reason_stuck: str
    reason_upset: str
    reason_failed: str
    reason_asked: str
    reason_danger: str
    """{concern}"""
    reason_consented: str

    slower: str
    share_used: str
    more_there: str
    """After an answer that was cut; its pages stand below."""

    # Administration
    attempts: str
    """{name}"""
    off_model: str
    off_tools: str
    switched_on: str
    admin_only: str
    admin_first: str
    admin_welcome: str
    admin_wrong: str
    admin_help: str
    status: str
    """{platforms}"""
    status_queue: str
    """{queue}, {place}, {count}"""
    status_unbound: str
    """{queue}, {count}"""
    status_paused: str
    status_pilot: str
    """{group}"""
    status_all: str
    queue_unknown: str
    """{queue}, {queues}"""
    queue_bound: str
    """{queue}"""
    queue_public: str
    queue_needs_private: str
    """{queue}"""
    queue_unreachable: str
    pilot_set: str
    """{group}, {count}"""
    pilot_unknown: str
    """{group}"""
    pilot_off: str
    pause_on: str
    pause_off: str

    # What takes two people
    no_chat: str
    allow: str
    countersigned: str
    countersign_unreached: str
    record_nothing: str
    record_why: str
    record_nobody: str
    record_asked: str
    """{names}"""
    record_question: str
    """{name}, {what}, {why}"""
    record_refused: str
    """{name}, {what}"""
    record_sent: str
    record_cut: str
    """{count}, {case}"""
    record_code: str
    """{name}, {what}, {command}"""
    forget: str
    forget_no: str
    forget_self: str
    forget_nothing: str
    forget_live: str
    forget_hold: str
    forget_asked: str
    forget_question: str
    """{name}, {id}, {accounts}, {conversations}, {values}, {records}"""
    forget_second: str
    """{asker}, {name}, {id}, {accounts}, {conversations}, {values}, {records}"""
    forget_nobody: str
    forget_kept: str
    """{name}"""
    forget_done: str

    # What the handbook lacks
    gaps_head: str
    gaps_none: str
    gaps_asked: str
    """{count}"""
    gaps_question: str
    """{text}, {count}"""
    gaps_unhelpful: str
    gaps_page: str
    """{title}, {down}, {cases}"""
    gaps_overdue: str
    gaps_reviewed: str
    """{title}, {date}, {owner}"""
    gaps_more: str
    """{count}"""
    gaps_hidden: str
    """{count}"""
    owners_note: str
    source_failing: str
    """{source}, {since}, {why}"""

    # Why it was decided so
    why_nothing: str
    why_head: str
    """{time}"""
    why_case_head: str
    """{case}, {time}"""
    why_checked: str
    """{verdict}"""
    why_routed: str
    """{to}, {why}"""
    why_by_word: str
    """{word}"""
    why_by_page: str
    """{page}"""
    why_by_examples: str
    why_by_before: str
    why_asked_back: str
    """{pages}"""
    why_tier: str
    """{tier}, {why}"""
    why_courtesy: str
    """{why}"""
    why_searched: str
    """{pages}"""
    why_none_found: str
    why_hidden: str
    why_answered: str
    """{pages}"""
    why_unsure: str
    why_mended: str
    """{what}"""
    why_model: str
    """{model}, {tokens}, {cost}"""
    why_passed_over: str
    """{model}, {why}"""
    why_permission: str
    """{tool}, {asked}"""
    why_tool: str
    """{tool}"""
    why_escalated: str
    """{case}, {queue}"""
    why_sent: str
    """{places}"""
    why_here: str
    why_elsewhere: str
    why_also: str
    """{steps}"""

"""The forms of a pack's files as the bot's own types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from pydantic import BaseModel

from adapters.pack.forms import (
    CalendarForm,
    ConcernForm,
    LimitsForm,
    PackForm,
    PersonForm,
    QueueForm,
    QueuesForm,
    RulesForm,
    SpecialistForm,
)
from bot.calendar import Calendar
from bot.case import Priority
from bot.classifier import Classifier
from bot.identifiers import Identifiers
from bot.pack import Budget, Concern, Limits, Pack, Price, Queue, Retention, Rules, Specialist
from bot.people import Requester
from bot.strings import Strings
from bot.words import Phrases

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """All files of a pack without mistakes."""

    pack: PackForm
    queues: QueuesForm
    specialists: Mapping[str, SpecialistForm]
    rules: RulesForm
    people: Mapping[str, PersonForm]
    strings: Mapping[str, BaseModel]
    """By language, in the pack's order."""
    examples: Mapping[str, Mapping[str, Iterable[str]]]
    """By what they are about, then by language. Empty: the pack has none."""


def pack(forms: Forms, name: str, version: str) -> Pack:
    form, languages = forms.pack, forms.pack.languages
    return Pack(
        name=name,
        version=version,
        organisation=form.organisation,
        specialists={name: _specialist(name, one) for name, one in forms.specialists.items()},
        queues={name: _queue(name, one, forms) for name, one in forms.queues.queues.items()},
        permissions=form.permissions,
        values={tool: frozenset(kinds) for tool, kinds in form.values.items()},
        rules=_rules(forms),
        budget=Budget(**form.budget.model_dump()),
        limits=_limits(form.limits),
        retention=Retention(
            conversations=timedelta(days=form.retention.conversations),
            values=timedelta(days=form.retention.values),
        ),
        strings={language: Strings(**one.model_dump()) for language, one in forms.strings.items()},
        private_queue=form.private_queue,
        default_queue=form.default_queue,
        suggestions={x: tuple(form.suggestions[x]) for x in languages},
        secret_link=form.secret_link,
        model_region=form.model_region,
        tier=None if form.tier == "auto" else form.tier,
        review_after=timedelta(days=form.review_after_days),
        solved_review_after=timedelta(days=form.solved_review_after_days),
        owners_note=form.owners_note,
    )


def _limits(form: LimitsForm) -> Limits:
    prices = {model: Price(**x.model_dump()) for model, x in form.prices.items()}
    return Limits(**form.model_dump(exclude={"prices"}), prices=prices)


def people(forms: Forms) -> tuple[Requester, ...]:
    return tuple(
        Requester(
            id=id,
            name=form.name,
            email=form.email,
            department=form.department,
            location=form.location,
            country=form.country,
            entity=form.entity,
            contract=form.contract,
            locale=form.locale,
            timezone=form.timezone,
            groups=frozenset(form.groups),
            manager=form.manager,
        )
        for id, form in forms.people.items()
    )


def accounts(forms: Forms) -> Mapping[tuple[str, str], str]:
    """The employee id by platform and account."""
    return {
        (platform, account): id
        for id, form in forms.people.items()
        for platform, account in form.accounts.items()
    }


def _queue(name: str, form: QueueForm, forms: Forms) -> Queue:
    return Queue(
        name=name,
        titles=dict(form.title),
        group=form.group,
        prefix=form.prefix,
        calendar=_calendar(form.calendar, forms.queues),
        respond={
            Priority.URGENT: form.respond.urgent,
            Priority.HIGH: form.respond.high,
            Priority.NORMAL: form.respond.normal,
        },
        around_the_clock=frozenset(form.around_the_clock),
        confidential=form.confidential,
        page_audience=None if form.page_audience is None else frozenset(form.page_audience),
        readers=frozenset(x.lower() if "@" in x else x for x in form.readers),
    )


def _calendar(form: CalendarForm, queues: QueuesForm) -> Calendar:
    return Calendar(
        timezone=form.timezone,
        days=frozenset(_DAYS.index(day) for day in form.days),
        opens=form.opens,
        closes=form.closes,
        holidays=frozenset(queues.holidays[form.holidays] if form.holidays else ()),
    )


def _specialist(name: str, form: SpecialistForm) -> Specialist:
    return Specialist(
        name=name,
        title=form.title,
        queue=form.queue,
        instructions=form.instructions,
        tools=tuple(form.tools),
        tier=form.tier,
        words=_phrases(form.words),
        private=form.private,
    )


def _rules(forms: Forms) -> Rules:
    form = forms.rules
    desks = (lines for x in forms.specialists.values() for lines in x.words.values())
    return Rules(
        longest=form.longest,
        concerns=tuple(_concern(one) for one in form.concerns),
        helplines=form.helplines,
        human=_phrases(form.human),
        no_human=Phrases.of((*_phrases(form.no_human).lines, *_phrases(form.about_bot).lines)),
        upset=_phrases(form.upset),
        private=_phrases(form.private),
        urgent=_phrases(form.urgent),
        stuck=_phrases(form.stuck),
        yes=_phrases(form.yes),
        no=_phrases(form.no),
        thanks=_phrases(form.thanks),
        greeting=_phrases(form.greeting),
        about_bot=_phrases(form.about_bot),
        desks=Phrases.of(line for lines in desks for line in lines),
        advice=_phrases(form.advice),
        unsaid=_phrases(form.unsaid),
        longest_answer=form.longest_answer,
        identifiers=Identifiers.of(((x.kind, x.shape) for x in form.identifiers), form.harmless),
        classifier=_classifier(forms.examples),
        second_check=form.second_check,
    )


def _classifier(examples: Mapping[str, Mapping[str, Iterable[str]]]) -> Classifier | None:
    """Of all languages at once, as the phrases are."""
    every = {label: tuple(x for y in said.values() for x in y) for label, said in examples.items()}
    return _learned(tuple(every.items())) if every else None


@lru_cache(maxsize=4)
def _learned(examples: tuple[tuple[str, tuple[str, ...]], ...]) -> Classifier:
    """Half a second, paid once however often a pack is loaded."""
    return Classifier.learned(dict(examples))


def _concern(form: ConcernForm) -> Concern:
    return Concern(
        name=form.name,
        words=_phrases(form.words),
        queue=form.queue,
        priority=form.priority,
        consent=form.consent,
        unless=_phrases(form.unless),
        other=form.other,
        says=form.says,
        options=form.options,
    )


def _phrases(by_language: Mapping[str, Iterable[str]]) -> Phrases:
    """Of all languages at once: people mix them, and nobody's locale is certain."""
    return Phrases.of([line for lines in by_language.values() for line in lines])

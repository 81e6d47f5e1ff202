"""What people in offices everywhere call the same thing. A company's own words are another matter.

A question in one of the words of a group also finds pages that use another, though a page in the
question's own words comes first.
"""

from collections.abc import Iterator, Mapping

from adapters.knowledge.stems import stems

_GROUPS = """
    payday, pay day, pay date, pay period, paycheck, payroll, zahltag
    salary, wage, pay, compensation, remuneration, earn, earnings, gehalt, lohn
    payslip, pay slip, pay stub, paystub, gehaltsabrechnung, lohnabrechnung
    pay rise, pay raise, raise, salary increase, gehaltserhohung
    bonus, incentive, premie
    vacation, holiday, pto, paid time off, time off, days off, day off, annual leave, urlaub
    days off, leave, leave of absence
    sabbatical, unpaid leave, leave of absence, extended leave, career break
    sick, ill, illness, sickness, unwell, krank, krankheit
    doctors note, sick note, doctors certificate, medical certificate, krankmeldung, attest
    parental, maternity, paternity, new parent, baby, newborn, elternzeit, mutterschutz
    bereavement, funeral, compassionate, trauerfall, beerdigung
    jury duty, jury service, court
    resign, resignation, quit, hand in my notice, give notice, leaving the company, kundigen
    leave the company, leave, resign, offboarding, last day
    fired, laid off, layoff, let go, dismissal, termination, redundancy, severance, entlassung
    reimburse, reimbursement, refund, money back, expense, claim back, pay back, erstattung, spesen
    mileage, miles, kilometers, kilometres, driving, kilometergeld
    overtime, extra hours, additional hours, uberstunden
    on call, pager, pager duty, standby, rufbereitschaft
    approval, approve, permission, allowed, authorisation, authorization, sign off, genehmigung
    health plan, health insurance, medical insurance, medical plan, medical, krankenversicherung
    dental, dentist, teeth, zahnarzt
    vision, glasses, eye, optician
    insurance, insured, coverage, covered, versicherung
    pension, retirement, 401k, altersvorsorge, rente
    child, children, kid, dependent, kinder
    course, training, class, learning, education, professional development, weiterbildung
    learning budget, training budget, education budget, professional development
    budget, allowance, stipend, zuschuss
    per diem, daily allowance, meal, food, tagegeld, verpflegung
    hotel, lodging, accommodation, unterkunft
    flight, airfare, plane, flug
    trip, travel, business trip, dienstreise
    abroad, another country, other countries, overseas, foreign country, international, ausland
    boss, manager, supervisor, line manager, vorgesetzter, chef
    colleague, coworker, co-worker, teammate, kollege
    buddy, mentor, pate
    performance review, yearly review, annual review, appraisal, evaluation, mitarbeitergesprach
    yearly, annual, every year, per year, jahrlich
    kudos, props, recognition, praise, shout out, lob
    harassment, harass, bullying, inappropriate, offensive, sexist, belastigung, mobbing
    discrimination, discriminate, racism, racist, sexism, diskriminierung
    complaint, complain, grievance, beschwerde
    whistleblower, whistleblowing, report misconduct, hinweisgeber
    injury, injured, hurt, workers compensation, arbeitsunfall
    accident, crash, collision, unfall
    timesheet, time sheet, time tracking, track time, log hours, zeiterfassung
    working hours, work hours, office hours, arbeitszeit
    new hire, new starter, new joiner, new employee, onboarding, first day
    work from home, wfh, home office, remote, remotely, telework, homeoffice
    probation, trial period, probationary, probezeit
    promotion, promoted, career, beforderung
    referral, refer a friend, recommend a friend, empfehlung
    bank account, bank details, direct deposit, account number, bankverbindung
    dress code, clothing, clothes, attire, wear, kleidung
    gym, fitness, sport
    works council, union, betriebsrat
    helpdesk, help desk, service desk, it support
    ticket, support request, request, case
    laptop, notebook, computer, macbook, mac, workstation, rechner
    screen, monitor, display, bildschirm
    screensaver, screen saver, screen lock, lock, bildschirmsperre
    internet, wifi, wlan, network, connection, netzwerk
    email, mail, inbox, postfach
    mobile, cell, cellphone, smartphone, phone, telephone, handy, telefon
    video call, video conference, video meeting, online meeting, conference call, videokonferenz
    log in, login, log on, logon, sign in, sign on, anmelden
    password, passcode, passphrase, credentials, logins, kennwort, passwort
    two factor, multi factor, 2fa, mfa, login code, verification code, security code, authenticator
    sms, text message
    phishing, suspicious link, suspicious email, strange email, scam, spam
    security incident, hacked, compromised, breach, virus, malware
    lost, stolen, theft, verloren, gestohlen
    broken, faulty, defective, damaged, kaputt, defekt
    printer, copier, print, drucker
    software, program, app, application, programm
    install, installation, set up, setup, installieren
    encrypt, encryption, verschlusselung
    disk, hard drive, hard disk, festplatte
    characters, chars, letters, length, zeichen
    backup, back up, restore, sicherung
    badge, key card, access card, id card, ausweis
    delete, remove, erase, loschen
    client, customer, kunde
    died, death, dead, passed away, bereavement, verstorben, todesfall
    relative, family, family member, grandma, grandmother, grandfather, parent, angehorige
    wedding, marriage, married, get married, spouse, hochzeit, heirat
    pregnant, pregnancy, maternity, expecting, schwanger, schwangerschaft
    lost, stolen, missing, theft, nicked, left behind, verloren, gestohlen
    illegal, unlawful, misconduct, wrongdoing, fraud, whistleblowing
    bribe, bribery, corruption, gift, hospitality, bestechung, geschenk
    shares, stock, stock options, equity, aktien
    charity, donation, donate, volunteering, volunteer, spende
    move, moving, relocate, relocation, umzug
    bike, bicycle, cycle, cycling, fahrrad
    train, rail, bahn, zug
    commute, commuting, commuter, season ticket, pendeln
    car park, parking, park, parkplatz
    therapist, therapy, counselling, counseling, counsellor, psychologist, mental health, eap
    doctor, gp, physician, arzt
    stress, stressed, burnout, overwhelmed, wellbeing, well-being
    underperforming, poor performance, capability, performance improvement
    raise concerns, speak up, raise an issue, voice concerns
    antivirus, anti virus, malware, endpoint protection, virenschutz
    encrypt, encryption, filevault, bitlocker, verschlusselung
    software, app, application, program, tool, programm
    license, licence, subscription, seat, lizenz
    charger, power supply, power adapter, ladegerat, netzteil
    broken, faulty, defective, damaged, doesnt work, kaputt, defekt
    meeting room, conference room, boardroom, besprechungsraum
    badge, access card, key card, keycard, fob, ausweis
    guest, visitor, besucher, gast
    personal device, own device, private device, own phone, own laptop, byod
    wear, outfit, attire
    org chart, reporting line, who reports to, organigramm
    goal, objective, okr, target, ziel
    interview, hiring, recruiting, recruitment, vorstellungsgesprach
    contract, agreement, vertrag
    background check, vetting, security clearance, clearance
    conduct, behaviour, behavior, ethics, verhalten
    side job, second job, moonlighting, outside work, nebenjob, nebentatigkeit
    part time, reduced hours, fewer hours, teilzeit
    flexible hours, flexitime, flextime, flexible working, core hours, gleitzeit
"""

Phrase = tuple[str, ...]


def _found() -> Mapping[Phrase, tuple[Phrase, ...]]:
    """The other phrases of a phrase's groups, by the stems of its words."""
    known: dict[Phrase, dict[Phrase, None]] = {}
    for line in _GROUPS.split("\n"):
        group = [tuple(phrase.replace("-", " ").split()) for phrase in line.split(",")]
        group = [phrase for phrase in group if phrase]
        for phrase in group:
            others = known.setdefault(_stemmed(phrase), {})
            others.update((other, None) for other in group if other != phrase)
    return {phrase: tuple(others) for phrase, others in known.items()}


def _stemmed(phrase: Phrase) -> Phrase:
    return tuple(stems(word)[0] for word in phrase)


_OTHERS = _found()
_LONGEST = max(map(len, _OTHERS))


def at(said: list[str], start: int) -> Iterator[tuple[int, tuple[Phrase, ...]]]:
    """Phrases that begin there, the longest first: how many words, and what else it is called."""
    for length in range(min(_LONGEST, len(said) - start), 0, -1):
        others = _OTHERS.get(_stemmed(tuple(said[start : start + length])))
        if others:
            yield length, others

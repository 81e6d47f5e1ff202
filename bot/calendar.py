"""Working time: when a first response is due."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    timezone: str
    days: frozenset[int]
    """Working weekdays, Monday is 0. Never empty."""
    opens: time
    closes: time
    """Later than `opens`."""
    holidays: frozenset[date] = frozenset()

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """The moment when this much working time has passed since `start`."""
        zone = ZoneInfo(self.timezone)
        local = start.astimezone(zone)
        left = duration
        day = local.date()
        while True:
            opens = datetime.combine(day, self.opens, zone)
            closes = datetime.combine(day, self.closes, zone)
            begin = max(local, opens)
            if self._works(day) and begin < closes:
                # Summer time can change overnight only, so one day's span is plain arithmetic.
                if left <= closes - begin:
                    return (begin + left).astimezone(start.tzinfo)
                left -= closes - begin
            day += timedelta(days=1)

    def _works(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.holidays

"""What can be wrong with a test's series or with labels: one function a code.

Its docstring is what `sereno explain` shows.
"""

from __future__ import annotations

from sereno.language.model import AlertTest, ExpectedState, InputSeries
from sereno.language.problem import Problem, Span


def series_notation(of: InputSeries, words: str) -> Problem:
    """A series is written in promtool's notation.

    A value, `4x2` (4 4 4), `1+2x3` (1 3 5 7), `9-3x3` (9 6 3 0), `_` and `_x3` (gaps), `stale` (a gap).

    Breaks: `values: "0 1y4"`
    Keeps: `values: "0 1x4"`
    """
    return Problem(of.where, "series-notation", words)


def series_interval(of: AlertTest) -> Problem:
    """An interval is one that a metric can have.

    Breaks: `interval: 45s`
    Keeps: `interval: 1m`, or 10 s for high-resolution metrics
    """
    help_ = "write 60s or a multiple of it, or 1, 5, 10, 20 or 30 s for high-resolution metrics"
    return Problem(of.where, "series-interval", f"an interval of {of.interval} s", help_)


def series_signal(of: InputSeries, vendor: str, *, computed: bool) -> Problem:
    """A series feeds a signal that the vendor is asked for; one computed by `expr` is fed by its parts.

    Breaks: `signal: get-5xx` where `get-5xx` is `expr: get-list-5xx + get-one-5xx`
    Keeps: a series for `get-list-5xx`, and one for `get-one-5xx`
    """
    help_ = "feed the signals of its `expr`" if computed else f"say how {vendor} is asked for it"
    return Problem(of.where, "series-signal", f"`{of.signal}` is no metric of {vendor}'s", help_)


def series_metric(of: InputSeries, words: str) -> Problem:
    """A metric that is no signal is named as its vendor does.

    Breaks: `metric: NumberOfMessagesSent`
    Keeps: `metric: "AWS/SQS:NumberOfMessagesSent{QueueName=users}"`
    """
    message, _, help_ = words.partition(": ")
    return Problem(of.where, "series-metric", message, help_)


def series_twice(of: InputSeries) -> Problem:
    """Two series of one metric must not contradict each other.

    A SampleCount and trimmed counts of it go together, since samples can be found that fit them all.

    Breaks: `answered: "50"` and `fast: "60"`, where both count one metric's samples
    Keeps: `answered: "50"` and `fast: "41"`
    """
    help_ = "give one of them; only SampleCount and TC(...) of one metric go together"
    return Problem(of.where, "series-twice", "two series of one metric", help_)


def series_count(of: InputSeries) -> Problem:
    """A value of a count of samples is a whole number of them, from 0 up.

    Breaks: `values: "2.5"` for a signal whose statistic is SampleCount
    Keeps: `values: "2"`
    """
    help_ = "write whole numbers from 0 up"
    return Problem(of.where, "series-count", "it counts samples, and holds a number that is no count", help_)


def series_samples(of: InputSeries, most: int) -> Problem:
    """Samples that fit several counts of a metric are made up one by one, so there may not be too many.

    Breaks: `answered: "1000001x9999"` and `fast: "1000000x9999"`
    Keeps: `answered: "101x9999"` and `fast: "100x9999"`
    """
    message = f"these counts need more than {most:,} samples"
    return Problem(of.where, "series-samples", message, "write smaller counts of the same ratio")


def test_empty(of: AlertTest) -> Problem:
    """A test that expects nothing proves nothing.

    Breaks: `alert_rule_test: []`
    Keeps: `alert_rule_test: [{eval_time: 10m, alert: dlq-not-empty, state: OK}]`
    """
    help_ = "write an eval_time, an alert and a state under `alert_rule_test`"
    return Problem(of.where, "test-empty", "this test expects nothing", help_)


def test_alert(of: ExpectedState) -> Problem:
    """What a test expects is of an alarm that is compiled for its environment.

    Breaks: `alert: get-availability/page` where the SLO's policies are all tickets
    Keeps: `alert: get-availability/ticket`
    """
    message = f"no alarm `{of.alert}` is compiled for this environment"
    return Problem(of.where, "test-alert", message, "see `sereno build` for the alarms there are")


def label_header(file: str) -> Problem:
    """Labelled incidents are a CSV whose first line names start and end.

    Breaks: `from,to`
    Keeps: `start,end,name`
    """
    message = "the first line does not name start and end"
    return Problem(Span(file), "label-header", message, "write `start,end,name` in the first line")


def label_time(file: str, line: int, *, reversed_: bool) -> Problem:
    """An incident begins, and then ends, at times that are some.

    Breaks: `yesterday,2026-03-01T02:00:00Z`
    Keeps: `2026-03-01T01:00:00Z,2026-03-01T02:00:00Z`
    """
    message = "it ends before it begins" if reversed_ else "a time is missing or is none"
    help_ = "write the onset, then the end" if reversed_ else "write 2026-03-01T00:00:00Z"
    return Problem(Span(file, line), "label-time", message, help_)


def label_outside(file: str, line: int) -> Problem:
    """An incident outside the history says nothing of it, and is left out.

    Breaks: an incident of last year, and the history of last month
    Keeps: a history that covers the incidents
    """
    message = "it lies outside the history, and is left out"
    return Problem(Span(file, line), "label-outside", message, "give a longer history", "warning")


def label_overlap(file: str, earlier: str, later: str) -> Problem:
    """Incidents that overlap count one firing twice.

    Breaks: 10:00 to 11:00, and 10:30 to 12:00
    Keeps: 10:00 to 12:00
    """
    message = f"`{later}` begins before `{earlier}` is over"
    return Problem(Span(file), "label-overlap", message, "write what is one incident as one", "warning")

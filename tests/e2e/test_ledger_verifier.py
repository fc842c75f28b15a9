"""The judge is judged first: planted faults are each called by their name."""

import sys

from support.programs import SOURCE_DIR

sys.path.insert(0, str(SOURCE_DIR / "tests/fleet"))
import verify_ledger  # noqa: E402

SAMPLED = [(100.0, 1.0), (101.0, 2.0), (102.0, 2.0), (103.0, 3.0)]


def verdict(stored):
    result = verify_ledger.compare_series(SAMPLED, sorted(stored), 0.4)
    return {kind: len(result[kind]) for kind in verify_ledger.KINDS} | {"matched": result["matched"]}


def expected(**counts):
    return {"lost": 0, "doubled": 0, "misplaced": 0, "unknown": 0, "matched": 4, **counts}


def test_the_same_is_matched_also_some_milliseconds_off():
    assert verdict([(t + 0.003, v) for t, v in SAMPLED]) == expected()


def test_a_missing_sample_is_lost():
    assert verdict(SAMPLED[:1] + SAMPLED[2:]) == expected(lost=1, matched=3)


def test_a_sample_stored_twice_is_doubled():
    assert verdict(SAMPLED + [(102.001, 2.0)]) == expected(doubled=1)


def test_a_sample_at_another_time_is_misplaced():
    assert verdict(SAMPLED[:3] + [(107.0, 3.0)]) == expected(misplaced=1, matched=3)


def test_another_value_is_lost_and_unknown():
    assert verdict(SAMPLED[:3] + [(103.0, 4.0)]) == expected(lost=1, unknown=1, matched=3)


def test_times_are_read_to_the_microsecond():
    assert verify_ledger.seconds("1970-01-01T00:00:01.250Z") == 1.25
    assert verify_ledger.seconds("1970-01-01T00:00:02Z") == 2.0

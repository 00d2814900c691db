from optimizer.evidence.accuracy import Accuracy, Summary
from optimizer.evidence.report import markdown, read_accuracy, shipped_accuracy, write_accuracy

LINE = Accuracy("left out by gpu", "gpu", "L40S-48GB", "tpot", Summary(12, 0.104, 0.081, -0.02, 0.75))


def test_writing_and_reading_changes_nothing() -> None:
    assert (LINE,) == read_accuracy(write_accuracy((LINE,)))


def test_the_table_has_a_row_for_each_line() -> None:
    assert "| left out by gpu | L40S-48GB | tpot | 12 | 10.4% | 8.1% | -2.0% | 75% |" in markdown((LINE,))


def test_the_table_can_be_limited_to_groups() -> None:
    assert "L40S" not in markdown((LINE,), by=("all",))


def test_shipped_accuracy_keeps_its_promises() -> None:
    saturated = [
        line.summary
        for line in shipped_accuracy()
        if (line.name, line.metric) == ("first sources", "saturated throughput")
        and line.scope in {"left out by source", "left out by gpu"}
    ]
    assert 2 == len(saturated)
    assert all(errors.mape < 0.12 and errors.median_ape < 0.08 for errors in saturated)


def test_intervals_cover_left_out_groups() -> None:
    shares = [
        (line.summary.n, line.summary.coverage80)
        for line in shipped_accuracy()
        if line.by == "all" and line.metric in {"saturated throughput", "batch throughput", "tpot", "ttft"}
    ]
    assert 0.75 <= sum(n * share for n, share in shares) / sum(n for n, _ in shares) <= 0.88

"""How charts are drawn."""

from server.services.charts import most_first


def test_what_is_told_most_stands_first_and_what_is_closed_last_by_its_name() -> None:
    counts = {"few|bni": None, "one|bni": 9, "one|bri": None, "both|bni": 5, "both|bri": 6, "also|bni": None}
    # were the closed numbers known, their place among the others would tell how large they are
    assert most_first({"few", "one", "both", "also"}, counts) == ["both", "one", "also", "few"]

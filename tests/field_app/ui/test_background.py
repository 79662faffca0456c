"""What becomes of work beside the drawing when the app ends."""

from kivy.clock import Clock

from field_app.ui.background import Background


def test_an_answer_is_handed_over_until_the_end_and_to_nobody_after_it() -> None:
    """What a closed app did with a late answer, such as asking again, met threads that were gone."""
    early, late = Background(), Background()
    heard: list[str] = []
    early.run(lambda: "sempat", heard.append)
    late.run(lambda: "terlambat", heard.append)
    late.close()
    while early.busy or late.busy:
        Clock.tick()
    early.close()
    assert heard == ["sempat"]

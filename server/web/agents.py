"""Which browser a session has, in words. Rule: what is not known is told as it came; nothing rests on it."""

PROGRAMS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
LONGEST = 80


def browser_of(agent: str) -> tuple[str, str]:
    """Return what a program and its system are called; where either is unknown, what it calls itself."""
    program = next((name for sign, name in PROGRAMS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return (program, system) if program and system else (agent[:LONGEST], "")

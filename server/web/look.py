"""The one look as CSS custom properties, from the theme's tokens. Rule: no colour is written elsewhere."""

from schemas.theme import Theme

WEIGHTS = {"regular": 400, "medium": 500, "bold": 700, "extrabold": 800}


def tokens_css(theme: Theme) -> str:
    """Write the theme as CSS: light by default, dark by the reader's system or by `data-theme` on <html>.

    Paper is always light: pale letters on it could not be read.
    """
    lengths = [f"--space-{name}:{_rem(size)}" for name, size in theme.space.items()]
    lengths += [f"--radius-{name}:{_rem(size)}" for name, size in theme.radius.items()]
    lengths += [f"--size-{name}:{_rem(size)}" for name, size in theme.size.items()]
    for name, style in theme.type.items():
        font = f"{WEIGHTS[style.weight]} {_rem(style.size)}/{style.line:g} var(--font)"
        lengths.append(f"--type-{name}:{font}")
    light, dark = _colours(theme.light, "light"), _colours(theme.dark, "dark")
    return (
        f":root{{{';'.join(lengths)}}}\n"
        f":root,[data-theme=light]{{{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{[data-theme=dark]{{{dark}}}}}\n"
    )


def _colours(colours: dict[str, str], scheme: str) -> str:
    names = [f"--{name.replace('_', '-')}:{value}" for name, value in colours.items()]
    return ";".join([f"color-scheme:{scheme}", *names])


def _rem(size: float) -> str:
    return f"{size / 16:g}rem"

"""Forms with brackets, as Stripe's API takes them."""
import re
import urllib.parse

BRACKETS = re.compile(r"\[([^\[\]]*)\]")
FORM_NAME = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")

# What is a number where no contract says so.
NUMBERS = ("amount", "amount_to_capture", "limit", "expires_after_seconds", "expires_after_days",
           "expires_at", "gt", "gte", "lt", "lte")


class Malformed(Exception):
    """What cannot be read at all."""


def read_form(text):
    """A form with brackets as nested dictionaries; "[]" and "[0]" are members with numbers for
    names, until somebody says that it is a list."""
    fields = {}
    for pair in filter(None, text.split("&")):
        name, equals, value = pair.partition("=")
        try:
            name, value = (urllib.parse.unquote_plus(part, errors="strict")
                           for part in (name, value))
        except UnicodeDecodeError as error:
            raise Malformed(f"not UTF-8: {pair}") from error
        if not equals or not FORM_NAME.fullmatch(name):
            raise Malformed(f"not a pair of a form: {pair}")
        parts = [name.partition("[")[0], *BRACKETS.findall(name)]
        place = fields
        for part in parts[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise Malformed(f"{name} is a value and has members")
        last = parts[-1] or str(len(place))
        if last in place:
            raise Malformed(f"{name} is given twice")
        place[last] = value
    return fields


def guess(value, name=""):
    """What was read, with its lists, numbers and truth values as they most likely are."""
    if isinstance(value, dict):
        if value and sorted(value, key=int if all(map(str.isdigit, value)) else str) == [
                str(n) for n in range(len(value))]:
            return [guess(value[str(n)]) for n in range(len(value))]
        return {key: guess(inner, key) for key, inner in value.items()}
    if value in ("true", "false"):
        return value == "true"
    return int(value) if name in NUMBERS and value.isdigit() else value

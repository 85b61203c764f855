"""Runs one phase of a story, ../*.json, through zeep, in strict mode, over the WSDL that the server gives.

usage: scenario.py --url URL --soap 1.1|1.2 --story FILE --phase PHASE --state FILE
"""

import argparse
import datetime
import decimal
import json
import pathlib
import re
import sys
import time

import zeep
import zeep.exceptions
import zeep.helpers

SERVICE = "V200611"
PORTS = {"1.1": "V200611Soap", "1.2": "V200611Soap12"}
GUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
RECENT_SECONDS = 1800


class Failed(Exception):
    """A step's answer is not what the story says."""

    def __init__(self, where, expected, actual):
        super().__init__(f"{where}\n    expected {shown(expected)}\n    actual   {shown(actual)}")


def shown(value):
    return json.dumps(value, ensure_ascii=False)[:2000]


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


class Client:
    """The service through zeep, with plain dictionaries in and out."""

    def __init__(self, url, soap):
        client = zeep.Client(url + "?WSDL", settings=zeep.Settings(strict=True))
        self.service = client.bind(SERVICE, PORTS[soap])

    def call(self, operation, session, arguments):
        headers = {}
        if session is not None:
            headers = {"_soapheaders": {"CventSessionHeader": {"CventSessionValue": session}}}
        answer = self.service[operation](**arguments, **headers)
        echoed = None
        if operation != "Login":
            header = answer.header
            echoed = header.CventSessionHeader.CventSessionValue
            answer = answer.body[operation + "Result"]
        return plain(zeep.helpers.serialize_object(answer, dict)), echoed


def plain(value):
    """The value as JSON has it: dates and decimals as text, what is unset left out."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if inner is not None and inner != []}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime.datetime):
        text = value.isoformat()
        return re.sub(r"(\.\d*?)0+$", r"\1", text)
    if isinstance(value, decimal.Decimal):
        return str(value)
    return value


class Story:
    """The story's data, its variables filled in."""

    def __init__(self, story, variables):
        self.records = story["records"]
        self.variables = variables

    def fill(self, value):
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)(:lower)?\}", self._variable, value)
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if "$repeat" in value:
            return [self._numbered(value["each"], n) for n in range(1, value["$repeat"] + 1)]
        filled = {}
        for name in value.get("$of", []):
            filled.update(self.fill(self.records[name]))
        filled.update({name: self.fill(inner) for name, inner in value.items() if name != "$of"})
        return filled

    def _numbered(self, value, n):
        self.variables["n"] = str(n)
        return self.fill(value)

    def _variable(self, match):
        text = self.variables[match[1]]
        return text.lower() if match[2] else text


def to_send(value):
    """What zeep takes: dates as datetimes."""
    if isinstance(value, list):
        return [to_send(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$time" in value:
        return datetime.datetime.fromisoformat(widened(value["$time"]))
    if "$now" in value:
        return utc_now() + datetime.timedelta(seconds=value["$now"])
    return {name: to_send(inner) for name, inner in value.items()}


def widened(text):
    """A fraction of any length with six digits, which every Python reads."""
    return re.sub(r"\.(\d+)", lambda match: "." + match[1].ljust(6, "0"), text)


def check(where, expected, actual):
    if isinstance(expected, dict):
        check_object(where, expected, actual)
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            raise Failed(where, expected, actual)
        for index, (inner, value) in enumerate(zip(expected, actual)):
            check(f"{where}[{index}]", inner, value)
    elif isinstance(expected, str) and expected.startswith("$"):
        if not TOKENS[expected](actual):
            raise Failed(where, expected, actual)
    elif type(actual) is not type(expected) or actual != expected:
        raise Failed(where, expected, actual)


def check_object(where, expected, actual):
    if "$time" in expected:
        check(where, expected["$time"], actual)
    elif "$amount" in expected:
        if not is_amount(actual, expected["$amount"]):
            raise Failed(where, expected, actual)
    elif "$not" in expected:
        if not actual or actual == expected["$not"]:
            raise Failed(where, expected, actual)
    elif any(name in expected for name in ("$count", "$with", "$without")):
        check_list(where, expected, actual)
    else:
        if not isinstance(actual, dict):
            raise Failed(where, expected, actual)
        for name, inner in expected.items():
            check(f"{where}.{name}", inner, actual.get(name))


def check_list(where, expected, actual):
    if not isinstance(actual, list):
        raise Failed(where, expected, actual)
    if "$count" in expected and len(actual) != expected["$count"]:
        raise Failed(f"{where}, length", expected["$count"], len(actual))
    for inner in expected.get("$with", []):
        if not has(actual, inner):
            raise Failed(f"{where}, an element", inner, actual)
    for inner in expected.get("$without", []):
        if has(actual, inner):
            raise Failed(f"{where}, no element", inner, actual)


def has(actual, expected):
    for value in actual:
        try:
            check("", expected, value)
            return True
        except Failed:
            pass
    return False


def is_amount(value, expected):
    try:
        return isinstance(value, str) and decimal.Decimal(value) == decimal.Decimal(expected)
    except decimal.InvalidOperation:
        return False


def is_recent(value):
    if not isinstance(value, str):
        return False
    age = (utc_now() - datetime.datetime.fromisoformat(widened(value))).total_seconds()
    return abs(age) < RECENT_SECONDS


TOKENS = {
    "$guid": lambda value: isinstance(value, str) and GUID.fullmatch(value) is not None,
    "$text": lambda value: isinstance(value, str) and value != "",
    "$blank": lambda value: value is None or value == "",
    "$none": lambda value: value is None,
    # zeep gives an absent attribute its schema's default, as text.
    "$true": lambda value: value in (None, True, "true"),
    "$recent": is_recent,
}


def at(value, path):
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def run(step, client, story):
    time.sleep(step.get("sleep", 0))
    session = step.get("session", "${session}")
    session = None if session is None else story.fill(session)
    arguments = to_send(story.fill(step["send"]))
    try:
        answer, echoed = client.call(step["call"], session, arguments)
    except zeep.exceptions.Fault as fault:
        if "fault" not in step:
            raise Failed("answer", step["expect"], f"fault {fault.code} {fault.message}") from fault
        code, text = step["fault"]
        check("fault", [f"q0:{code}", text], [fault.code, fault.message])
        return
    if "fault" in step:
        raise Failed("fault", step["fault"], answer)
    if step["call"] != "Login":
        check("session header of the answer", session, echoed)
    # An object without a value comes as None.
    answer = answer if answer is not None else {}
    check(step["call"] + "Result", story.fill(step["expect"]), answer)
    for name, path in step.get("save", {}).items():
        story.variables[name] = at(answer, path)


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--url", "--soap", "--story", "--phase", "--state"):
        parser.add_argument(flag, required=True)
    given = parser.parse_args()
    story_data = json.loads(pathlib.Path(given.story).read_text(encoding="utf-8"))
    state = pathlib.Path(given.state)
    variables = dict(story_data.get("variables", {}))
    if state.exists():
        variables.update(json.loads(state.read_text(encoding="utf-8")))
    variables["url"] = given.url
    story = Story(story_data, variables)
    client = Client(given.url, given.soap)
    for number, step in enumerate(story_data[given.phase], start=1):
        title = f"{given.phase} {number:2} {step['call']}: {step['say']}"
        try:
            run(step, client, story)
        except Failed as failure:
            print(f"FAIL {title}\n  {failure}")
            sys.exit(1)
        print(f"ok   {title}", flush=True)
    state.write_text(json.dumps(variables), encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()

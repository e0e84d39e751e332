"""What the check of a vector answers."""


class Answer:
    """Values computed from the input of a test, written as the vectors write them."""

    def __init__(self, output=None, **intermediates):
        self.output, self.intermediates = output or {}, intermediates


class Refused(Exception):
    """The input is refused, by the check of this code."""

    def __init__(self, code, answer=None):
        super().__init__(code)
        self.code, self.answer = code, answer or Answer()


def require(condition, code, answer=None):
    if not condition:
        raise Refused(code, answer)


def unhex(given, name):
    return bytes.fromhex(given[name])


def scalar_hex(value):
    return value.to_bytes(32, "little").hex()


def point_hex(point):
    return point.encode().hex()

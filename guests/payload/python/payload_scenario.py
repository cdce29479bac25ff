"""A value of one language that arrives as one of another."""

import cogen

ADA = {"name": "Ada", "age": 36, "tags": ["x", "y"], "nested": {"pi": 3.25, "none": None, "yes": True}}


def send(program: str) -> bytes:
    return cogen.call(program, b"payload-read\0" + cogen.to_json(ADA))


def read(json: str) -> str:
    person = cogen.from_json(json)
    nested = person["nested"]
    none = "none" if nested["none"] is None else nested["none"]
    yes = "yes" if nested["yes"] is True else "no"
    return f"{person['name']} {person['age']} {','.join(person['tags'])} {nested['pi']} {none} {yes}"

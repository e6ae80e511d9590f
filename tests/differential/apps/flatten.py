"""What an application saw, as a flat list of (where, name, value)."""

MAX_DEPTH = 64


def flatten(where, value, seen, name="", depth=0):
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            seen.append((f"{where} name", "", str(key)))
            flatten(where, inner, seen, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            flatten(where, inner, seen, f"{name}.{index}", depth + 1)
    else:
        seen.append((where, name, value if isinstance(value, str) else str(value)))

"""The rule of the field memory: what quorum lets in, and what history does to a score."""

import json

import numpy as np
import pytest

from trainer.markers import MARKERS
from trainer.memory import FieldMemory, MemoryRule, Quorum, keys_of, plain_keys, route_of, symbols_of
from trainer.vectors import VECTORS

RULE = MemoryRule(base=1.5)
Q, V = MARKERS["QUERY"], MARKERS["VALUE"]


def text(value: str, name: str = "q") -> str:
    return f"{Q}{name}{V}{value}"


def learned(values: list[str], z: float = 0.5, quorum: Quorum = Quorum(1, 1), clients: int = 1) -> FieldMemory:
    memory = FieldMemory(RULE, quorum)
    for value in values:
        for client in range(clients):
            memory.learn("h", f"c{client}", client, [text(value)], {text(value): z})
    return memory


def adjusted(memory: FieldMemory, value: str, z: float = 2.0) -> float | None:
    return memory.judge("h", [text(value)], {text(value): z})[0]


def test_vectors():
    data = json.loads((VECTORS / "memory.json").read_text())
    rule = MemoryRule.from_manifest(data["rule"])
    for history in data["histories"]:
        memory = FieldMemory(rule, Quorum(**history["quorum"]))
        for entry in history["learn"]:
            memory.learn(data["host"], entry["client"], entry["window"], entry["texts"], history["surprises"])
        for case in history["judge"]:
            assert memory.judge(data["host"], case["texts"], history["surprises"]) == pytest.approx(case["adjusted"])


def test_known_value_needs_no_score():
    assert adjusted(learned(["a"]), "a") is None


def test_unknown_host_and_field_get_the_bare_score():
    memory = learned(["a"])
    assert memory.judge("other", [text("a")], {text("a"): 2.0}) == [2.0]
    assert memory.judge("h", [text("a", "name")], {text("a", "name"): 2.0}) == [2.0]


def test_field_that_is_always_odd_is_judged_against_its_ceiling():
    memory = learned(["a;1", "b;2", "c;3"], z=3.0)
    assert adjusted(memory, "d;4", 3.0) == pytest.approx(3.0 - 1.5 * 3 / 4)


def test_discount_is_bounded():
    memory = learned([f"a;{k}" for k in range(999)], z=6.0)
    assert adjusted(memory, "d;b", 6.0) == pytest.approx(6.0 - RULE.most_discount * 0.999)


def test_new_symbol_in_a_steady_field_is_news_and_takes_the_discount():
    memory = learned([f"{k};" for k in range(8)], z=2.0)
    bonus = RULE.novelty_weight * (1.0 - RULE.novelty_free)
    assert adjusted(memory, "1'", 3.0) == pytest.approx(3.0 + bonus)
    # Halfway from the ceiling it counts half, and takes half of the discount; below it nothing.
    assert adjusted(memory, "1'", 2.4) == pytest.approx(2.4 + 0.4 * bonus - 0.6 * 0.5 * 8 / 9)
    assert adjusted(memory, "1'", 2.0) == adjusted(memory, "x;", 2.0) == pytest.approx(2.0 - 0.5 * 8 / 9)


def test_the_result_grows_with_the_surprise():
    for memory in (learned(["a;1", "b;2", "c;3"], z=3.0), learned([f"{k}" for k in range(60)], z=0.2)):
        values = [adjusted(memory, "d';4", z) for z in np.linspace(0, 6, 200)]
        assert all(np.diff(values) > 0)


def test_new_symbol_in_a_field_that_shows_new_ones_all_the_time_is_none():
    memory = learned(list("!#$%&*+"))
    assert adjusted(memory, "'", 2.0) == pytest.approx(2.0)


def test_much_longer_than_ever_counts():
    memory = learned(["aaaa"] * 99)
    expected = 2.0 + 0.25 * (np.log10(100) - 0.3)
    assert adjusted(memory, "b" * 40, 2.0) == pytest.approx(expected)


@pytest.mark.parametrize(("clients", "knows"), [(1, False), (2, False), (3, True)])
def test_quorum_of_clients(clients, knows):
    memory = learned(["evil"], quorum=Quorum(3, 1), clients=clients)
    assert memory.knows("h", text("evil")) is knows


def test_quorum_of_windows():
    memory = FieldMemory(RULE, Quorum(1, 2))
    for window in (7, 7):
        memory.learn("h", "c", window, [text("a")], {text("a"): 0.0})
    assert not memory.knows("h", text("a"))
    memory.learn("h", "c", 8, [text("a")], {text("a"): 0.0})
    assert memory.knows("h", text("a"))


def test_one_client_raises_neither_ceiling_nor_symbols():
    quorum = Quorum(2, 1)
    memory = learned([f"v{k}" for k in range(30)], quorum=quorum, clients=5)
    before = adjusted(memory, "x'y", 3.0)
    for k in range(50):
        evil = text(f"' OR {k}=1; <{k}>")
        memory.learn("h", "evil", k, [evil], {evil: 6.0})
    # One more client counts for 16 more observations and for one introduction, no more.
    after = adjusted(memory, "x'y", 3.0)
    assert before - RULE.novelty_weight * np.log10(2) <= after < before


def odd_besides(attack: list[str]) -> FieldMemory:
    """Eight clients show one odd value five times each, then one more sends what it likes."""
    memory = FieldMemory(RULE, Quorum(3, 2))
    for k in range(40):
        memory.learn("h", f"c{k % 8}", k % 5, [text("a>1 AND (b='x')")], {text("a>1 AND (b='x')"): 3.0})
    for k, value in enumerate(attack):
        memory.learn("h", "evil", k % 5, [text(value)], {text(value): 0.3})
    return memory


def test_one_client_does_not_widen_what_a_field_excuses():
    clean = adjusted(odd_besides([]), "' OR '1'='1", 3.5)
    assert clean == pytest.approx(3.5 - 1.5 / 2)
    assert adjusted(odd_besides([f"a>1 size {k}" for k in range(2000)]), "' OR '1'='1", 3.5) == clean


def test_one_client_has_16_observations():
    memory = odd_besides(["red shoes"] * 2000)
    assert memory.field_of("h", text("x"), "").n == 40 + 16


def test_observations_end_at_512():
    memory = learned(["x"] * 16, quorum=Quorum(2, 1), clients=40)
    assert memory.field_of("h", text("y"), "").n == 512


def test_free_text_counts_but_for_the_busiest_clients_below_the_quorum():
    memory = FieldMemory(RULE, Quorum(3, 2))
    counts = lambda: memory.field_of("h", text("x"), "").values  # noqa: E731

    def write(client: str, times: int) -> None:
        for k in range(times):
            value = text(f"{client} wrote {k}")
            memory.learn("h", client, k, [value], {value: 0.0})

    for k, times in enumerate((9, 8, 7, 3, 2, 1)):
        write(f"c{k}", times)
    assert counts() == 7 + 3 + 2 + 1
    # What the next busiest wrote counts now, and nothing of what the busiest did.
    write("evil", 1000)
    assert counts() == 8 + 7 + 3 + 2 + 1
    write("evil too", 1000)
    assert counts() == 9 + 8 + 7 + 3 + 2 + 1


def test_people_see_known_values_only():
    memory = odd_besides([f"call 555-{k}" for k in range(9)])
    field, values = memory.history("h", [], text("x"))
    assert (field.values, values) == (1, [text("a>1 AND (b='x')")])


def test_free_text_goes_on_showing_symbols_below_the_quorum():
    shown = learned(["abc"], quorum=Quorum(3, 1), clients=5)
    for k, symbol in enumerate("!#$%&*+"):
        value = text(f"a{symbol}")
        shown.learn("h", f"other{k}", k, [value], {value: 0.5})
    assert adjusted(shown, "x'y", 2.0) < adjusted(learned(["abc"] * 3, quorum=Quorum(3, 1), clients=5), "x'y", 2.0) - 0.3


def test_one_window_raises_no_ceiling_that_two_are_asked_for():
    memory = FieldMemory(RULE, Quorum(2, 2))
    for client in ("a", "b", "c"):
        for window in (1, 2):
            memory.learn("h", client, window, [text("v")], {text("v"): 0.5})
        memory.learn("h", client, 3, [text("<v>" + client)], {text("<v>" + client): 6.0})
    assert memory.field_of("h", text("x"), "").ceiling == 0.5


def test_route_that_is_well_known_is_judged_apart():
    memory = FieldMemory(RULE)
    structure = lambda route: f"{MARKERS['STRUCTURE']}GET{V}{route} q"  # noqa: E731
    for k in range(40):
        for route, value in (("/a", f"x<{k}>"), ("/b", f"{k}")):
            texts = [structure(route), text(value)]
            memory.learn("h", "", 0, texts, dict.fromkeys(texts, 0.0))
    shown = {**dict.fromkeys(map(structure, ("/a", "/b")), 0.0), text("y<1>"): 2.0}
    on_a, on_b = (memory.judge("h", [structure(route), text("y<1>")], shown)[1] for route in ("/a", "/b"))
    assert on_a == 2.0
    assert on_b > 2.0


def test_parameter_that_was_always_plain():
    memory = FieldMemory(RULE)
    structure = f"{MARKERS['STRUCTURE']}GET{V}/a id7 q"
    for _ in range(98):
        memory.learn("h", "", 0, [structure, text("x")], {structure: 0.0, text("x"): 0.0})
    evil = text("1'", "id0")
    assert memory.judge("h", [structure, evil], {structure: 0.0, evil: 2.0}) == [None, 2.0 + RULE.most_bonus]


def test_parts_of_a_sequence():
    depth, malformed = MARKERS["DEPTH"], MARKERS["MALFORMED"]
    assert symbols_of(f"{Q}{depth}{malformed}a'1{V}x 1{MARKERS['UUID']}é-") == {"D", "M", "a", " ", "-"}
    assert symbols_of(f"{Q}{V}") == frozenset()
    assert keys_of(f"{Q}{depth}id12{V}x", "/r") == [f"{Q}id0{V}/r", f"{Q}id0"]
    assert route_of([text("a"), f"{MARKERS['STRUCTURE']}GET{V}/a/* b c"]) == "/a/*"
    assert route_of([text("a")]) == ""
    assert plain_keys([text("a", "b"), f"{MARKERS['STRUCTURE']}GET{V}/a b c1 c2"]) == [f"{MARKERS['MASK']}c0"]


@pytest.mark.parametrize("clients", [0, 9])
def test_quorum_out_of_range(clients):
    with pytest.raises(ValueError, match="quorum clients: expected 1 to 8"):
        Quorum(clients, 1)

"""Answers the conformance cases in many right and wrong ways and judges each with compare.py.

usage: mutate.py SHARED/conformance   prints {"set", "case", "strict", "strict_types", "answer", "status", "notes"} lines
"""
import json
import random
import sys

folder = sys.argv[1]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
import compare  # noqa: E402

SETS = ["docs_run", "engine_truth", "emulator_docs"]


def typed_answer(case):
    types = [compare.canon_type(t) for t in case.get("types") or ["unknown"] * len(case["columns"])]
    if len(types) != len(case["columns"]):
        types = ["unknown"] * len(case["columns"])
    return {
        "columns": [{"name": n, "type": t} for n, t in zip(case["columns"], types)],
        "rows": [[compare.typed(x, t) for x, t in zip(r, types)] for r in case["rows"]],
    }


def change_cell(change):
    """a mutation of one random cell; None where it does not apply"""

    def mutate(answer, case, rnd):
        places = [(r, c) for r, row in enumerate(answer["rows"]) for c in range(len(row))]
        rnd.shuffle(places)
        for r, c in places[:8]:
            new = change(answer["rows"][r][c], rnd)
            if new is not None:
                answer["rows"][r][c] = new[0]
                return answer
        return None

    return mutate


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def number_times(factor):
    return change_cell(lambda v, _: [v * factor] if is_number(v) and abs(v) < 1e300 else None)


def text_as(change):
    return change_cell(lambda v, _: [change(v)] if isinstance(v, str) and v else None)


def flip_digit(v, rnd):
    if not isinstance(v, str):
        return None
    places = [i for i, ch in enumerate(v) if ch.isascii() and ch.isdigit()]
    if not places:
        return None
    i = rnd.choice(places)
    return [v[:i] + str((int(v[i]) + 1) % 10) + v[i + 1:]]


def container(change):
    def mutate(v, rnd):
        if isinstance(v, list) and v:
            return [change(list(v), rnd)]
        if isinstance(v, dict) and v:
            return [dict(change(list(v.items()), rnd))]
        return None

    return change_cell(mutate)


def shuffled(items, rnd):
    rnd.shuffle(items)
    return items


def nested(v, rnd):
    """a container with one number or text inside replaced"""
    if isinstance(v, list) and v:
        i = rnd.randrange(len(v))
        w = list(v)
        w[i] = [w[i] + 1] if is_number(w[i]) else rnd.choice([None, "x", 1.5, True, str(w[i])])
        if is_number(v[i]):
            w[i] = w[i][0]
        return [w]
    return None


def rows(change):
    def mutate(answer, case, rnd):
        if not answer["rows"]:
            return None
        answer["rows"] = change(answer["rows"], rnd)
        return answer

    return mutate


def column_types(kind):
    def mutate(answer, case, rnd):
        for column in answer["columns"]:
            column["type"] = kind
        return answer

    return mutate


def names_from(field):
    def mutate(answer, case, rnd):
        names = case.get(field)
        if not names:
            return None
        answer["columns"] = [{"name": n, "type": "unknown"} for n in names]
        return answer

    return mutate


def swap_columns(answer, case, rnd):
    if len(answer["columns"]) < 2:
        return None
    answer["columns"].reverse()
    answer["rows"] = [row[::-1] for row in answer["rows"]]
    return answer


def rename(answer, case, rnd):
    answer["columns"][0]["name"] += "1"
    return answer


def extra_column(answer, case, rnd):
    answer["columns"].append({"name": "extra", "type": "long"})
    answer["rows"] = [row + [1] for row in answer["rows"]]
    return answer


MUTATIONS = [
    lambda answer, case, rnd: answer,
    number_times(1 + 1e-8), number_times(1 + 1e-5), number_times(1.004), number_times(-1), number_times(1000),
    change_cell(lambda v, _: [str(v)] if is_number(v) else None),
    change_cell(lambda v, _: [float(v)] if is_number(v) and abs(v) < 1e300 else None),
    change_cell(lambda v, _: [v + 1] if is_number(v) else None),
    change_cell(lambda v, _: [not v] if isinstance(v, bool) else None),
    change_cell(lambda v, _: [int(v)] if isinstance(v, bool) else None),
    change_cell(lambda v, _: [str(v)] if isinstance(v, bool) else None),
    change_cell(lambda v, rnd: [rnd.choice([None, "", " ", "null", 0, False, [], {}, "NaN", "Infinity", 1e22, 0.1])]),
    change_cell(lambda v, _: ["\x1c" + v + "\u00a0"] if isinstance(v, str) else None),
    change_cell(flip_digit), change_cell(flip_digit), change_cell(flip_digit),
    change_cell(lambda v, _: [json.dumps(v)] if isinstance(v, (list, dict)) else None),
    change_cell(lambda v, _: [json.dumps(v, separators=(",", ":"))] if v is not None else None),
    change_cell(nested), change_cell(nested),
    text_as(str.upper), text_as(str.lower), text_as(lambda v: " " + v.replace(" ", "  ") + "\n"),
    text_as(lambda v: '"' + v + '"'), text_as(lambda v: "'" + v + "'"), text_as(lambda v: v.replace("_", "")),
    text_as(lambda v: v[:-1]), text_as(lambda v: v + "x"), text_as(lambda v: "**" + v + "**"),
    text_as(lambda v: v.replace("T", " ").replace("Z", "")), text_as(lambda v: v.replace("Z", "+00:00")),
    text_as(lambda v: v.rstrip("Z").rstrip("0").rstrip(".") + "Z"), text_as(lambda v: "0." + v),
    container(shuffled), container(lambda items, _: items[:-1]), container(lambda items, _: items + items[:1]),
    rows(lambda r, rnd: r[:-1]), rows(lambda r, rnd: r + [list(r[0])]), rows(shuffled), rows(lambda r, rnd: r[::-1]),
    rows(lambda r, rnd: [list(r[0])] * len(r)), rows(lambda r, rnd: r[1:] + [list(r[1 % len(r)])]),
    rows(lambda r, rnd: [row[:-1] for row in r]),
    column_types("unknown"), column_types("string"), column_types("System.Int64"), column_types("real"),
    column_types("dynamic"), column_types("datetime"), column_types("timespan"), column_types("guid"), column_types("bool"),
    names_from("oracle_columns"), names_from("doc_columns"), swap_columns, rename, extra_column,
]


def main():
    rnd = random.Random(20240607)
    for name in SETS:
        for at, case in enumerate(compare.read(f"{folder}/{name}.jsonl")):
            picked = [MUTATIONS[0]] + rnd.sample(MUTATIONS[1:], 16)
            for mutation in picked:
                answer = mutation(json.loads(json.dumps(typed_answer(case))), case, rnd)
                if answer is None:
                    continue
                try:
                    answer = json.loads(json.dumps(answer, allow_nan=False))
                except ValueError:
                    continue  # a NaN has no JSON
                strict, strict_types = rnd.random() < 0.3, rnd.random() < 0.3
                try:
                    result = compare.compare_case(case, answer, strict, strict_types)
                    status, notes = result.status, result.notes
                except Exception:  # compare.py counts its own exceptions as failures
                    status, notes = "fail", None
                print(json.dumps({"set": name, "case": at, "strict": strict, "strict_types": strict_types,
                                  "answer": answer, "status": status, "notes": notes}))


main()

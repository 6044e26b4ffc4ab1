"""Ask Vizsla and three SQL engines the same questions over the same Parquet files, and write a table of times.

Each engine runs in a process of its own and answers one question after the other, so all of them are warm: files
are in the page cache, footers are known, code is loaded. Answers are compared before anything is timed. README.md
says what is measured and how to read it.
"""

import argparse
import datetime
import fnmatch
import json
import math
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SQL_ENGINES = ["duckdb", "clickhouse", "datafusion"]
THREADS = 2


# ------------------------------------------------------------------------------------------------ questions


def load_questions(pattern):
    questions = tomllib.loads((HERE / "questions.toml").read_text())["question"]
    chosen = [it for it in questions if fnmatch.fnmatch(it["id"], pattern)]
    for it in chosen:
        for engine in ["kql", *SQL_ENGINES]:
            text = it.get(engine) or it["sql"]
            it[engine] = fill_words(text, it).strip()
    return chosen


def fill_words(text, question):
    """Put the list of words into a query; only those in `present` occur in the data."""
    if "words" not in question:
        return text
    chance = random.Random(question["words"])
    present = question["present"]
    made_up = ["x" + "".join(chance.choices("qwzxjkvbp", k=7)) for _ in range(question["words"] - len(present))]
    words = made_up + present
    chance.shuffle(words)
    quoted = ", ".join(f"'{word}'" for word in words)
    return text.replace("{words}", quoted).replace("{alternatives}", "|".join(re.escape(word) for word in words))


# ---------------------------------------------------------------------------------- SQL engines, one a process


def tables_of(data):
    return sorted(it.name for it in data.iterdir() if it.is_dir() and any(it.glob("*.parquet")))


def serve_duckdb(data):
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true; SET enable_progress_bar = false")
    for table in tables_of(data):
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{data}/{table}/*.parquet')")
    return lambda query: connection.sql(query).to_arrow_table()


def serve_clickhouse(data):
    import pyarrow
    from chdb import session

    server = session.Session()
    server.query(f"SET max_threads = {THREADS}")
    tables = "|".join(tables_of(data))

    def ask(query):
        # Not views: a table function in the place of the table is what people write, and sees every filter.
        query = re.sub(
            rf"""(FROM|JOIN) "?({tables})"?(?!\w)""", lambda it: f"{it[1]} file('{data}/{it[2]}/*.parquet')", query
        )
        answer = server.query(query, "ArrowStream").bytes()
        return pyarrow.ipc.open_stream(answer).read_all() if answer else pyarrow.table({})

    return ask


def serve_datafusion(data):
    import pyarrow
    from datafusion import SessionConfig, SessionContext

    contexts = []
    for pushdown in ["false", "true"]:
        config = SessionConfig().with_target_partitions(THREADS)
        context = SessionContext(config.set("datafusion.execution.parquet.pushdown_filters", pushdown))
        for table in tables_of(data):
            context.sql(f"""CREATE EXTERNAL TABLE "{table}" STORED AS PARQUET LOCATION '{data}/{table}/'""").collect()
        contexts.append(context)
    faster = {}

    def ask(query):
        # Late filters help some questions and hurt others; each gets what served it better when it was not timed.
        if query not in faster:
            seconds = []
            for context in contexts:
                start = time.perf_counter()
                context.sql(query).collect()
                seconds.append(time.perf_counter() - start)
            faster[query] = contexts[seconds.index(min(seconds))]
        found = faster[query].sql(query).collect()
        return pyarrow.Table.from_batches(found) if found else pyarrow.table({})

    return ask


def serve(engine, data):
    """Answer JSON lines until standard input ends. Times are taken here, without the making of JSON."""
    ask = {"duckdb": serve_duckdb, "clickhouse": serve_clickhouse, "datafusion": serve_datafusion}[engine](data)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            start = time.perf_counter()
            table = ask(question["query"])
            reply = {"seconds": time.perf_counter() - start}
            if question["rows"]:
                reply["rows"] = rows_of(table)
        except Exception as error:  # Whatever an engine says goes into the report.
            reply = {"error": f"{type(error).__name__}: {error}"[:2000]}
        print(json.dumps(reply, default=str), flush=True)


def rows_of(table):
    import pyarrow

    columns = []
    for column in table.columns:
        if pyarrow.types.is_timestamp(column.type):
            micros = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False).cast(pyarrow.int64())
            columns.append([None if it is None else moment(it) for it in micros.to_pylist()])
        else:
            columns.append([it.decode() if isinstance(it, bytes) else it for it in column.to_pylist()])
    return [list(row) for row in zip(*columns)]


def moment(micros):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


# ------------------------------------------------------------------------------------------------ conversations


class SqlEngine:
    def __init__(self, name, data):
        self.name, self.language = name, name
        command = [sys.executable, __file__, "--data", str(data), "--serve", name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, query, rows=False):
        """Seconds, and the rows if asked for."""
        reply = converse(self.process, {"query": query, "rows": rows})
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply["seconds"], reply.get("rows")


class Vizsla:
    """A `vizsla batch` that is kept running. Its times include the answer's way as JSON through a pipe."""

    language = "kql"

    def __init__(self, name, program, data, index, index_dir=None):
        self.name = name
        command = [str(program), "batch", "--data", str(data), "--index", index]
        if index_dir and index != "off":
            command += ["--index-dir", str(index_dir)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, query, rows=False):
        start = time.perf_counter()
        line = talk(self.process, {"id": "0", "query": query})
        seconds = time.perf_counter() - start
        reply = json.loads(line)
        if reply["error"]:
            raise RuntimeError(reply["error"]["message"])
        return seconds, reply["rows"] if rows else None


def talk(process, message):
    try:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise SystemExit(f"{' '.join(process.args)} ended with {process.wait()}")
    return line


def converse(process, message):
    return json.loads(talk(process, message))


def engines(options):
    program = options.vizsla
    asked = options.engines.split(",")
    found = []
    for name in asked:
        if name in SQL_ENGINES:
            found.append(SqlEngine(name, options.data))
        elif name == "vizsla":
            found.append(Vizsla("vizsla", program, options.data, "off"))
            found.append(Vizsla("vizsla indexed", program, options.data, "auto", options.index_dir))
            for also in options.also:
                found.append(Vizsla(f"vizsla {also.name}", program, also, "auto"))
        else:
            raise SystemExit(f"no engine {name}; there are vizsla, {', '.join(SQL_ENGINES)}")
    return found


# ------------------------------------------------------------------------------------------------ answers


def normal(cell, ordered_lists):
    """A cell as every engine would write it."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, (int, float)):
        return float(cell) if math.isfinite(cell) else str(cell)
    if isinstance(cell, list):
        items = [normal(it, ordered_lists) for it in cell]
        return items if ordered_lists else sorted(items, key=repr)
    if isinstance(cell, dict):
        return json.dumps(cell, sort_keys=True)
    return cell


def as_multiset(rows, question):
    rows = [[normal(cell, question.get("ordered_lists", False)) for cell in row] for row in rows]
    # Estimates differ, so rows are put in order by what does not.
    texts = lambda row: [repr(cell) for cell in row if isinstance(cell, str)]
    numbers = lambda row: [repr(cell) for cell in row]
    return sorted(rows, key=lambda row: (texts(row), numbers(row)))


def difference(rows, expected, question):
    """What is different about an answer, or None."""
    if len(rows) != len(expected):
        return f"{len(rows)} rows instead of {len(expected)}"
    approximate = question.get("approximate", 1e-9)
    for row, other in zip(as_multiset(rows, question), as_multiset(expected, question)):
        for cell, wanted in zip(row, other, strict=True):
            if isinstance(cell, float) and isinstance(wanted, float):
                # A count of a few may be off by one where estimates are allowed.
                slack = max(abs(wanted) * approximate, 1.0 if approximate > 1e-6 else 0.0)
                if abs(cell - wanted) > slack:
                    return f"{cell} instead of {wanted} in {row}"
            elif cell != wanted:
                return f"{cell!r} instead of {wanted!r}"
    return None


# ------------------------------------------------------------------------------------------------ measuring


def measure(question, engines, runs):
    """Check the answers, which warms everybody up, then time. Engines that differ or fail get no time."""
    result = {"id": question["id"], "title": question["title"], "rows": None, "engines": {}}
    reference = first = None
    sound = []
    for engine in engines:
        entry = result["engines"][engine.name] = {}
        try:
            _, rows = engine.ask(question[engine.language], rows=True)
        except RuntimeError as error:
            entry["problem"] = f"failed: {error}"
            continue
        if reference is None:
            reference, first, result["rows"] = rows, engine.name, len(rows)
        problem = difference(rows, reference, question)
        if problem:
            entry["problem"] = f"differs from {first}: {problem}"
            continue
        sound.append(engine)
    times = {engine.name: [] for engine in sound}
    # In turns, so that what else the machine does in a while slows everybody.
    for _ in range(runs):
        for engine in sound:
            times[engine.name].append(engine.ask(question[engine.language])[0])
    for name, seconds in times.items():
        result["engines"][name].update(median=statistics.median(seconds), runs=seconds)
    return result


def geometric_mean(numbers):
    return math.exp(statistics.fmean(math.log(it) for it in numbers)) if numbers else None


def ratios(results, name):
    """How many times as long as DuckDB and as the fastest SQL engine, by question."""
    to_duckdb, to_fastest = {}, {}
    for it in results:
        own = it["engines"].get(name, {}).get("median")
        sql = {engine: it["engines"].get(engine, {}).get("median") for engine in SQL_ENGINES}
        known = [seconds for seconds in sql.values() if seconds]
        if own and sql["duckdb"]:
            to_duckdb[it["id"]] = own / sql["duckdb"]
        if own and known:
            to_fastest[it["id"]] = own / min(known)
    return to_duckdb, to_fastest


# ------------------------------------------------------------------------------------------------ report


def milliseconds(entry):
    if "median" not in entry:
        return "–"
    value = entry["median"] * 1000
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def as_markdown(report):
    names, results = report["engines"], report["questions"]
    ours = [name for name in names if name not in SQL_ENGINES]
    lines = ["# Vizsla beside SQL engines", "", report["about"], ""]
    lines.append("Medians in milliseconds; ratios are ours to theirs, so below 1 is faster.")
    lines.append("")
    head = ["Question", "Rows", *names]
    for name in ours:
        head += [f"{name} / DuckDB", f"{name} / fastest SQL"]
    lines.append("| " + " | ".join(head) + " |")
    lines.append("|---|" + "---:|" * (len(head) - 1))
    compared = {name: ratios(results, name) for name in ours}
    for it in results:
        cells = [it["title"], "–" if it["rows"] is None else f"{it['rows']:,}"]
        cells += [milliseconds(it["engines"].get(name, {})) for name in names]
        for name in ours:
            cells += [f"{ratio[it['id']]:.2f}" if it["id"] in ratio else "–" for ratio in compared[name]]
        lines.append("| " + " | ".join(cells) + " |")
    cells = ["**Geometric mean**", ""] + ["" for _ in names]
    for name in ours:
        for ratio in compared[name]:
            mean = geometric_mean(list(ratio.values()))
            cells.append("–" if mean is None else f"**{mean:.2f}** ({len(ratio)})")
    lines.append("| " + " | ".join(cells) + " |")
    problems = [
        f"- `{it['id']}`, {name}: {entry['problem']}"
        for it in results
        for name, entry in it["engines"].items()
        if "problem" in entry
    ]
    if problems:
        lines += ["", "Not timed:", "", *problems]
    return "\n".join(lines) + "\n"


def about(options, load_before):
    from importlib.metadata import version

    versions = [f"{label} {version(package)}" for label, package in
                [("DuckDB", "duckdb"), ("chdb (ClickHouse)", "chdb"), ("DataFusion", "datafusion")]]
    ours = subprocess.run([options.vizsla, "--version"], capture_output=True, text=True).stdout.strip()
    size = sum(it.stat().st_size for it in options.data.glob("*/*.parquet"))
    files = sum(1 for _ in options.data.glob("*/*.parquet"))
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC. {ours}; {', '.join(versions)}. "
        f"{files} files, {size / 1e9:.2f} GB. {THREADS} threads each, warm, {options.runs} runs. "
        f"{platform.machine()}, {os.cpu_count()} cores; load average before and after: "
        f"{load_before:.1f}, {os.getloadavg()[0]:.1f}."
    )


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--data", type=Path, required=True, help="folder of the tables")
    options.add_argument("--also", type=Path, action="append", default=[], metavar="DIR",
                         help="the same rows in other files, such as optimised ones: a further column for Vizsla")
    options.add_argument("--vizsla", default="target/release/vizsla", metavar="PATH")
    options.add_argument("--index-dir", type=Path, metavar="DIR", help="where the indexes of --data are, if not beside")
    options.add_argument("--engines", default="vizsla," + ",".join(SQL_ENGINES), metavar="A,B")
    options.add_argument("--questions", default="*", metavar="GLOB", help="ids of the questions")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--out", type=Path, default=Path("results"), metavar="NAME",
                         help="NAME.md and NAME.json are written (default: results)")
    options.add_argument("--serve", help=argparse.SUPPRESS)
    options = options.parse_args()
    options.data = options.data.resolve()
    if options.serve:
        return serve(options.serve, options.data)
    if hasattr(os, "sched_setaffinity"):
        # Vizsla takes as many threads as it may use cores; whoever is started from here inherits this.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    load_before = os.getloadavg()[0]
    questions = load_questions(options.questions)
    running = engines(options)
    results = []
    for question in questions:
        result = measure(question, running, options.runs)
        results.append(result)
        times = "  ".join(f"{name} {milliseconds(entry)}" for name, entry in result["engines"].items())
        print(f"{question['id']}: {times}", file=sys.stderr, flush=True)
        for name, entry in result["engines"].items():
            if "problem" in entry:
                print(f"    {name} {entry['problem'][:600]}", file=sys.stderr, flush=True)
        # After each question, so that a long run that is stopped has something to show.
        report = {"about": about(options, load_before), "engines": [it.name for it in running], "questions": results}
        for name, text in [(".json", json.dumps(report, indent=1) + "\n"), (".md", as_markdown(report))]:
            options.out.with_name(options.out.name + name).write_text(text)
    for engine in running:
        engine.process.stdin.close()
    return 1 if any("problem" in entry for it in results for entry in it["engines"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())

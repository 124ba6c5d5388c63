# SPDX-License-Identifier: Apache-2.0
# report.py DIRECTORY CAPTION: prints tables of DIRECTORY/results.txt and facts.txt (measure.sh says
# what is in them) and writes DIRECTORY/chart.svg.
import os
import sys

WORK = {
    "get": "GET", "miss": "GET, missing", "put": "PUT", "put-durable": "PUT, durable",
    "mix": "90 % GET, 10 % PUT", "mix-durable": "90 % GET, 10 % durable PUT",
    "list": "list of 1,000 with values", "txn": "transaction of 10 puts",
    "txn-durable": "transaction of 10 puts, durable",
    "bigget": "GET 1 MiB", "bigput": "PUT 1 MiB", "bigput-durable": "PUT 1 MiB, durable",
}
NOT_AN_ERROR = "miss"  # wrk counts each 404
WRITES = ("put", "mix", "txn", "bigput")
# Whose writes are on the disk before their answer.
DURABLE = ("navistore-sqlite", "navistore-sqlite-unknown", "etcd-v2", "etcd-v3", "redis-always",
           "engine-sqlite", "engine-sqlite-bare", "engine-sqlite-plugin")
# The engine without a server that bounds a system.
ENGINE = {"navistore-memory": "engine-memory", "navistore-sqlite": "engine-sqlite"}
LIMIT = "nginx-return"  # of HTTP on this machine
# Work, system, at least this many times, the best of these systems (of a work, if it is another).
GOALS = [
    ("get", "navistore-memory", 2.5, ["redis"]), ("get", "navistore-memory", 3, ["etcd-v2"]),
    ("get", "navistore-memory", 12, ["etcd-v3"]),
    ("get", "navistore-sqlite", 0.85, ["navistore-memory"]),
    ("put", "navistore-memory", 0.7, ["get/navistore-memory"]),
    ("put", "navistore-memory", 2, ["redis"]), ("put", "navistore-memory", 1.1, ["nginx-lua"]),
    ("put-durable", "navistore-sqlite", 1.5, ["etcd-v2", "etcd-v3"]),
    ("put-durable", "navistore-sqlite", 0.6, ["engine-sqlite"]),
    ("put-durable", "navistore-sqlite", 0.7, ["redis-always"]),
    ("mix-durable", "navistore-sqlite", 2.5, ["etcd-v2", "etcd-v3"]),
    ("mix-durable", "navistore-sqlite", 1.5, ["redis-always"]),
    ("list", "navistore-memory-unknown", 2, ["etcd-v2", "etcd-v3", "redis"]),
    ("list", "navistore-sqlite-unknown", 2, ["etcd-v2", "etcd-v3", "redis"]),
    ("list", "navistore-memory", 2, ["etcd-v2", "etcd-v3", "redis"]),
    ("list", "navistore-sqlite", 2, ["etcd-v2", "etcd-v3", "redis"]),
    ("bigget", "navistore-memory", 1, ["etcd-v2", "etcd-v3", "redis", "nginx-lua"]),
    ("bigput", "navistore-memory", 1, ["redis", "nginx-lua"]),
    ("bigput-durable", "navistore-sqlite", 1, ["etcd-v2", "etcd-v3", "redis-always"]),
    ("get", "navistore-memory@10000000", 0.75, ["navistore-memory"]),
    ("put", "navistore-memory@10000000", 0.75, ["navistore-memory"]),
    ("list", "navistore-memory@10000000", 0.75, ["navistore-memory"]),
    ("get", "navistore-sqlite@10000000", 0.6, ["navistore-memory@10000000"]),
]


def median(numbers):
    numbers = sorted(numbers)
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2


def shown_as(work, system):
    return work + "-durable" if work in WRITES and system.split("@")[0] in DURABLE else work


def read(path):
    """Work -> system -> rounds, works in the order of WORK, systems in that of appearance."""
    found = {}
    with open(path) as file:
        for line in file:
            work, system, *numbers = line.split()
            rounds = found.setdefault(shown_as(work, system), {}).setdefault(system, [])
            rounds.append([float(n) for n in numbers])
    return {work: found[work] for work in WORK if work in found}


def rate(results, work, system):
    rounds = results.get(work, {}).get(system)
    return median([r[0] for r in rounds]) if rounds else None


def share(mine, other):
    return "%.2f" % (mine / other) if mine is not None and other else ""


def print_results(results):
    print("| work | system | a second | min | max | p50 us | p99 us | to the first | of HTTP | of the engine | failed |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for work, systems in results.items():
        first = rate(results, work, next(iter(systems)))
        http = rate(results, work.replace("-durable", ""), LIMIT)
        for system, rounds in systems.items():
            columns = list(zip(*rounds))
            mine = rate(results, work, system)
            served = not system.startswith("engine-")
            print("| %s | %s | %s | %s | %s | %.0f | %.0f | %s | %s | %s | %d |" % (
                WORK[work], system, "{:,.0f}".format(mine), "{:,.0f}".format(min(columns[0])),
                "{:,.0f}".format(max(columns[0])), median(columns[1]), median(columns[2]),
                share(mine, first), share(mine, http) if served else "",
                share(mine, rate(results, work, ENGINE.get(system))),
                0 if work == NOT_AN_ERROR else sum(columns[3])))


def print_goals(results):
    rows = []
    for work, system, least, others in GOALS:
        rates = {}
        for other in others:
            other_work, name = other.split("/") if "/" in other else (work, other)
            rates[other] = rate(results, other_work, name)
        known = {other: value for other, value in rates.items() if value}
        mine = rate(results, work, system)
        if not known or not mine:
            continue
        best = max(known, key=known.get)
        ratio = mine / known[best]
        rows.append("| %s | %s | %s | %.2f | %.2f | %s |" % (
            WORK[work], system, best, ratio, least, "yes" if ratio >= least else "no"))
    if rows:
        print("\n| work | system | in proportion to | is | wanted | reached |\n|---|---|---|---|---|---|")
        print("\n".join(rows))


def print_facts(path):
    print("\n| system | first answer, ms | keys written | a second | MiB for a million keys |\n|---|---|---|---|---|")
    with open(path) as file:
        for line in file:
            system, first, took, keys, kib = line.split()
            if keys == "-":
                print("| %s | %s | | | |" % (system, first))
                continue
            print("| %s | %s | %s | %s | %s |" % (
                system, first, "{:,}".format(int(keys)),
                "{:,.0f}".format(int(keys) * 1000 / max(int(took), 1)),
                "{:,.0f}".format(int(kib) / 1024 * 1e6 / int(keys))))


def bars(work, systems, top):
    """One group: a title, and a bar for each system with a whisker from minimum to maximum."""
    most = max(max(r[0] for r in rounds) for rounds in systems.values())
    out = ['<text x="10" y="%d" class="title">%s, a second</text>' % (top, WORK[work])]
    for row, (system, rounds) in enumerate(systems.items()):
        rates = [r[0] for r in rounds]
        y = top + 10 + row * 18
        scale = 420 / most
        kind = "ours" if system.startswith("navistore") else "theirs"
        if system == LIMIT:
            kind = "limit"
        out.append('<text x="190" y="%d" class="name">%s</text>' % (y + 10, system))
        out.append('<rect x="200" y="%d" width="%.1f" height="13" class="%s"/>' % (y, median(rates) * scale, kind))
        out.append('<path d="M%.1f %dH%.1f" class="span"/>' % (200 + min(rates) * scale, y + 6, 200 + max(rates) * scale))
        out.append('<text x="%.1f" y="%d">%s</text>' % (206 + max(rates) * scale, y + 10, "{:,.0f}".format(median(rates))))
    return out, top + 10 + len(systems) * 18 + 24


def write_chart(results, path, caption):
    body, top = [], 24
    for work, systems in results.items():
        served = {name: rounds for name, rounds in systems.items() if not name.startswith("engine-")}
        if served:
            group, top = bars(work, served, top)
            body += group
    style = ("text{font:11px sans-serif}.title{font-weight:bold;font-size:13px}.name{text-anchor:end}"
             ".ours{fill:#2a7f62}.theirs{fill:#9aa5b1}.limit{fill:#d5dbe1}.span{stroke:#222;stroke-width:1.5}")
    with open(path, "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 %d">\n<title>%s</title>\n<style>%s</style>\n'
                   '<rect width="720" height="%d" fill="#fff"/>\n' % (top, caption, style, top))
        file.write("\n".join(body) + "\n</svg>\n")


def main():
    directory, caption = sys.argv[1:]
    results = read(os.path.join(directory, "results.txt"))
    print(caption + "\n")
    print_results(results)
    print_goals(results)
    facts = os.path.join(directory, "facts.txt")
    if os.path.exists(facts):
        print_facts(facts)
    write_chart(results, os.path.join(directory, "chart.svg"), caption)


main()

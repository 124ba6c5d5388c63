# SPDX-License-Identifier: Apache-2.0
# report.py RESULTS CHART.svg CAPTION: prints a table of medians and writes a chart.
# A line of RESULTS: work, system, requests/s, p50 us, p99 us, errors, MB/s.
import sys

WORK = {
    "get": "GET", "miss": "GET, missing", "put": "PUT", "mix": "90 % GET, 10 % PUT",
    "list": "list of 1,000 with values", "txn": "transaction of 10 puts",
    "bigget": "GET 1 MiB", "bigput": "PUT 1 MiB",
}
NOT_AN_ERROR = "miss"  # wrk counts each 404


def median(numbers):
    numbers = sorted(numbers)
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2


def read(path):
    """Work -> system -> rounds, each in the order in which it appears first."""
    results = {}
    with open(path) as file:
        for line in file:
            work, system, *numbers = line.split()
            results.setdefault(work, {}).setdefault(system, []).append([float(n) for n in numbers])
    return results


def print_table(results, caption):
    print(caption + "\n")
    print("| work | system | requests/s | min | max | p50 us | p99 us | to the first | failed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for work, systems in results.items():
        first = None
        for system, rounds in systems.items():
            columns = list(zip(*rounds))
            rate = median(columns[0])
            first = first or rate
            failed = 0 if work == NOT_AN_ERROR else sum(columns[3])
            print("| %s | %s | %s | %s | %s | %.0f | %.0f | %.2f | %d |" % (
                WORK[work], system, "{:,.0f}".format(rate), "{:,.0f}".format(min(columns[0])),
                "{:,.0f}".format(max(columns[0])), median(columns[1]), median(columns[2]),
                rate / first, failed))


def bars(work, systems, top):
    """One group: a title, and a bar for each system with a whisker from minimum to maximum."""
    most = max(max(r[0] for r in rounds) for rounds in systems.values())
    out = ['<text x="10" y="%d" class="title">%s, requests/s</text>' % (top, WORK[work])]
    for row, (system, rounds) in enumerate(systems.items()):
        rates = [r[0] for r in rounds]
        y = top + 10 + row * 18
        scale = 420 / most
        kind = "ours" if system.startswith("navistore") else "theirs"
        out.append('<text x="190" y="%d" class="name">%s</text>' % (y + 10, system))
        out.append('<rect x="200" y="%d" width="%.1f" height="13" class="%s"/>' % (y, median(rates) * scale, kind))
        out.append('<path d="M%.1f %dH%.1f" class="span"/>' % (200 + min(rates) * scale, y + 6, 200 + max(rates) * scale))
        out.append('<text x="%.1f" y="%d">%s</text>' % (206 + max(rates) * scale, y + 10, "{:,.0f}".format(median(rates))))
    return out, top + 10 + len(systems) * 18 + 24


def write_chart(results, path, caption):
    body, top = [], 24
    for work, systems in results.items():
        group, top = bars(work, systems, top)
        body += group
    style = ("text{font:11px sans-serif}.title{font-weight:bold;font-size:13px}.name{text-anchor:end}"
             ".ours{fill:#2a7f62}.theirs{fill:#9aa5b1}.span{stroke:#222;stroke-width:1.5}")
    with open(path, "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 %d">\n<title>%s</title>\n<style>%s</style>\n'
                   '<rect width="720" height="%d" fill="#fff"/>\n' % (top, caption, style, top))
        file.write("\n".join(body) + "\n</svg>\n")


def main():
    results = read(sys.argv[1])
    print_table(results, sys.argv[3])
    write_chart(results, sys.argv[2], sys.argv[3])


main()

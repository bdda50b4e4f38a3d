#!/usr/bin/env python3
"""Writes the tables of docs/performance.md anew: from counted instructions, datasheets and a run of bench gemm.

    bench/performance_tables.py bench/results/instruction-budget/counts.txt RESULTS.json docs/performance.md
"""
import json
import math
import re
import sys

# Vendor's datasheets: multiprocessors, GHz (boost), GB/s, dense BF16 TFLOP/s with fp32 accumulation.
GPUS = {
    "H200": (132, 1.98, 4800, 989.4),
    "RTX 4090": (128, 2.52, 1008, 165.2),
    "L40S": (142, 2.52, 864, 362.1),
}
# Part of the datasheet's bandwidth that the fastest product reaches: measured on the H200, supposed for the others.
BANDWIDTH = 0.91
# Warp instructions per clock and multiprocessor: all; integer ALU; integer multiply-add (CUDA C++ Programming Guide,
# "Arithmetic Instructions", compute capability 8.9 and 9.0: 64 results of 32 lanes each).
ISSUE, ALU, FMA = 4, 2, 2
STRIP = 16 * 64
# Instructions executed per strip, where counters were read (bench/results/instruction-budget/executed.txt). The machine code's
# are more, since branches that are rarely taken are counted in full; all units' counts are reduced alike.
EXECUTED = {("frag11", 8): 198, ("frag11", 16): 214, ("frag11", 32): 242}
BYTES = {"frag11": 11.44 / 8, "tca-tbe": 11.40 / 8, "raw": 2.0}
SHAPES = ["4096x4096", "6144x4096", "28672x4096", "4096x14336", "8192x8192", "10240x8192", "57344x8192", "8192x28672"]
KERNELS = {"frag11": "frag11, fused", "tca-tbe": "TCA-TBE, fused", "raw": "uncompressed twin"}


def read_counts(path):
    """Instructions of each kernel by unit, as bench/sass_budget.py prints them."""
    lines = open(path).read().splitlines()
    header = next(line for line in lines if line.startswith("kernel")).split()
    counts = {}
    for line in lines:
        found = re.match(r"\d+x\d+-(\S+)\s+(.*)", line)
        if found:
            counts[found.group(1)] = dict(zip(header[1:], map(int, found.group(2).split())))
    return counts


def of(counts, kernel, n):
    """Counts of one kernel per strip of 16 x 64 weights. With two row blocks a warp, a round is two strips. A strip takes four
    wgmma instructions (plans that begin with "x"), or four mma instructions for every 8 activation rows."""
    name = next(name for name in counts if name.startswith(f"{kernel.replace('-', '')}{n}p"))
    wide = name.startswith(f"{kernel.replace('-', '')}{n}px")
    strips = max(1, round(counts[name]["tensor"] / (4 if wide else 4 * ((n + 7) // 8))))
    return {unit: count / strips for unit, count in counts[name].items()}, name


def executed(counts, kernel, n):
    """Counts per strip, reduced to what counters say where they were read."""
    c, _ = of(counts, kernel, n)
    total = EXECUTED.get((kernel, max(n, 8)))
    return {unit: count * total / c["loop"] for unit, count in c.items()} if total else c


def limits(counts, kernel, n, gpu, weights):
    """Microseconds that each resource takes at least."""
    sms, ghz, gigabytes, teraflops = GPUS[gpu]
    c = executed(counts, kernel, n)
    per_second = weights / STRIP / (sms * ghz * 1e3)
    return {
        "memory": BYTES[kernel] * weights / (BANDWIDTH * gigabytes * 1e3),
        "issue": c["loop"] * per_second / ISSUE,
        "ALU": c["alu"] * per_second / ALU,
        "FMA": c["fma"] * per_second / FMA,
        "Tensor Cores": 2 * weights * ((n + 7) // 8 * 8) / (teraflops * 1e6),
    }


def worst(times):
    unit = max(times, key=times.get)
    return times[unit], unit


def budget(counts):
    lines = ["| kernel | N | bytes per weight | instructions per strip and warp | executed | ALU | FMA | memory | mma |",
             "|---|---|---|---|---|---|---|---|---|"]
    for kernel, label in KERNELS.items():
        for n in (8, 32, 128):
            c, _ = of(counts, kernel, n)
            lines.append(f"| {label} | {n} | {BYTES[kernel]:.3f} | {c['loop']:.0f} | {EXECUTED.get((kernel, n), '')} | {c['alu']:.0f} | "
                         f"{c['fma']:.0f} | {c['memory']:.0f} | {c['tensor']:.0f} |")
    for name, label, read in (("frag11decompress0", "frag11, decompression", 11.44 / 8),
                              ("tcatbedecompress0", "TCA-TBE, decompression", 11.40 / 8)):
        c = counts[name]
        lines.append(f"| {label} | | {read:.3f} + 2 | {c['loop']} | | {c['alu']} | {c['fma']} | "
                     f"{c['memory']} | |")
    return lines


def predicted(counts):
    lines = ["| kernel | N | " + " | ".join(GPUS) + " |", "|---|---|" + "---|" * len(GPUS)]
    for kernel, label in KERNELS.items():
        for n in (8, 32):
            cells = []
            for gpu in GPUS:
                times = limits(counts, kernel, n, gpu, 28672 * 4096)
                time, unit = worst(times)
                others = sorted((t for u, t in times.items() if u != unit), reverse=True)
                second = next(u for u, t in times.items() if t == others[0])
                cells.append(f"{time:.0f} us, {unit} (then {second}, {others[0]:.0f})")
            lines.append(f"| {label} | {n} | " + " | ".join(cells) + " |")
    return lines


def measured(counts, results):
    gpu = next(name for name in GPUS if results["device"].endswith(name))
    best = fastest(results)
    lines = ["| M x K | N | frag11: predicted | measured (plan) | twin: predicted | measured | cuBLASLt | cuBLASLt / frag11 |",
             "|---|---|---|---|---|---|---|---|"]
    for shape in SHAPES:
        m, k = map(int, shape.split("x"))
        for n in (1, 8, 32):
            cells = []
            for kernel in ("frag11", "raw"):
                time, unit = worst(limits(counts, kernel, n, gpu, m * k))
                r = best.get((kernel, shape, n))
                plan = f" ({r['plan']})" if r and kernel == "frag11" else ""
                cells += [f"{time:.1f} ({unit})", f"{r['median_us']:.1f}{plan}" if r else ""]
            cublas, frag11 = best.get(("cublas", shape, n)), best.get(("frag11", shape, n))
            cells.append(f"{cublas['median_us']:.1f}" if cublas else "")
            cells.append(f"{cublas['median_us'] / frag11['median_us']:.2f}" if cublas and frag11 else "")
            lines.append(f"| {m} x {k} | {n} | " + " | ".join(cells) + " |")
    return lines


def fastest(results):
    """The fastest result of each kernel, shape and N; plans may have been compared."""
    best = {}
    for r in results["results"]:
        key = (r["kernel"], f"{r['m']}x{r['k']}", r["n"])
        if key not in best or r["median_us"] < best[key]["median_us"]:
            best[key] = r
    return best


def cells(results):
    best = fastest(results)
    batches = sorted({n for kernel, _, n in best if kernel == "cublas" and n <= 128})
    lines = ["| M x K | " + " | ".join(f"N = {n}" for n in batches) + " |", "|---|" + "---|" * len(batches)]
    for shape in SHAPES:
        row = []
        for n in batches:
            times = [best.get((kernel, shape, n)) for kernel in ("frag11", "tca-tbe", "raw", "cublas")]
            row.append(" / ".join(("**{:.1f}**" if i == 0 else "{:.1f}").format(r["median_us"]) if r else "-"
                                  for i, r in enumerate(times)))
        lines.append(f"| {shape.replace('x', ' x ')} | " + " | ".join(row) + " |")
    for lowest, highest in ((1, 32), (33, 128)):
        ratios = [best[("cublas", shape, n)]["median_us"] / r["median_us"] for (kernel, shape, n), r in best.items()
                  if kernel == "frag11" and lowest <= n <= highest and ("cublas", shape, n) in best]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            lines += ["", f"cuBLASLt's time over frag11's, N = {lowest} .. {highest}: geometric mean **{mean:.3f}** over "
                      f"{len(ratios)} cells, smallest {min(ratios):.3f}, largest {max(ratios):.3f}; "
                      f"{sum(r >= 1.05 for r in ratios)} cells at 1.05 or more, {sum(r >= 1.25 for r in ratios)} at 1.25 or more."]
    return lines


def decompression(results):
    """Bandwidth as a part of that of a large copy, and of a copy of as many bytes."""
    lines = ["| M x K | a copy of as many bytes | frag11 | of a copy | of a large one | TCA-TBE | of a copy | of a large one |",
             "|---|---|---|---|---|---|---|---|"]
    by = {(r["kernel"], f"{r['m']}x{r['k']}"): r for r in results["results"] if r["n"] == 0}
    for shape in SHAPES:
        copy = by.get(("copy", shape))
        cells = [f"{copy['median_us']:.1f} us" if copy else ""]
        for kernel in ("frag11-decompress", "tca-tbe-decompress"):
            r = by.get((kernel, shape))
            cells += [f"{r['median_us']:.1f} us",
                      f"{100 * r['gb_per_s'] / copy['gb_per_s']:.0f} %" if copy else "",
                      f"{100 * r['part_of_copy']:.0f} %"] if r else ["", "", ""]
        lines.append(f"| {shape.replace('x', ' x ')} | " + " | ".join(cells) + " |")
    return lines


def main():
    counts, results = read_counts(sys.argv[1]), json.load(open(sys.argv[2]))
    text = open(sys.argv[3]).read()
    tables = {"budget": budget(counts), "predicted": predicted(counts), "measured": measured(counts, results),
              "cells": cells(results), "decompression": decompression(results)}
    for name, lines in tables.items():
        text, found = re.subn(rf"(<!-- table: {name} -->\n).*?(\n<!-- end -->)",
                              lambda match: match.group(1) + "\n".join(lines) + match.group(2), text, flags=re.S)
        if found != 1:
            sys.exit(f"{sys.argv[3]}: no place for table '{name}'")
    open(sys.argv[3], "w").write(text)


if __name__ == "__main__":
    main()

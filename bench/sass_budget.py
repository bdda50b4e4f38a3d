#!/usr/bin/env python3
"""Counts the machine instructions of kernels' inner loops, by the unit that executes them.

    zipserv bench gemm --ptx FOLDER ...          # keeps the PTX of the kernels
    bench/sass_budget.py [--arch sm_90] FOLDER   # needs ptxas and nvdisasm of a CUDA toolkit on the PATH

The inner loop is, of the loops with the most mma or wgmma instructions, the one that loads most, and then the shortest. A kernel without mma (decompression) has no loop
over strips, so all of it is counted. Branches that are rarely taken are counted in full, loops inside as one round.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import tempfile

UNITS = {
    "alu": "LOP3 SHF IADD3 PRMT ISETP SEL LEA PLOP3 VOTE IABS IMNMX VIADD VIMNMX FMNMX FSEL FSETP SGXT BMSK P2R R2P",
    "fma": "IMAD FFMA FMUL FADD HFMA2 HADD2 HMUL2",
    "tensor": "HMMA HGMMA",
    "memory": "LDG STG LDGSTS ATOMG RED LDS STS LDSM ATOMS SHFL UBLKCP SYNCS",
    "move": "MOV CS2R UMOV",
    "control": "BRA BSSY BSYNC WARPSYNC EXIT BAR NOP CALL RET BREAK DEPBAR LDGDEPBAR ENDCOLLECTIVE",
}
UNIT = {opcode: unit for unit, opcodes in UNITS.items() for opcode in opcodes.split()}


def instructions(sass):
    """Opcodes with their branch targets, and the places of labels."""
    code, labels = [], {}
    for line in sass.split("\n"):
        label = re.match(r"\s*(\.L_x_\d+):", line)
        found = re.match(r"\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)(.*?);", line)
        if label:
            labels[label.group(1)] = len(code)
        elif found:
            target = re.search(r"(\.L_x_\d+)", found.group(2)) if found.group(1).startswith("BRA") else None
            code.append((found.group(1).split(".")[0], target and target.group(1)))
    return code, labels


def inner_loop(code, labels):
    """The opcodes of the loop that is counted."""
    def count(loop, *opcodes):
        return sum(opcode in opcodes for opcode, _ in code[loop[0]:loop[1] + 1])

    loops = [(labels[target], at) for at, (_, target) in enumerate(code)
             if target in labels and labels[target] < at]
    if not any(count(loop, "HMMA", "HGMMA") for loop in loops):
        return [opcode for opcode, _ in code]
    first, last = max(loops, key=lambda loop: (count(loop, "HMMA", "HGMMA"), count(loop, "LDG", "LDGSTS"), loop[0] - loop[1]))
    return [opcode for opcode, _ in code[first:last + 1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", default="sm_90")
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    print(f"{'kernel':42} {'registers':>9} {'loop':>5}", *(f"{unit:>7}" for unit in [*UNITS, "other"]))
    for ptx in sorted(options.folder.glob("*.ptx")):
        text = ptx.read_text()
        limit = re.match(r"// at most (\d+) registers", text)
        # Kernels with instructions of sm_90a assemble for nothing else.
        arch = "sm_90a" if ".target sm_90a" in text else options.arch
        with tempfile.NamedTemporaryFile(suffix=".cubin") as cubin:
            assembled = subprocess.run(["ptxas", "-v", f"-arch={arch}", "-o", cubin.name, ptx]
                                       + ([f"-maxrregcount={limit.group(1)}"] if limit else []),
                                       capture_output=True, text=True, check=True).stderr
            sass = subprocess.run(["nvdisasm", "-c", cubin.name], capture_output=True, text=True, check=True).stdout
        registers = re.search(r"Used (\d+) registers", assembled).group(1)
        loop = inner_loop(*instructions(sass))
        by_unit = collections.Counter(UNIT.get(opcode, "other") for opcode in loop)
        print(f"{ptx.stem:42} {registers:>9} {len(loop):>5}", *(f"{by_unit[unit]:>7}" for unit in [*UNITS, "other"]))


if __name__ == "__main__":
    main()

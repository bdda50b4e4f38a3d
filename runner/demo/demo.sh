# The demo of setup.sh, which sources this file: the main job of the project on a small model that comes along.

DEMO_PROMPT='In the beginning'
DEMO_TOKENS=200

# sha256_of FILE: its SHA-256, with whatever tool the system has.
sha256_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

# demo_generate NAME FOLDER: generates text into NAME.txt, its statistics into NAME.stats.
demo_generate() {
    runner/bin/zipserv run "$2" --device cpu --prompt "$DEMO_PROMPT" -n "$DEMO_TOKENS" --temperature 0.8 --seed 1 \
        --ignore-eos --warmup 400 --stats \
        >"$out/$1.txt" 2>"$out/$1.stats" || { cat "$out/$1.stats" >&2; die "generating text failed"; }
}

# demo_rate NAME: tokens per second of a generation.
demo_rate() {
    sed -n 's/.*generated: .*, \([0-9.]*\) tokens\/s; end.*/\1/p' "$out/$1.stats"
}

# demo_total FOLDER FIELD: a number out of "zipserv inspect --json".
demo_total() {
    runner/bin/zipserv inspect "$1" --json | sed -n '/"total"/,$p' | sed -n "s/^ *\"$2\" : \([0-9.]*\).*/\1/p" | tail -n 1
}

run_demo() {
    local shipped=runner/demo/tiny-llama-6m out=.zipserv/demo expected found
    rm -rf "$out"
    mkdir -p "$out"

    step "1. Restoring the original model from the compressed one that comes with the project"
    runner/bin/zipserv decompress "$shipped" "$out/original" 2>&1 | sed 's/^/    /'
    expected=$(cut -d ' ' -f 1 runner/demo/tiny-llama-6m.sha256)
    found=$(sha256_of "$out/original/model.safetensors")
    say "SHA-256 $found"
    [ "$found" = "$expected" ] || die "the restored model.safetensors is not the original, whose SHA-256 is $expected"
    say "equal to the SHA-256 of the original model.safetensors"

    step "2. Compressing it again"
    runner/bin/zipserv compress "$out/original" "$out/compressed" 2>&1 | sed 's/^/    /'

    step "3. Verifying the result against the original, bit for bit"
    runner/bin/zipserv verify "$out/compressed" "$out/original" 2>&1 | sed 's/^/    /'

    step "4. Generating $DEMO_TOKENS tokens from the uncompressed and from the compressed weights"
    demo_generate uncompressed "$out/original"
    demo_generate compressed "$out/compressed"
    printf '%s%s\n' "$DEMO_PROMPT" "$(cat "$out/compressed.txt")" | fold -s -w 100 | sed -n '1,8s/^/    | /p'
    cmp -s "$out/uncompressed.txt" "$out/compressed.txt" || die "the two texts differ"
    say "(the beginning; both texts are the same)"

    step "5. Comparing all logits of both, bit by bit"
    runner/bin/zipserv compare-logits "$out/original" "$out/compressed" --device cpu --prompt "$DEMO_PROMPT" 2>&1 \
        | sed 's/^/    /' || die "the logits differ"

    step "Summary"
    demo_table
}

demo_table() {
    local original stored LC_ALL=C    # numbers with a decimal point, as printf must read them
    original=$(demo_total "$out/compressed" original_bytes)
    stored=$(demo_total "$out/compressed" stored_bytes)
    printf '    %-13s %15s %13s %14s\n' '' 'weights, bytes' 'bits/weight' 'tokens/s (CPU)'
    printf '    %-13s %15s %13s %14s\n' 'uncompressed' "$original" 16.000 "$(demo_rate uncompressed)"
    printf '    %-13s %15s %13.3f %14s\n' 'compressed' "$stored" "$(demo_total "$out/compressed" bits_per_weight)" \
        "$(demo_rate compressed)"
    printf '    %-13s %15s %13.3f\n' 'Shannon bound' '' "$(demo_total "$out/compressed" shannon_bound)"
    say ""
    say "Rates are of single runs of a small model, after a warm-up of 400 tokens."
}

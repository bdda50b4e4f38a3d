#!/usr/bin/env python3
"""How fast PyTorch runs the same model uncompressed: the yardstick for `zipserv bench model`.

    python3 bench/pytorch_decode.py Llama-3.1-8B --json pytorch.json

Reads a Hugging Face folder with BF16 weights and measures, in tokens per second of all sequences together,

    tgN  N greedy decode steps for a batch of sequences, each one token deep when the clock starts; the next token is
         chosen on the device and never read by the host, which favours PyTorch over zipserv
    ppN  one prefill of N tokens, with the logits of the last one

in up to four variants, best one last in the summary:

    transformers, CUDA graph       the library's model with a static cache, the whole step captured and replayed
    plain, CUDA graph              the same equations in few PyTorch calls (joined QKV and gate/up matrices), captured
    plain, compiled, CUDA graph    its layers through torch.compile, then captured
    transformers, torch.compile    the library's own way: mode reduce-overhead, static cache

Whatever is missing or fails (no transformers, no compiler, a capture that is refused) is said and left out. Nothing
begins after --time-limit seconds, and what is in work then is abandoned. --random takes only config.json and draws the
weights, whose values do not matter for speed.
"""

import argparse
import contextlib
import inspect
import json
import mmap
import platform
import signal
import statistics
import struct
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit("pytorch_decode.py: error: PyTorch is not installed (https://pytorch.org says how)")

GRAPH, COMPILED, LIBRARY_COMPILED = "CUDA graph", "compiled, CUDA graph", "torch.compile"
WARMUP_STEPS = 3


class OutOfTime(Exception):
    """The time limit was reached."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def captured(function, device):
    """A function of no arguments that does what `function` does to its tensors, replayed from a CUDA graph."""
    if device.type != "cuda":
        function()
        return function
    side = torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(WARMUP_STEPS):
            function()
    torch.cuda.current_stream(device).wait_stream(side)
    torch.cuda.synchronize(device)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function()
    return graph.replay


def seconds(function, device):
    synchronize(device)
    start = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - start


# --- reading a folder ----------------------------------------------------------------------------------------------


def load_tensors(folder, device):
    """All tensors of a folder's safetensors files by name, on the device."""
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as data:
            length = struct.unpack("<Q", data[:8])[0]
            for name, entry in json.loads(data[8 : 8 + length]).items():
                if name == "__metadata__":
                    continue
                kind = {"BF16": torch.bfloat16, "F32": torch.float32}[entry["dtype"]]
                begin, end = entry["data_offsets"]
                view = torch.frombuffer(data, dtype=kind, count=(end - begin) // kind.itemsize, offset=8 + length + begin)
                tensors[name] = view.reshape(entry["shape"]).to(device=device, dtype=torch.bfloat16, copy=True)
                del view
    if not tensors:
        sys.exit(f"pytorch_decode.py: error: {folder}: no *.safetensors files, expected an uncompressed checkpoint")
    return tensors


def random_tensors(config, device):
    """Weights of the right shapes."""
    torch.manual_seed(0)
    hidden, inner, head_dim = config["hidden_size"], config["intermediate_size"], head_width(config)
    heads, kv_heads = config["num_attention_heads"], config.get("num_key_value_heads", config["num_attention_heads"])

    def matrix(rows, columns):
        return torch.randn(rows, columns, device=device, dtype=torch.bfloat16) * columns**-0.5

    tensors = {"model.embed_tokens.weight": matrix(config["vocab_size"], hidden)}
    tensors["model.norm.weight"] = torch.ones(hidden, device=device, dtype=torch.bfloat16)
    if not config.get("tie_word_embeddings", False):
        tensors["lm_head.weight"] = matrix(config["vocab_size"], hidden)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{layer}{norm}.weight"] = torch.ones(hidden, device=device, dtype=torch.bfloat16)
        for name, rows, columns in (
            ("self_attn.q_proj", heads * head_dim, hidden),
            ("self_attn.k_proj", kv_heads * head_dim, hidden),
            ("self_attn.v_proj", kv_heads * head_dim, hidden),
            ("self_attn.o_proj", hidden, heads * head_dim),
            ("mlp.gate_proj", inner, hidden),
            ("mlp.up_proj", inner, hidden),
            ("mlp.down_proj", hidden, inner),
        ):
            tensors[f"{layer}{name}.weight"] = matrix(rows, columns)
    return tensors


def head_width(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def rope_frequencies(config):
    """Angles per position of each pair of dimensions, with Llama 3.1's scaling if the model has it."""
    parameters = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    theta = parameters.get("rope_theta", config.get("rope_theta", 10000.0))
    width = head_width(config)
    frequencies = 1.0 / theta ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    if parameters.get("rope_type", parameters.get("type")) == "llama3":
        low, high, factor = (parameters[k] for k in ("low_freq_factor", "high_freq_factor", "factor"))
        turns = parameters["original_max_position_embeddings"] * frequencies / (2 * torch.pi)
        smooth = ((turns - low) / (high - low)).clamp(0, 1)
        frequencies = frequencies * (smooth + (1 - smooth) / factor)
    return frequencies.float()


# --- the model in plain PyTorch --------------------------------------------------------------------------------------


class PlainModel:
    """A Llama-like model as few PyTorch calls. All sequences of a batch are at the same position."""

    label = "plain"

    def __init__(self, config, tensors, device, dtype=torch.bfloat16):
        self.config, self.device, self.dtype = config, device, dtype
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads", self.heads)
        self.head_dim = head_width(config)
        self.epsilon = config.get("rms_norm_eps", 1e-6)
        self.frequencies = rope_frequencies(config).to(device)

        def get(*names):
            found = [tensors[name].to(dtype) for name in names if name in tensors]
            return None if len(found) < len(names) else found[0] if len(found) == 1 else torch.cat(found)

        self.embedding = get("model.embed_tokens.weight")
        self.norm = get("model.norm.weight")
        self.head = self.embedding if "lm_head.weight" not in tensors else get("lm_head.weight")
        self.layers = []
        for i in range(config["num_hidden_layers"]):
            a, m = f"model.layers.{i}.self_attn.", f"model.layers.{i}.mlp."
            self.layers.append(
                (
                    get(f"model.layers.{i}.input_layernorm.weight"),
                    get(a + "q_proj.weight", a + "k_proj.weight", a + "v_proj.weight"),
                    get(a + "q_proj.bias", a + "k_proj.bias", a + "v_proj.bias"),
                    get(a + "q_norm.weight"),
                    get(a + "k_norm.weight"),
                    get(a + "o_proj.weight"),
                    get(f"model.layers.{i}.post_attention_layernorm.weight"),
                    get(m + "gate_proj.weight", m + "up_proj.weight"),
                    get(m + "down_proj.weight"),
                )
            )
        self.layer_function = self.layer
        self.compiled = False

    def compile(self):
        """From now on every layer runs through torch.compile, all of them through the same code."""
        with contextlib.suppress(AttributeError):
            # One version of the code per shape of its input; beyond the limit it would run uncompiled.
            torch._dynamo.config.recompile_limit = 64
        self.layer_function = torch.compile(self.layer, dynamic=False)
        self.compiled = True

    def rms_norm(self, x, gain):
        return F.rms_norm(x, (x.shape[-1],), gain, self.epsilon)

    def turn(self, x, cos, sin):
        first, second = x.chunk(2, dim=-1)
        return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)

    def layer(self, x, weights, keys, values, slots, cos, sin, mask):
        norm, qkv, bias, q_norm, k_norm, output, mlp_norm, gate_up, down = weights
        batch, length, _ = x.shape
        projected = F.linear(self.rms_norm(x, norm), qkv, bias).view(batch, length, -1, self.head_dim).transpose(1, 2)
        q, k, v = projected.split((self.heads, self.kv_heads, self.kv_heads), dim=1)
        if q_norm is not None:
            q, k = self.rms_norm(q, q_norm), self.rms_norm(k, k_norm)
        q, k = self.turn(q, cos, sin), self.turn(k, cos, sin)
        keys.index_copy_(2, slots, k)
        values.index_copy_(2, slots, v)
        group = self.heads // self.kv_heads
        if length == 1:
            # One query per head: as plain products, which need no copies of keys and values for grouped heads.
            q = q.view(batch, self.kv_heads, group, self.head_dim)
            scores = torch.matmul(q, keys.transpose(2, 3)) * self.head_dim**-0.5 + mask
            attended = torch.matmul(scores.float().softmax(-1).to(v.dtype), values)
            attended = attended.view(batch, 1, -1)
        else:
            k, v = (t.repeat_interleave(group, dim=1) for t in (k, v))
            attended = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, length, -1)
        x = x + F.linear(attended, output)
        gate, up = F.linear(self.rms_norm(x, mlp_norm), gate_up).chunk(2, dim=-1)
        return x + F.linear(F.silu(gate) * up, down)

    def forward(self, tokens, positions, cache):
        """The logits of the last position. Tokens of more than one position must begin at position 0."""
        angles = positions.float()[:, None] * self.frequencies
        cos, sin = angles.cos().to(self.dtype), angles.sin().to(self.dtype)
        room = cache[0][0].shape[2]
        hidden = torch.arange(room, device=self.device) > positions[-1]
        mask = torch.zeros(room, device=self.device, dtype=self.dtype).masked_fill_(hidden, float("-inf"))
        x = F.embedding(tokens, self.embedding)
        for weights, (keys, values) in zip(self.layers, cache):
            x = self.layer_function(x, weights, keys, values, positions, cos, sin, mask)
        return F.linear(self.rms_norm(x[:, -1], self.norm), self.head)

    def new_cache(self, batch, room):
        shape = (batch, self.kv_heads, room, self.head_dim)
        return [tuple(torch.zeros(shape, device=self.device, dtype=self.dtype) for _ in range(2)) for _ in self.layers]

    def decoder(self, batch, room):
        """A step that continues `tokens`, and what starts it over."""
        cache = self.new_cache(batch, room)
        tokens = torch.zeros(batch, 1, device=self.device, dtype=torch.long)
        position = torch.zeros(1, device=self.device, dtype=torch.long)

        def step():
            tokens.copy_(self.forward(tokens, position, cache).argmax(-1, keepdim=True))
            position.add_(1)

        def reset():
            tokens.copy_(first_tokens(batch, self.config, self.device))
            position.zero_()

        return step, reset, tokens

    def prefill(self, prompt):
        cache = self.new_cache(1, prompt.shape[1])
        positions = torch.arange(prompt.shape[1], device=self.device)
        return lambda: self.forward(prompt, positions, cache).argmax(-1)


# --- the model of the transformers library ---------------------------------------------------------------------------


class LibraryModel:
    """The transformers library's model with its static cache."""

    label = "transformers"
    compiled = False

    def __init__(self, folder, config, device, random):
        import transformers

        self.version, self.config, self.device = transformers.__version__, config, device
        self.cache_class = transformers.StaticCache
        if random:
            with torch.device(device):
                settings = transformers.AutoConfig.from_pretrained(folder)
                self.model = transformers.AutoModelForCausalLM.from_config(settings, dtype=torch.bfloat16)
        else:
            kind = "dtype" if int(self.version.split(".")[0]) >= 5 else "torch_dtype"
            options = {kind: torch.bfloat16}
            try:
                # Straight to the device, without a copy on the host; needs the accelerate library.
                self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, device_map={"": device}, **options)
            except (ImportError, ValueError):
                self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, **options)
        self.model = self.model.to(device).eval()
        # Versions before 5 want to be told where in the cache a token goes.
        parameters = inspect.signature(self.model.forward).parameters
        self.wants_cache_position = "cache_position" in parameters

    def new_cache(self, batch, room):
        cache = self.cache_class(
            config=self.model.config, max_cache_len=room, max_batch_size=batch, device=self.device, dtype=torch.bfloat16
        )
        return cache

    def logits(self, tokens, positions, cache, model=None):
        extra = {"cache_position": positions} if self.wants_cache_position else {}
        return (model or self.model)(
            input_ids=tokens, position_ids=positions[None], past_key_values=cache, use_cache=True, logits_to_keep=1, **extra
        ).logits[:, -1]

    def decoder(self, batch, room, library_compiled=False):
        cache = self.new_cache(batch, room)
        tokens = torch.zeros(batch, 1, device=self.device, dtype=torch.long)
        position = torch.zeros(1, device=self.device, dtype=torch.long)
        # A first step outside of any graph lets the cache allocate its tensors.
        self.logits(tokens, position, cache)

        def next_tokens(tokens, position):
            return self.logits(tokens, position, cache).argmax(-1, keepdim=True)

        if library_compiled:
            next_tokens = torch.compile(next_tokens, mode="reduce-overhead", fullgraph=True, dynamic=False)

        def step():
            tokens.copy_(next_tokens(tokens, position))
            position.add_(1)

        def reset():
            cache.reset()
            tokens.copy_(first_tokens(batch, self.config, self.device))
            position.zero_()

        reset()
        return step, reset, tokens

    def prefill(self, prompt):
        positions = torch.arange(prompt.shape[1], device=self.device)[None]
        extra = {"cache_position": positions[0]} if self.wants_cache_position else {}
        return lambda: self.model(
            input_ids=prompt, position_ids=positions, use_cache=True, logits_to_keep=1, **extra
        ).logits[:, -1].argmax(-1)


# --- measuring -------------------------------------------------------------------------------------------------------


def first_tokens(batch, config, device):
    return (torch.arange(batch, device=device) * 7919 % config["vocab_size"])[:, None]


class Measurements:
    def __init__(self, arguments, device, deadline):
        self.arguments, self.device, self.deadline = arguments, device, deadline
        self.rows = []

    def add(self, model, variant, test, batch, tokens, times, answer):
        rates = [tokens / t for t in times]
        if self.device.type != "cuda":
            variant = variant.replace(", " + GRAPH, "").replace(GRAPH, "eager")
        row = {
            "implementation": model.label,
            "variant": variant,
            "test": test,
            "batch": batch,
            "tokens_per_second": statistics.median(rates),
            "standard_deviation": statistics.stdev(rates) if len(rates) > 1 else 0.0,
            "samples": rates,
            "first_tokens": answer,
        }
        self.rows.append(row)
        say(f"{model.label}, {variant}: {test}, batch {batch}: {row['tokens_per_second']:.2f} tokens/s")

    @contextlib.contextmanager
    def attempt(self, what):
        """Says what failed and goes on; running out of time goes through."""
        if time.monotonic() > self.deadline:
            raise OutOfTime
        try:
            yield
        except (OutOfTime, KeyboardInterrupt):
            raise
        except Exception as failure:  # noqa: BLE001 - any failure of a variant only leaves that variant out
            text = str(failure).strip() or type(failure).__name__
            say(f"left out: {what}: {text.splitlines()[0][:200]}")
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def decode(self, model, variant, batch, library_compiled=False):
        arguments, device = self.arguments, self.device
        room = arguments.tokens + WARMUP_STEPS + 8
        with self.attempt(f"{model.label}, {variant}, tg{arguments.tokens}, batch {batch}"):
            if library_compiled:
                step, reset, tokens = model.decoder(batch, room, library_compiled=True)
                for _ in range(WARMUP_STEPS):
                    step()
                replay = step
            else:
                step, reset, tokens = model.decoder(batch, room)
                replay = captured(step, device)
            times, answer = [], []
            for repetition in range(arguments.repetitions + 1):
                reset()
                replay()
                taken = seconds(lambda: [replay() for _ in range(arguments.tokens)], device)
                if repetition > 0:
                    times.append(taken)
            answer = tokens[:, 0].tolist()[:4]
            self.add(model, variant, f"tg{arguments.tokens}", batch, batch * arguments.tokens, times, answer)

    def prefill(self, model, variant, length):
        with self.attempt(f"{model.label}, {variant}, pp{length}"):
            generator = torch.Generator().manual_seed(length)
            prompt = torch.randint(model.config["vocab_size"], (1, length), generator=generator).to(self.device)
            function = model.prefill(prompt)
            answer = function().tolist()
            function()
            times = [seconds(function, self.device) for _ in range(self.arguments.repetitions)]
            self.add(model, variant, f"pp{length}", 1, length, times, answer)

    def all_of(self, model, variant):
        for batch in self.arguments.batch:
            self.decode(model, variant, batch)
        for length in self.arguments.prompt:
            if length <= model.config.get("max_position_embeddings", length):
                self.prefill(model, variant.replace(", " + GRAPH, "").replace(GRAPH, "eager"), length)

    def run(self, folder, config):
        """Everything, in the order in which it is worth the time."""
        library = plain = None
        choice = self.arguments.implementation
        if choice in ("auto", "transformers"):
            with self.attempt("transformers"):
                library = LibraryModel(folder, config, self.device, self.arguments.random)
                self.all_of(library, GRAPH)
        if choice in ("auto", "plain"):
            with self.attempt("the plain model"):
                if library is not None:
                    tensors = library.model.state_dict()
                elif self.arguments.random:
                    tensors = random_tensors(config, self.device)
                else:
                    tensors = load_tensors(folder, self.device)
                plain = PlainModel(config, tensors, self.device)
                del tensors
                self.all_of(plain, GRAPH)
        if plain is not None and self.arguments.compile:
            plain.compile()
            self.all_of(plain, COMPILED)
        if library is not None and self.arguments.compile:
            for batch in self.arguments.batch:
                self.decode(library, LIBRARY_COMPILED, batch, library_compiled=True)


def self_test():
    """The plain model's decode steps against its own prefill, in fp32 on the CPU."""
    config = {
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 128, "max_position_embeddings": 64, "rope_theta": 10000.0,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 16},
    }  # fmt: skip
    device = torch.device("cpu")
    tensors = {name: t.float() for name, t in random_tensors(config, device).items()}
    model = PlainModel(config, tensors, device, torch.float32)
    with torch.inference_mode():
        tokens = torch.randint(128, (1, 20), generator=torch.Generator().manual_seed(1))
        cache = model.new_cache(1, 24)
        for i in range(20):
            stepwise = model.forward(tokens[:, i : i + 1], torch.tensor([i]), cache)
            whole = model.forward(tokens[:, : i + 1], torch.arange(i + 1), model.new_cache(1, 24))
            assert torch.allclose(stepwise, whole, atol=1e-4), (i, (stepwise - whole).abs().max())
    print("self-test passed")


def report(measurements, arguments, config, versions, device):
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu"
    environment = {
        "device": name,
        "python": platform.python_version(),
        **versions,
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model": arguments.model.resolve().name + (" (random weights)" if arguments.random else ""),
        "repetitions": arguments.repetitions,
    }
    for key, value in environment.items():
        print(f"- {key}: {value}")
    print()
    rows = sorted(measurements.rows, key=lambda r: (r["test"], r["batch"], r["tokens_per_second"]))
    print("| test | batch | implementation | median t/s | sd |")
    print("| ---- | ----: | -------------- | ---------: | --: |")
    for r in rows:
        print(
            f"| {r['test']} | {r['batch']} | {r['implementation']}, {r['variant']} "
            f"| {r['tokens_per_second']:.2f} | {r['standard_deviation']:.2f} |"
        )
    if arguments.json:
        text = json.dumps({"environment": environment, "config": config, "results": rows}, indent=1)
        partial = arguments.json.with_name(arguments.json.name + ".part")
        partial.write_text(text + "\n")
        partial.replace(arguments.json)


def numbers(text):
    return [int(n) for n in text.split(",") if int(n) > 0]


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("model", type=Path, nargs="?", help="folder of an uncompressed checkpoint")
    parser.add_argument("-b", "--batch", type=numbers, default="1,8,32,128", help="batch sizes of tg")
    parser.add_argument("-p", "--prompt", type=numbers, default="512,4096", help="prompt lengths of pp")
    parser.add_argument("-n", "--tokens", type=int, default=128, help="decode steps of tg")
    parser.add_argument("-r", "--repetitions", type=int, default=3, help="measured runs of each test")
    parser.add_argument("--implementation", choices=("auto", "transformers", "plain"), default="auto")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="leave torch.compile out")
    parser.add_argument("--random", action="store_true", help="draw the weights, read only config.json")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--time-limit", type=float, default=110, help="seconds for everything")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--self-test", action="store_true", help="check the plain model's arithmetic, then end")
    arguments = parser.parse_args()
    if not arguments.self_test and arguments.model is None:
        parser.error("the following arguments are required: model")
    return arguments


def main():
    arguments = parse()
    if arguments.self_test:
        return self_test()
    device = torch.device(arguments.device)
    try:
        config = json.loads((arguments.model / "config.json").read_text())
    except OSError as failure:
        sys.exit(f"pytorch_decode.py: error: {failure.filename}: {failure.strerror}")
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda or "none"}
    with contextlib.suppress(ImportError):
        import transformers

        versions["transformers"] = transformers.__version__
    measurements = Measurements(arguments, device, time.monotonic() + arguments.time_limit)

    def out_of_time(*_):
        raise OutOfTime

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, arguments.time_limit)
    try:
        with torch.inference_mode():
            measurements.run(arguments.model, config)
    except OutOfTime:
        say(f"the time limit of {arguments.time_limit:.0f} s is reached: what is missing below was not tried")
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    report(measurements, arguments, config, versions, device)
    return 0 if measurements.rows else 1


if __name__ == "__main__":
    sys.exit(main())

"""How people say which model, GPUs, formats, engines, providers, places and terms they want, or do not want."""

from .phrasing import Case, ask

A100 = ("A100-SXM-40GB", "A100-PCIe-40GB", "A100-SXM-80GB", "A100-PCIe-80GB")
A100_80 = ("A100-SXM-80GB", "A100-PCIe-80GB")
H100 = ("H100-SXM-80GB", "H100-PCIe-80GB", "H100-NVL-94GB")
H200 = ("H200-SXM-141GB", "H200-NVL-141GB")
AMD = ("MI250X", "MI300X-192GB", "MI325X-256GB", "MI355X-288GB")
NVLINK = ("nvswitch-gen3", "nvswitch-gen4", "nvswitch-gen5", "nvl72", "nvlink-mesh", "nvlink-pair")
PCIE = ("pcie-gen4", "pcie-gen4-poor-host", "pcie-gen5")
FP8 = ("fp8", "fp8-weight-only")
INT4 = ("awq-int4", "gptq-int4")
BITS16 = ("bf16", "fp16")
GGUF = ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m", "q2_k")
DEFAULT_TIERS = ("hyperscaler", "neocloud")
MODEL: list[Case] = [
    ask("llama 4 405b"),
    ask("405B"),
    ask("Llama-3.1-405B", model="llama-3.1-405b"),
    ask("Llama-3.1-405B-Instruct", model="llama-3.1-405b"),
    ask("meta-llama/Llama-3.1-405B-Instruct", model="llama-3.1-405b"),
    ask("llama-3.1-405B-Instruct-FP8", model="llama-3.1-405b", formats=FP8),
    ask("llama 70b", model="llama-3.3-70b"),
    ask("give us the cheapest 70b", model="llama-3.3-70b"),
    ask("3.3 70b", model="llama-3.3-70b"),
    ask("llama3.1:8b", model="llama-3.1-8b"),
    ask("llama 2 70b at 4k", model="llama-2-70b", ctx=4096),
    ask("qwen3 32b", model="qwen3-32b"),
    ask("Qwen/Qwen2.5-72B-Instruct", model="qwen2.5-72b"),
    ask("deepseek r1", model="deepseek-r1"),
    ask("DeepSeek-V3", model="deepseek-v3"),
    ask("gpt-oss 120b", model="gpt-oss-120b"),
    ask("Llama 4 Scout at 1M", model="llama-4-scout", ctx=1_000_000),
    ask("mistral large", model="mistral-large-2"),
]
HARDWARE: list[Case] = [
    ask("A100", gpus=A100),
    ask("A100s", gpus=A100),
    ask("A100 80GB", gpus=A100_80),
    ask("80 GB A100", gpus=A100_80),
    ask("A100 80GB PCIe", gpus=("A100-PCIe-80GB",)),
    ask("A100-PCIe-80GB", gpus=("A100-PCIe-80GB",)),
    ask("nvidia a100 sxm4 80gb", gpus=("A100-SXM-80GB",)),
    ask("on A100 or H200", gpus=(*H200, *A100)),
    ask("H100/H200", gpus=(*H100, *H200)),
    ask("H100 SXM", gpus=("H100-SXM-80GB",)),
    ask("H100 SXM5 only", gpus=("H100-SXM-80GB",)),
    ask("GH200", gpus=("GH200-96GB",)),
    ask("H200", gpus=H200),
    ask("L40S", gpus=("L40S-48GB",)),
    ask("L40", gpus=("L40-48GB",)),
    ask("L4", gpus=("L4-24GB",)),
    ask("4090s", gpus=("RTX-4090-24GB",)),
    ask("RTX A6000", gpus=("RTX-A6000-48GB",)),
    ask("AMD MI300X", gpus=("MI300X-192GB",)),
    ask("AMD only", gpus=AMD),
    ask("48 GB GPUs", gpus=("L40S-48GB", "L40-48GB", "A40-48GB", "RTX-A6000-48GB", "RTX-6000-Ada-48GB")),
    ask("no H100", no_gpus=H100),
    ask("no A100 or H100", no_gpus=(*H100, *A100)),
    ask("not on A100", no_gpus=A100),
    ask("A100 but not 40GB", gpus=A100_80, no_gpus=("A100-SXM-40GB", "A100-PCIe-40GB")),
    ask("no A100, H100 only", gpus=H100, no_gpus=A100),
    ask("H200 not GH200", gpus=H200, no_gpus=("GH200-96GB",)),
    ask("max 8 A100 PCIe 80GB", gpus=("A100-PCIe-80GB",), quotas={"A100-PCIe-80GB": 8}),
    ask("without NVLink", no_links=NVLINK),
    ask("NVLink only", links=NVLINK),
    ask("no NVLink needed, 2 users", u=2),
    ask("PCIe", links=PCIE),
    ask("vLLM", engines=("vllm",)),
    ask("with SGLang or TensorRT-LLM", engines=("sglang", "trt-llm")),
    ask("llama.cpp", engines=("llama.cpp",)),
    ask("not ollama", no_engines=("ollama",)),
    ask("on p5.48xlarge", gpus=("H100-SXM-80GB",), providers=("aws",)),
]
FORMATS: list[Case] = [
    ask("FP8", formats=FP8),
    ask("int4", formats=INT4),
    ask("AWQ", formats=("awq-int4",)),
    ask("AWQ or GPTQ", formats=INT4),
    ask("Q4_K_M", formats=("q4_k_m",)),
    ask("q4km on llama.cpp", formats=("q4_k_m",), engines=("llama.cpp",)),
    ask("4-bit", formats=(*INT4, "nvfp4", "mxfp4", "q4_k_m")),
    ask("GGUF", formats=GGUF),
    ask("fp4", formats=("nvfp4", "mxfp4")),
    ask("no quantization", formats=BITS16),
    ask("unquantized", formats=BITS16),
    ask("in bf16", formats=("bf16",)),
    ask("GGUF but no Q2_K or Q3_K_M", formats=GGUF[:4]),
    ask("lossless", tier="lossless"),
    ask("at least near-lossless", tier="near-lossless"),
    ask("no quality loss", tier="lossless"),
    ask("any quality", tier="severe"),
    ask("degraded ok", tier="degraded"),
]
PLACE: list[Case] = [
    ask("on AWS", providers=("aws",)),
    ask("only Azure or GCP", providers=("azure", "gcp")),
    ask("Google Cloud", providers=("gcp",)),
    ask("lambda labs", providers=("lambda",)),
    ask("on vast.ai", providers=("vast",), tiers=(*DEFAULT_TIERS, "marketplace")),
    ask("not AWS", no_providers=("aws",)),
    ask("not on AWS", no_providers=("aws",)),
    ask("except GCP", no_providers=("gcp",)),
    ask("anything but Azure", no_providers=("azure",)),
    ask("everything except AWS and Azure", no_providers=("aws", "azure")),
    ask("not AWS, not GCP", no_providers=("aws", "gcp")),
    ask("please don't use vast or AWS", no_providers=("aws", "vast")),
    ask("not only AWS, 2 users", u=2),
    ask("hyperscalers only", tiers=("hyperscaler",)),
    ask("neoclouds", tiers=("neocloud",)),
    ask("no hyperscalers", tiers=("neocloud",), no_tiers=("hyperscaler",)),
    ask("marketplace ok", tiers=(*DEFAULT_TIERS, "marketplace")),
    ask("any host", tiers=(*DEFAULT_TIERS, "marketplace")),
    ask("trackers too", tiers=(*DEFAULT_TIERS, "tracker")),
    ask("us-east-1", regions=("us-east-1",)),
    ask("us-east1", regions=("us-east1",)),
    ask("eastus", regions=("eastus",)),
    ask("us-west-2 or eastus2", regions=("eastus2", "us-west-2")),
    ask("in Germany", regions=("eu-central-1", "germanywestcentral")),
    ask("in EU", continents=("europe",)),
    ask("in Europe", continents=("europe",)),
    ask("in the US", continents=("north-america",)),
    ask("US only", continents=("north-america",)),
    ask("Asia or Europe", continents=("asia", "europe")),
    ask("outside the US", no_continents=("north-america",)),
    ask("not in us-east-1", no_regions=("us-east-1",)),
]
TERMS: list[Case] = [
    ask("spot", terms=("spot",)),
    ask("preemptible", terms=("spot",)),
    ask("no spot", no_terms=("spot",)),
    ask("spot ok", terms=("on_demand", "spot")),
    ask("spot or on demand", terms=("on_demand", "spot")),
    ask("on-demand, 2 users", u=2),
    ask("no spot, on demand only", no_terms=("spot",)),
    ask("reserved", terms=("reserved_1y", "reserved_3y")),
    ask("1-year reserved", terms=("reserved_1y",)),
    ask("3 year commitment", terms=("reserved_3y",)),
    ask("reserved for 36 months", terms=("reserved_3y",)),
    ask("no commitment", no_terms=("reserved_1y", "reserved_3y")),
    ask("tolerate 2 preemptions", terms=("on_demand", "spot"), preempt=2),
    ask("spot, tolerate two spot interruptions", terms=("spot",), preempt=2),
    ask("survive losing one spot instance", terms=("on_demand", "spot"), preempt=1),
    ask("survive losing 3 spot instances at once", terms=("on_demand", "spot"), preempt=3),
    ask("preemption tolerant", terms=("on_demand", "spot"), preempt=1),
    ask("spot, survive a preemption, survive losing a zone", terms=("spot",), preempt=1, survive="zone"),
    ask("max 30% spot", terms=("on_demand", "spot"), spot=0.3),
]
LONG: list[Case] = [
    ask(
        "I need to serve 200 concurrent users on llama 3.3 70b at no less than 25 tokens/sec each, with prompts around "
        "1500 tokens and 400 token answers, TTFT below 800 ms at p95, only in Europe, no spot please",
        u=200, tps=25, in_=1500, out=400, model="llama-3.3-70b", ttft=0.8, continents=("europe",), no_terms=("spot",),
    ),
    ask(
        "what's the cheapest way to run DeepSeek-R1 for my team of 8 on AWS or Azure with H200s, $50/h at most?",
        u=8, model="deepseek-r1", providers=("aws", "azure"), gpus=H200, usd=50,
    ),
    ask("budget: $7,300 per month; users: 10; speed: 15 tok/s; context: 16k", u=10, tps=15, ctx=16384, usd=10),
    ask("llama-4-405b@8k@10tok/s", ctx=8192),
]  # fmt: skip
CHOICE_CASES = [*MODEL, *HARDWARE, *FORMATS, *PLACE, *TERMS, *LONG]

"""Parameters and KV cache recomputed from the shape; weights recomputed from the bits."""

import pytest

from catalog import QUALITY_TIERS, Catalog, Model, Quantization, load_catalog

MODELS = list(load_catalog().models.values())
FORMATS = list(load_catalog().quantizations.values())
CARD_FORMATS = ("fp16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m", "q2_k", "awq-int4")
OTHER_FORMATS = ("bf16", "fp8", "fp8-weight-only", "int8-w8a8", "gptq-int4", "nvfp4", "mxfp4")
MLA_LATENT = 512 + 64  # kv_lora_rank + qk_rope_head_dim of DeepSeek V3
GIB = 2**30


def named(row: Model | Quantization) -> str:
    return row.model_id if isinstance(row, Model) else row.quantization_id


def linear_params(model: Model, experts: int) -> int:
    """Return attention and MLP parameters with `experts` routed experts in each MoE layer."""
    attention = model.hidden_size * model.head_dim * 2 * (model.attention_heads + model.kv_heads)
    dense = 3 * model.hidden_size * model.intermediate_size
    sparse = 3 * model.hidden_size * (model.moe_intermediate_size or 0) * (experts + model.shared_experts)
    return model.layers * attention + (model.layers - model.moe_layers) * dense + model.moe_layers * sparse


def other_params(model: Model) -> int:
    """Return embeddings, routers and norms."""
    norms = (2 * model.layers + 1) * model.hidden_size
    return model.embedding_params + model.moe_layers * model.hidden_size * model.experts + norms


NOT_MLA = [model for model in MODELS if model.attention_kind != "mla"]


@pytest.mark.parametrize("model", NOT_MLA, ids=named)
def test_total_parameters_follow_from_the_shape(model: Model) -> None:
    expected = linear_params(model, model.experts) + other_params(model)
    assert model.params_total == pytest.approx(expected, rel=0.001)  # biases and sinks are not in the formula


@pytest.mark.parametrize("model", NOT_MLA, ids=named)
def test_active_parameters_follow_from_the_shape(model: Model) -> None:
    expected = linear_params(model, model.experts_per_token) + other_params(model)
    assert model.params_active == pytest.approx(expected, rel=0.001)


@pytest.mark.parametrize("model", NOT_MLA, ids=named)
def test_quantizable_parameters_are_the_linear_layers(model: Model) -> None:
    assert model.quantizable_linear_params == linear_params(model, model.experts)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_embedding_parameters_follow_from_the_vocabulary(model: Model) -> None:
    matrices = 1 if model.tied_embeddings else 2
    assert model.embedding_params == matrices * model.vocab_size * model.hidden_size


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_kv_bytes_follow_from_the_shape(model: Model) -> None:
    width = MLA_LATENT if model.attention_kind == "mla" else 2 * model.kv_heads * model.head_dim
    assert model.kv_cache_bytes_per_token_16bit == model.layers * width * 2


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_a_dense_model_has_no_experts_and_an_moe_has(model: Model) -> None:
    dense = model.dense_or_moe == "dense"
    assert (model.experts == 0) is dense
    assert (model.moe_layers == 0) is dense
    assert (model.params_active == model.params_total) is dense


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_kv_heads_divide_the_heads(model: Model) -> None:
    assert model.attention_heads % model.kv_heads == 0


def test_llama_4_405b_is_assumed_to_be_llama_3_1_405b(catalog: Catalog) -> None:
    card, ancestor = catalog.model("llama-4-405b"), catalog.model("llama-3.1-405b")
    assumed = {name: getattr(card, name) for name in card.assumed_fields}
    assert {name: getattr(ancestor, name) for name in card.assumed_fields} == assumed
    assert {"layers", "hidden_size", "kv_heads", "params_total"} <= set(assumed)


def test_the_kv_cache_of_405b(catalog: Catalog) -> None:
    assert catalog.model("llama-4-405b").kv_cache_bytes_per_token_16bit == 516_096


@pytest.mark.parametrize("quantization_id", CARD_FORMATS + OTHER_FORMATS)
def test_the_formats_of_the_card_and_of_the_engines_are_there(catalog: Catalog, quantization_id: str) -> None:
    assert quantization_id in catalog.quantizations


@pytest.mark.parametrize("quantization", FORMATS, ids=named)
def test_weights_agree_with_the_size_of_405b(catalog: Catalog, quantization: Quantization) -> None:
    weights_gb = quantization.weight_bytes(catalog.model("llama-4-405b")) / 1e9
    assert weights_gb == pytest.approx(quantization.llama_405b_size_gb, rel=0.005)


@pytest.mark.parametrize("quantization", FORMATS, ids=named)
def test_mean_bits_agree_with_block_bits_and_the_rest(catalog: Catalog, quantization: Quantization) -> None:
    model = catalog.model("llama-3.1-405b")
    mean_bits = quantization.weight_bytes(model) * 8 / model.params_total
    assert mean_bits == pytest.approx(quantization.bits_per_weight, rel=0.005)
    assert quantization.bits_per_weight_block <= quantization.bits_per_weight


def test_q4_k_m_agrees_with_real_405b_files(catalog: Catalog) -> None:
    q4_k_m = catalog.quantization("q4_k_m")
    assert q4_k_m.weight_bytes(catalog.model("llama-3.1-405b")) / GIB == pytest.approx(226.37, rel=0.005)
    with_16_kv_heads = 245_715_950_848 * 8 / 410.08e9
    assert q4_k_m.bits_per_weight == pytest.approx(with_16_kv_heads, rel=0.005)


def test_gguf_formats_lose_more_the_smaller_they_are() -> None:
    gguf = sorted((row for row in FORMATS if row.family == "gguf"), key=lambda row: -row.bits_per_weight)
    losses = [row.perplexity_increase_percent or 0.0 for row in gguf]
    tiers = [QUALITY_TIERS.index(row.quality_tier) for row in gguf]
    assert losses == sorted(losses)
    assert tiers == sorted(tiers)


def test_every_format_says_how_good_it_is() -> None:
    assert all(row.recovery_percent or row.perplexity_increase_percent for row in FORMATS)

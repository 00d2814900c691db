"""Settling: what a file says and what the user says become one setting in the catalog's names, or a refusal."""

import re
from dataclasses import dataclass

from api.measuring.points import Stated, refuse
from catalog import Catalog, UnknownNameError
from optimizer.evidence.aliases import Spellings, find, fold

FORMAT_TAGS = (
    (r"NVFP4", "nvfp4"),
    (r"MXFP4", "mxfp4"),
    (r"AWQ", "awq-int4"),
    (r"GPTQ", "gptq-int4"),
    (r"W8A8|INT8", "int8-w8a8"),
    (r"FP8", "fp8"),
)
SIXTEEN_BIT = frozenset({"f16", "float16", "half"})
SAME_WEIGHTS = ({"fp8", "fp8-weight-only"}, {"bf16", "fp16"}, {"awq-int4", "gptq-int4"})


@dataclass(frozen=True, slots=True)
class Settled:
    """What was measured on, in the catalog's names. `gpus` are `tp` x `pp` x whole replicas."""

    model: str
    gpu: str
    gpus: int
    nodes: int
    tp: int
    pp: int
    quantization: str
    kv_dtype: str
    engine: str
    engine_version: str
    link: str


class Settler:
    """Settles the points of a file with what the user added."""

    def __init__(self, catalog: Catalog, spellings: Spellings, given: Stated) -> None:
        self._catalog = catalog
        self._spellings = spellings
        self._given = given

    def settle(self, where: str, said: Stated) -> Settled:
        """Return the setting of a point. Raises InvalidInputError where something is missing or contradicts."""
        self._check_missing(where, said)
        model = self._model(where, said)
        gpus, tp, pp = self._parallelism(where, said)
        quantization = self._one(where, "quantization", said)
        self._check_tag(where, said.model, quantization)
        return Settled(
            model=model,
            gpu=self._gpu(where, said),
            gpus=gpus,
            nodes=self._number(where, "nodes", said) or 1,
            tp=tp,
            pp=pp,
            quantization=quantization,
            kv_dtype=self._kv_dtype(where, said),
            engine=self._one(where, "engine", said),
            engine_version=self._given.engine_version or said.engine_version or "",
            link=self._given.link or said.link or "",
        )

    def _check_missing(self, where: str, said: Stated) -> None:
        every = said.filled(self._given)
        missing = [name for name in ("model", "gpu", "quantization", "engine") if getattr(every, name) is None]
        if every.gpus is None and every.tp is None:
            missing.append("gpus")
        if missing:
            options = " ".join(f"--{name} ..." for name in missing)
            raise refuse(where, f"it does not say {', '.join(missing)}", f"add {options}; nothing was stored")

    def _one(self, where: str, kind: str, said: Stated) -> str:
        """Return the catalog's id of a name that both may give, if they agree."""
        found = [self._id(where, kind, text) for text in (getattr(said, kind), getattr(self._given, kind)) if text]
        if len(found) == 2 and found[0] != found[1] and not any(set(found) <= same for same in SAME_WEIGHTS):
            raise refuse(where, f"{kind} is {found[0]} in the file, but --{kind} says {found[1]}")
        return found[-1]

    def _gpu(self, where: str, said: Stated) -> str:
        """Return the GPU; the user's name may say more than the file's (a driver does not name the form factor)."""
        found = [self._id(where, "gpu", said.gpu, inside=True)] if said.gpu else []
        found += [self._id(where, "gpu", self._given.gpu)] if self._given.gpu else []
        makes = {gpu_id.split("-")[0] for gpu_id in found}
        if len(makes) > 1:
            raise refuse(where, f"the GPU is {found[0]} in the file, but --gpu says {found[1]}")
        return found[-1]

    def _model(self, where: str, said: Stated) -> str:
        """Return the model; a name of the file that is in no catalog, such as a path, gives way to the user's."""
        if self._given.model is None:
            return self._id(where, "model", said.model or "", inside=True)
        given = self._id(where, "model", self._given.model)
        try:
            stated = self._id(where, "model", said.model, inside=True) if said.model else given
        except UnknownNameError:
            return given
        if self._catalog.models[stated].layers != self._catalog.models[given].layers:
            raise refuse(where, f"the model is {stated} in the file, but --model says {given}")
        return given

    def _id(self, where: str, kind: str, text: str, inside: bool = False) -> str:
        """Return the catalog's id of a spelling; `inside`: of a longer text too, as drivers and repositories write.

        Raises UnknownNameError. A user's own words are never searched inside: `H1000` is no H100.
        """
        known = getattr(self._catalog, f"{kind}s")
        exact = self._spellings.get((kind, fold(text)))
        try:
            return str(getattr(getattr(self._catalog, kind)(text), f"{kind}_id"))
        except UnknownNameError as error:
            found = exact or (find(self._spellings, kind, text) if inside else None)
            if found in known:
                return str(found)
            error.message = f"{where}: {error.message}"
            raise

    def _kv_dtype(self, where: str, said: Stated) -> str:
        """Return the KV dtype, `auto` where none is said. Raises InvalidInputError on one that cannot be predicted."""
        found = [self._known_kv_dtype(where, text) for text in (said.kv_dtype, self._given.kv_dtype) if text]
        if len(found) == 2 and found[0] != found[1] and "auto" not in found:
            raise refuse(where, f"the KV dtype is {found[0]} in the file, but --kv-dtype says {found[1]}")
        return found[-1] if found else "auto"

    def _known_kv_dtype(self, where: str, text: str) -> str:
        found = self._spellings.get(("kv_dtype", fold(text)))
        if found is None and text not in SIXTEEN_BIT:
            raise refuse(where, f"the KV dtype {text!r} is not known", "auto, fp16, bf16, fp8 and q8_0 are")
        return found or "fp16"

    def _number(self, where: str, name: str, said: Stated) -> int | None:
        stated, given = getattr(said, name), getattr(self._given, name)
        if stated is not None and given is not None and stated != given:
            raise refuse(where, f"{name} is {stated} in the file, but --{name} says {given}")
        return int(stated if stated is not None else given) if (stated, given) != (None, None) else None

    def _parallelism(self, where: str, said: Stated) -> tuple[int, int, int]:
        """Return (GPUs, tp, pp). Never guessed: eight GPUs may be one replica or eight."""
        gpus, tp, pp = (self._number(where, name, said) for name in ("gpus", "tp", "pp"))
        if gpus is None:
            gpus = (tp or 1) * (pp or 1)
        if tp is None and pp is not None and gpus % pp == 0:
            tp = gpus // pp
        if tp is None:
            if gpus > 1:
                raise refuse(where, f"it does not say how the model is split over {gpus} GPUs", "add --tp (and --pp)")
            tp = 1
        if pp is None:
            if tp != gpus:
                raise refuse(
                    where,
                    f"tp {tp} on {gpus} GPUs may be {gpus / tp:g} pipeline stages or replicas",
                    "add --pp (1 for replicas)",
                )
            pp = 1
        if gpus % (tp * pp):
            raise refuse(where, f"{gpus} GPUs are no whole number of replicas of tp {tp} x pp {pp}")
        return gpus, tp, pp

    def _check_tag(self, where: str, model: str | None, quantization: str) -> None:
        """Raise InvalidInputError where the name of the checkpoint names another weight format."""
        for tag, named in FORMAT_TAGS:
            if model and re.search(rf"(?<![A-Za-z0-9])({tag})(?![A-Za-z0-9])", model, re.IGNORECASE):
                if named != quantization and not any({named, quantization} <= same for same in SAME_WEIGHTS):
                    raise refuse(
                        where, f"the model's name {model} says {named}, but the quantization is {quantization}"
                    )
                return

"""Predictions: what one replica does."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from api.documents import to_plain
from api.http.openapi import json_answer
from api.http.pages import json_document
from api.http.responses import respond
from api.http.services import Here
from api.predicting import PredictionRequest, prediction
from optimizer.performance.predict import Prediction

router = APIRouter(prefix="/v1", tags=["predictions"])

Replica = Annotated[
    PredictionRequest,
    Body(
        openapi_examples={
            "single stream": {
                "summary": "One stream on 8 x H100",
                "value": {
                    "gpu": "H100-SXM-80GB",
                    "gpus": 8,
                    "quantization": "fp8",
                    "input_tokens": 7680,
                    "output_tokens": 512,
                    "concurrency": 1,
                },
            }
        }
    ),
]


@router.post("/predictions", operation_id="predict", responses=json_answer(Prediction, "What the replica does."))
async def predict(request: Request, here: Here, body: Replica) -> Response:
    """Predict memory and speed of one replica, with an 80% interval and the evidence; `fits` says whether it runs."""
    found = await asyncio.to_thread(prediction, body, here.prices.catalog)
    return respond(request, json_document(to_plain(found)))

"""Five clouds on 127.0.0.1, each with 2,000 rows in its own API's shape; prices are made up, shapes are as documented.

python -m benchmarks.clouds      prints its address and answers until it is ended
"""

import json
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS = 2_000
AZURE_REGIONS = tuple(f"region{number:02}" for number in range(40))
LAMBDA_REGIONS = tuple(f"us-{number:02}" for number in range(20))
VERDA_PLACES = tuple(f"FIN-{number:02}" for number in range(20))
COUNTS = (1, 2, 4, 8)

Answer = Callable[[Mapping[str, str], Any], Any]


def azure(query: Mapping[str, str], body: Any) -> Any:
    """One page a region: on demand and spot of sizes with a GPU."""
    region = query["$filter"].rpartition("armRegionName eq '")[2].rstrip("'")
    items = []
    for number in range(ROWS // len(AZURE_REGIONS)):
        spot = " Spot" * (number % 2)
        items.append(
            {
                "currencyCode": "USD",
                "retailPrice": 3.5 + number / 100,
                "armRegionName": region,
                "armSkuName": f"Standard_NC{number // 2}ads_A100_v4",
                "productName": "Virtual Machines NCADS A100 v4 Series",
                "skuName": f"NC{number // 2}ads A100 v4{spot}",
                "meterName": f"NC{number // 2}ads A100 v4{spot}",
                "type": "Consumption",
                "unitOfMeasure": "1 Hour",
            }
        )
    return {"Items": items, "NextPageLink": None, "Count": len(items)}


def lambda_cloud(query: Mapping[str, str], body: Any) -> Any:
    """Instance types, each with the regions that have it."""
    places = [{"name": name, "description": "made up"} for name in LAMBDA_REGIONS]
    types = {}
    for number in range(ROWS // len(LAMBDA_REGIONS)):
        gpus = COUNTS[number % 4]
        name = f"gpu_{gpus}x_h100_sxm5_{number}"
        types[name] = {
            "instance_type": {
                "name": name,
                "gpu_description": "H100 (80 GB SXM5)",
                "price_cents_per_hour": 300 * gpus + number,
                "specs": {"vcpus": 26 * gpus, "memory_gib": 225 * gpus, "storage_gib": 2800, "gpus": gpus},
            },
            "regions_with_capacity_available": places,
        }
    return {"data": types}


def runpod(query: Mapping[str, str], body: Any) -> Any:
    """GPU types at one count, secure or community."""
    gpus = [
        {
            "id": "NVIDIA H100 80GB HBM3",
            "memoryInGb": 80,
            "maxGpuCount": 8,
            "securePrice": 2.99 + number / 1000,
            "communityPrice": 2.69 + number / 1000,
            "lowestPrice": {"minimumBidPrice": 1.28, "stockStatus": "High"},
        }
        for number in range(ROWS // 8)
    ]
    return {"data": {"gpuTypes": gpus}}


def vast(query: Mapping[str, str], body: Any) -> Any:
    """Hosts in many countries."""
    return {
        "offers": [
            {
                "id": number,
                "gpu_name": "H100 SXM",
                "num_gpus": COUNTS[number % 4],
                "gpu_ram": 81559,
                "cpu_cores": 128,
                "cpu_cores_effective": 64.0,
                "cpu_ram": 1031880,
                "disk_space": 6000.5,
                "dph_base": 2.0 * COUNTS[number % 4] + number / 1000,
                "storage_cost": 0.144,
                "geolocation": f"Somewhere, P{number // 4:03}",
            }
            for number in range(ROWS)
        ]
    }


def verda(query: Mapping[str, str], body: Any) -> Any:
    """Instance types with one GPU or several."""
    return [
        {
            "instance_type": f"{COUNTS[number % 4]}H100.{number}V",
            "cpu": {"number_of_cores": 30},
            "currency": "usd",
            "gpu": {"description": f"{COUNTS[number % 4]}x H100 SXM5 80GB", "number_of_gpus": COUNTS[number % 4]},
            "gpu_memory": {"size_in_gigabytes": 80 * COUNTS[number % 4]},
            "memory": {"size_in_gigabytes": 120},
            "price_per_hour": f"{3 * COUNTS[number % 4] + number / 100}",
        }
        for number in range(ROWS // len(VERDA_PLACES))
    ]


def verda_places(query: Mapping[str, str], body: Any) -> Any:
    """What each location has: everything."""
    names = [kind["instance_type"] for kind in verda({}, None)]
    return [{"location_code": place, "availabilities": names} for place in VERDA_PLACES]


ANSWERS: Mapping[str, Answer] = {
    "/api/retail/prices": azure,
    "/api/v1/instance-types": lambda_cloud,
    "/graphql": runpod,
    "/api/v0/bundles/": vast,
    "/v1/oauth2/token": lambda query, body: {"access_token": "made-up"},
    "/v1/instance-types": verda,
    "/v1/instance-availability": verda_places,
}


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one request."""
        url = urlsplit(self.path)
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = json.dumps(ANSWERS[url.path](query, json.loads(given) if given else None)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()

"""Price files of others, and the user's own rates."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from catalog import InvalidInputError
from pricing.importers import read_price_file
from pricing.providers import Fetched
from tests.pricing.providers.fetching import judged, prices, reasons
from tests.pricing.quoting import quote

TODAY = date(2026, 11, 24)
SKYPILOT = (
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone\n"
)
GPUHUNT = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor,flags\n"
CONTRACT = (
    "provider,region,instance_type,gpu,count,term,usd_per_hour,native_per_hour,currency,valid_from,valid_until,note\n"
)


def read(header, *rows, name="file.csv", provider=None):
    return read_price_file(name, (header + "\n".join(rows)).encode(), TODAY, provider)


P5 = 'p5.48xlarge,H100,8.0,192.0,2048.0,"{}",55.04,{},us-east-1,{}'


def test_a_skypilot_catalog_has_on_demand_by_region_and_spot_by_zone():
    zones = [
        P5.format("", spot, zone) for spot, zone in (("19.25", "use1-az2"), ("", "use1-az1"), ("28.1", "use1-az6"))
    ]
    assert prices(judged(read(SKYPILOT, *zones, provider="aws")).offers) == {
        "us-east-1/-/p5.48xlarge/on_demand": "55.04",
        "us-east-1/use1-az2/p5.48xlarge/spot": "19.25",
        "us-east-1/use1-az6/p5.48xlarge/spot": "28.1",
    }


def test_pitfall_10_a_type_without_a_spot_price_has_no_spot():
    (offer,) = judged(read(SKYPILOT, P5.format("", "", "use1-az1"), provider="aws")).offers
    assert offer.term == "on_demand"


def test_pitfall_8_skypilots_host_without_its_gpus_is_no_price():
    host = 'a2-highgpu-1g,,,12.0,85.0,"",0.94,0.3,us-central1,us-central1-a'
    gpu = ',A100,1.0,,,"",2.93,0.88,us-central1,us-central1-a'
    left = judged(read(SKYPILOT, host, gpu, provider="gcp"))
    assert (left.offers, reasons(left)) == (
        (),
        {"a2-highgpu-1g/on_demand": "no price listed", "a2-highgpu-1g/spot": "no price listed"},
    )


def test_pitfall_1_a_skypilot_price_of_0_is_a_rejection():
    row = 'Standard_ND96isr_H100_v5,H100,8.0,96.0,1900.0,"",0.0,,eastus,'
    assert reasons(judged(read(SKYPILOT, row, provider="azure"))) == {
        "Standard_ND96isr_H100_v5/on_demand": "a price of zero or less"
    }


def test_pitfall_5_a_gpu_without_a_form_factor_is_not_guessed():
    row = '1x_H100_SECURE,H100,1.0,16.0,125.0,"",2.99,2.99,US,'
    assert set(reasons(judged(read(SKYPILOT, row, provider="runpod"))).values()) == {"GPU in no catalog"}


def test_pitfall_11_eight_gpus_at_the_price_of_one_are_quarantined():
    rows = [f'{n}x_B200_SECURE,B200,{n}.0,16.0,125.0,"",5.98,,US,' for n in (1, 2)]
    left = judged(read(SKYPILOT, *rows, provider="runpod"))
    (row,) = left.rejections
    assert (row.quarantined, row.reason.value) == (True, "price does not scale with the GPU count")


def test_a_machine_without_gpus_is_not_for_us():
    assert read(SKYPILOT, 'm5.large,,,2.0,8.0,"",0.096,0.03,us-east-1,use1-az1', provider="aws").quotes == ()


def test_a_skypilot_catalog_needs_to_be_told_whose_it_is():
    with pytest.raises(InvalidInputError, match="does not say whose"):
        read(SKYPILOT, P5.format("", "", ""))


def hunted(name, price, gpu, count=8, spot="False", location="us-east-1", memory="80.0", flags=""):
    return f"{name},{location},{price},192,2048.0,{count},{gpu},{memory},{spot},,nvidia,{flags}"


def test_a_gpuhunt_catalog_is_named_by_its_file():
    rows = hunted("gpu_8x_h100_sxm5", 31.92, "H100", location="us-west-1"), hunted("cpu_4x", 0.2, "", count=0)
    assert prices(judged(read(GPUHUNT, *rows, name="lambdalabs.csv")).offers) == {
        "us-west-1/-/gpu_8x_h100_sxm5/on_demand": "31.92"
    }


def test_gpuhunts_zones_of_google_are_one_region_and_its_calendar_another_product():
    rows = [hunted("a3-highgpu-8g", 88.49, "H100", location=f"us-central1-{zone}") for zone in "abc"]
    rows.append(hunted("a3-highgpu-8g", 40, "H100", location="us-central1-a", flags="gcp-dws-calendar-mode"))
    assert prices(judged(read(GPUHUNT, *rows, name="gcp.csv")).offers) == {
        "us-central1/-/a3-highgpu-8g/on_demand": "88.49"
    }


def test_gpuhunts_merged_form_factors_are_not_guessed():
    assert set(reasons(judged(read(GPUHUNT, hunted("12345", 2, "A100", 1), name="vastai.csv"))).values()) == {
        "GPU in no catalog"
    }


def test_a_row_that_cannot_be_read_is_a_problem_and_the_others_go_on():
    rows = hunted("p5.48xlarge", "cheap", "H100"), hunted("p5.48xlarge", 55.04, "H100")
    fetched = read(GPUHUNT, *rows, name="aws.csv")
    assert ([problem.where for problem in fetched.problems], len(fetched.quotes)) == (["aws.csv:1"], 1)


def zipped(**texts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.csv", text)
    return content.getvalue()


def test_a_zip_is_read_file_by_file():
    content = zipped(aws=GPUHUNT + hunted("p5.48xlarge", 55.04, "H100"), notes_=GPUHUNT)
    assert [quote.provider for quote in read_price_file("catalog.zip", content, TODAY).quotes] == ["aws"]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04broken", zipped(), zipped(aws="x" * (65 * 2**20)), b"\xff\xfe", b"a,b\n1,2", b""]
)
def test_a_file_that_is_none_is_refused(content):
    with pytest.raises(InvalidInputError):
        read_price_file("file", content, TODAY)


def contract(*rows):
    return read(CONTRACT, *rows)


OWN = "aws,us-east-1,p5.48xlarge,,,on_demand,41.5,,,2026-01-01,2027-01-01,EDP"


def with_list_price(*rows):
    newer = quote("30", observed_at=date(2026, 11, 25))
    return judged(Fetched((*contract(*rows).quotes, newer)))


def test_a_contract_rate_beats_a_list_price_even_a_newer_and_cheaper_one():
    left = with_list_price(OWN)
    assert prices(left.offers) == {"us-east-1/-/p5.48xlarge/on_demand": "41.5"}
    assert reasons(left) == {"p5.48xlarge/on_demand": "superseded by a contract rate"}


def test_a_contract_rate_says_what_it_is():
    (offer,) = judged(contract(OWN)).offers
    assert (offer.source, offer.tier, offer.note) == (
        "contract rates",
        "hyperscaler",
        "contract rate; valid from 2026-01-01; valid until 2027-01-01; EDP",
    )


@pytest.mark.parametrize(("first", "last"), [("2026-11-25", ""), ("", "2026-11-23"), ("2025-01-01", "2026-01-01")])
def test_a_contract_rate_out_of_its_days_beats_nothing(first, last):
    left = with_list_price(f"aws,us-east-1,p5.48xlarge,,,on_demand,41.5,,,{first},{last},")
    assert prices(left.offers) == {"us-east-1/-/p5.48xlarge/on_demand": "30"}
    assert reasons(left) == {"p5.48xlarge/on_demand": "outside the days it is valid on"}


def test_a_contract_rate_that_begins_later_is_kept_for_then():
    (offer,) = judged(contract("aws,us-east-1,p5.48xlarge,,,on_demand,41.5,,,2027-01-01,2027-12-31,")).offers
    assert (offer.valid_from, offer.valid_until) == (date(2027, 1, 1), date(2027, 12, 31))


def test_rates_of_one_offer_that_begin_on_different_days_stand_beside_each_other():
    later = "aws,us-east-1,p5.48xlarge,,,on_demand,30,,,2027-01-02,,"
    left = judged(contract(later, OWN))
    assert {str(offer.usd_per_hour): offer.valid_from for offer in left.offers} == {
        "41.5": date(2026, 1, 1),
        "30": date(2027, 1, 2),
    }
    assert left.rejections == ()


def test_of_two_rates_that_begin_on_one_day_the_cheaper_stands():
    left = judged(contract(OWN, OWN.replace("41.5", "40")))
    assert prices(left.offers) == {"us-east-1/-/p5.48xlarge/on_demand": "40"}


def test_a_contract_rate_may_name_a_gpu_and_a_count():
    (offer,) = judged(contract("nebius,eu-north1,,H200-SXM-141GB,8,reserved_1y,20,,,,,")).offers
    assert (offer.instance_type, offer.gpu_count) == ("gpu-h200-sxm_8gpu-128vcpu-1600gb", 8)


def test_pitfall_15_a_contract_in_euros_is_converted_with_the_users_rate():
    euros = contract("scaleway,global,,H100-SXM-80GB,8,on_demand,,20,EUR,,,")
    assert reasons(judged(euros)) == {"8x H100-SXM-80GB/on_demand": "currency without an exchange rate"}
    (offer,) = judged(euros, "EUR=1.10@2026-11-20").offers
    assert (offer.usd_per_hour, offer.native_per_hour, offer.currency) == (Decimal(22), Decimal(20), "EUR")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("aws,us-east-1,,,,on_demand,41.5,,,,,", "give instance_type, or gpu and count"),
        ("aws,us-east-1,p5.48xlarge,,,on_demand,,,,,,", "give usd_per_hour"),
        ("aws,us-east-1,p5.48xlarge,,,on_demand,0,,,,,", "usd_per_hour: Input should be greater than 0"),
        ("aws,us-east-1,p5.48xlarge,,,weekly,1,,,,,", "term: Input should be"),
        ("aws,us-east-1,p5.48xlarge,,,on_demand,1,,EUR,,,", "usd_per_hour is in USD"),
        ("aws,us-east-1,p5.48xlarge,,,on_demand,1,,,soon,,", "valid_from"),
        ("aws,us-east-1,,H100 SXM9,8,on_demand,1,,,,,", "unknown gpu"),
    ],
)
def test_every_bad_row_of_a_contract_is_named_and_nothing_is_taken(row, told):
    with pytest.raises(InvalidInputError) as caught:
        contract(OWN, row, row)
    assert (told in caught.value.message, "line 3" in caught.value.message, "line 4" in caught.value.message) == (
        True,
        True,
        True,
    )


def test_a_misspelled_column_of_a_contract_is_named():
    with pytest.raises(InvalidInputError, match="usd_per_hr"):
        read("provider,region,instance_type,term,usd_per_hr\n", "aws,us-east-1,p5.48xlarge,on_demand,1")

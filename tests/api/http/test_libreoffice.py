"""A real LibreOffice: a sheet whose cells call the running API, and a workbook that recomputes."""

import csv
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import pytest

from .servers import CHEAP, CHEAP_QUERY, Server

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    'xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"'
)
ODS = "application/vnd.oasis.opendocument.spreadsheet"
# Links are fetched without asking, and formulas are computed anew when a file is opened.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop>
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse">
<value>false</value></prop><prop oor:name="SecureURL" oor:op="fuse"><value><it>file:///</it></value></prop></item>
</oor:items>
"""


def write_sheet(path: Path, formulas: list[str]) -> None:
    """Write an ODS of one column of formulas."""
    rows = "".join(
        f'<table:table-row><table:table-cell table:formula="of:={escape(formula, {chr(34): "&quot;"})}"/></table:table-row>'
        for formula in formulas
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMES} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sheet">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest {NAMES} manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)


def opened(path: Path, folder: Path) -> list[list[str]]:
    """Return the first sheet of a file after LibreOffice opened and computed it."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE)
    subprocess.run(
        [str(SOFFICE), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore",
         "--convert-to", "csv", "--outdir", str(folder / "out"), str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (folder / "out" / f"{path.stem}.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_cells_of_a_sheet_call_the_api(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    paths = [
        "/v1/cell/price?gpu=H100&provider=aws",
        f"/v1/cell/cost?{CHEAP_QUERY}",
        f"/v1/cell/month_cost?{CHEAP_QUERY}",
        "/v1/cell/tok_per_s?gpu=H100-SXM-80GB&gpus=8&quantization=fp8&context=8192",
    ]
    expected = [float(client.get(path).text) for path in paths]
    sheet = tmp_path / "sheet.ods"
    write_sheet(sheet, [f'ROUND(VALUE(WEBSERVICE("{server.address}{path}"));6)*1000000' for path in paths])
    found = [float(row[0]) / 1e6 for row in opened(sheet, tmp_path)]
    assert [round(value, 6) for value in expected] == pytest.approx(found)


def test_a_workbook_recomputes_to_the_plan(client: httpx.Client, tmp_path: Path) -> None:
    plan = client.post("/v1/plans", json=CHEAP).json()
    book = tmp_path / "plan.xlsx"
    book.write_bytes(client.get(f"/v1/plans/{plan['plan_id']}.xlsx").content)
    shown = {row[0]: row[1] for row in opened(book, tmp_path) if len(row) > 1}
    assert f"${plan['cost_usd_per_hour']:,.2f}" == shown["cost_usd_per_hour"]
    assert f"${plan['cost_usd_per_month']:,.2f}" == shown["cost_usd_per_month"]
    assert f"${plan['cost_usd_per_month'] * 12:,.2f}" == shown["cost_usd_per_year"]

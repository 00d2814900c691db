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
# Headless conversion never fetches links, so a macro opens the file as a user does who allows them.
MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Opening" script:language="StarBasic">
Sub Convert(source As String, target As String)
    Dim how(1) As New com.sun.star.beans.PropertyValue
    how(0).Name = "Hidden"
    how(0).Value = True
    how(1).Name = "UpdateDocMode"
    how(1).Value = 3
    document = StarDesktop.loadComponentFromURL(source, "_blank", 0, how())
    dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
    dispatcher.executeDispatch(document.CurrentController.Frame, ".uno:UpdateTableLinks", "", 0, Array())
    document.calculateAll()
    Dim form(1) As New com.sun.star.beans.PropertyValue
    form(0).Name = "FilterName"
    form(0).Value = "Text - txt - csv (StarCalc)"
    form(1).Name = "FilterOptions"
    form(1).Value = "44,34,76,1"
    document.storeToURL(target, form())
    document.close(True)
    StarDesktop.terminate()
End Sub
</script:module>
"""
LIBRARY = (
    '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" '
    'library:readonly="false" library:passwordprotected="false"><library:element library:name="Opening"/>'
    "</library:library>"
)
SETTINGS = """
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="SecureURL" oor:op="fuse">
<value><it>{folder}</it></value></prop></item>
</oor:items>"""


def write_sheet(path: Path, formulas: list[str]) -> None:
    """Write an ODS of one column of formulas; WEBSERVICE has a prefix in the file that no user sees."""
    cells = [escape(formula, {'"': "&quot;"}) for formula in formulas]
    rows = "".join(
        f'<table:table-row><table:table-cell table:formula="of:={cell}"/></table:table-row>' for cell in cells
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
    user = folder / "profile" / "user"
    target = folder / f"{path.stem}.csv"
    run = [str(SOFFICE), f"-env:UserInstallation={user.parent.as_uri()}", "--headless", "--norestore"]
    subprocess.run([*run, "--terminate_after_init"], check=True, capture_output=True, timeout=120)  # makes the profile
    settings = user / "registrymodifications.xcu"
    settings.write_text(settings.read_text().replace("</oor:items>", SETTINGS.format(folder=folder.as_uri())))
    (user / "basic" / "Standard" / "Opening.xba").write_text(MACRO)
    (user / "basic" / "Standard" / "script.xlb").write_text(LIBRARY)
    macro = f'macro:///Standard.Opening.Convert("{path.as_uri()}","{target.as_uri()}")'
    subprocess.run([*run, macro], check=True, capture_output=True, timeout=120)
    with target.open(newline="") as file:
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
    write_sheet(
        sheet, [f'ROUND(VALUE(COM.MICROSOFT.WEBSERVICE("{server.address}{path}"));6)*1000000' for path in paths]
    )
    found = [float(row[0]) / 1e6 for row in opened(sheet, tmp_path)]
    assert [round(value, 6) for value in expected] == pytest.approx(found)


def test_a_workbook_recomputes_to_the_plan(client: httpx.Client, tmp_path: Path) -> None:
    plan = client.post("/v1/plans", json=CHEAP).json()
    book = tmp_path / "plan.xlsx"
    book.write_bytes(client.get(f"/v1/plans/{plan['plan_id']}.xlsx").content)
    shown = {row[0]: row[1] for row in opened(book, tmp_path) if len(row) > 1}
    hour, month = plan["cost_usd_per_hour"], plan["cost_usd_per_month"]
    found = [float(shown[f"cost_usd_per_{span}"].lstrip("$").replace(",", "")) for span in ("hour", "month", "year")]
    assert pytest.approx([hour, month, month * 12], abs=0.01) == found

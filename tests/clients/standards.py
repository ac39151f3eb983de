"""The documents of the exchange by their official validators, and the exchange
by schemathesis: whatever it is asked, it answers as its document says."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import jsonschema
from openapi_spec_validator import validate

HERE = pathlib.Path(__file__).resolve().parent
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,response_headers_conformance,unsupported_method")
# Cases at random, over all speakers; the long form is GONGQIAO_FUZZ_CASES=10000,
# and besides tries each bound of each field.
CASES = int(os.environ.get("GONGQIAO_FUZZ_CASES", "600"))
PHASES = "examples,fuzzing" if CASES < 10_000 else "examples,coverage,fuzzing"
LISTS = {
    "party": "/v1/parties", "agreement": "/v1/agreements", "vacancy": "/v1/vacancies",
    "signal": "/v1/signals", "dispatch": "/v1/dispatches", "case": "/v1/cases",
    "subscription": "/v1/subscriptions",
}


def openapi(exchange, folder):
    """Valid, and so are all its examples."""
    document = exchange.must("GET", "/openapi.json", exchange.operator)
    validate(document)
    examples = 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            bodies = [operation.get("requestBody", {})]
            bodies += [followed(document, one) for one in operation["responses"].values()]
            for media in (media for body in bodies for media in body.get("content", {}).values()):
                schema = {**media.get("schema", {}), "components": document["components"]}
                given = [one["value"] for one in media.get("examples", {}).values()]
                given += [media["example"]] if "example" in media else []
                for example in given:
                    try:
                        jsonschema.Draft202012Validator(schema).validate(example)
                    except jsonschema.ValidationError as error:
                        raise AssertionError((method, path, error.message)) from error
                    examples += 1
    assert examples > 300, examples
    (folder / "openapi.json").write_text(json.dumps(document))
    return document


def asyncapi(exchange, folder):
    """By the official parser."""
    document = exchange.must("GET", "/asyncapi.json", exchange.operator)
    (folder / "asyncapi.json").write_text(json.dumps(document))
    shutil.copy(HERE / "asyncapi.mjs", folder)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                    str(folder), "@asyncapi/parser@3.6.6"], check=True)
    told = subprocess.run(["node", str(folder / "asyncapi.mjs"), str(folder / "asyncapi.json")],
                          check=True, capture_output=True, text=True).stdout
    assert json.loads(told)["channels"] > 10, told


def followed(document, value):
    name = value.get("$ref", "").removeprefix("#/components/responses/")
    return document["components"]["responses"][name] if name else value


def known_ids(exchange):
    """Things that exist, for half of the requests to be about."""
    known = {name: [one["id"] for one in exchange.must("GET", path, exchange.operator)["items"]]
             for name, path in LISTS.items()}
    known["point"] = [one for one in known["party"] if re.fullmatch(r"\d{12}", one)]
    known["enterprise"] = [one for one in known["party"] if len(one) == 18]
    cards = exchange.must("GET", "/v1/placements", exchange.operator)["items"]
    known["card"] = sorted({one["card"] for one in cards})
    known["period"] = ["2026-01", "2098-12"]
    return known


def fuzz(exchange, folder, document, keys):
    """Each speaker asks everything that the document names."""
    known = json.dumps(known_ids(exchange))
    operations = sum(len(item) for item in document["paths"].values())
    each = max(1, CASES // (operations * len(keys)))
    cases = 0
    for name, key in keys.items():
        done = subprocess.run(
            [str(pathlib.Path(sys.executable).parent / "schemathesis"), "run",
             str(folder / "openapi.json"), "--url", exchange.origin,
             "--header", f"Authorization: Bearer {key}", "--checks", CHECKS,
             "--max-examples", str(each), "--phases", PHASES,
             "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure",
             "--generation-database", "none", "--no-color", "--seed", "1"],
            cwd=folder, text=True, capture_output=True,
            env=dict(os.environ, SCHEMATHESIS_HOOKS=str(HERE / "fuzz_hooks.py"),
                     GONGQIAO_KNOWN_IDS=known))
        assert done.returncode == 0, (name, done.stdout[-20000:], done.stderr[-2000:])
        found = re.search(r"(\d+) generated", done.stdout)
        cases += int(found.group(1)) if found else 0
    assert cases >= CASES // 2, cases
    return cases
